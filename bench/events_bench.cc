// What events cost: detections a second through an engine with 8 lines and 8 zones of 8 vertices,
// and envelopes read and written. One thread.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/detection_message.h"
#include "events/engine.h"
#include "events/envelope.h"

namespace vigil::events {
namespace {

constexpr float kWidth = 1920, kHeight = 1080;

SceneOptions BenchScene() {
  SceneOptions scene;
  for (int i = 0; i < 8; ++i) {
    LineOptions& line = scene.lines.emplace_back();
    line.description = "line " + std::to_string(i);
    const float at = 0.1F + 0.1F * static_cast<float>(i);
    line.points = {{at, 0.05F}, {1 - at, 0.95F}};
    ZoneOptions& zone = scene.zones.emplace_back();
    zone.description = "zone " + std::to_string(i);
    for (int v = 0; v < 8; ++v) {
      const float turn = static_cast<float>(v) * 0.785398F;
      zone.points.push_back({0.15F + 0.23F * static_cast<float>(i % 4) + 0.1F * std::cos(turn),
                             (i < 4 ? 0.3F : 0.7F) + 0.17F * std::sin(turn)});
    }
  }
  return scene;
}

// People who walk about in the whole frame.
DetectionMessage MessageOf(int frame, int objects) {
  DetectionMessage message;
  message.device_id = "bench";
  message.camera_id = "walkers";
  message.frame_number = frame;
  message.timestamp = WallTime(std::chrono::hours(400'000)) + std::chrono::milliseconds(frame * 33);
  message.frame_size = {static_cast<int>(kWidth), static_cast<int>(kHeight)};
  message.roi = {0, 0, kWidth, kHeight};
  for (int id = 0; id < objects; ++id) {
    TrackedObject& object = message.objects.emplace_back();
    const float t = 0.002F * static_cast<float>(frame) + static_cast<float>(id);
    object.track_id = id;
    object.class_name = "person";
    object.confidence = 0.8F;
    object.center = {kWidth / 2 * (1 + 0.95F * std::sin(t)),
                     kHeight / 2 * (1 + 0.9F * std::sin(1.7F * t))};
    object.box = {object.center.x - 20, object.center.y - 45, 40, 90};
  }
  return message;
}

constexpr int kFrames = 2000;

std::vector<DetectionMessage> Messages(int objects) {
  std::vector<DetectionMessage> messages;
  for (int frame = 0; frame < kFrames; ++frame) messages.push_back(MessageOf(frame, objects));
  return messages;
}

void Engine(benchmark::State& state) {
  auto messages = Messages(static_cast<int>(state.range(0)));
  const auto engine = EventEngine::Create(BenchScene(), "bench", "walkers");
  std::int64_t detections = 0, events = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    DetectionMessage& message = messages[next];
    const auto happened = (*engine)->Process(message);
    benchmark::DoNotOptimize(happened);
    detections += static_cast<std::int64_t>(message.objects.size());
    events += static_cast<std::int64_t>(happened->size());
    // The same walk again, later.
    message.frame_number += kFrames;
    message.timestamp += std::chrono::milliseconds(kFrames * 33);
    next = next + 1 < messages.size() ? next + 1 : 0;
  }
  state.counters["detections"] =
      benchmark::Counter(static_cast<double>(detections), benchmark::Counter::kIsRate);
  state.counters["events_per_1000"] = 1000.0 * static_cast<double>(events) /
                                      static_cast<double>(std::max<std::int64_t>(1, detections));
}
BENCHMARK(Engine)->Arg(10)->Arg(70)->Arg(1000);

void ReadEnvelopes(benchmark::State& state) {
  std::vector<std::string> texts;
  for (int frame = 0; frame < 100; ++frame) {
    texts.push_back(ToJson(MessageOf(frame, static_cast<int>(state.range(0)))));
  }
  EnvelopeReader reader;
  std::size_t next = 0, bytes = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(reader.Read(texts[next]));
    bytes += texts[next].size();
    next = next + 1 < texts.size() ? next + 1 : 0;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["detections"] = benchmark::Counter(
      static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(ReadEnvelopes)->Arg(10)->Arg(70)->Arg(1000);

void WriteEnvelopes(benchmark::State& state) {
  const DetectionMessage message = MessageOf(0, static_cast<int>(state.range(0)));
  JsonWriter json;
  for (auto _ : state) {
    json.Clear();
    WriteEnvelope(json, message);
    benchmark::DoNotOptimize(json.text().data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(json.text().size()) * state.iterations());
  state.counters["detections"] = benchmark::Counter(
      static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(WriteEnvelopes)->Arg(70);

void SaveAndRestore(benchmark::State& state) {
  const auto engine = EventEngine::Create(BenchScene(), "bench", "walkers");
  (void)(*engine)->Process(MessageOf(0, 1000));
  std::size_t size = 0;
  for (auto _ : state) {
    const std::string saved = (*engine)->Save();
    benchmark::DoNotOptimize((*engine)->Restore(saved));
    size = saved.size();
  }
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(SaveAndRestore);

}  // namespace
}  // namespace vigil::events

BENCHMARK_MAIN();
