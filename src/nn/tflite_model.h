// TensorFlow Lite models on XNNPACK.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "nn/model.h"

namespace vigil::nn {

/// Runs float32 and float16-weight .tflite models of the operators that MediaPipe's face models use: convolutions,
/// depthwise convolutions, pooling, padding, add, multiply by a constant, (p)relu, logistic, reshape, concatenation, and
/// the attention mesh's custom operators Landmarks2TransformMatrix, TransformTensorBilinear and TransformLandmarks
/// (version 2 of each).
///
/// XNNPACK runs the network; the few operators it lacks run between its segments. One thread, the caller's.
class TfliteModel final : public Model {
 public:
  /// `file` is not needed after the call. `name` begins every error message.
  /// InvalidArgument: not a TFLite file, damaged, or inconsistent. Unimplemented: a valid file that needs more than the
  /// operators above. ResourceExhausted: larger than core/limits.h allows.
  static absl::StatusOr<std::unique_ptr<TfliteModel>> Create(std::string_view name,
                                                             std::span<const std::byte> file);

  ~TfliteModel() override;

  std::span<const TensorInfo> inputs() const override;
  std::span<const TensorInfo> outputs() const override;
  std::span<float> input(std::size_t index) override;
  std::span<const float> output(std::size_t index) const override;
  absl::Status Run() override;

 private:
  struct Plan;
  explicit TfliteModel(std::unique_ptr<Plan> plan);
  std::unique_ptr<Plan> plan_;
};

}  // namespace vigil::nn
