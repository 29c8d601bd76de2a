// The product's configuration: every key, typed. docs/configuration.md is generated from it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/delivery.h"
#include "app/edge_config.h"
#include "app/orchestrate_config.h"
#include "app/scene_config.h"
#include "app/serving_config.h"
#include "core/config/schema.h"
#include "core/log.h"
#include "face/models.h"
#include "face/overlay.h"
#include "face/pipeline.h"
#include "media/live_source.h"
#include "media/mask.h"
#include "media/source.h"
#include "media/video_writer.h"

namespace vigil::app {

enum class FaceDetector : std::uint8_t { kAuto, kWhole, kTiles, kYuNet, kYoloFace };

/// A picture is looked at once, so a crowd may take its time; a video has to keep up.
inline constexpr int kMaxFacesOfPicture = 100, kMaxFacesOfVideo = 20;

struct FaceConfig {
  std::optional<bool> enabled;  ///< none: unless objects are looked for
  FaceDetector detector = FaceDetector::kAuto;
  std::string detector_file;
  int mesh = face::kRefinedPoints;
  std::optional<int> max_faces;  ///< none: kMaxFacesOfPicture, kMaxFacesOfVideo
  std::string attention_purpose;
  face::PipelineOptions pipeline;
};

struct SourceConfig {
  media::SourceOptions options;
  media::LiveOptions live;
};

struct OutputConfig {
  int jpeg_quality = 92;
  media::VideoWriterOptions video;
  face::OverlayOptions overlay;
};

struct Config {
  struct Log {
    log::Level level = log::Level::kInfo;
    log::Format format = log::Format::kText;
  } log;
  struct Models {
    std::string dir;
    std::string onnxruntime_library;
    nn::OnnxProvider provider = nn::OnnxProvider::kCpu;
    int device = 0;
    std::string server, server_ca_file;
  } models;
  int threads = 0;                          ///< 0: one a core
  std::vector<std::vector<Point2f>> masks;  ///< fractions of the frame
  FaceConfig face;
  SourceConfig source;
  OutputConfig output;
  SceneConfig scene;
  DeliveryConfig delivery;
  ServingConfig server;
  OrchestrateConfig orchestrate;
  EdgeConfig edge;
};

/// Registers every key with the field it fills. Both outlive the schema's use.
void Register(config::Schema& schema, Config& config);

/// What is configured and has no effect in this version; a line for each.
std::vector<std::string> NotYet(const Config& config);

/// What the configuration means to the face module. NotFound: the models folder.
absl::StatusOr<face::ModelOptions> ModelOptionsOf(const Config& config);
/// Faces at once: as configured, or what fits the kind of input.
int MaxFacesOf(const Config& config, bool is_picture);
face::PipelineOptions PipelineOptionsOf(const Config& config, bool is_picture);

}  // namespace vigil::app
