// What operators watch of inference: the names are those of the platform's documents, with twins in Prometheus' units.
#pragma once

#include <cstdint>
#include <string>

#include "core/metrics.h"

namespace vigil::rpc::internal {

/// Of one service, "gaze" or "objects". Safe from any thread.
class InferenceMetrics {
 public:
  InferenceMetrics(Metrics& metrics, const std::string& service);

  /// A frame was answered. Times in microseconds: in networks, and from arrival to answer.
  void Answered(bool ok, std::size_t detections, std::int64_t model_us, std::int64_t total_us) const;
  void Dropped(std::uint64_t frames) const;
  Gauge streams() const { return streams_; }

 private:
  Counter ok_, failed_, frames_, dropped_;
  Histogram duration_ms_, duration_s_, detections_, latency_ms_, latency_s_;
  Gauge streams_;
};

}  // namespace vigil::rpc::internal
