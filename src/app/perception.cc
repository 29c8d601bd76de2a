#include "app/perception.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/nearest.h"
#include "core/status.h"
#include "core/time.h"
#include "nn/model_catalog.h"

namespace vigil::app {
namespace {

// A word that is neither a file nor looks like one was meant as a name.
absl::Status CheckDetectorName(const std::string& name) {
  std::error_code ignored;
  const bool is_file = name.find_first_of("./") != std::string::npos;
  if (name.empty() || name == "hog" || is_file || std::filesystem::exists(name, ignored))
    return absl::OkStatus();
  std::vector<std::string> known = {"hog"};
  for (const nn::KnownModel& model : nn::KnownModels()) {
    if (!model.comes_with_setup()) known.emplace_back(model.name);
  }
  return absl::NotFoundError(
      fmt::format("detector {}: neither a file nor a known model{} (see vigil models list)", name,
                  DidYouMean(name, known)));
}

}  // namespace

absl::StatusOr<ModelPlan> PlanModels(const Config& config) {
  ModelPlan plan;
  SceneConfig scene = config.scene;
  if (scene.detector_file.empty() && HasScene(DeviceOf(scene, scene.device_id))) {
    log::Info(
        "lines, zones or rules are configured but no detector.model_file: the built-in person "
        "detector (hog) is used");
    scene.detector_file = "hog";
  }
  if (const nn::KnownModel* known = nn::FindKnownModel(scene.detector_file)) {
    const auto dir = nn::FindModelsDir(config.models.dir);
    if (!dir.ok()) return dir.status();
    scene.detector_file = *dir / known->file;
    // By its name, the user means that very model; by a path, whatever is there.
    if (auto status = nn::VerifyModel(*known, *dir); !status.ok()) return status;
  }
  if (auto status = CheckDetectorName(scene.detector_file); !status.ok()) return status;
  auto objects = DetectorOf(scene);
  if (!objects.ok()) return objects.status();
  plan.objects = *std::move(objects);
  if (plan.objects) {
    plan.tracker = TrackerOf(scene, *plan.objects);
    plan.objects->engine.provider = config.models.provider;
    plan.objects->engine.device = config.models.device;
    plan.objects->engine.runtime_library = config.models.onnxruntime_library;
    plan.objects->server_ca_file = config.models.server_ca_file;
  }
  if (config.face.enabled.value_or(!plan.objects)) {
    auto faces = ModelOptionsOf(config);
    if (!faces.ok()) return faces.status();
    plan.faces = *std::move(faces);
  }
  if (!plan.faces && !plan.objects)
    return absl::InvalidArgumentError(
        "nothing to look for: face.enabled is false and no detector.model_file is named");
  return plan;
}

absl::StatusOr<WorkerModels> WorkerModels::Load(const ModelPlan& plan) {
  WorkerModels models;
  models.tracker = plan.tracker;
  if (plan.faces) {
    auto faces = face::FaceModels::Load(*plan.faces);
    if (!faces.ok()) return faces.status();
    models.faces = *std::move(faces);
  }
  if (plan.objects) {
    auto objects = objects::CreateDetector(*plan.objects);
    if (!objects.ok()) return objects.status();
    models.objects = *std::move(objects);
  }
  return models;
}

std::string CameraOf(const Config& config, const media::Input& input) {
  const DeviceConfig& device = DeviceOf(config.scene, config.scene.device_id);
  return device.camera_id.empty() ? CameraIdOf(input.name) : device.camera_id;
}

absl::StatusOr<std::unique_ptr<Perception>> Perception::Create(
    const Config& config, const face::CanonicalFace& canonical, const WorkerModels& models,
    const media::Input& input, std::int64_t epoch, events::RunCooldowns& cooldowns) {
  using Kind = media::Input::Kind;
  const bool live = input.kind == Kind::kCamera || input.kind == Kind::kStream;
  std::unique_ptr<Perception> perception(new Perception(live, input.kind == Kind::kPicture, epoch));
  if (models.faces) {
    perception->faces_ = std::make_unique<face::Pipeline>(
        canonical, PipelineOptionsOf(config, input.kind == Kind::kPicture));
    perception->face_overlay_ = std::make_unique<face::Overlay>(canonical, config.output.overlay);
  }
  if (models.objects) {
    const DeviceConfig& device = DeviceOf(config.scene, config.scene.device_id);
    const std::string camera = CameraOf(config, input);
    const auto names = models.objects->class_names();
    perception->watcher_ = std::make_unique<SceneWatcher>(
        models.tracker,
        SceneIdentity{config.scene.device_id, camera, epoch, config.scene.start_time},
        std::vector<std::string>(names.begin(), names.end()));
    auto interpreter = SceneInterpreter::Create(device, config.scene.device_id, camera, &cooldowns);
    if (!interpreter.ok()) return interpreter.status();
    perception->interpreter_ = *std::move(interpreter);
    perception->scene_overlay_ = std::make_unique<SceneOverlay>(config.scene.overlay);
  }
  return perception;
}

absl::Status Perception::Next(WorkerModels& models, const Frame& frame) {
  return Look(models, frame, false);
}

absl::Status Perception::Still(WorkerModels& models, const Frame& frame) {
  return Look(models, frame, true);
}

absl::Status Perception::Look(WorkerModels& models, const Frame& frame, bool still) {
  events_ = {};
  if (faces_) {
    if (still) face_overlay_->Reset();
    const auto result = still ? faces_->Still(*models.faces, frame.image.view())
                              : faces_->Next(*models.faces, frame.image.view(), frame.timestamp_us);
    if (!result.ok()) return result.status();
    face_result_ = *result;
  }
  return watcher_ ? LookForObjects(models, frame, still) : absl::OkStatus();
}

absl::Status Perception::LookForObjects(WorkerModels& models, const Frame& frame, bool still) {
  const auto start = Clock::now();
  const auto detections = models.objects->Detect(frame.image.view());
  if (!detections.ok()) return detections.status();
  const auto detected = Clock::now();
  objects_us_ = MicrosBetween(start, detected);
  if (live_ && message_ == nullptr)
    watcher_->SetStart(WallNow() - std::chrono::microseconds(frame.timestamp_us));
  message_ = still ? &watcher_->Still(*detections, frame.image.size())
                   : &watcher_->Next(*detections, frame.image.size(),
                                     static_cast<std::int64_t>(frame.number), frame.timestamp_us);
  const auto events = interpreter_->Process(*message_);
  if (events.ok()) {
    events_ = *events;
  } else {
    log::Warning("frame {}: {}", frame.number,
                 MessageOf(events.status()));  // ours are never refused
  }
  events_us_ = MicrosBetween(detected, Clock::now());
  return absl::OkStatus();
}

void Perception::Await(WallTime since) {
  if (interpreter_ && live_) interpreter_->Await(epoch_, since);
}

void Perception::Advance() {
  events_ = {};
  // A frame may still be on its way to us: up to a second ago, all have come.
  constexpr std::chrono::seconds kUsualDelay{1};
  if (interpreter_ && live_) events_ = interpreter_->Advance(WallNow() - kUsualDelay);
}

void Perception::GiveUp() {
  events_ = {};
  if (interpreter_ && live_) events_ = interpreter_->GiveUp(WallNow());
}

void Perception::Finish() {
  events_ = {};
  if (interpreter_ && message_ != nullptr) events_ = interpreter_->Finish();
}

FrameResult Perception::result() const { return {face_result_, message_, objects_us_, events_us_}; }

void Perception::Draw(MutableImageView image, std::int64_t timestamp_us) {
  if (message_ != nullptr)
    scene_overlay_->Draw(
        image,
        interpreter_->Drawing(*message_, still_ ? std::span<const events::Event>() : events_),
        timestamp_us);
  if (face_result_ != nullptr) face_overlay_->Draw(image, *face_result_);
}

}  // namespace vigil::app
