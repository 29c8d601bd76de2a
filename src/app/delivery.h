// What happens to events: rules decide, the outbox keeps, actions deliver. One for the whole
// process, shared by all of its cameras.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "actions/command.h"
#include "actions/digest.h"
#include "actions/digest_schedule.h"
#include "actions/dispatcher.h"
#include "actions/email_immediate.h"
#include "actions/frame_capture.h"
#include "actions/json_log.h"
#include "actions/retention.h"
#include "actions/smtp.h"
#include "actions/webhook.h"
#include "app/digest_sender.h"
#include "app/test_notify_command.h"
#include "core/config/schema.h"
#include "core/image.h"
#include "core/time.h"
#include "events/event.h"
#include "events/rule.h"
#include "store/outbox.h"

namespace vigil::app {

struct DeliveryConfig {
  std::filesystem::path state_dir;  ///< of the outbox; empty: see StateDir
  store::OutboxOptions outbox;
  std::chrono::milliseconds drain{10'000};  ///< how long the end of `analyze` waits for deliveries
  actions::JsonLogOptions json_log;
  actions::SmtpOptions smtp;
  actions::EmailImmediateOptions email_immediate;
  actions::DigestOptions digest;
  actions::DigestScheduleOptions digest_schedule;
  actions::FrameCaptureOptions frame_capture;
  actions::WebhookOptions webhook;
  std::map<std::string, actions::WebhookOptions> webhooks;
  actions::CommandOptions command;
  std::map<std::string, actions::CommandOptions> commands;
};

/// Registers `state_dir`, `outbox`, `smtp` and `actions`.
void RegisterDelivery(config::Schema& schema, DeliveryConfig& config);

/// The folder of the outbox: as configured, else STATE_DIRECTORY (systemd), else
/// $XDG_STATE_HOME/vigil, else
/// ~/.local/state/vigil.
std::filesystem::path StateDir(const DeliveryConfig& config);

/// The outbox in it.
std::filesystem::path OutboxFile(const DeliveryConfig& config);

/// A path for each action that the configuration makes possible, by the name that rules use.
std::vector<NotifyPath> NotifyPaths(const DeliveryConfig& config);

/// Actions that rules ask for and that have not what they need; a line each, with the key: `events.0.actions.webhook: …`.
/// `path`: of the rules.
std::vector<std::string> MissingActions(const DeliveryConfig& config,
                                        std::span<const events::RuleOptions> rules,
                                        std::string_view path = "events");

/// An event, which outlives the call, and what the rules made of it.
struct DecidedEvent {
  const events::Event* event = nullptr;
  std::vector<events::Decision> decisions;
};

/// Events that wait in memory for a disk with room; beyond, the oldest are lost, and counted.
inline constexpr std::size_t kMaxUnstored = 10'000;

/// Owns the outbox, the actions that rules name, and their threads. Safe from any thread.
class EventDelivery {
 public:
  /// Opens what the rules need. `rules` of all cameras. Errors name the action and the key: an
  /// action without its settings (mail without a server), or one that is not in this build.
  static absl::StatusOr<std::unique_ptr<EventDelivery>> Start(
      const DeliveryConfig& config, std::span<const events::RuleOptions> rules);
  EventDelivery(const EventDelivery&) = delete;
  EventDelivery& operator=(const EventDelivery&) = delete;
  ~EventDelivery();

  /// Whether pictures of events are wanted: by mails, digests or captures.
  bool wants_pictures() const { return spool_ != nullptr; }
  /// Every frame, for pictures from before and after events. Cheap where none are asked for.
  void OnFrame(const std::string& device, const std::string& camera, WallTime time,
               ImageView clean);

  /// Stores the events of a frame with what the rules decided, in one transaction; what is stored is
  /// delivered, now or after a restart. Views may be empty: no pictures.
  ///
  /// A full disk does not stop a camera: what cannot be stored now waits in memory, at most
  /// kMaxUnstored events, and is stored with the next ones or by Finish.
  void Deliver(std::span<const DecidedEvent> decided, ImageView annotated, ImageView clean);

  /// The end of a bounded run: sends the digest of what was collected, waits for deliveries, and
  /// says in one line a thing what is left or failed.
  std::vector<std::string> Finish(Deadline deadline, std::stop_token stop = {});

  std::int64_t delivered() const;
  /// Events that an earlier run had stored already.
  std::int64_t repeated() const;

 private:
  EventDelivery();
  std::vector<std::filesystem::path> SavePictures(const DecidedEvent& decided, ImageView annotated,
                                                  ImageView clean);
  absl::Status Store(std::vector<store::OutboxEntry> entries);
  absl::Status Open(const DeliveryConfig& config, std::span<const events::RuleOptions> rules);
  absl::Status OpenPictures(const std::set<std::string>& wanted);
  absl::StatusOr<std::vector<std::unique_ptr<actions::Action>>> OpenActions(
      const std::set<std::string>& wanted);
  void KeepHouse(const std::stop_token& stop);
  void ClearSpool();
  /// One line a minute, with how many events there were since the one before.
  void TellPictureless(const absl::Status& why, bool at_once);

  DeliveryConfig config_;
  std::unique_ptr<actions::Retention> captures_, spooled_;
  std::unique_ptr<actions::FrameSpool> spool_;
  std::unique_ptr<store::Outbox> outbox_;
  std::unique_ptr<actions::Dispatcher> dispatcher_;
  std::unique_ptr<DigestSender> digests_;  // null: no rule asks for them
  std::mutex unstored_mutex_;
  std::vector<store::OutboxEntry> unstored_;  // under unstored_mutex_, as the next three
  std::int64_t lost_ = 0;
  absl::Status storing_;  // of the last attempt
  Deadline quiet_until_;  // one line a second about it
  std::mutex pictureless_mutex_;
  std::int64_t pictureless_ = 0;  // under pictureless_mutex_, as the next two
  absl::Status pictureless_why_;
  Deadline pictureless_quiet_until_;
  std::jthread house_thread_;  // last: stopped and joined first
};

}  // namespace vigil::app
