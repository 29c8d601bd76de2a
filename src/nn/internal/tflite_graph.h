// A TFLite file, checked and brought into a form that is easy to build from: every index valid, every shape consistent
// with its operator, every weight a float32 array.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::nn::internal {

enum class OpKind : std::uint8_t {
  // XNNPACK runs these.
  kConv2d,
  kDepthwiseConv2d,
  kAdd,
  kPRelu,
  kPad,
  kMaxPool,
  kAveragePool,
  kClamp,
  kLogistic,
  // We run these, between XNNPACK's segments.
  kCopy,
  kConcat,
  kMultiply,
  kTransformMatrix,
  kTransformTensor,
  kTransformLandmarks,
};
constexpr bool RunsOnHost(OpKind kind) { return kind >= OpKind::kCopy; }

/// The sliding window of convolutions and pooling.
struct Window {
  bool same_padding = false;
  std::uint32_t height = 1, width = 1;
  std::uint32_t stride_height = 1, stride_width = 1;
  std::uint32_t dilation_height = 1, dilation_width = 1;
};

/// Options of Landmarks2TransformMatrix, version 2.
struct TransformMatrixOptions {
  std::vector<int> subset;    ///< the points whose bounding box is cut out
  int left = 0, right = 0;    ///< the points that come to lie level
  float target_rotation = 0;  ///< radians
  float scale_x = 1, scale_y = 1;
  float output_width = 1, output_height = 1;
};

struct Op {
  OpKind kind = OpKind::kCopy;
  std::vector<int> inputs;  ///< tensor numbers; convolutions: data, filter, bias (-1: none)
  int output = 0;
  float min = -std::numeric_limits<float>::infinity();  ///< fused activation
  float max = std::numeric_limits<float>::infinity();
  Window window;
  std::vector<std::size_t> pad_before, pad_after;
  std::size_t axis = 0;
  TransformMatrixOptions transform;
};

struct GraphTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::size_t elements = 0;
  bool is_constant = false;
  std::vector<float> constant;
};

struct Graph {
  std::vector<GraphTensor> tensors;
  std::vector<Op> ops;  ///< in an order in which they can run; only those that the outputs need
  std::vector<int> inputs, outputs;
};

/// See TfliteModel::Create for the errors.
absl::StatusOr<Graph> ParseTflite(std::string_view name, std::span<const std::byte> file);

}  // namespace vigil::nn::internal
