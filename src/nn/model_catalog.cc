#include "nn/model_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

#include "nn/internal/executable.h"
#include "nn/model_file.h"

namespace vigil::nn {
namespace {

constexpr std::string_view kApache = "Apache-2.0";
constexpr std::string_view kFaceMeshPackage = "npm @mediapipe/face_mesh 0.4.1657299874";

constexpr std::array kModels{
    KnownModel{"face-detection", "face_detection_short_range.tflite",
               "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633", 229032, kApache,
               kFaceMeshPackage, "finds faces (BlazeFace, short range)"},
    KnownModel{"face-geometry", "geometry_pipeline_metadata_landmarks.binarypb",
               "bdbcda96dfcb7da883da124aaa2c55dee49770d934f0fcc71747f8c21bdc75b4", 19376, kApache,
               kFaceMeshPackage, "the canonical face in centimetres, for the head pose"},
    KnownModel{"face-mesh", "face_landmark.tflite",
               "c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1", 1241896, kApache,
               kFaceMeshPackage, "468 points of a face"},
    KnownModel{"face-mesh-attention", "face_landmark_with_attention.tflite",
               "883b7411747bac657c30c462d305d312e9dec6adbf8b85e2f5d8d722fca9455d", 2495952, kApache,
               kFaceMeshPackage, "478 points of a face, with irises and finer lips and eyes"},
};

constexpr const char* kRemedy = "run `make setup` to fetch it";

bool IsFolder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// The source tree always holds models/SHA256SUMS, an installed product only the models.
bool HoldsModels(const std::filesystem::path& dir) {
  std::error_code ignored;
  return std::filesystem::exists(dir / "SHA256SUMS", ignored) ||
         std::filesystem::exists(dir / kModels[0].file, ignored);
}

absl::StatusOr<std::filesystem::path> Named(std::string_view dir, std::string_view by) {
  if (IsFolder(dir)) return std::filesystem::path(dir);
  return absl::NotFoundError(fmt::format("models folder {} (named by {}) does not exist", dir, by));
}

}  // namespace

std::span<const KnownModel> KnownModels() { return kModels; }

const KnownModel* FindKnownModel(std::string_view name) {
  const auto found = std::find_if(kModels.begin(), kModels.end(),
                                  [&](const auto& model) { return model.name == name; });
  return found == kModels.end() ? nullptr : &*found;
}

absl::StatusOr<std::filesystem::path> FindModelsDir(std::string_view configured) {
  if (!configured.empty()) return Named(configured, "the configuration");
  const char* environment =
      std::getenv("VIGIL_MODELS_DIR");  // NOLINT(concurrency-mt-unsafe): the header says so
  if (environment != nullptr && *environment != '\0') return Named(environment, "VIGIL_MODELS_DIR");

  const auto program_dir = ExecutableDir();
  if (auto found = FindUpwards(program_dir, "models", HoldsModels)) return *found;
  const auto installed = program_dir.parent_path() / "share" / "vigil" / "models";
  if (HoldsModels(installed)) return installed;
  return absl::NotFoundError(
      fmt::format("no models folder beside or above {}, nor {}; run `make setup`, or name one with "
                  "VIGIL_MODELS_DIR",
                  program_dir.string(), installed.string()));
}

absl::Status VerifyModel(const KnownModel& model, const std::filesystem::path& dir) {
  const auto path = dir / model.file;
  const auto file = ModelFile::Read(path);
  if (absl::IsNotFound(file.status())) {
    return absl::NotFoundError(fmt::format("model {}: is missing; {}", path.string(), kRemedy));
  }
  if (!file.ok()) return file.status();
  if (file->bytes().size() != model.bytes) {
    return absl::DataLossError(fmt::format("model {}: has {} bytes instead of {}; {}",
                                           path.string(), file->bytes().size(), model.bytes,
                                           kRemedy));
  }
  if (const std::string hash = Sha256(file->bytes()); hash != model.sha256) {
    return absl::DataLossError(
        fmt::format("model {}: is another file or damaged (SHA-256 {}… instead of {}…); {}",
                    path.string(), hash.substr(0, 12), model.sha256.substr(0, 12), kRemedy));
  }
  return absl::OkStatus();
}

}  // namespace vigil::nn
