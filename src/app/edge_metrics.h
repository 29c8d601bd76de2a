// Metrics of one stream of `vigil edge`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/edge_merge.h"
#include "core/metrics.h"

namespace vigil::app {

/// Names are those of the documents, where they give one.
class EdgeMetrics {
 public:
  EdgeMetrics(Metrics& metrics, const std::string& stream)
      : metrics_(metrics),
        stream_(stream),
        captured_(Add("vigil_frames_captured_total", "Frames that came from the source")),
        connects_(Add("vigil_edge_connects_total", "Streams to the server")),
        round_trip_(metrics.AddHistogram("vigil_edge_round_trip_ms",
                                         "From sending a frame until its result came",
                                         LatencyBounds(), {{"stream", stream}})),
        fps_(metrics.AddGauge("stream_fps", "Results a second", {{"stream", stream}})),
        trusted_(metrics.AddGauge("vigil_edge_server_in_use",
                                  "1: results come from the server; 0: they do not",
                                  {{"stream", stream}})) {
    for (const Computed computed : {Computed::kRemote, Computed::kLocal, Computed::kBoth}) {
      const MetricLabels labels{{"stream", stream}, {"computed", std::string(Name(computed))}};
      processed_[static_cast<std::size_t>(computed)].emplace(
          metrics.AddCounter("frames_processed_total", "Frames with a result", labels));
      latency_[static_cast<std::size_t>(computed)].emplace(metrics.AddHistogram(
          "stream_latency_ms", "From a frame's capture until its result", LatencyBounds(), labels));
    }
    for (const char* reason : {"camera", "late", "overload", "no_server", "failed"})
      Dropped(reason, 0);
  }

  void Result(Computed computed, std::int64_t latency_us, std::int64_t round_trip_us) const {
    const auto at = static_cast<std::size_t>(computed);
    processed_[at]->Add();
    latency_[at]->Observe(static_cast<double>(latency_us) / 1e3);
    if (round_trip_us > 0) round_trip_.Observe(static_cast<double>(round_trip_us) / 1e3);
  }
  void Dropped(const char* reason, std::uint64_t count) const {
    metrics_
        .AddCounter("frames_dropped_total", "Frames without a result, by reason",
                    {{"stream", stream_}, {"reason", reason}})
        .Add(static_cast<double>(count));
  }
  const Counter& captured() const { return captured_; }
  const Gauge& fps() const { return fps_; }
  const Gauge& trusted() const { return trusted_; }
  const Counter& connects() const { return connects_; }

 private:
  Counter Add(const char* name, const char* help) const {
    return metrics_.AddCounter(name, help, {{"stream", stream_}});
  }
  Metrics& metrics_;
  const std::string stream_;
  const Counter captured_, connects_;
  const Histogram round_trip_;
  const Gauge fps_, trusted_;
  std::optional<Counter> processed_[3];
  std::optional<Histogram> latency_[3];
};

}  // namespace vigil::app
