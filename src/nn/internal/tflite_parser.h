// Reads a verified TFLite file into a Graph. One class over three files: tflite_graph.cc has the
// model, its tensors and the order of its operators, tflite_builtin_ops.cc and tflite_custom_ops.cc
// what each operator must be like.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nn/internal/tflite_graph.h"
#include "nn/tflite_subset_generated.h"

namespace vigil::nn::internal {

/// One file is one parser. Not to be kept: it refers to the file.
class TfliteParser {
 public:
  using Shape = std::vector<std::int64_t>;
  static constexpr std::int64_t kMaxDimension = 1 << 20;

  /// `name` is for messages. Precondition: the FlatBuffers verifier has passed `model`. Both
  /// outlive this object.
  TfliteParser(std::string_view name, const tflite::Model& model) : name_(name), model_(model) {}

  /// Once.
  absl::StatusOr<Graph> Parse();

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
  absl::Status TooLarge() const;

  absl::Status CheckModel();
  absl::Status ReadTensors();

  // Constants.
  const flatbuffers::Vector<std::uint8_t>* RawData(const tflite::Tensor& tensor) const;
  absl::StatusOr<std::vector<float>> ReadFloats(const tflite::Tensor& tensor,
                                                std::size_t elements) const;
  absl::StatusOr<std::vector<std::int32_t>> ReadIntegers(int index) const;
  absl::Status Dequantize(int input, int output);

  // Tensors. Known: it has a value before the operator that is being read.
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
  absl::Status ShapeMismatch(int tensor, const Shape& expected) const;
  absl::Status ExpectShape(int tensor, const Shape& expected) const;

  // Operators: each sets `op` and checks the shapes of what it takes and gives.
  absl::Status ReadOperator(const tflite::Operator& in);
  absl::Status ExpectInputs(const Op& op, std::size_t count) const;

  absl::Status ReadBuiltin(const tflite::Operator& in, int builtin, Op& op);
  absl::Status SetActivation(tflite::Activation activation, Op& op) const;
  template <typename Options>
  absl::Status SetWindow(const Options& options, Op& op) const;
  absl::Status CheckWindow(const Op& op, std::int64_t channels) const;
  absl::Status ExpectImage(int tensor) const;
  absl::Status CheckFilter(Op& op, std::size_t channel_axis);
  absl::Status ReadConv2d(const tflite::Operator& in, Op& op);
  absl::Status ReadDepthwiseConv2d(const tflite::Operator& in, Op& op);
  absl::Status ReadPool(const tflite::Operator& in, OpKind kind, Op& op);
  absl::Status ReadAdd(const tflite::Operator& in, Op& op);
  absl::Status ReadPRelu(Op& op) const;
  absl::Status ReadPad(Op& op) const;
  absl::Status ReadElementwise(OpKind kind, Op& op) const;
  absl::Status ReadMultiply(Op& op) const;
  absl::Status ReadReshape(Op& op) const;
  absl::Status ReadStridedSlice(const tflite::Operator& in, Op& op) const;
  absl::Status ReadConcat(const tflite::Operator& in, Op& op) const;

  absl::Status ReadCustom(const tflite::Operator& in, const tflite::OperatorCode& code,
                          Op& op) const;
  absl::Status ReadTransformMatrix(const tflite::Operator& in, Op& op) const;

  const std::string_view name_;
  const tflite::Model& model_;
  const tflite::SubGraph* file_graph_ = nullptr;
  std::string position_;  // what is being read, for messages
  Graph graph_;
  std::vector<bool> computed_;  // by tensor: an input, or an earlier operator's output
};

inline std::string ShapeText(const TfliteParser::Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace vigil::nn::internal
