#include "app/digest_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actions/dispatcher.h"
#include "core/log.h"
#include "core/status.h"
#include "events/event.h"
#include "events/rule.h"

namespace vigil::app {

using namespace std::chrono_literals;

absl::StatusOr<std::unique_ptr<DigestSender>> DigestSender::Create(
    const actions::SmtpOptions& smtp, const actions::DigestOptions& options,
    const actions::DigestScheduleOptions& schedule) {
  auto mailer = actions::Mailer::Create(smtp);
  if (!mailer.ok()) return mailer.status();
  return std::unique_ptr<DigestSender>(new DigestSender(*std::move(mailer), options, schedule));
}

DigestSender::DigestSender(std::unique_ptr<actions::Mailer> mailer,
                           const actions::DigestOptions& options,
                           const actions::DigestScheduleOptions& schedule)
    : mailer_(std::move(mailer)), options_(options), schedule_(schedule) {}

DigestSender::~DigestSender() { cut_.request_stop(); }

void DigestSender::Start(store::Outbox& outbox) {
  outbox_ = &outbox;
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

// A page at a time: there may be very many.
absl::Status DigestSender::Visit(const store::DigestWindow& window,
                                 const std::function<void(const actions::DigestEvent&)>& visit) {
  for (std::int64_t after = 0;;) {
    auto collected = outbox_->CollectedIn(window, after, store::kMaxRows);
    if (!collected.ok()) return collected.status();
    if (collected->empty()) return absl::OkStatus();
    after = collected->back().sequence;
    for (store::CollectedEvent& event : *collected) {
      visit({std::move(event.event), std::move(event.rules), event.severity,
             std::move(event.pictures)});
    }
  }
}

absl::StatusOr<std::optional<actions::Mail>> DigestSender::Write(const store::DigestWindow& window,
                                                                 bool photos, bool though_nothing) {
  // The window is that of the events' own times: what a spool brings late, or a file from last
  // year, is told as it was.
  actions::DigestWindow shown{window.opened, window.opened, window.opened};
  bool any = false;
  const auto widen = [&](const actions::DigestEvent& one) {
    const WallTime time = one.event.time;
    shown.from = any ? std::min(shown.from, time - 1us) : time - 1us;
    shown.until = std::exchange(any, true) ? std::max(shown.until, time) : time;
  };
  const auto events = [&](const auto& visit) { return Visit(window, visit); };
  if (auto status = events(widen); !status.ok()) return status;
  const auto held_counts = outbox_->HeldIn(window);
  if (!held_counts.ok()) return held_counts.status();
  std::vector<actions::HeldBack> held;
  for (const events::HeldCount& count : *held_counts)
    held.push_back({count.rule, std::string(events::NameOf(count.reason)), count.count});

  actions::DigestOptions options = options_;
  options.send_when_nothing = options.send_when_nothing && though_nothing;
  if (!photos) options.max_photos = 0;
  return actions::RenderDigest(events, held, shown, options, actions::ReadPictureFile);
}

absl::Status DigestSender::Send(const store::DigestWindow& window, bool though_nothing,
                                Deadline deadline, const std::stop_token& stop) {
  auto mail = Write(window, true, though_nothing);
  if (!mail.ok()) return mail.status();
  if (!*mail) return absl::OkStatus();
  const absl::Status sent = mailer_->Send(**mail, deadline, stop);
  const bool has_photos = std::ranges::any_of(
      (*mail)->pictures, [](const auto& picture) { return picture.name != "chart.png"; });
  if (!absl::IsFailedPrecondition(sent) || !has_photos) return sent;
  // A server that takes no mail of this size says so in many ways.
  mail = Write(window, false, though_nothing);
  if (!mail.ok()) return mail.status();
  const absl::Status without = mailer_->Send(**mail, deadline, stop);
  if (without.ok()) log::Warning("digest: went out without photos: {}", MessageOf(sent));
  return without;
}

DigestSender::Attempt DigestSender::SendOne(bool though_nothing, Deadline deadline,
                                            const std::stop_token& stop) {
  const auto window = outbox_->OpenDigest(kAction);
  Attempt made;
  made.status = window.status();
  if (!window.ok()) return made;
  made.opened = window->opened;
  made.again = window->attempt > 1;
  made.status = Send(*window, though_nothing, deadline, stop);
  if (made.status.ok()) made.status = outbox_->CloseDigest(*window);
  // Cut off by ourselves is no failure.
  if (made.status.ok() || absl::IsAborted(made.status)) return made;
  const auto failure =
      outbox_->FailDigest(*window, !actions::IsWorthAnother(made.status), MessageOf(made.status));
  if (!failure.ok()) {
    log::Warning("digest: {}", MessageOf(failure.status()));
    return made;
  }
  made.wait = failure->wait;
  made.given_up = failure->given_up;
  if (made.given_up) {
    made.status = absl::Status(made.status.code(),
                               fmt::format("{}; its {} events are given up: see vigil outbox dead",
                                           MessageOf(made.status), failure->events));
  }
  return made;
}

// A digest that failed before has only what was collected until then: the rest is in another.
std::vector<std::string> DigestSender::SendAll(Deadline deadline, const std::stop_token& stop) {
  std::vector<std::string> problems;
  for (bool more = true, first = true; more; first = false) {
    const Attempt made = SendOne(first, deadline, stop);
    if (!made.status.ok())
      problems.push_back(fmt::format("{}: {}", kAction, MessageOf(made.status)));
    more = (made.status.ok() && made.again) || made.given_up;
    if (Clock::now() >= deadline || stop.stop_requested()) break;
  }
  const auto left = outbox_->Collected(kAction);
  if (!left.ok() || *left == 0) return problems;
  if (problems.empty())
    problems.push_back(fmt::format("{}: there was no time for all of it", kAction));
  problems.back() +=
      fmt::format("; its {} events are kept for the next run, or vigil outbox send", *left);
  return problems;
}

void DigestSender::Run(const std::stop_token& stop) {
  const auto schedule = actions::DigestSchedule::Create(schedule_);
  if (!schedule.ok()) return log::Error("digests: {}", MessageOf(schedule.status()));
  const WallTime start = WallNow();
  // What fell due while nobody ran goes out now, once, however often it did.
  const auto since = outbox_->DigestSince(kAction);
  if (!since.ok()) log::Warning("digest: {}", MessageOf(since.status()));
  const bool overdue =
      since.ok() && *since && (**since == WallTime::min() || schedule->NextAfter(**since) <= start);
  // A little later, so that a short run sends it with its own at the end.
  constexpr auto kSettled = 3s;
  for (WallTime due = overdue ? start + kSettled : schedule->NextAfter(start);
       !stop.stop_requested();) {
    // The clock may be set meanwhile: it is looked at every half a minute.
    const auto wait = std::clamp<std::chrono::microseconds>(due - WallNow(), 0us, 30s);
    if (!SleepUntil(After(wait), stop)) return;
    if (WallNow() < due) continue;
    {
      const std::lock_guard guard(mutex_);
      if (stop.stop_requested()) return;
      sending_ = true;
    }
    const Attempt made = SendOne(true, After(60s), cut_.get_token());
    {
      const std::lock_guard guard(mutex_);
      sending_ = false;
    }
    sent_.notify_all();
    if (made.status.ok()) {
      // One that was begun long ago has nothing of what fell due since.
      due = schedule->NextAfter(std::min(made.opened, WallNow()));
    } else if (made.given_up) {
      log::Error("digest: {}", MessageOf(made.status));
      due = schedule->NextAfter(WallNow());
    } else {
      const auto pause = std::max(std::chrono::ceil<std::chrono::minutes>(made.wait), 5min);
      if (!absl::IsAborted(made.status)) {
        log::Warning("digest: {}; it is tried again in {} minutes", MessageOf(made.status),
                     pause.count());
      }
      due = WallNow() + pause;
    }
  }
}

// A digest that is on its way is waited for: cut off, its mail would perhaps come twice.
void DigestSender::Stop(Deadline deadline, const std::stop_token& stop) {
  thread_.request_stop();
  {
    std::unique_lock lock(mutex_);
    if (!sent_.wait_until(lock, stop, deadline, [this] { return !sending_; })) cut_.request_stop();
  }
  thread_ = {};  // joined
}

}  // namespace vigil::app
