// The plain face mesh as an ONNX model with the same weights, so that two engines can be timed on one network.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "nn/internal/tflite_graph.h"
#include "support/onnx_builder.h"

namespace vigil::bench {

class MeshToOnnx {
 public:
  explicit MeshToOnnx(const nn::internal::Graph& graph) : graph_(graph) {}

  /// NCHW. Covers what the plain mesh uses: convolutions, PReLU, max pooling, padding, addition.
  std::string Convert() {
    for (const nn::internal::Op& op : graph_.ops) Add(op);
    out_.Bytes(2, "mesh").Message(11, Value(graph_.inputs[0]));
    for (const int output : graph_.outputs) out_.Message(12, Value(output));
    return test::OnnxFile(out_).data();
  }

 private:
  using Kind = nn::internal::OpKind;

  static std::string Name(int tensor) { return fmt::format("t{}", tensor); }
  const nn::internal::GraphTensor& At(int tensor) const {
    return graph_.tensors[static_cast<std::size_t>(tensor)];
  }

  test::Proto Value(int tensor) const {
    const auto& s = At(tensor).shape;
    return test::OnnxValue(
        Name(tensor), test::kFloat,
        {1, static_cast<int>(s[3]), static_cast<int>(s[1]), static_cast<int>(s[2])});
  }

  void Constant(const std::string& name, const std::vector<std::int64_t>& dims, const void* data,
                std::size_t bytes, test::OnnxType type) {
    test::Proto tensor;
    for (const auto dim : dims) tensor.Varint(1, static_cast<std::uint64_t>(dim));
    tensor.Varint(2, type).Bytes(8, name).Bytes(9, {static_cast<const char*>(data), bytes});
    out_.Message(5, tensor);
  }

  static test::Proto Integers(std::string_view name, const std::vector<std::int64_t>& values) {
    test::Proto attribute;
    attribute.Bytes(1, name);
    for (const auto value : values) attribute.Varint(8, static_cast<std::uint64_t>(value));
    return attribute.Varint(20, 7);
  }
  static test::Proto Integer(std::string_view name, std::int64_t value) {
    return test::Proto().Bytes(1, name).Varint(3, static_cast<std::uint64_t>(value)).Varint(20, 2);
  }

  void Node(std::string_view op, const std::vector<std::string>& inputs, const std::string& output,
            const std::vector<test::Proto>& attributes = {}) {
    test::Proto node;
    for (const auto& input : inputs) node.Bytes(1, input);
    node.Bytes(2, output).Bytes(4, op);
    for (const auto& attribute : attributes) node.Message(5, attribute);
    out_.Message(1, node);
  }

  std::vector<test::Proto> WindowAttributes(const nn::internal::Op& op) const {
    const auto& w = op.window;
    const auto& in = At(op.inputs[0]).shape;
    const auto& out = At(op.output).shape;
    const auto pad = [&](std::size_t axis, std::int64_t size, std::int64_t stride) {
      return w.same_padding ? std::max<std::int64_t>(0, (out[axis] - 1) * stride + size - in[axis])
                            : 0;
    };
    const auto y = pad(1, w.height, w.stride_height), x = pad(2, w.width, w.stride_width);
    return {Integers("kernel_shape", {w.height, w.width}),
            Integers("strides", {w.stride_height, w.stride_width}),
            Integers("pads", {y / 2, x / 2, y - y / 2, x - x / 2})};
  }

  void Add(const nn::internal::Op& op) {
    const std::string in = Name(op.inputs[0]), out = Name(op.output);
    switch (op.kind) {
      case Kind::kConv2d:
      case Kind::kDepthwiseConv2d:
        AddConvolution(op);
        break;
      case Kind::kMaxPool:
        Node("MaxPool", {in}, out, WindowAttributes(op));
        break;
      case Kind::kAdd:
        Node("Add", {in, Name(op.inputs[1])}, out);
        break;
      case Kind::kPRelu: {
        const auto& slope = At(op.inputs[1]).constant;
        Constant(out + "s", {static_cast<std::int64_t>(slope.size()), 1, 1}, slope.data(),
                 slope.size() * 4, test::kFloat);
        Node("PRelu", {in, out + "s"}, out);
        break;
      }
      case Kind::kPad: {  // NHWC to NCHW
        std::vector<std::int64_t> pads;
        for (const auto* side : {&op.pad_before, &op.pad_after}) {
          for (const std::size_t axis : {0, 3, 1, 2})
            pads.push_back(static_cast<std::int64_t>((*side)[axis]));
        }
        Constant(out + "p", {8}, pads.data(), 64, test::kInt64);
        Node("Pad", {in, out + "p"}, out);
        break;
      }
      default:
        std::abort();
    }
  }

  void AddConvolution(const nn::internal::Op& op) {
    const bool depthwise = op.kind == Kind::kDepthwiseConv2d;
    const auto& filter = At(op.inputs[1]);
    const auto& s = filter.shape;
    const std::int64_t o = depthwise ? s[3] : s[0], height = s[1], width = s[2],
                       i = depthwise ? 1 : s[3];
    std::vector<float> weights(filter.elements);
    std::size_t next = 0;
    for (std::int64_t a = 0; a < o; ++a) {
      for (std::int64_t b = 0; b < i; ++b) {
        for (std::int64_t y = 0; y < height; ++y) {
          for (std::int64_t x = 0; x < width; ++x) {
            const auto at =
                depthwise ? (y * width + x) * o + a : ((a * height + y) * width + x) * i + b;
            weights[next++] = filter.constant[static_cast<std::size_t>(at)];
          }
        }
      }
    }
    const std::string out = Name(op.output);
    const auto& bias = At(op.inputs[2]).constant;
    Constant(out + "w", {o, i, height, width}, weights.data(), weights.size() * 4, test::kFloat);
    Constant(out + "b", {o}, bias.data(), bias.size() * 4, test::kFloat);
    auto attributes = WindowAttributes(op);
    attributes.push_back(Integer("group", depthwise ? o : 1));
    const bool relu = op.min == 0;
    Node("Conv", {Name(op.inputs[0]), out + "w", out + "b"}, relu ? out + "c" : out, attributes);
    if (relu) Node("Relu", {out + "c"}, out);
  }

  const nn::internal::Graph& graph_;
  test::Proto out_;
};

}  // namespace vigil::bench
