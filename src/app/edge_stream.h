// One camera of `vigil edge`, from its first frame to its last.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "app/analyze_job.h"
#include "app/config.h"
#include "app/edge_capture.h"
#include "app/edge_remote.h"
#include "app/ordered_output.h"
#include "core/health.h"
#include "core/image.h"
#include "core/latency_histogram.h"
#include "core/latest_slot.h"
#include "core/metrics.h"
#include "face/canonical_face.h"
#include "face/models.h"
#include "media/picture_list.h"

namespace vigil::app {

/// What became of a stream. captured = dropped + skipped + results + lost.
struct EdgeReport {
  std::string name;     ///< credentials masked
  absl::Status status;  ///< what it broke off with
  CaptureCounts capture;
  std::uint64_t skipped = 0;  ///< for edge.max_fps
  std::uint64_t results = 0;
  std::uint64_t remote = 0, local = 0, both = 0;  ///< of them, where they were computed
  std::uint64_t lost = 0;                         ///< frames without a result
  std::string last_loss;                          ///< why the last of these was
  std::optional<EdgeRemoteCounts> server;         ///< none: none was asked
  LatencyHistogram latency;                       ///< of all results, capture to result
  LatencyHistogram remote_latency,
      local_latency;            ///< of those computed there (or at both), and here
  LatencyHistogram round_trip;  ///< of frames that the server answered in time
  std::int64_t wall_us = 0;
  std::string saved;
};

/// A few lines for people. Ends with a line end.
std::string EdgeSummary(std::span<const EdgeReport> reports);

/// What all streams share. Pointers that may be null: not asked for.
struct EdgeContext {
  const Config& config;
  const face::CanonicalFace& canonical;
  const face::ModelOptions* models = nullptr;      ///< null: this device does not look itself
  const rpc::GazeClientOptions* server = nullptr;  ///< null: none is asked
  OrderedOutput* json = nullptr;
  LatestSlot<Image>* display = nullptr;
  Metrics& metrics;
  Health& health;
  /// Says what has failed while the stream goes on. From any thread.
  std::function<void(const absl::Status&)> complain;
};

/// Runs until the source ends or `stop` is asked for. `number` is the stream's place in ordered outputs; `save` empty:
/// nothing is drawn.
EdgeReport RunEdgeStream(const EdgeContext& context, const media::Input& input, std::size_t number,
                         const std::filesystem::path& save, JobProgress& progress,
                         const std::stop_token& stop);

}  // namespace vigil::app
