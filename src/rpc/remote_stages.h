// Stages of the face pipeline in other processes, for one stream.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/time.h"
#include "face/stages.h"
#include "rpc/stage_client.h"

namespace vigil::rpc {

/// What the calls of one frame have in common.
struct RemoteFrame {
  Deadline deadline = Deadline::max();  ///< no call is waited for longer
  std::uint64_t sequence = 0;           ///< the client's number, for the logs of the stages
  std::string_view trace_id =
      {};  ///< 32 hexadecimal digits, handed on as W3C traceparent; empty: none
  std::span<const std::uint8_t> jpeg =
      {};  ///< the file that the picture was decoded from, sent in place of its pixels
};

/// Makes the stages and owns what they share; they do not outlive it. One thread at a time.
///
/// What a stage answers is checked as any input is. A stage that does not answer in time, or wrongly, fails with an error
/// that names it and the replica.
class RemoteStages {
 public:
  /// `stream_key` tells this stream's states from those of all others that the same replicas serve; at most 100 bytes.
  static std::unique_ptr<RemoteStages> Create(std::string stream_key);
  virtual ~RemoteStages() = default;

  /// Before the stages are asked about a frame. What `frame` points to stays until the next.
  virtual void BeginFrame(const RemoteFrame& frame) = 0;

  /// Clients outlive the stages.
  /// @param looks_in_squares  as the detector there does
  virtual std::unique_ptr<face::DetectionStage> Detection(StageClient& client,
                                                          bool looks_in_squares) = 0;
  virtual std::unique_ptr<face::LandmarkStage> Landmarks(StageClient& client) = 0;
  virtual std::unique_ptr<face::HeadPoseStage> HeadPose(StageClient& client) = 0;
  virtual std::unique_ptr<face::GazeStage> Gaze(StageClient& client) = 0;
  virtual std::unique_ptr<face::BlinkStage> Blink(StageClient& client) = 0;
  virtual std::unique_ptr<face::AttentionStage> Attention(StageClient& client) = 0;
};

}  // namespace vigil::rpc
