#include "media/live_source.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "core/log.h"

namespace vigil::media {
namespace {

constexpr std::chrono::milliseconds kUnlimited = std::chrono::hours(1);

// Waiting changes nothing about these.
bool Hopeless(const absl::Status& why) {
  return absl::IsInvalidArgument(why) || absl::IsUnimplemented(why) || absl::IsUnauthenticated(why);
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

std::string_view Name(LiveState state) {
  switch (state) {
    case LiveState::kConnecting:
      return "connecting";
    case LiveState::kStreaming:
      return "streaming";
    case LiveState::kBackingOff:
      return "backing off";
    case LiveState::kEnded:
      return "ended";
    case LiveState::kFailed:
      return "failed";
    case LiveState::kStopped:
      return "stopped";
  }
  return "unknown";
}

SourceOpener VideoOpener(std::string url, SourceOptions options) {
  return [url = std::move(url), options = std::move(options)](std::chrono::milliseconds limit,
                                                              std::stop_token stop) {
    SourceOptions limited = options;
    limited.connect_timeout = std::min(limit, options.connect_timeout);
    return OpenVideo(url, limited, std::move(stop));
  };
}

LiveSource::LiveSource(const std::string& name, SourceOpener open, LiveOptions options,
                       LatestSlot<Frame>& slot)
    : name_(log::MaskCredentials(name)),
      open_(std::move(open)),
      options_(std::move(options)),
      started_(options_.started.value_or(Clock::now())),
      slot_(slot),
      backoff_(options_.backoff, std::hash<std::string>{}(name_)),
      thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}

LiveStatus LiveSource::status() const {
  std::lock_guard lock(mutex_);
  LiveStatus status = status_;
  status.dropped = slot_.dropped();
  return status;
}

void LiveSource::Change(LiveState state, const absl::Status& error) {
  {
    std::lock_guard lock(mutex_);
    status_.state = state;
    if (!error.ok()) status_.last_error = error;
  }
  if (IsFinal(state)) slot_.Close();
  if (options_.on_change) options_.on_change(status());
}

void LiveSource::Run(std::stop_token stop) {
  pthread_setname_np(pthread_self(), "vigil-capture");
  try {
    Capture(stop);
  } catch (const std::exception& error) {
    log::Error("{}: capture ended by an exception: {}", name_, error.what());
    Change(LiveState::kFailed, absl::InternalError(fmt::format("{}: {}", name_, error.what())));
  }
}

void LiveSource::Capture(const std::stop_token& stop) {
  absl::Status why;
  do {
    Change(LiveState::kConnecting);
    auto source = open_(ConnectLimit(), stop);
    why = source.ok() ? Stream(**source, stop) : source.status();
    if (!stop.stop_requested() && source.ok() && absl::IsOutOfRange(why) &&
        !(*source)->info().live) {
      return Change(LiveState::kEnded);
    }
  } while (KeepTrying(why, stop));
}

absl::Status LiveSource::Stream(FrameSource& source, const std::stop_token& stop) {
  // Times may have been ahead of the clock: the new ones follow them, with their spacing.
  const std::int64_t opened_us = std::max(MicrosBetween(started_, Clock::now()), last_us_ + 1);
  std::uint64_t corrupt_before = 0;
  bool streaming = false;
  while (true) {
    auto frame = source.Read(stop);
    const std::uint64_t corrupt = source.counters().corrupt;
    {
      std::lock_guard lock(mutex_);
      status_.corrupt += corrupt - std::exchange(corrupt_before, corrupt);
    }
    if (!frame.ok()) return frame.status();
    if (!streaming) {
      streaming = true;
      backoff_.Reset();
      {
        std::lock_guard lock(mutex_);
        status_.reconnects += worked_;
        status_.failed_attempts = 0;
        status_.info = source.info();
      }
      worked_ = true;
      Change(LiveState::kStreaming);
    }
    Deliver(*std::move(frame), opened_us);
  }
}

void LiveSource::Deliver(Frame frame, std::int64_t opened_us) {
  frame.number = number_++;
  frame.captured = Clock::now() - std::chrono::microseconds(frame.decode_us);
  frame.timestamp_us = last_us_ = std::max(opened_us + frame.timestamp_us, last_us_ + 1);
  slot_.Put(std::move(frame));
  std::lock_guard lock(mutex_);
  status_.frames = number_;  // after Put(): a frame that is counted can be taken
}

std::chrono::milliseconds LiveSource::ConnectLimit() const {
  if (worked_ || options_.connect_timeout.count() == 0) return kUnlimited;
  const auto left = started_ + options_.connect_timeout - Clock::now();
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                  std::chrono::milliseconds(1));
}

// Empty: try again after `wait`.
std::string LiveSource::WhyGiveUp(const absl::Status& why, int failed,
                                  std::chrono::milliseconds wait) const {
  std::string last = Message(why);
  if (!worked_ && Hopeless(why)) return last;
  if (last.starts_with(name_ + ": ")) last.erase(0, name_.size() + 2);
  constexpr std::string_view kRemedy = "check the address, and that the camera is on";
  if (options_.attempts > 0 && failed >= options_.attempts) {
    return fmt::format("{}: given up after {} failed attempts, the last: {}; {}", name_, failed,
                       last, kRemedy);
  }
  if (!worked_ && options_.connect_timeout.count() > 0 && wait >= ConnectLimit()) {
    const double waited = static_cast<double>(MicrosBetween(started_, Clock::now())) / 1e6;
    const double allowed = static_cast<double>(options_.connect_timeout.count()) / 1e3;
    const std::string next =
        waited < allowed ? fmt::format("; another would begin after the {:g} s allowed", allowed)
                         : "";
    return fmt::format(
        "{}: given up after {:.1f} s without a frame ({} attempt{}, the last: {}{}); {}", name_,
        waited, failed, failed == 1 ? "" : "s", last, next, kRemedy);
  }
  return {};
}

// After a loss or a failed attempt: waits, or ends in a final state. False: ended.
bool LiveSource::KeepTrying(const absl::Status& why, const std::stop_token& stop) {
  if (stop.stop_requested()) {
    Change(LiveState::kStopped);
    return false;
  }
  int failed = 0;
  {
    std::lock_guard lock(mutex_);
    failed = ++status_.failed_attempts;
  }
  const auto wait = backoff_.Next();
  if (const std::string given_up = WhyGiveUp(why, failed, wait); !given_up.empty()) {
    Change(LiveState::kFailed, absl::Status(why.code(), given_up));  // whoever asked says it
    return false;
  }
  // A loss is news. A source that is given up soon unless it works says what was wrong then.
  const bool news = worked_ || options_.connect_timeout.count() == 0;
  log::Write(news ? log::Level::kWarning : log::Level::kDebug,
             fmt::format("{}; trying again in {:.1f} s", Message(why),
                         static_cast<double>(wait.count()) / 1e3));
  Change(LiveState::kBackingOff, why);
  if (SleepUntil(After(wait), stop)) return true;
  Change(LiveState::kStopped);
  return false;
}

}  // namespace vigil::media
