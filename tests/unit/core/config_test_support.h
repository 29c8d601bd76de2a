// A configuration with a key of every kind, for the tests of the loader.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/load.h"
#include "core/config/schema.h"

namespace vigil::config::test {

enum class Detector { kAuto, kYuNet, kYoloFace };

struct Source {
  std::string url;
  std::chrono::milliseconds timeout{5000};
  std::optional<double> max_fps;
  std::vector<std::vector<Point2f>> masks;
  std::string password;
  int low = 0;
  int high = 10;
};

struct Line {
  std::string name;
  Point2f a{0, 0};
  Point2f b{1, 1};
};

struct Device {
  std::string camera_id;
  std::vector<Line> lines;
};

struct Example {
  std::string mode = "local";
  int max_faces = 4;
  std::uint8_t small = 7;
  std::int64_t large = 0;
  std::uint64_t huge = 0;
  bool enabled = true;
  float threshold = 0.1F;
  double scale = 1;
  Detector detector = Detector::kAuto;
  std::vector<Detector> detectors{Detector::kAuto};
  std::chrono::seconds interval{10};
  std::chrono::duration<double> window{1.5};
  std::int64_t blink_us = 80'000;
  ByteSize cache = MiB(64);
  std::optional<int> limit = 3;
  std::optional<std::string> label;
  std::vector<std::string> classes{"person", "car"};
  std::vector<int> numbers;
  std::array<float, 3> weights{1, 2, 3};
  Point2f centre{0.5F, 0.5F};
  std::filesystem::path model = "models/face.tflite";
  std::string token;
  std::vector<std::string> keys;
  std::vector<Source> sources;
  std::map<std::string, Device> devices;
};

inline void Register(Schema& schema, Source& source) {
  schema.Key("url", source.url).Required().Doc("file, camera or stream").Reload(Reload::kPerStream);
  schema.Key("timeout", source.timeout)
      .Elsewhere({"patience"})
      .Range(std::chrono::milliseconds(100), std::chrono::minutes(1));
  schema.Key("max_fps", source.max_fps).Range(1, 120);
  schema.Key("masks", source.masks).Items(0, 4).EachItems(3, 64);
  schema.Key("password", source.password).Secret();
  schema.Key("low", source.low);
  schema.Key("high", source.high);
  schema.Check([&source] {
    return source.low <= source.high ? absl::OkStatus()
                                     : absl::InvalidArgumentError("low has to be at most high");
  });
}

inline void Register(Schema& schema, Device& device) {
  schema.Key("camera_id", device.camera_id);
  schema.List("lines", device.lines, [](Schema& s, Line& line) {
    s.Key("name", line.name);
    s.Key("a", line.a);
    s.Key("b", line.b);
  });
}

inline void Register(Schema& schema, Example& example) {
  schema.Key("mode", example.mode).Doc("where it runs");
  schema.Key("face.max_faces", example.max_faces)
      .Range(1, 256)
      .Doc("faces followed at once")
      .Reload(Reload::kLive);
  schema.Key("face.threshold", example.threshold).Ratio().Range(0.1F, 0.9F);
  schema.Enum(
      "face.detector", example.detector,
      {{"auto", Detector::kAuto}, {"yunet", Detector::kYuNet}, {"yolo_face", Detector::kYoloFace}});
  schema.Key("face.enabled", example.enabled);
  schema
      .Enum("detectors", example.detectors,
            {{"auto", Detector::kAuto}, {"yunet", Detector::kYuNet}})
      .Items(1, 3);
  schema.Key("small", example.small);
  schema.Key("large", example.large);
  schema.Key("huge", example.huge);
  schema.Key("scale", example.scale).AtLeast(0);
  schema.Key("interval", example.interval).AtMost(std::chrono::hours(1));
  schema.Key("window", example.window);
  schema.Microseconds("blink", example.blink_us)
      .AtMost(std::chrono::minutes(1))
      .Check([](const auto& blink) {
        return blink.count() % 2 == 0 ? absl::OkStatus()
                                      : absl::InvalidArgumentError("an odd number of microseconds");
      });
  schema.Key("cache.size", example.cache).AtLeast(KiB(1));
  schema.Key("limit", example.limit);
  schema.Key("label", example.label);
  schema.Key("classes", example.classes).Items(0, 4);
  schema.Key("numbers", example.numbers).Range(-5, 5);
  schema.Key("weights", example.weights);
  schema.Key("centre", example.centre);
  schema.Key("detector.model_file", example.model).Check([](const std::filesystem::path& path) {
    return path.extension() == ".tflite" ? absl::OkStatus()
                                         : absl::InvalidArgumentError("not a .tflite file");
  });
  schema.Key("smtp.token", example.token).Secret();
  schema.Key("smtp.keys", example.keys).Secret();
  schema.List(
      "sources", example.sources, [](Schema& s, Source& source) { Register(s, source); },
      "what is watched", 8);
  schema.Map("devices", example.devices, [](Schema& s, Device& device) { Register(s, device); });
}

/// What one load gives: the fields, and what is known about them.
struct Loaded {
  Example example;
  absl::StatusOr<Resolved> resolved = absl::UnknownError("not loaded");
  std::string error() const { return std::string(resolved.status().message()); }
};

inline std::unique_ptr<Loaded> LoadExample(const Sources& sources) {
  auto loaded = std::make_unique<Loaded>();
  Schema schema;
  Register(schema, loaded->example);
  loaded->resolved = Load(schema, sources);
  return loaded;
}

inline std::unique_ptr<Loaded> LoadText(const std::string& text) {
  Sources sources;
  sources.file = File{"v.yaml", text};
  return LoadExample(sources);
}

}  // namespace vigil::config::test
