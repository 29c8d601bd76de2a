// What builtin operators of TFLite files must be like.
#include <algorithm>
#include <cstdint>

#include "nn/internal/tflite_parser.h"

namespace vigil::nn::internal {
namespace {

constexpr std::uint32_t kMaxWindow = 64;  // side, stride, dilation
constexpr std::int64_t kMaxWindowTaps =
    16'000'000;  // output pixels × window: XNNPACK keeps a pointer for each

}  // namespace

absl::Status TfliteParser::SetActivation(tflite::Activation activation, Op& op) const {
  switch (activation) {
    case tflite::Activation_NONE:
      return absl::OkStatus();
    case tflite::Activation_RELU:
      op.min = 0;
      return absl::OkStatus();
    case tflite::Activation_RELU6:
      op.min = 0;
      op.max = 6;
      return absl::OkStatus();
    case tflite::Activation_RELU_N1_TO_1:
      op.min = -1;
      op.max = 1;
      return absl::OkStatus();
    default:
      return Unsupported("fused activation {}", static_cast<int>(activation));
  }
}

template <typename Options>
absl::Status TfliteParser::SetWindow(const Options& options, Op& op) const {
  Window& window = op.window;
  window.same_padding = options.padding() == tflite::Padding_SAME;
  const auto small = [](int value) { return value >= 1 && value <= static_cast<int>(kMaxWindow); };
  if (!small(options.stride_w()) || !small(options.stride_h()))
    return Invalid("strides must be 1 to {}", kMaxWindow);
  window.stride_height = static_cast<std::uint32_t>(options.stride_h());
  window.stride_width = static_cast<std::uint32_t>(options.stride_w());
  if constexpr (requires { options.dilation_h(); }) {
    if (!small(options.dilation_w()) || !small(options.dilation_h()))
      return Invalid("dilations must be 1 to {}", kMaxWindow);
    window.dilation_height = static_cast<std::uint32_t>(options.dilation_h());
    window.dilation_width = static_cast<std::uint32_t>(options.dilation_w());
  }
  return SetActivation(options.activation(), op);
}

// Checks the output of a window operator that makes `channels`.
absl::Status TfliteParser::CheckWindow(const Op& op, std::int64_t channels) const {
  const Window& window = op.window;
  const Shape& in = ShapeOf(op.inputs[0]);
  if (window.height < 1 || window.width < 1 || window.height > kMaxWindow ||
      window.width > kMaxWindow) {
    return Invalid("a window of {}x{}; sides must be 1 to {}", window.width, window.height,
                   kMaxWindow);
  }
  const auto side = [&](std::int64_t input, std::int64_t size, std::int64_t stride,
                        std::int64_t dilation) {
    const std::int64_t reach = (size - 1) * dilation + 1;
    if (window.same_padding) return (input + stride - 1) / stride;
    return input < reach ? std::int64_t{0} : (input - reach) / stride + 1;
  };
  const std::int64_t height =
      side(in[1], window.height, window.stride_height, window.dilation_height);
  const std::int64_t width = side(in[2], window.width, window.stride_width, window.dilation_width);
  if (height < 1 || width < 1)
    return Invalid("the window is larger than its input {}", ShapeText(in));
  if (in[0] * height * width * window.height * window.width > kMaxWindowTaps) return TooLarge();
  return ExpectShape(op.output, {in[0], height, width, channels});
}

absl::Status TfliteParser::ExpectImage(int tensor) const {
  if (ShapeOf(tensor).size() != 4)
    return Unsupported("its input has the rank {}, not 4", ShapeOf(tensor).size());
  return absl::OkStatus();
}

// data, filter, bias (which may be absent)
absl::Status TfliteParser::CheckFilter(Op& op, std::size_t channel_axis) {
  if (op.inputs.size() == 2) op.inputs.push_back(-1);
  if (auto status = ExpectInputs(op, 3); !status.ok()) return status;
  if (auto status = ExpectImage(op.inputs[0]); !status.ok()) return status;
  const int filter = op.inputs[1], bias = op.inputs[2];
  if (!Known(filter) || !At(filter).is_constant || ShapeOf(filter).size() != 4)
    return Unsupported("its filter is not constant");
  if (bias != -1) {
    if (!Known(bias) || !At(bias).is_constant) return Unsupported("its bias is not constant");
    if (auto status = ExpectShape(bias, {ShapeOf(filter)[channel_axis]}); !status.ok())
      return status;
  }
  op.window.height = static_cast<std::uint32_t>(ShapeOf(filter)[1]);
  op.window.width = static_cast<std::uint32_t>(ShapeOf(filter)[2]);
  return absl::OkStatus();
}

absl::Status TfliteParser::ReadConv2d(const tflite::Operator& in, Op& op) {
  const auto* options = in.builtin_options_as_Conv2DOptions();
  if (!options) return Invalid("CONV_2D has no options");
  op.kind = OpKind::kConv2d;
  if (auto status = SetWindow(*options, op); !status.ok()) return status;
  if (auto status = CheckFilter(op, 0); !status.ok()) return status;
  const Shape& filter = ShapeOf(op.inputs[1]);
  if (filter[3] != ShapeOf(op.inputs[0])[3]) return Unsupported("grouped convolution");
  return CheckWindow(op, filter[0]);
}

absl::Status TfliteParser::ReadDepthwiseConv2d(const tflite::Operator& in, Op& op) {
  const auto* options = in.builtin_options_as_DepthwiseConv2DOptions();
  if (!options) return Invalid("DEPTHWISE_CONV_2D has no options");
  op.kind = OpKind::kDepthwiseConv2d;
  if (auto status = SetWindow(*options, op); !status.ok()) return status;
  if (auto status = CheckFilter(op, 3); !status.ok()) return status;
  const Shape& filter = ShapeOf(op.inputs[1]);
  if (filter[0] != 1 || filter[3] % ShapeOf(op.inputs[0])[3] != 0)
    return Invalid("its filter does not fit its input");
  return CheckWindow(op, filter[3]);
}

absl::Status TfliteParser::ReadPool(const tflite::Operator& in, OpKind kind, Op& op) {
  const auto* options = in.builtin_options_as_Pool2DOptions();
  if (!options) return Invalid("pooling has no options");
  op.kind = kind;
  if (auto status = ExpectInputs(op, 1); !status.ok()) return status;
  if (auto status = ExpectImage(op.inputs[0]); !status.ok()) return status;
  if (auto status = SetWindow(*options, op); !status.ok()) return status;
  op.window.height = static_cast<std::uint32_t>(std::max(0, options->filter_height()));
  op.window.width = static_cast<std::uint32_t>(std::max(0, options->filter_width()));
  return CheckWindow(op, ShapeOf(op.inputs[0])[3]);
}

absl::Status TfliteParser::ReadAdd(const tflite::Operator& in, Op& op) {
  op.kind = OpKind::kAdd;
  if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
  if (!Known(op.inputs[1]) || At(op.inputs[1]).is_constant) return Unsupported("ADD of a constant");
  if (auto status = ExpectShape(op.inputs[1], ShapeOf(op.inputs[0])); !status.ok()) return status;
  if (auto status = ExpectShape(op.output, ShapeOf(op.inputs[0])); !status.ok()) return status;
  const auto* options = in.builtin_options_as_AddOptions();
  return options ? SetActivation(options->activation(), op) : absl::OkStatus();
}

absl::Status TfliteParser::ReadPRelu(Op& op) const {
  op.kind = OpKind::kPRelu;
  if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
  const Shape& in = ShapeOf(op.inputs[0]);
  const int slope = op.inputs[1];
  if (in.empty() || !Known(slope) || !At(slope).is_constant || ShapeOf(slope).empty() ||
      ShapeOf(slope).back() != in.back() ||
      At(slope).elements != static_cast<std::size_t>(in.back())) {
    return Unsupported("PRELU must have one constant slope a channel");
  }
  return ExpectShape(op.output, in);
}

absl::Status TfliteParser::ReadPad(Op& op) const {
  op.kind = OpKind::kPad;
  if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
  auto padding = ReadIntegers(op.inputs[1]);
  if (!padding.ok()) return padding.status();
  Shape shape = ShapeOf(op.inputs[0]);
  if (padding->size() != 2 * shape.size())
    return Invalid("PAD names {} values for the rank {}", padding->size(), shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int32_t before = (*padding)[2 * i], after = (*padding)[2 * i + 1];
    if (before < 0 || after < 0 || before > kMaxDimension || after > kMaxDimension)
      return Invalid("PAD by {} and {}", before, after);
    shape[i] += before + after;
    op.pad_before.push_back(static_cast<std::size_t>(before));
    op.pad_after.push_back(static_cast<std::size_t>(after));
  }
  op.inputs.resize(1);
  return ExpectShape(op.output, shape);
}

absl::Status TfliteParser::ReadElementwise(OpKind kind, Op& op) const {
  op.kind = kind;
  if (auto status = ExpectInputs(op, 1); !status.ok()) return status;
  return ExpectShape(op.output, ShapeOf(op.inputs[0]));
}

absl::Status TfliteParser::ReadMultiply(Op& op) const {
  op.kind = OpKind::kMultiply;
  if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
  const int factor = op.inputs[1];
  if (!Known(factor) || !At(factor).is_constant ||
      (At(factor).elements != 1 && ShapeOf(factor) != ShapeOf(op.inputs[0]))) {
    return Unsupported("MUL must be by a constant of one element or of the same shape");
  }
  return ExpectShape(op.output, ShapeOf(op.inputs[0]));
}

absl::Status TfliteParser::ReadReshape(Op& op) const {
  op.kind = OpKind::kCopy;
  op.inputs.resize(1);  // the new shape is the output's
  if (At(op.output).elements != At(op.inputs[0]).elements)
    return ShapeMismatch(op.output, ShapeOf(op.inputs[0]));
  return absl::OkStatus();
}

// Converters write a slice of everything to give a tensor a second name; only that is supported.
absl::Status TfliteParser::ReadStridedSlice(const tflite::Operator& in, Op& op) const {
  op.kind = OpKind::kCopy;
  if (auto status = ExpectInputs(op, 4); !status.ok()) return status;
  const auto begin = ReadIntegers(op.inputs[1]), end = ReadIntegers(op.inputs[2]),
             strides = ReadIntegers(op.inputs[3]);
  if (!begin.ok() || !end.ok() || !strides.ok())
    return Unsupported("STRIDED_SLICE must have constant ranges");
  const auto* options = in.builtin_options_as_StridedSliceOptions();
  const Shape& shape = ShapeOf(op.inputs[0]);
  bool whole = begin->size() == shape.size() && end->size() == shape.size() &&
               strides->size() == shape.size() &&
               (!options || (options->ellipsis_mask() == 0 && options->new_axis_mask() == 0 &&
                             options->shrink_axis_mask() == 0));
  for (std::size_t i = 0; whole && i < shape.size(); ++i) {
    whole = (*begin)[i] == 0 && (*strides)[i] == 1 && (*end)[i] == shape[i];
  }
  if (!whole) return Unsupported("STRIDED_SLICE of a part");
  op.inputs.resize(1);
  return ExpectShape(op.output, shape);
}

absl::Status TfliteParser::ReadConcat(const tflite::Operator& in, Op& op) const {
  op.kind = OpKind::kConcat;
  const auto* options = in.builtin_options_as_ConcatenationOptions();
  if (!options || options->activation() != tflite::Activation_NONE)
    return Unsupported("CONCATENATION with an activation");
  Shape shape = ShapeOf(op.inputs[0]);
  const auto rank = static_cast<int>(shape.size());
  const int axis = options->axis() < 0 ? options->axis() + rank : options->axis();
  if (axis < 0 || axis >= rank) return Invalid("CONCATENATION along axis {}", options->axis());
  op.axis = static_cast<std::size_t>(axis);
  for (std::size_t i = 1; i < op.inputs.size(); ++i) {
    if (!Known(op.inputs[i]) || At(op.inputs[i]).is_constant)
      return Invalid("input {} is not computed before it", i);
    const Shape& part = ShapeOf(op.inputs[i]);
    if (part.size() != shape.size()) return Invalid("CONCATENATION of different ranks");
    shape[op.axis] += part[op.axis];
  }
  for (const int input : op.inputs) {
    Shape expected = shape;
    expected[op.axis] = ShapeOf(input)[op.axis];
    if (auto status = ExpectShape(input, expected); !status.ok()) return status;
  }
  return ExpectShape(op.output, shape);
}

absl::Status TfliteParser::ReadBuiltin(const tflite::Operator& in, int builtin, Op& op) {
  switch (builtin) {
    case tflite::BuiltinOperator_CONV_2D:
      return ReadConv2d(in, op);
    case tflite::BuiltinOperator_DEPTHWISE_CONV_2D:
      return ReadDepthwiseConv2d(in, op);
    case tflite::BuiltinOperator_MAX_POOL_2D:
      return ReadPool(in, OpKind::kMaxPool, op);
    case tflite::BuiltinOperator_AVERAGE_POOL_2D:
      return ReadPool(in, OpKind::kAveragePool, op);
    case tflite::BuiltinOperator_ADD:
      return ReadAdd(in, op);
    case tflite::BuiltinOperator_PRELU:
      return ReadPRelu(op);
    case tflite::BuiltinOperator_PAD:
      return ReadPad(op);
    case tflite::BuiltinOperator_RELU:
      op.min = 0;
      return ReadElementwise(OpKind::kClamp, op);
    case tflite::BuiltinOperator_LOGISTIC:
      return ReadElementwise(OpKind::kLogistic, op);
    case tflite::BuiltinOperator_MUL:
      return ReadMultiply(op);
    case tflite::BuiltinOperator_RESHAPE:
      return ReadReshape(op);
    case tflite::BuiltinOperator_STRIDED_SLICE:
      return ReadStridedSlice(in, op);
    case tflite::BuiltinOperator_CONCATENATION:
      return ReadConcat(in, op);
    default:
      return Unsupported("builtin operator {}", builtin);
  }
}

}  // namespace vigil::nn::internal
