// vigil outbox list|dead|retry|send: what became of the actions that events were to cause.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>
#include <stop_token>
#include <string>

#include "app/delivery.h"
#include "events/rule.h"
#include "store/outbox.h"

namespace vigil::app {

struct OutboxArguments {
  bool json = false;          ///< list, dead: -o json
  int limit = 20;             ///< dead: at most so many, the latest
  std::int64_t sequence = 0;  ///< retry: the event's number, as `dead` shows it; 0: all of them
  std::string action;         ///< retry: of this action alone; empty: of all
  std::chrono::seconds timeout{60};  ///< send
};

// All: results go to `out`, one line for what failed to `err`. They return the exit code: 0, or 1
// where something failed. The file is that of OutboxFile.

/// Deliveries by action: due, waiting for their next attempt, running, in digests, done and given
/// up, and the last failure. Also while another process delivers.
int ListOutbox(const std::filesystem::path& file, const OutboxArguments& arguments,
               std::ostream& out, std::ostream& err);

/// Dead letters, the latest first, with their reasons. Also while another process delivers.
int ListDeadLetters(const std::filesystem::path& file, const OutboxArguments& arguments,
                    std::ostream& out, std::ostream& err);

/// Makes dead letters due again: the next run, or `send`, delivers them.
int RetryDeadLetters(const std::filesystem::path& file, const store::OutboxOptions& options,
                     const OutboxArguments& arguments, std::ostream& out, std::ostream& err);

/// Delivers what waits for the actions that `rules` name, and the digest of what was collected,
/// without anything being analysed. 1 also where something is left when the time is over.
int SendOutbox(const DeliveryConfig& config, std::span<const events::RuleOptions> rules,
               const OutboxArguments& arguments, std::ostream& out, std::ostream& err,
               std::stop_token stop);

}  // namespace vigil::app
