#include "nn/internal/tflite_graph.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/limits.h"
#include "nn/internal/tflite_parser.h"
#include "nn/tflite_subset_generated.h"

namespace vigil::nn::internal {
namespace {

constexpr std::size_t kMaxRank = 6;
constexpr std::size_t kMaxOps = 10'000;
constexpr std::size_t kMaxTensors = 20'000;

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

// Operators whose results nobody reads do nothing, and XNNPACK ends the process for one: it gives such a result no memory.
void DropUnread(Graph& graph) {
  std::vector<bool> read(graph.tensors.size(), false);
  for (const int output : graph.outputs) read[static_cast<std::size_t>(output)] = true;
  for (auto op = graph.ops.rbegin(); op != graph.ops.rend(); ++op) {
    if (!read[static_cast<std::size_t>(op->output)]) continue;
    for (const int input : op->inputs) {
      if (input >= 0) read[static_cast<std::size_t>(input)] = true;
    }
  }
  std::erase_if(graph.ops,
                [&](const Op& op) { return !read[static_cast<std::size_t>(op.output)]; });
}

}  // namespace

absl::StatusOr<Graph> TfliteParser::Parse() {
  if (auto status = CheckModel(); !status.ok()) return status;
  if (auto status = ReadTensors(); !status.ok()) return status;
  for (unsigned i = 0; i < file_graph_->operators()->size(); ++i) {
    position_ = fmt::format("operator {}", i);
    if (auto status = ReadOperator(*file_graph_->operators()->Get(i)); !status.ok()) return status;
  }
  position_ = "outputs";
  for (const int output : *file_graph_->outputs()) {
    if (!Known(output)) return Invalid("tensor {} is never computed", output);
    graph_.outputs.push_back(output);
  }
  if (graph_.outputs.empty()) return Invalid("there are none");
  DropUnread(graph_);
  return std::move(graph_);
}

absl::Status TfliteParser::CheckModel() {
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
  if (file_graph_->tensors()->size() > kMaxTensors || file_graph_->operators()->size() > kMaxOps) {
    return absl::ResourceExhaustedError(
        fmt::format("{}: more than {} tensors or {} operators", name_, kMaxTensors, kMaxOps));
  }
  return absl::OkStatus();
}

absl::Status TfliteParser::ReadTensors() {
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

absl::Status TfliteParser::TooLarge() const {
  return absl::ResourceExhaustedError(fmt::format("{}: {}: more than {} tensor elements in all",
                                                  name_, position_, limits::kMaxTensorElements));
}

const flatbuffers::Vector<std::uint8_t>* TfliteParser::RawData(const tflite::Tensor& tensor) const {
  const auto* data = model_.buffers()->Get(tensor.buffer())->data();
  return data != nullptr && data->size() > 0 ? data : nullptr;
}

absl::StatusOr<std::vector<float>> TfliteParser::ReadFloats(const tflite::Tensor& tensor,
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

absl::StatusOr<std::vector<std::int32_t>> TfliteParser::ReadIntegers(int index) const {
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

absl::Status TfliteParser::ReadOperator(const tflite::Operator& in) {
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
  if (builtin == tflite::BuiltinOperator_DEQUANTIZE) return Dequantize(in.inputs()->Get(0), output);

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
absl::Status TfliteParser::Dequantize(int input, int output) {
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

absl::Status TfliteParser::ShapeMismatch(int tensor, const Shape& expected) const {
  return Invalid("tensor {} has the shape {}, not {}", tensor, ShapeText(ShapeOf(tensor)),
                 ShapeText(expected));
}

absl::Status TfliteParser::ExpectShape(int tensor, const Shape& expected) const {
  return ShapeOf(tensor) == expected ? absl::OkStatus() : ShapeMismatch(tensor, expected);
}

absl::Status TfliteParser::ExpectInputs(const Op& op, std::size_t count) const {
  if (op.inputs.size() != count)
    return Invalid("it has {} inputs, not {}", op.inputs.size(), count);
  return absl::OkStatus();
}

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
  return TfliteParser(name, *tflite::GetModel(bytes)).Parse();
}

}  // namespace vigil::nn::internal
