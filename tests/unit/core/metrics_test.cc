#include "core/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/health.h"

namespace vigil {
namespace {

TEST(Metrics, AreWhatPrometheusReads) {
  Metrics metrics;
  metrics.AddCounter("frames_total", "Frames", {{"service", "gaze"}}).Add();
  metrics.AddCounter("frames_total", "Frames", {{"service", "gaze"}}).Add(2);
  metrics.AddCounter("frames_total", "Frames", {{"service", "objects"}}).Add();
  const Counter calls = metrics.AddCounter("calls_total", "Calls");
  for (const double seen : {4, 7, 6}) calls.RaiseTo(seen);
  const Gauge streams = metrics.AddGauge("streams", "Open streams");
  streams.Set(5);
  streams.Add(-2);
  metrics.AddHistogram("latency_ms", "Latency", {1, 10}).Observe(5);
  const auto sums = metrics.Sums();
  EXPECT_EQ(sums.at("frames_total"), 4);
  EXPECT_EQ(sums.at("streams"), 3);
  EXPECT_FALSE(sums.contains("latency_ms"));
  const std::string text = metrics.Text();
  for (const char* line :
       {"# TYPE frames_total counter", "frames_total{service=\"gaze\"} 3",
        "frames_total{service=\"objects\"} 1", "calls_total 7", "streams 3",
        "latency_ms_bucket{le=\"1\"} 0", "latency_ms_bucket{le=\"10\"} 1", "latency_ms_count 1"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(Health, IsTheWorstOfItsParts) {
  Health health("infer", "1.2.3");
  EXPECT_EQ(health.state(), HealthState::kHealthy);
  health.Set("faces", HealthState::kHealthy, "ready");
  health.Set("bus", HealthState::kDegraded, "no \"broker\"");
  EXPECT_EQ(health.state(), HealthState::kDegraded);
  const auto json = nlohmann::json::parse(health.ToJson({{"frames_total", 12}}));
  EXPECT_EQ(json["statistics"]["frames_total"], 12);
  EXPECT_GE(json["uptime_s"], 0);
  EXPECT_EQ(json["status"], "degraded");
  EXPECT_EQ(json["service"], "infer");
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_TRUE(json["timestamp"].get<std::string>().ends_with("Z"));
  EXPECT_EQ(json["details"]["bus"]["text"], "no \"broker\"");
  health.Set("bus", HealthState::kHealthy, "");
  health.Set("faces", HealthState::kUnhealthy, "lost");
  EXPECT_EQ(health.state(), HealthState::kUnhealthy);
}

}  // namespace
}  // namespace vigil
