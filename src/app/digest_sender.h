// Digests: mails of what was collected, by the clock and at the end of a run.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "actions/digest.h"
#include "actions/digest_schedule.h"
#include "actions/smtp.h"
#include "core/time.h"
#include "core/wall_time.h"
#include "store/outbox.h"

namespace vigil::app {

/// Sends the digests of one outbox. Start and Stop by one thread; nothing is sent before Start.
class DigestSender {
 public:
  static constexpr std::string_view kAction = "email_digest";

  /// InvalidArgument: settings of the mail server that cannot be.
  static absl::StatusOr<std::unique_ptr<DigestSender>> Create(
      const actions::SmtpOptions& smtp, const actions::DigestOptions& options,
      const actions::DigestScheduleOptions& schedule);
  DigestSender(const DigestSender&) = delete;
  DigestSender& operator=(const DigestSender&) = delete;
  ~DigestSender();

  /// From now on as the schedule says; one that was missed goes out a few seconds later. `outbox` outlives this.
  void Start(store::Outbox& outbox);
  /// No more by the schedule. One that is on its way is waited for: cut off, its mail would perhaps come twice.
  void Stop(Deadline deadline, const std::stop_token& stop);
  /// After Stop: all that is collected. What is wrong, a line a digest.
  std::vector<std::string> SendAll(Deadline deadline, const std::stop_token& stop);

 private:
  struct Attempt {
    absl::Status status{};
    WallTime opened{};      // when the digest was first attempted
    bool again = false;     // it was begun before, and is without what was collected since
    bool given_up = false;  // and the next one is another
    std::chrono::milliseconds wait{0};  // after which a failed one is worth another attempt
  };

  DigestSender(std::unique_ptr<actions::Mailer> mailer, const actions::DigestOptions& options,
               const actions::DigestScheduleOptions& schedule);
  absl::Status Visit(const store::DigestWindow& window,
                     const std::function<void(const actions::DigestEvent&)>& visit);
  absl::StatusOr<std::optional<actions::Mail>> Write(const store::DigestWindow& window, bool photos,
                                                     bool though_nothing);
  absl::Status Send(const store::DigestWindow& window, bool though_nothing, Deadline deadline,
                    const std::stop_token& stop);
  // The one that was begun and failed, else the next.
  Attempt SendOne(bool though_nothing, Deadline deadline, const std::stop_token& stop);
  void Run(const std::stop_token& stop);

  const std::unique_ptr<actions::Mailer> mailer_;
  const actions::DigestOptions options_;
  const actions::DigestScheduleOptions schedule_;
  store::Outbox* outbox_ = nullptr;
  std::mutex mutex_;
  bool sending_ = false;  // under mutex_: thread_ does
  std::condition_variable_any sent_;
  std::stop_source cut_;  // breaks that off
  std::jthread thread_;   // last: stopped and joined first
};

}  // namespace vigil::app
