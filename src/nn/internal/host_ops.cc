#include "nn/internal/host_ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace vigil::nn::internal {
namespace {

std::size_t Index(int value) { return static_cast<std::size_t>(value); }

void Concatenate(const Graph& graph, const Op& op, std::span<float* const> buffers) {
  const auto& shape = graph.tensors[Index(op.output)].shape;
  std::size_t outer = 1, inner = 1;  // elements before and behind the axis
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i < op.axis) outer *= static_cast<std::size_t>(shape[i]);
    if (i > op.axis) inner *= static_cast<std::size_t>(shape[i]);
  }
  float* out = buffers[Index(op.output)];
  for (std::size_t i = 0; i < outer; ++i) {
    for (const int input : op.inputs) {
      const std::size_t run =
          static_cast<std::size_t>(graph.tensors[Index(input)].shape[op.axis]) * inner;
      std::memcpy(out, buffers[Index(input)] + i * run, run * sizeof(float));
      out += run;
    }
  }
}

void Multiply(const Graph& graph, const Op& op, std::span<float* const> buffers) {
  const auto& factor = graph.tensors[Index(op.inputs[1])].constant;
  const float* in = buffers[Index(op.inputs[0])];
  float* out = buffers[Index(op.output)];
  const std::size_t elements = graph.tensors[Index(op.output)].elements;
  for (std::size_t i = 0; i < elements; ++i) out[i] = in[i] * factor[factor.size() == 1 ? 0 : i];
}

// Where a crop lies: the bounding box of some landmarks after turning them so that two of them are level. The matrix
// takes pixels of the crop to the landmarks' coordinates.
void TransformMatrix(const Op& op, std::span<float* const> buffers) {
  const TransformMatrixOptions& options = op.transform;
  const float* landmarks = buffers[Index(op.inputs[0])];
  const auto x = [&](int i) { return landmarks[3 * i]; };
  const auto y = [&](int i) { return landmarks[3 * i + 1]; };
  const float rotation = options.target_rotation - std::atan2(y(options.right) - y(options.left),
                                                              x(options.right) - x(options.left));
  const float c = std::cos(rotation), s = std::sin(rotation);

  float min_x = INFINITY, min_y = INFINITY, max_x = -INFINITY, max_y = -INFINITY;
  for (const int i : options.subset) {
    const float turned_x = c * x(i) - s * y(i), turned_y = s * x(i) + c * y(i);
    min_x = std::min(min_x, turned_x);
    max_x = std::max(max_x, turned_x);
    min_y = std::min(min_y, turned_y);
    max_y = std::max(max_y, turned_y);
  }
  const float middle_x = (min_x + max_x) / 2, middle_y = (min_y + max_y) / 2;
  const float center_x = c * middle_x + s * middle_y, center_y = -s * middle_x + c * middle_y;
  const float scale_x = options.scale_x * (max_x - min_x) / options.output_width;
  const float scale_y = options.scale_y * (max_y - min_y) / options.output_height;
  const float half_width = options.output_width / 2, half_height = options.output_height / 2;

  float* m = buffers[Index(op.output)];
  std::fill_n(m, 16, 0.0F);
  m[0] = c * scale_x;
  m[1] = s * scale_y;
  m[3] = center_x - m[0] * half_width - m[1] * half_height;
  m[4] = -s * scale_x;
  m[5] = c * scale_y;
  m[7] = center_y - m[4] * half_width - m[5] * half_height;
  m[10] = m[15] = 1;
}

// Samples an image tensor at matrix · (x, y, 0, 1), bilinearly, 0 outside. Pixel centres are at whole numbers in the
// tensors and at halves in the matrix, hence the shift.
void TransformTensor(const Graph& graph, const Op& op, std::span<float* const> buffers) {
  const auto& in_shape = graph.tensors[Index(op.inputs[0])].shape;
  const auto& out_shape = graph.tensors[Index(op.output)].shape;
  const std::int64_t height = in_shape[1], width = in_shape[2], channels = in_shape[3];
  const float* in = buffers[Index(op.inputs[0])];
  const float* m = buffers[Index(op.inputs[1])];
  float* out = buffers[Index(op.output)];
  const float shift_x = m[3] + 0.5F * (m[0] + m[1]) - 0.5F;
  const float shift_y = m[7] + 0.5F * (m[4] + m[5]) - 0.5F;

  for (std::int64_t row = 0; row < out_shape[1]; ++row) {
    for (std::int64_t column = 0; column < out_shape[2]; ++column, out += channels) {
      const auto u = static_cast<float>(column), v = static_cast<float>(row);
      const float x = m[0] * u + m[1] * v + shift_x;
      const float y = m[4] * u + m[5] * v + shift_y;
      // Written so that NaN, which a hostile model can make, counts as outside.
      if (!(x >= 0 && x <= static_cast<float>(width - 1) && y >= 0 &&
            y <= static_cast<float>(height - 1))) {
        std::fill_n(out, channels, 0.0F);
        continue;
      }
      const auto x0 = static_cast<std::int64_t>(x), y0 = static_cast<std::int64_t>(y);
      const std::int64_t x1 = std::min(x0 + 1, width - 1), y1 = std::min(y0 + 1, height - 1);
      const float right = x - static_cast<float>(x0), lower = y - static_cast<float>(y0);
      const float* top_left = in + (y0 * width + x0) * channels;
      const float* top_right = in + (y0 * width + x1) * channels;
      const float* bottom_left = in + (y1 * width + x0) * channels;
      const float* bottom_right = in + (y1 * width + x1) * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        const float top = top_left[c] + right * (top_right[c] - top_left[c]);
        const float bottom = bottom_left[c] + right * (bottom_right[c] - bottom_left[c]);
        out[c] = top + lower * (bottom - top);
      }
    }
  }
}

void TransformLandmarks(const Graph& graph, const Op& op, std::span<float* const> buffers) {
  const auto& shape = graph.tensors[Index(op.output)].shape;
  const std::int64_t dimensions = shape[2];
  const float* in = buffers[Index(op.inputs[0])];
  const float* m = buffers[Index(op.inputs[1])];
  float* out = buffers[Index(op.output)];
  for (std::int64_t i = 0; i < shape[1]; ++i, in += dimensions, out += dimensions) {
    const float x = in[0], y = in[1];
    out[0] = m[0] * x + m[1] * y + m[3];
    out[1] = m[4] * x + m[5] * y + m[7];
    if (dimensions == 3) out[2] = in[2];
  }
}

}  // namespace

void RunHostOp(const Graph& graph, const Op& op, std::span<float* const> buffers) {
  switch (op.kind) {
    case OpKind::kCopy:
      std::memcpy(buffers[Index(op.output)], buffers[Index(op.inputs[0])],
                  graph.tensors[Index(op.output)].elements * sizeof(float));
      break;
    case OpKind::kConcat:
      Concatenate(graph, op, buffers);
      break;
    case OpKind::kMultiply:
      Multiply(graph, op, buffers);
      break;
    case OpKind::kTransformMatrix:
      TransformMatrix(op, buffers);
      break;
    case OpKind::kTransformTensor:
      TransformTensor(graph, op, buffers);
      break;
    case OpKind::kTransformLandmarks:
      TransformLandmarks(graph, op, buffers);
      break;
    default:
      break;  // XNNPACK's
  }
}

}  // namespace vigil::nn::internal
