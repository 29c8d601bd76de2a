// The server, as one stream of `vigil edge` sees it: whether to ask it, and what became of what it was asked.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/edge_config.h"
#include "core/circuit_breaker.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/time.h"
#include "media/jpeg.h"
#include "media/shrink.h"
#include "rpc/gaze_client.h"

namespace vigil::app {

/// Who is told. In the client's thread; must not wait.
class EdgeRemoteEvents {
 public:
  virtual ~EdgeRemoteEvents() = default;
  virtual void OnRemote(rpc::RemoteResult result) = 0;
  virtual void OnRemoteLost(std::uint64_t sequence, const absl::Status& why) = 0;
  /// A new stream: the ids of its faces begin anew.
  virtual void OnRemoteRestarted() = 0;
};

/// Frames, and what became of them: sent = in_time + late + passed_over + lost + under way.
struct EdgeRemoteCounts {
  std::uint64_t sent = 0;
  std::uint64_t in_time = 0;      ///< results that were there by the deadline
  std::uint64_t late = 0;         ///< the deadline passed
  std::uint64_t passed_over = 0;  ///< by the server, for newer ones
  std::uint64_t lost = 0;         ///< with the stream, or refused by the server
  std::uint64_t connects = 0;     ///< streams that were opened
  std::uint64_t away = 0;         ///< of these, lost or given up
};

struct EdgeRemoteState {
  bool trusted = false;  ///< frames are sent, and nobody else looks at them
  BreakerState breaker = BreakerState::kClosed;
  std::string last_error;  ///< why it is not; empty: not tried yet
};

/// A client and its circuit breaker. While it is open, nothing is sent; then a connection is tried, and frames are sent on
/// trial until results come in time again. Ask(), Send() and Tick() in one thread; the others in any.
class EdgeRemote final : private rpc::GazeEvents {
 public:
  /// `without` is what happens without a server, for logs: "this device looks at the frames itself". `events` outlives it.
  static absl::StatusOr<std::unique_ptr<EdgeRemote>> Create(const EdgeConfig& config,
                                                            const rpc::GazeClientOptions& options,
                                                            std::string without,
                                                            EdgeRemoteEvents& events);
  ~EdgeRemote() override { Stop(); }

  struct Question {
    CircuitBreaker::Permit permit;
    bool on_trial = false;  ///< the answer may never come: nothing should wait for it
  };
  /// Whether the next frame is to be sent. None: no.
  std::optional<Question> Ask(Clock::time_point now);
  /// Encodes and sends it. An outcome follows if and only if this is OK.
  absl::Status Send(std::uint64_t sequence, const Frame& frame, const Question& question,
                    Deadline deadline);
  /// Begins what is due. Several times a second.
  void Tick(Clock::time_point now);
  /// Ends everything; outcomes that are still to come are told before it returns.
  void Stop() {
    if (client_ != nullptr) client_->Stop();
  }

  EdgeRemoteCounts counts() const;
  EdgeRemoteState state() const;

 private:
  EdgeRemote(const EdgeConfig& config, const rpc::GazeClientOptions& options, std::string without,
             EdgeRemoteEvents& events);
  void Log(log::Level level, const std::string& text) const;
  void OnUp() override;
  void OnDown(const absl::Status& why) override;
  void OnResult(rpc::RemoteResult result) override;
  void OnLost(std::uint64_t sequence, const absl::Status& why) override;
  bool Report(std::uint64_t sequence, const absl::Status& outcome);
  void LogAway(const std::string& why);

  const EdgeConfig& config_;
  const std::string server_, stream_id_, without_;
  EdgeRemoteEvents& events_;
  media::JpegEncoder encoder_;   // of Send()
  media::Shrinker shrinker_;     // the same
  bool told_too_large_ = false;  // the same

  mutable std::mutex mutex_;
  // Under mutex_.
  CircuitBreaker breaker_;
  std::optional<CircuitBreaker::Permit> connecting_;
  struct Asked {
    CircuitBreaker::Permit permit;
    float scale_x = 1, scale_y = 1;  // from what was sent to the frame
  };
  std::map<std::uint64_t, Asked> asked_;  // frames under way
  EdgeRemoteCounts counts_;
  std::string last_error_;
  bool up_ = false;  // a stream is open

  std::unique_ptr<rpc::GazeClient> client_;  // last member: its thread calls the above
};

}  // namespace vigil::app
