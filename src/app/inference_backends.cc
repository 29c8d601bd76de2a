#include "app/inference_backends.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/limits.h"
#include "core/status.h"
#include "nn/kserve_model.h"
#include "nn/model_catalog.h"
#include "nn/model_file.h"
#include "nn/onnx_model.h"
#include "nn/tflite_model.h"

namespace vigil::app {
namespace {

constexpr std::string_view kFaceModels[] = {"face-detection", "face-mesh", "face-mesh-attention"};
constexpr int kServedSide = 640;  // of a picture input that its file leaves open

class FaceVideo final : public rpc::FaceStream {
 public:
  FaceVideo(std::vector<WorkerModels>& workers, const face::CanonicalFace& canonical,
            const face::PipelineOptions& options)
      : workers_(workers), pipeline_(canonical, options) {}

  absl::StatusOr<const face::FaceResult*> Next(int worker, const rpc::StreamFrame& frame) override {
    return pipeline_.Next(*workers_[static_cast<std::size_t>(worker)].faces, frame.image,
                          frame.timestamp_us);
  }

 private:
  std::vector<WorkerModels>& workers_;
  face::Pipeline pipeline_;
};

bool IsNameOfModel(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

absl::StatusOr<std::unique_ptr<nn::Model>> LoadModel(const std::filesystem::path& path,
                                                     const nn::OnnxOptions& onnx) {
  if (path.extension() == ".onnx") return nn::OnnxModel::Create(path, onnx);
  const auto file = nn::ModelFile::Read(path);
  if (!file.ok()) return file.status();
  auto model = nn::TfliteModel::Create(path.string(), file->bytes());
  if (!model.ok()) return model.status();
  return std::unique_ptr<nn::Model>(*std::move(model));
}

absl::StatusOr<rpc::ServedModel> LoadServedModel(std::string name, std::string version,
                                                 const std::filesystem::path& path,
                                                 const nn::OnnxOptions& onnx, int workers) {
  rpc::ServedModel served{std::move(name),
                          std::move(version),
                          path.extension() == ".onnx" ? "onnxruntime_onnx" : "tflite_xnnpack",
                          {}};
  for (int i = 0; i < workers; ++i) {
    auto model = LoadModel(path, onnx);
    if (!model.ok()) return model.status();
    served.of_worker.push_back(*std::move(model));
  }
  return served;
}

class Faces final : public rpc::FaceBackend {
 public:
  Faces(std::vector<WorkerModels>& workers, const face::CanonicalFace& canonical,
        const Config& config)
      : workers_(workers), canonical_(canonical), options_(PipelineOptionsOf(config, false)) {}

  std::unique_ptr<rpc::FaceStream> Open() override {
    return std::make_unique<FaceVideo>(workers_, canonical_, options_);
  }

 private:
  std::vector<WorkerModels>& workers_;
  const face::CanonicalFace& canonical_;
  const face::PipelineOptions options_;
};

class Objects final : public rpc::ObjectBackend {
 public:
  Objects(std::vector<WorkerModels>& workers, std::string name)
      : workers_(workers), name_(std::move(name)) {}

  absl::StatusOr<std::span<const Detection>> Detect(int worker, ImageView image) override {
    return workers_[static_cast<std::size_t>(worker)].objects->Detect(image);
  }
  std::span<const std::string> class_names() const override {
    return workers_[0].objects->class_names();
  }
  const std::string& model_name() const override { return name_; }

 private:
  std::vector<WorkerModels>& workers_;
  const std::string name_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<InferenceBackends>> InferenceBackends::Create(const Config& config,
                                                                             int workers) {
  const auto plan = PlanModels(config);
  if (!plan.ok()) return plan.status();
  std::unique_ptr<InferenceBackends> backends(new InferenceBackends());
  for (int i = 0; i < workers; ++i) {
    auto models = WorkerModels::Load(*plan);
    if (!models.ok()) return models.status();
    backends->workers_.push_back(*std::move(models));
  }
  if (plan->faces) {
    auto canonical = face::LoadFaceGeometry(plan->faces->dir);
    if (!canonical.ok()) return canonical.status();
    backends->canonical_ = *std::move(canonical);
    backends->faces_ = std::make_unique<Faces>(backends->workers_, *backends->canonical_, config);
  }
  if (plan->objects) {
    const std::string& file = plan->objects->model_file;
    backends->objects_ = std::make_unique<Objects>(
        backends->workers_, file.empty() ? "hog" : std::filesystem::path(file).stem().string());
  }
  if (auto status = backends->Warm(workers); !status.ok()) return status;
  if (auto status = backends->LoadServed(config, *plan, workers); !status.ok()) return status;
  return backends;
}

// A network that cannot run is found out now, and the memory for the first frame is taken.
absl::Status InferenceBackends::Warm(int workers) {
  Image black(640, 480, PixelFormat::kRgb8);
  std::fill_n(black.mutable_view().data, black.bytes(), std::uint8_t{0});
  for (int i = 0; i < workers; ++i) {
    if (faces_) {
      if (auto result = faces_->Open()->Next(i, {.image = black.view()}); !result.ok())
        return result.status();
    }
    if (objects_) {
      if (auto result = objects_->Detect(i, black.view()); !result.ok()) return result.status();
    }
  }
  return absl::OkStatus();
}

absl::Status InferenceBackends::LoadServed(const Config& config, const ModelPlan& plan,
                                           int workers) {
  struct File {
    std::string name, version;
    std::filesystem::path path;
  };
  std::vector<File> files;
  // What runs elsewhere is served there.
  if (config.server.serve_models && plan.faces && plan.faces->server.empty()) {
    for (const std::string_view name : kFaceModels) {
      const nn::KnownModel* known = nn::FindKnownModel(name);
      if (known != nullptr && std::filesystem::exists(plan.faces->dir / known->file))
        files.push_back({std::string(name), "1", plan.faces->dir / known->file});
    }
  }
  if (config.server.serve_models && plan.objects && !plan.objects->model_file.empty() &&
      !nn::IsKserveUrl(plan.objects->model_file))
    files.push_back({objects_->model_name(), "1", plan.objects->model_file});
  for (const auto& [name, model] : config.server.models)
    files.push_back({name, model.version, model.file});

  nn::OnnxOptions onnx;
  onnx.open_side = kServedSide;
  onnx.provider = config.models.provider;
  onnx.device = config.models.device;
  onnx.runtime_library = config.models.onnxruntime_library;
  for (File& file : files) {
    if (!IsNameOfModel(file.name))
      return absl::InvalidArgumentError(fmt::format(
          "server.models: \"{}\" is no name: letters, digits, '.', '_' and '-', at most 64",
          file.name));
    auto served = LoadServedModel(file.name, file.version, file.path, onnx, workers);
    if (!served.ok())
      return absl::Status(served.status().code(), fmt::format("served model {}: {}", file.name,
                                                              MessageOf(served.status())));
    std::erase_if(served_, [&](const auto& one) { return one.name == file.name; });
    served_.push_back(*std::move(served));
  }
  return absl::OkStatus();
}

}  // namespace vigil::app
