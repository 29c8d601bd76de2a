#include "nn/model_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

#include "core/status.h"
#include "nn/internal/executable.h"
#include "nn/model_file.h"

namespace vigil::nn {
namespace {

constexpr std::string_view kApache = "Apache-2.0";
constexpr std::string_view kAgpl = "AGPL-3.0-only";
constexpr std::string_view kYuNetSource = "github ShiqiYu/libfacedetection.train, its authors' own";
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
    // Pinned by commit: the address always stands for these very bytes.
    KnownModel{"fastestdet", "FastestDet.onnx",
               "31cb14c017fce347cb4c846ec62fdf00d76bb3beecdf4be21e7116ac67feb880", 998169,
               "BSD-3-Clause", "github dog-qiuqiu/FastestDet, its authors' own",
               "finds the 80 kinds of COCO objects, smallest and fastest",
               "https://raw.githubusercontent.com/dog-qiuqiu/FastestDet/"
               "50473cd155cb088aa4a99e64ff6a4b3c24fa07e1/example/onnx-runtime/FastestDet.onnx",
               "fastestdet"},
    KnownModel{"nanodet-m", "nanodet_m_320.onnx",
               "c59b6c947ce475d27023327808aed655fa000981fe144c4fd2026828999e19f8", 3795445, kApache,
               "github hpc203/nanodet-opncv-dnn-cpp-python, a copy of the Apache-2.0 NanoDet that "
               "names no licence itself",
               "finds the 80 kinds of COCO objects",
               "https://raw.githubusercontent.com/hpc203/nanodet-opncv-dnn-cpp-python/"
               "15dd99c651d53c824f51d1eb5faddbd4f3d69bbc/nanodet.onnx",
               "nanodet"},
    KnownModel{
        "yolov8-face-lite", "yolov8-lite-t-face.onnx",
        "caa9eb121eee8fbf25a5985d3cee4e314df5a08feb4bb8c224fecdeb4afd9b86", 2424912, kAgpl,
        "github hpc203/yolov8-face-landmarks-opencv-dnn; the file names Ultralytics' licence",
        "finds faces, with five points",
        "https://raw.githubusercontent.com/hpc203/yolov8-face-landmarks-opencv-dnn/"
        "1f91851f7d8d9475e5b4f0c1d6e5e385aa9bf0f4/weights/yolov8-lite-t.onnx",
        "yolo_face"},
    KnownModel{"yolov8n-int8", "yolov8n_int8.onnx",
               "0954f7cb88ffd28436fc5c259be598c11bdbc8d96a6977669af5de75736e9fdf", 3504059, kAgpl,
               "github monishram2508/multicam-detection; the file names Ultralytics' licence",
               "finds the 80 kinds of COCO objects, most of them; 8-bit weights",
               "https://raw.githubusercontent.com/monishram2508/multicam-detection/"
               "ad561ae396aa3f8f18624cc87678d0ccc5459886/models/yolov8n_int8.onnx",
               "yolov8"},
    KnownModel{"yolox-nano", "yolox_nano.onnx",
               "e8af074932d4ed7e232278e3055cefcdea3edf178874a3694ae292649fb464dd", 3678356, kApache,
               "github Bigisland1729/object-detection-models, a copy of the Apache-2.0 YOLOX that "
               "names no licence itself",
               "finds the 80 kinds of COCO objects",
               "https://raw.githubusercontent.com/Bigisland1729/object-detection-models/"
               "7f3f2fa34b351e3d2af150893458106ad3f3a84f/yolox_nano.onnx",
               "yolox"},
    KnownModel{"yunet", "yunet_n_dynamic.onnx",
               "104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12", 322906, kApache,
               kYuNetSource, "finds faces, with five points; any input size",
               "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
               "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_dynamic.onnx",
               "yunet"},
    KnownModel{"yunet-320", "yunet_n_320_320.onnx",
               "81dbde155e982455488235acb8ec2dec5d647edf7cf7080d33e4abb69b93a0d2", 317434, kApache,
               kYuNetSource, "finds faces, with five points; 320 x 320",
               "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
               "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_320_320.onnx",
               "yunet"},
    KnownModel{"yunet-640", "yunet_n_640_640.onnx",
               "25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31", 317466, kApache,
               kYuNetSource, "finds faces, with five points; 640 x 640",
               "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
               "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_640_640.onnx",
               "yunet"},
};

std::string Remedy(const KnownModel& model) {
  if (model.comes_with_setup())
    return "run `make setup` to fetch it (`vigil models verify` checks all)";
  return fmt::format("run `vigil models pull {}` to fetch it", model.name);
}

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
  return absl::NotFoundError(
      fmt::format("models folder {} (named by {}) does not exist; name "
                  "another, or none for that of the program",
                  dir, by));
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

absl::StatusOr<ModelFile> ReadKnownModel(const KnownModel& model,
                                         const std::filesystem::path& dir) {
  const auto path = dir / model.file;
  auto file = ModelFile::Read(path);
  if (absl::IsNotFound(file.status())) {
    return absl::NotFoundError(
        fmt::format("model {}: is missing; {}", path.string(), Remedy(model)));
  }
  if (!file.ok()) {
    const std::string_view message = MessageOf(file.status());
    return absl::Status(
        file.status().code(),
        fmt::format("{}; {}", message.substr(0, message.find("; fetch it")), Remedy(model)));
  }
  const std::string hash = Sha256(file->bytes());
  if (hash == model.sha256) return file;
  const auto wrong = [&](const std::string& what) {
    return absl::DataLossError(fmt::format("model {}: {}; {}", path.string(), what, Remedy(model)));
  };
  for (const KnownModel& other : kModels) {
    if (hash == other.sha256)
      return wrong(fmt::format("is {} under another name, not {}", other.file, model.name));
  }
  if (file->bytes().size() != model.bytes)
    return wrong(fmt::format("has {} bytes instead of {}", file->bytes().size(), model.bytes));
  return wrong(fmt::format("is another file or damaged (SHA-256 {}… instead of {}…)",
                           hash.substr(0, 12), model.sha256.substr(0, 12)));
}

absl::Status VerifyModel(const KnownModel& model, const std::filesystem::path& dir) {
  return ReadKnownModel(model, dir).status();
}

}  // namespace vigil::nn
