// The frames of an edge device on their way to a result: here, at the server, or at both.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/frame.h"
#include "core/time.h"
#include "face/identities.h"
#include "face/types.h"
#include "rpc/gaze_client.h"

namespace vigil::app {

/// Where a result was computed.
enum class Computed : std::uint8_t {
  kRemote,
  kLocal,
  kBoth,  ///< the server's faces, and others that only this device saw
};
/// "remote", "local", "both".
std::string_view Name(Computed computed);

/// Who looks at a frame.
struct EdgePlan {
  bool remote = false;    ///< its result is awaited until the frame's deadline
  bool local = false;     ///< this device looks at once, and does not wait for the server to fail
  bool fall_back = true;  ///< this device looks where the server has no result
};

/// A frame that is over, in the order in which they came.
struct EdgeResult {
  std::shared_ptr<Frame> frame;           ///< nobody else looks at it any more
  std::optional<Computed> computed;       ///< none: the frame is lost
  absl::Status lost;                      ///< why
  face::FaceResult faces;                 ///< ids as face::Identities gives them
  std::vector<std::int64_t> local_faces;  ///< of kBoth: ids of those that only this device saw
  std::int64_t remote_us = 0;             ///< there and back; 0: not computed there
  std::int64_t server_us = 0;             ///< of it, within the server
  std::int64_t server_decode_us = 0;      ///< of that, decoding
  std::int64_t local_us = 0;              ///< 0: not computed here
};

struct EdgeMergeOptions {
  std::size_t capacity = 16;  ///< frames under way
  std::size_t waiting_local =
      2;  ///< of them, waiting for this device's own networks, before no more are taken
  Clock::duration local_limit =
      std::chrono::milliseconds(1000);  ///< a frame that waits longer for them is lost
};

/// A value of one stream: frames go in, outcomes of both sides go in, results come out, one a frame and in order. The
/// caller's mutex is around it.
class EdgeMerge {
 public:
  explicit EdgeMerge(const EdgeMergeOptions& options) : options_(options) {}

  /// Whether the next frame may be taken from the camera. While not, newer ones replace it there.
  bool HasRoom() const;
  /// Takes a frame; `sequence` rises. The caller holds its pixels until Release().
  void Add(std::uint64_t sequence, std::shared_ptr<Frame> frame, const EdgePlan& plan,
           Clock::time_point now);
  /// The pixels were encoded, or are not to be.
  void Release(std::uint64_t sequence);

  /// Both are ignored for frames that are over, or whose plan has no server in it.
  void OnRemote(rpc::RemoteResult result);
  void OnRemoteLost(std::uint64_t sequence, const absl::Status& why, Clock::time_point now);
  /// The server's stream is a new one: its ids begin anew.
  void OnRemoteRestarted() { identities_.Restarted(kRemote); }

  struct LocalWork {
    std::uint64_t sequence = 0;
    std::shared_ptr<const Frame> frame;
  };
  /// The oldest frame that this device has to look at. OnLocal() follows. Those that have waited too long are lost.
  std::optional<LocalWork> NextLocal(Clock::time_point now);
  void OnLocal(std::uint64_t sequence, const absl::StatusOr<const face::FaceResult*>& result,
               std::int64_t took_us);

  /// The oldest frame, once it is over.
  std::optional<EdgeResult> Take();
  bool has_done() const { return !frames_.empty() && IsOver(frames_.front()); }
  bool has_local_work() const;
  bool empty() const { return frames_.empty(); }
  std::size_t size() const { return frames_.size(); }

 private:
  static constexpr int kRemote = 0, kLocal = 1;  // trackers of identities_
  enum class Side : std::uint8_t { kNotAsked, kAwaited, kAtWork, kHere, kFailed };
  struct Under {
    std::uint64_t sequence = 0;
    EdgePlan plan;
    bool held = true;  // its pixels are being encoded
    Side remote = Side::kNotAsked, local = Side::kNotAsked;
    Clock::time_point local_since;
    EdgeResult result;  // of the server, or of this device alone
    face::FaceResult local_faces;
  };

  static bool IsOver(const Under& frame);
  Under* Find(std::uint64_t sequence);
  void AskLocal(Under& frame, Clock::time_point now);
  void Merge(Under& frame);

  EdgeMergeOptions options_;
  std::deque<Under> frames_;  // by sequence
  face::Identities identities_;
};

}  // namespace vigil::app
