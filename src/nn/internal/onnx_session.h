// An ONNX Runtime session: its settings, its provider, and the tensors it declares. Only onnx_*.cc
// include this.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <span>

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

/// The outputs; a dimension that the file leaves open is -1.
absl::StatusOr<std::vector<TensorInfo>> ReadOnnxOutputs(const OnnxContext& context,
                                                        const OrtSession* session);

/// Whether every dimension is at least 1 and the whole at most limits::kMaxTensorElements.
bool IsUsableShape(std::span<const std::int64_t> shape);

/// "1x3x?x?" for messages.
std::string ShapeText(std::span<const std::int64_t> shape);

}  // namespace vigil::nn
