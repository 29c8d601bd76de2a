// A camera that is kept connected: its frames go into a latest-frame slot, its failures into a
// state.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "core/frame.h"
#include "core/latest_slot.h"
#include "core/time.h"
#include "media/backoff.h"
#include "media/source.h"

namespace vigil::media {

///   connecting ──▶ streaming ──▶ backing off ──▶ connecting …
///       └────────────────────────────▲ │
///   and from each of the three: ended (a finite stream was read), failed (given up), stopped
///   (asked to).
enum class LiveState : std::uint8_t {
  kConnecting,
  kStreaming,
  kBackingOff,
  kEnded,
  kFailed,
  kStopped
};

/// "connecting", "streaming", "backing off", "ended", "failed", "stopped".
std::string_view Name(LiveState state);

/// The last three states: no frame will follow.
constexpr bool IsFinal(LiveState state) { return state >= LiveState::kEnded; }

struct LiveStatus {
  LiveState state = LiveState::kConnecting;
  std::uint64_t frames = 0;      ///< captured and put into the slot
  std::uint64_t dropped = 0;     ///< of them, replaced in the slot before anybody took them
  std::uint64_t corrupt = 0;     ///< damaged packets and pictures, over all connections
  std::uint64_t reconnects = 0;  ///< times it streamed again after a loss
  int failed_attempts = 0;       ///< in a row, since the last frame
  absl::Status
      last_error;  ///< names the source; of the last loss or, once failed, why it was given up
  std::optional<SourceInfo> info;  ///< of the last connection
};

struct LiveOptions {
  BackoffOptions backoff;
  int attempts = 10;  ///< failed ones in a row after which it is given up; 0: never
  /// A source that never gave a frame is given up after this long, whatever `attempts` says; 0: no
  /// such limit.
  std::chrono::milliseconds connect_timeout{10'000};
  /// Where times begin, and the count to connect_timeout; none: now. For whoever has tried the source before.
  std::optional<Clock::time_point> started;
  /// Called by the capture thread after each change of state, without a lock. Must not block for
  /// long, nor destroy the LiveSource.
  std::function<void(const LiveStatus&)> on_change;
};

/// Makes one connection within `limit`. Runs on the capture thread.
using SourceOpener = std::function<absl::StatusOr<std::unique_ptr<FrameSource>>(
    std::chrono::milliseconds limit, std::stop_token stop)>;

/// OpenVideo of `url`, within the shorter of `limit` and options.connect_timeout.
SourceOpener VideoOpener(std::string url, SourceOptions options);

/// Owns the capture thread of one source. Frames are numbered from 0 over all connections; their
/// times are microseconds since started() and rise strictly. A loss leads to another attempt after
/// a wait, with the exceptions of `LiveOptions`, and of a source that cannot become right by
/// waiting (not a video, wrong password, no decoder) and has not worked before. Destruction stops
/// and joins, promptly in every state. The slot is closed at the end.
///
/// For sources that are live: a file would be read as fast as it can be, and its frames lost.
class LiveSource {
 public:
  /// `name` is for messages (credentials masked); `slot` outlives this object.
  LiveSource(const std::string& name, SourceOpener open, LiveOptions options,
             LatestSlot<Frame>& slot);

  /// Any thread.
  LiveStatus status() const;
  /// Asks the capture thread to end; does not wait. Any thread.
  void Stop() { thread_.request_stop(); }
  Clock::time_point started() const { return started_; }

 private:
  void Run(std::stop_token stop);
  void Capture(const std::stop_token& stop);
  absl::Status Stream(FrameSource& source, const std::stop_token& stop);
  void Deliver(Frame frame, std::int64_t opened_us);
  bool KeepTrying(const absl::Status& why, const std::stop_token& stop);
  std::string WhyGiveUp(const absl::Status& why, int failed, std::chrono::milliseconds wait) const;
  std::chrono::milliseconds ConnectLimit() const;
  void Change(LiveState state, const absl::Status& error = absl::OkStatus());

  const std::string name_;
  const SourceOpener open_;
  const LiveOptions options_;
  const Clock::time_point started_;
  LatestSlot<Frame>& slot_;

  Backoff backoff_;  // capture thread, as the three below
  std::uint64_t number_ = 0;
  std::int64_t last_us_ = -1;
  bool worked_ = false;  // a frame has come at least once

  mutable std::mutex mutex_;
  LiveStatus status_;    // under mutex_
  std::jthread thread_;  // last member: stopped and joined before the others go
};

}  // namespace vigil::media
