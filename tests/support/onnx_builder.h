// Small ONNX files for tests, written field by field (onnx.proto3), so that wrong ones can be
// written too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace vigil::test {

/// A protobuf message being written; fields keep their order.
class Proto {
 public:
  Proto& Varint(std::uint64_t field, std::uint64_t value) {
    Append(field << 3);
    Append(value);
    return *this;
  }
  Proto& Bytes(std::uint64_t field, std::string_view value) {
    Append(field << 3 | 2);
    Append(value.size());
    data_.append(value);
    return *this;
  }
  Proto& Message(std::uint64_t field, const Proto& value) { return Bytes(field, value.data_); }
  const std::string& data() const { return data_; }

 private:
  void Append(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) data_.push_back(static_cast<char>(value | 0x80));
    data_.push_back(static_cast<char>(value));
  }
  std::string data_;
};

/// TensorProto.DataType.
enum OnnxType : std::uint64_t { kFloat = 1, kInt32 = 6, kInt64 = 7, kBool = 9, kFloat16 = 10 };

/// A ValueInfoProto; a negative side is an open dimension.
inline Proto OnnxValue(std::string_view name, OnnxType type, std::initializer_list<int> sides) {
  Proto shape;
  for (const int side : sides) {
    shape.Message(1, side < 0 ? Proto().Bytes(2, "open")
                              : Proto().Varint(1, static_cast<std::uint64_t>(side)));
  }
  const Proto tensor = Proto().Varint(1, type).Message(2, shape);
  return Proto().Bytes(1, name).Message(2, Proto().Message(1, tensor));
}

inline Proto OnnxNode(std::string_view op, std::initializer_list<std::string_view> inputs,
                      std::initializer_list<std::string_view> outputs) {
  Proto node;
  for (const auto input : inputs) node.Bytes(1, input);
  for (const auto output : outputs) node.Bytes(2, output);
  return node.Bytes(4, op);
}

/// TensorProtos, for a graph's field 5.
inline Proto OnnxTensor(std::string_view name, OnnxType type,
                        std::initializer_list<std::size_t> sides, std::string_view raw) {
  Proto tensor;
  for (const std::size_t side : sides) tensor.Varint(1, side);
  return tensor.Varint(2, type).Bytes(8, name).Bytes(9, raw);
}
inline Proto OnnxFloats(std::string_view name, std::initializer_list<std::size_t> sides,
                        std::span<const float> values) {
  return OnnxTensor(name, kFloat, sides,
                    {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}
inline Proto OnnxInts(std::string_view name, std::initializer_list<std::int64_t> values) {
  return OnnxTensor(
      name, kInt64, {values.size()},
      {reinterpret_cast<const char*>(std::data(values)), values.size() * sizeof(std::int64_t)});
}

/// AttributeProtos, for a node's field 5.
inline Proto OnnxInt(std::string_view name, std::int64_t value) {
  return Proto().Bytes(1, name).Varint(3, static_cast<std::uint64_t>(value)).Varint(20, 2);
}
inline Proto OnnxIntList(std::string_view name, std::initializer_list<std::int64_t> values) {
  Proto list = Proto().Bytes(1, name).Varint(20, 7);
  for (const std::int64_t value : values) list.Varint(8, static_cast<std::uint64_t>(value));
  return list;
}

/// A ModelProto of opset 13 around a GraphProto.
inline Proto OnnxFile(const Proto& graph) {
  return Proto().Varint(1, 7).Message(8, Proto().Varint(2, 13)).Message(7, graph);
}

/// y = op(x).
inline Proto OnnxUnary(std::string_view op, const Proto& x, const Proto& y) {
  return OnnxFile(Proto()
                      .Message(1, OnnxNode(op, {"x"}, {"y"}))
                      .Bytes(2, "test")
                      .Message(11, x)
                      .Message(12, y));
}

}  // namespace vigil::test
