// An ONNX Runtime session: its settings, its provider, and the tensors it declares. Only onnx_*.cc
// include this.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "nn/internal/onnx_runtime.h"
#include "nn/onnx_model.h"

namespace vigil::nn {

/// A session over `bytes`, which may go afterwards.
absl::StatusOr<OrtSessionHandle> OpenOnnxSession(const OnnxContext& context,
                                                 std::span<const std::byte> bytes,
                                                 const OnnxOptions& options);

/// The inputs, every dimension fixed (OnnxOptions::input_shape), all within limits. InvalidArgument
/// names the tensor.
absl::StatusOr<std::vector<TensorInfo>> ReadOnnxInputs(const OnnxContext& context,
                                                       const OrtSession* session,
                                                       const OnnxOptions& options);

/// One of the outputs; a dimension that the file leaves open is -1.
struct OnnxOutput {
  TensorInfo info;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;  ///< or int32, int64
};
absl::StatusOr<std::vector<OnnxOutput>> ReadOnnxOutputs(const OnnxContext& context,
                                                        const OrtSession* session);

/// What the file says of itself, as far as it is within limits.
absl::StatusOr<std::map<std::string, std::string, std::less<>>> ReadOnnxMetadata(
    const OnnxContext& context, const OrtSession* session);

/// Whether every dimension is at least 1 and the whole at most limits::kMaxTensorElements.
bool IsUsableShape(std::span<const std::int64_t> shape);

/// "1x3x?x?" for messages.
std::string ShapeText(std::span<const std::int64_t> shape);

}  // namespace vigil::nn
