// Stands in for onnx_model.cc in a build without ONNX Runtime.
#include <fmt/format.h>

#include "nn/onnx_model.h"

namespace vigil::nn {

absl::StatusOr<std::unique_ptr<Model>> OnnxModel::Create(const std::filesystem::path& path,
                                                         const OnnxOptions&) {
  return absl::UnimplementedError(
      fmt::format("model {}: this build of vigil runs no ONNX models; build it with "
                  "-DVIGIL_WITH_ONNXRUNTIME=ON",
                  path.string()));
}

}  // namespace vigil::nn
