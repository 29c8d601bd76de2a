#include "nn/internal/tflite_graph.h"

#include <absl/status/status.h>
#include <flatbuffers/flexbuffers.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "core/limits.h"
#include "nn/tflite_subset_generated.h"

namespace vigil::nn::internal {
namespace {

constexpr std::int64_t kMaxDimension = 1 << 20;
constexpr std::size_t kMaxRank = 6;
constexpr std::size_t kMaxOps = 10'000;
constexpr std::size_t kMaxTensors = 20'000;
constexpr std::uint32_t kMaxWindow = 64;  // side, stride, dilation
constexpr std::int64_t kMaxWindowTaps =
    16'000'000;  // output pixels × window: XNNPACK keeps a pointer for each

using Shape = std::vector<std::int64_t>;

std::string ShapeText(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

// IEEE 754 half to float, exactly.
float HalfToFloat(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const int fraction = half & 0x3FF;
  float value = 0;
  if (exponent == 0x1F) {
    value = fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                          : std::numeric_limits<float>::infinity();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

class Parser {
 public:
  Parser(std::string_view name, const tflite::Model& model) : name_(name), model_(model) {}

  absl::StatusOr<Graph> Parse() {
    if (auto status = CheckModel(); !status.ok()) return status;
    if (auto status = ReadTensors(); !status.ok()) return status;
    for (unsigned i = 0; i < file_graph_->operators()->size(); ++i) {
      position_ = fmt::format("operator {}", i);
      if (auto status = ReadOperator(*file_graph_->operators()->Get(i)); !status.ok())
        return status;
    }
    position_ = "outputs";
    for (const int output : *file_graph_->outputs()) {
      if (!Known(output)) return Invalid("tensor {} is never computed", output);
      graph_.outputs.push_back(output);
    }
    if (graph_.outputs.empty()) return Invalid("there are none");
    return std::move(graph_);
  }

 private:
  template <typename... Args>
  absl::Status Invalid(fmt::format_string<Args...> text, Args&&... args) const {
    return absl::InvalidArgumentError(fmt::format("{}: {}: {}", name_, position_,
                                                  fmt::format(text, std::forward<Args>(args)...)));
  }
  template <typename... Args>
  absl::Status Unsupported(fmt::format_string<Args...> text, Args&&... args) const {
    return absl::UnimplementedError(fmt::format("{}: {}: {}", name_, position_,
                                                fmt::format(text, std::forward<Args>(args)...)));
  }

  absl::Status CheckModel() {
    position_ = "model";
    if (model_.version() != 3) return Unsupported("format version {}, not 3", model_.version());
    if (!model_.subgraphs() || model_.subgraphs()->size() != 1)
      return Unsupported("it must have exactly one subgraph");
    if (!model_.operator_codes() || !model_.buffers())
      return Invalid("operator codes or buffers are missing");
    file_graph_ = model_.subgraphs()->Get(0);
    if (!file_graph_->tensors() || !file_graph_->operators() || !file_graph_->inputs() ||
        !file_graph_->outputs()) {
      return Invalid("tensors, operators, inputs or outputs are missing");
    }
    if (file_graph_->tensors()->size() > kMaxTensors ||
        file_graph_->operators()->size() > kMaxOps) {
      return absl::ResourceExhaustedError(
          fmt::format("{}: more than {} tensors or {} operators", name_, kMaxTensors, kMaxOps));
    }
    return absl::OkStatus();
  }

  absl::Status ReadTensors() {
    std::size_t total = 0;
    for (unsigned i = 0; i < file_graph_->tensors()->size(); ++i) {
      position_ = fmt::format("tensor {}", i);
      const tflite::Tensor& in = *file_graph_->tensors()->Get(i);
      GraphTensor out;
      if (in.name()) out.name = in.name()->str();
      out.elements = 1;
      if (in.shape()) {
        if (in.shape()->size() > kMaxRank) return Unsupported("rank {}", in.shape()->size());
        for (const int side : *in.shape()) {
          if (side <= 0 || side > kMaxDimension) return Invalid("a dimension of {}", side);
          out.shape.push_back(side);
          out.elements *= static_cast<std::size_t>(side);
          if (out.elements > limits::kMaxTensorElements) return TooLarge();
        }
      }
      total += out.elements;
      if (total > limits::kMaxTensorElements) return TooLarge();
      if (in.buffer() >= model_.buffers()->size())
        return Invalid("it names buffer {}, which there is not", in.buffer());
      if (RawData(in) != nullptr && in.type() == tflite::TensorType_FLOAT32) {
        auto values = ReadFloats(in, out.elements);
        if (!values.ok()) return values.status();
        out.is_constant = true;
        out.constant = *std::move(values);
      }
      graph_.tensors.push_back(std::move(out));
    }
    computed_.assign(graph_.tensors.size(), false);

    position_ = "inputs";
    for (const int input : *file_graph_->inputs()) {
      if (!InRange(input) || Known(input)) return Invalid("tensor {} cannot be an input", input);
      if (file_graph_->tensors()->Get(static_cast<unsigned>(input))->type() !=
          tflite::TensorType_FLOAT32) {
        return Unsupported("input {} is not float32", input);
      }
      computed_[static_cast<std::size_t>(input)] = true;
      graph_.inputs.push_back(input);
    }
    if (graph_.inputs.empty()) return Invalid("there are none");
    return absl::OkStatus();
  }

  absl::Status TooLarge() const {
    return absl::ResourceExhaustedError(fmt::format("{}: {}: more than {} tensor elements in all",
                                                    name_, position_, limits::kMaxTensorElements));
  }

  // --- constants
  // -----------------------------------------------------------------------------------------------------

  const flatbuffers::Vector<std::uint8_t>* RawData(const tflite::Tensor& tensor) const {
    const auto* data = model_.buffers()->Get(tensor.buffer())->data();
    return data != nullptr && data->size() > 0 ? data : nullptr;
  }

  absl::StatusOr<std::vector<float>> ReadFloats(const tflite::Tensor& tensor,
                                                std::size_t elements) const {
    const auto* data = RawData(tensor);
    const std::size_t size = tensor.type() == tflite::TensorType_FLOAT16 ? 2 : 4;
    if (data == nullptr || data->size() != elements * size) {
      return Invalid("its buffer holds {} bytes where {} are needed", data ? data->size() : 0,
                     elements * size);
    }
    std::vector<float> values(elements);
    if (size == 4) {
      std::memcpy(values.data(), data->data(), data->size());
    } else {
      for (std::size_t i = 0; i < elements; ++i) {
        std::uint16_t half = 0;
        std::memcpy(&half, data->data() + 2 * i, 2);
        values[i] = HalfToFloat(half);
      }
    }
    return values;
  }

  absl::StatusOr<std::vector<std::int32_t>> ReadIntegers(int index) const {
    if (!InRange(index)) return Invalid("there is no tensor {}", index);
    const tflite::Tensor& tensor = *file_graph_->tensors()->Get(static_cast<unsigned>(index));
    const auto* data = RawData(tensor);
    const std::size_t elements = At(index).elements;
    if (tensor.type() != tflite::TensorType_INT32 || data == nullptr ||
        data->size() != elements * 4) {
      return Unsupported("tensor {} must be constant int32", index);
    }
    std::vector<std::int32_t> values(elements);
    std::memcpy(values.data(), data->data(), data->size());
    return values;
  }

  // --- operators
  // -----------------------------------------------------------------------------------------------------

  bool InRange(int tensor) const {
    return tensor >= 0 && static_cast<std::size_t>(tensor) < graph_.tensors.size();
  }
  bool Known(int tensor) const {
    return InRange(tensor) &&
           (computed_[static_cast<std::size_t>(tensor)] || At(tensor).is_constant);
  }
  const GraphTensor& At(int tensor) const {
    return graph_.tensors[static_cast<std::size_t>(tensor)];
  }
  const Shape& ShapeOf(int tensor) const { return At(tensor).shape; }

  absl::Status ReadOperator(const tflite::Operator& in) {
    if (in.opcode_index() >= model_.operator_codes()->size())
      return Invalid("its code {} is not there", in.opcode_index());
    const tflite::OperatorCode& code = *model_.operator_codes()->Get(in.opcode_index());
    // Old files hold the code in one byte, new ones in four; the larger of the two counts.
    const int builtin = std::max<int>(code.deprecated_builtin_code(), code.builtin_code());
    if (!in.inputs() || in.inputs()->size() == 0 || !in.outputs() || in.outputs()->size() != 1) {
      return Unsupported("it must have inputs and one output");
    }
    const int output = in.outputs()->Get(0);
    if (!InRange(output) || Known(output))
      return Invalid("it computes tensor {}, which is known already", output);
    if (builtin == tflite::BuiltinOperator_DEQUANTIZE)
      return Dequantize(in.inputs()->Get(0), output);

    Op op;
    op.output = output;
    op.inputs.assign(in.inputs()->begin(), in.inputs()->end());
    if (!Known(op.inputs[0]) || At(op.inputs[0]).is_constant)
      return Invalid("its first input is not computed before it");
    auto status = builtin == tflite::BuiltinOperator_CUSTOM ? ReadCustom(in, code, op)
                                                            : ReadBuiltin(in, builtin, op);
    if (!status.ok()) return status;
    computed_[static_cast<std::size_t>(output)] = true;
    graph_.ops.push_back(std::move(op));
    return absl::OkStatus();
  }

  // float16 weights become float32 constants when the file is loaded.
  absl::Status Dequantize(int input, int output) {
    if (!InRange(input)) return Invalid("there is no tensor {}", input);
    const tflite::Tensor& tensor = *file_graph_->tensors()->Get(static_cast<unsigned>(input));
    if (tensor.type() != tflite::TensorType_FLOAT16)
      return Unsupported("DEQUANTIZE of anything but float16 constants");
    if (ShapeOf(input) != ShapeOf(output)) return ShapeMismatch(output, ShapeOf(input));
    auto values = ReadFloats(tensor, At(input).elements);
    if (!values.ok()) return values.status();
    GraphTensor& out = graph_.tensors[static_cast<std::size_t>(output)];
    out.is_constant = true;
    out.constant = *std::move(values);
    return absl::OkStatus();
  }

  absl::Status ShapeMismatch(int tensor, const Shape& expected) const {
    return Invalid("tensor {} has the shape {}, not {}", tensor, ShapeText(ShapeOf(tensor)),
                   ShapeText(expected));
  }
  absl::Status ExpectShape(int tensor, const Shape& expected) const {
    return ShapeOf(tensor) == expected ? absl::OkStatus() : ShapeMismatch(tensor, expected);
  }
  absl::Status ExpectInputs(const Op& op, std::size_t count) const {
    if (op.inputs.size() != count)
      return Invalid("it has {} inputs, not {}", op.inputs.size(), count);
    return absl::OkStatus();
  }

  absl::Status SetActivation(tflite::Activation activation, Op& op) const {
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
  absl::Status SetWindow(const Options& options, Op& op) const {
    Window& window = op.window;
    window.same_padding = options.padding() == tflite::Padding_SAME;
    const auto small = [](int value) {
      return value >= 1 && value <= static_cast<int>(kMaxWindow);
    };
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
  absl::Status CheckWindow(const Op& op, std::int64_t channels) const {
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
    const std::int64_t width =
        side(in[2], window.width, window.stride_width, window.dilation_width);
    if (height < 1 || width < 1)
      return Invalid("the window is larger than its input {}", ShapeText(in));
    if (in[0] * height * width * window.height * window.width > kMaxWindowTaps) return TooLarge();
    return ExpectShape(op.output, {in[0], height, width, channels});
  }

  absl::Status ExpectImage(int tensor) const {
    if (ShapeOf(tensor).size() != 4)
      return Unsupported("its input has the rank {}, not 4", ShapeOf(tensor).size());
    return absl::OkStatus();
  }

  // data, filter, bias (which may be absent)
  absl::Status CheckFilter(Op& op, std::size_t channel_axis) {
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

  absl::Status ReadConv2d(const tflite::Operator& in, Op& op) {
    const auto* options = in.builtin_options_as_Conv2DOptions();
    if (!options) return Invalid("CONV_2D has no options");
    op.kind = OpKind::kConv2d;
    if (auto status = SetWindow(*options, op); !status.ok()) return status;
    if (auto status = CheckFilter(op, 0); !status.ok()) return status;
    const Shape& filter = ShapeOf(op.inputs[1]);
    if (filter[3] != ShapeOf(op.inputs[0])[3]) return Unsupported("grouped convolution");
    return CheckWindow(op, filter[0]);
  }

  absl::Status ReadDepthwiseConv2d(const tflite::Operator& in, Op& op) {
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

  absl::Status ReadPool(const tflite::Operator& in, OpKind kind, Op& op) {
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

  absl::Status ReadAdd(const tflite::Operator& in, Op& op) {
    op.kind = OpKind::kAdd;
    if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
    if (!Known(op.inputs[1]) || At(op.inputs[1]).is_constant)
      return Unsupported("ADD of a constant");
    if (auto status = ExpectShape(op.inputs[1], ShapeOf(op.inputs[0])); !status.ok()) return status;
    if (auto status = ExpectShape(op.output, ShapeOf(op.inputs[0])); !status.ok()) return status;
    const auto* options = in.builtin_options_as_AddOptions();
    return options ? SetActivation(options->activation(), op) : absl::OkStatus();
  }

  absl::Status ReadPRelu(Op& op) const {
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

  absl::Status ReadPad(Op& op) const {
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

  absl::Status ReadElementwise(OpKind kind, Op& op) const {
    op.kind = kind;
    if (auto status = ExpectInputs(op, 1); !status.ok()) return status;
    return ExpectShape(op.output, ShapeOf(op.inputs[0]));
  }

  absl::Status ReadMultiply(Op& op) const {
    op.kind = OpKind::kMultiply;
    if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
    const int factor = op.inputs[1];
    if (!Known(factor) || !At(factor).is_constant ||
        (At(factor).elements != 1 && ShapeOf(factor) != ShapeOf(op.inputs[0]))) {
      return Unsupported("MUL must be by a constant of one element or of the same shape");
    }
    return ExpectShape(op.output, ShapeOf(op.inputs[0]));
  }

  absl::Status ReadReshape(Op& op) const {
    op.kind = OpKind::kCopy;
    op.inputs.resize(1);  // the new shape is the output's
    if (At(op.output).elements != At(op.inputs[0]).elements)
      return ShapeMismatch(op.output, ShapeOf(op.inputs[0]));
    return absl::OkStatus();
  }

  // Converters write a slice of everything to give a tensor a second name; only that is supported.
  absl::Status ReadStridedSlice(const tflite::Operator& in, Op& op) const {
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

  absl::Status ReadConcat(const tflite::Operator& in, Op& op) const {
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

  absl::Status ReadBuiltin(const tflite::Operator& in, int builtin, Op& op) {
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

  // --- custom operators
  // ----------------------------------------------------------------------------------------------

  absl::Status ReadCustom(const tflite::Operator& in, const tflite::OperatorCode& code,
                          Op& op) const {
    const std::string custom = code.custom_code() ? code.custom_code()->str() : "";
    const bool known = custom == "Landmarks2TransformMatrix" ||
                       custom == "TransformTensorBilinear" || custom == "TransformLandmarks";
    if (!known || code.version() != 2)
      return Unsupported("custom operator '{:.64}' version {}", custom, code.version());
    if (custom == "Landmarks2TransformMatrix") return ReadTransformMatrix(in, op);

    if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
    if (!Known(op.inputs[1]) || At(op.inputs[1]).is_constant)
      return Invalid("its matrix is not computed before it");
    if (auto status = ExpectShape(op.inputs[1], {1, 4, 4}); !status.ok()) return status;
    const Shape& data = ShapeOf(op.inputs[0]);
    if (custom == "TransformLandmarks") {
      op.kind = OpKind::kTransformLandmarks;
      if (data.size() != 3 || data[0] != 1 || (data[2] != 2 && data[2] != 3))
        return Unsupported("landmarks of the shape {}", ShapeText(data));
      return ExpectShape(op.output, data);
    }
    op.kind = OpKind::kTransformTensor;
    const Shape& out = ShapeOf(op.output);
    if (data.size() != 4 || data[0] != 1 || out.size() != 4)
      return Unsupported("a tensor of the shape {}", ShapeText(data));
    return ExpectShape(op.output, {1, out[1], out[2], data[3]});
  }

  absl::Status ReadTransformMatrix(const tflite::Operator& in, Op& op) const {
    op.kind = OpKind::kTransformMatrix;
    if (auto status = ExpectInputs(op, 1); !status.ok()) return status;
    const Shape& landmarks = ShapeOf(op.inputs[0]);
    if (landmarks.size() != 3 || landmarks[0] != 1 || landmarks[2] != 3)
      return Unsupported("landmarks of the shape {}", ShapeText(landmarks));
    const auto* raw = in.custom_options();
    std::vector<std::uint8_t> reuse_tracker;
    if (!raw || raw->size() == 0 ||
        !flexbuffers::VerifyBuffer(raw->data(), raw->size(), &reuse_tracker)) {
      return Invalid("the options of Landmarks2TransformMatrix are damaged");
    }
    const auto root = flexbuffers::GetRoot(raw->data(), raw->size());
    if (!root.IsMap()) return Invalid("the options of Landmarks2TransformMatrix are no map");
    const auto map = root.AsMap();
    const auto point = [&](const flexbuffers::Reference& value) -> std::optional<int> {
      const std::int64_t index = value.AsInt64();
      return index >= 0 && index < landmarks[1] ? std::optional<int>(static_cast<int>(index))
                                                : std::nullopt;
    };
    const auto left = point(map["left_rotation_idx"]), right = point(map["right_rotation_idx"]);
    if (!left || !right) return Invalid("it names points that there are not");
    TransformMatrixOptions& options = op.transform;
    options.left = *left;
    options.right = *right;
    options.target_rotation = map["target_rotation_radians"].AsFloat();
    options.scale_x = map["scale_x"].AsFloat();
    options.scale_y = map["scale_y"].AsFloat();
    options.output_width = static_cast<float>(map["output_width"].AsInt64());
    options.output_height = static_cast<float>(map["output_height"].AsInt64());
    if (!(options.output_width >= 1) || !(options.output_height >= 1) ||
        !std::isfinite(options.scale_x) || !std::isfinite(options.scale_y) ||
        !std::isfinite(options.target_rotation)) {
      return Invalid("sizes or scales of Landmarks2TransformMatrix are out of range");
    }
    if (auto status = ReadSubset(map["subset_idxs"], static_cast<std::size_t>(landmarks[1]), point,
                                 options.subset);
        !status.ok())
      return status;
    return ExpectShape(op.output, {1, 4, 4});
  }

  template <typename Point>
  absl::Status ReadSubset(const flexbuffers::Reference& value, std::size_t most, const Point& point,
                          std::vector<int>& subset) const {
    const auto add = [&](const auto& list) {
      if (list.size() == 0 || list.size() > most) return false;
      for (std::size_t i = 0; i < list.size(); ++i) {
        const auto index = point(list[i]);
        if (!index) return false;
        subset.push_back(*index);
      }
      return true;
    };
    const bool read = value.IsTypedVector() ? add(value.AsTypedVector())
                                            : value.IsVector() && add(value.AsVector());
    return read ? absl::OkStatus()
                : Invalid(
                      "the subset of Landmarks2TransformMatrix is empty or names points that there "
                      "are not");
  }

  const std::string_view name_;
  const tflite::Model& model_;
  const tflite::SubGraph* file_graph_ = nullptr;
  std::string position_;  // what is being read, for messages
  Graph graph_;
  std::vector<bool> computed_;  // by tensor: an input, or an earlier operator's output
};

}  // namespace

absl::StatusOr<Graph> ParseTflite(std::string_view name, std::span<const std::byte> file) {
  if (file.size() > limits::kMaxModelBytes) {
    return absl::ResourceExhaustedError(fmt::format("{}: {} bytes; at most {} are read", name,
                                                    file.size(), limits::kMaxModelBytes));
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(file.data());
  if (file.size() < 8 || !tflite::ModelBufferHasIdentifier(bytes)) {
    return absl::InvalidArgumentError(fmt::format("{}: not a TFLite model (no TFL3 mark)", name));
  }
  flatbuffers::Verifier verifier(bytes, file.size(), /*max_depth=*/32, /*max_tables=*/200'000);
  if (!tflite::VerifyModelBuffer(verifier)) {
    return absl::InvalidArgumentError(fmt::format("{}: damaged or truncated TFLite model", name));
  }
  return Parser(name, *tflite::GetModel(bytes)).Parse();
}

}  // namespace vigil::nn::internal
