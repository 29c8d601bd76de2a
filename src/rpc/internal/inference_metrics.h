// What operators watch of inference: the names are those of the platform's documents, with twins in Prometheus' units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "core/metrics.h"
#include "core/time.h"

namespace vigil::rpc::internal {

/// Of one service, "gaze" or "objects". Safe from any thread.
class InferenceMetrics {
 public:
  InferenceMetrics(Metrics& metrics, const std::string& service);

  /// A frame was answered. Times in microseconds: in networks, and from arrival to answer.
  void Answered(bool ok, std::size_t detections, std::int64_t model_us,
                std::int64_t total_us) const;
  /// Frames that will not be answered.
  void Dropped(std::uint64_t frames) const;
  /// A stream began (+1) or ended (-1).
  void Streams(int change) const;

 private:
  void CountFrame() const;

  Counter ok_, failed_, frames_, dropped_;
  Histogram duration_ms_, duration_s_, detections_, latency_ms_, latency_s_;
  Gauge streams_, fps_;
  mutable std::mutex mutex_;
  // Under mutex_: the second that is being counted.
  mutable Clock::time_point second_ = Clock::now();
  mutable int frames_in_second_ = 0, open_ = 0;
};

}  // namespace vigil::rpc::internal
