#include "rpc/internal/inference_metrics.h"

namespace vigil::rpc::internal {

InferenceMetrics::InferenceMetrics(Metrics& metrics, const std::string& service)
    : ok_(metrics.AddCounter("inference_requests_total", "Frames that were worked on, by outcome",
                             {{"service", service}, {"outcome", "ok"}})),
      failed_(metrics.AddCounter("inference_requests_total",
                                 "Frames that were worked on, by outcome",
                                 {{"service", service}, {"outcome", "error"}})),
      frames_(metrics.AddCounter("frames_processed_total", "Frames that have a result",
                                 {{"service", service}})),
      dropped_(
          metrics.AddCounter("frames_dropped_total",
                             "Frames that newer ones of their stream replaced, or whose call ended",
                             {{"service", service}})),
      duration_ms_(metrics.AddHistogram("inference_duration_ms",
                                        "Time in networks of one frame, milliseconds",
                                        LatencyBounds(), {{"service", service}})),
      duration_s_(metrics.AddHistogram("inference_duration_seconds",
                                       "Time in networks of one frame", LatencyBounds(1e-3),
                                       {{"service", service}})),
      detections_(metrics.AddHistogram("detections_per_frame", "Faces or objects of one frame",
                                       {0, 1, 2, 3, 5, 10, 20, 50, 100}, {{"service", service}})),
      latency_ms_(metrics.AddHistogram("stream_latency_ms",
                                       "From a frame's arrival to its result, milliseconds",
                                       LatencyBounds(), {{"service", service}})),
      latency_s_(metrics.AddHistogram("stream_latency_seconds",
                                      "From a frame's arrival to its result", LatencyBounds(1e-3),
                                      {{"service", service}})),
      streams_(metrics.AddGauge("vigil_streams", "Open streams", {{"service", service}})),
      fps_(metrics.AddGauge("stream_fps", "Frames a second of the average stream",
                            {{"service", service}})) {}

void InferenceMetrics::Streams(int change) const {
  streams_.Add(change);
  std::lock_guard lock(mutex_);
  open_ += change;
  if (open_ == 0) fps_.Set(0);
}

void InferenceMetrics::CountFrame() const {
  std::lock_guard lock(mutex_);
  ++frames_in_second_;
  const auto now = Clock::now();
  const std::chrono::duration<double> passed = now - second_;
  if (passed.count() < 1) return;
  if (open_ > 0) fps_.Set(frames_in_second_ / passed.count() / open_);
  second_ = now;
  frames_in_second_ = 0;
}

void InferenceMetrics::Answered(bool ok, std::size_t detections, std::int64_t model_us,
                                std::int64_t total_us) const {
  (ok ? ok_ : failed_).Add();
  if (!ok) return;
  CountFrame();
  frames_.Add();
  detections_.Observe(static_cast<double>(detections));
  duration_ms_.Observe(static_cast<double>(model_us) * 1e-3);
  duration_s_.Observe(static_cast<double>(model_us) * 1e-6);
  latency_ms_.Observe(static_cast<double>(total_us) * 1e-3);
  latency_s_.Observe(static_cast<double>(total_us) * 1e-6);
}

void InferenceMetrics::Dropped(std::uint64_t frames) const {
  if (frames > 0) dropped_.Add(static_cast<double>(frames));
}

}  // namespace vigil::rpc::internal
