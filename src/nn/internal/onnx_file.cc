#include "nn/internal/onnx_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vigil::nn {
namespace {

using Bytes = std::span<const std::byte>;

constexpr int kMaxDepth = 64;  // graphs nest through If and Loop; protobuf itself stops at 100

enum class Message {
  kModel,
  kTraining,
  kFunction,
  kGraph,
  kNode,
  kAttribute,
  kSparseTensor,
  kTensor
};

// Which field of which message holds which message. What is not here holds no tensor.
struct Edge {
  Message in;
  std::uint64_t field;
  Message holds;
};
constexpr std::array kEdges{
    Edge{Message::kModel, 7, Message::kGraph},
    Edge{Message::kModel, 20, Message::kTraining},
    Edge{Message::kModel, 25, Message::kFunction},
    Edge{Message::kTraining, 1, Message::kGraph},
    Edge{Message::kTraining, 2, Message::kGraph},
    Edge{Message::kFunction, 7, Message::kNode},
    Edge{Message::kFunction, 11, Message::kAttribute},
    Edge{Message::kGraph, 1, Message::kNode},
    Edge{Message::kGraph, 5, Message::kTensor},
    Edge{Message::kGraph, 15, Message::kSparseTensor},
    Edge{Message::kNode, 5, Message::kAttribute},
    Edge{Message::kAttribute, 5, Message::kTensor},
    Edge{Message::kAttribute, 6, Message::kGraph},
    Edge{Message::kAttribute, 10, Message::kTensor},
    Edge{Message::kAttribute, 11, Message::kGraph},
    Edge{Message::kAttribute, 22, Message::kSparseTensor},
    Edge{Message::kAttribute, 23, Message::kSparseTensor},
    Edge{Message::kSparseTensor, 1, Message::kTensor},
    Edge{Message::kSparseTensor, 2, Message::kTensor},
};
constexpr std::uint64_t kModelVersion = 1, kModelGraph = 7;
constexpr std::uint64_t kNodeOperator = 4;
constexpr std::uint64_t kTensorExternalData = 13, kTensorDataLocation = 14;

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  std::uint64_t number = 0;
  std::uint64_t wire_type = 0;
  std::uint64_t value = 0;  // of a varint
  Bytes bytes{};            // of the others
};

std::optional<std::uint64_t> ReadVarint(Bytes& rest) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < rest.size() && i < 10; ++i) {
    const auto byte = std::to_integer<std::uint64_t>(rest[i]);
    value |= (byte & 0x7F) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    rest = rest.subspan(i + 1);
    return value;
  }
  return std::nullopt;
}

// Nothing where the bytes are no field, or end within it. Groups (wire types 3 and 4) do not occur
// in ONNX.
std::optional<Field> ReadField(Bytes& rest) {
  const auto tag = ReadVarint(rest);
  if (!tag || *tag >> 3 == 0) return std::nullopt;
  Field field{.number = *tag >> 3, .wire_type = *tag & 7};
  if (field.wire_type == kVarint) {
    const auto value = ReadVarint(rest);
    if (!value) return std::nullopt;
    field.value = *value;
    return field;
  }
  std::uint64_t length = field.wire_type == kFixed64 ? 8 : 4;
  if (field.wire_type == kBytes) {
    const auto declared = ReadVarint(rest);
    if (!declared) return std::nullopt;
    length = *declared;
  } else if (field.wire_type != kFixed64 && field.wire_type != kFixed32) {
    return std::nullopt;
  }
  if (length > rest.size()) return std::nullopt;
  field.bytes = rest.first(length);
  rest = rest.subspan(length);
  return field;
}

bool Is(Bytes bytes, std::string_view text) {
  return std::equal(bytes.begin(), bytes.end(), text.begin(), text.end(),
                    [](std::byte a, char b) { return std::to_integer<char>(a) == b; });
}

absl::Status CheckField(Message message, const Field& field) {
  const bool external =
      message == Message::kTensor && ((field.number == kTensorDataLocation && field.value != 0) ||
                                      field.number == kTensorExternalData);
  if (external) {
    return absl::InvalidArgumentError(
        "keeps weights in another file (external data), which is not followed; save it as one "
        "file");
  }
  if (message == Message::kNode && field.number == kNodeOperator && Is(field.bytes, "EPContext")) {
    return absl::InvalidArgumentError(
        "holds a precompiled engine (EPContext), which is not run; export it as plain ONNX");
  }
  return absl::OkStatus();
}

absl::Status Walk(Message message, Bytes rest, int depth) {
  if (depth > kMaxDepth) return absl::InvalidArgumentError("is nested too deeply");
  while (!rest.empty()) {
    const auto field = ReadField(rest);
    if (!field) return absl::InvalidArgumentError("is damaged");
    if (auto status = CheckField(message, *field); !status.ok()) return status;
    if (field->wire_type != kBytes) continue;
    const auto edge = std::find_if(kEdges.begin(), kEdges.end(), [&](const Edge& e) {
      return e.in == message && e.field == field->number;
    });
    if (edge == kEdges.end()) continue;
    if (auto status = Walk(edge->holds, field->bytes, depth + 1); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOnnxFile(Bytes bytes) {
  // The outermost level first: it tells a foreign file from an ONNX file that ends too early.
  bool version = false, graph = false, whole = true;
  for (Bytes rest = bytes; whole && !rest.empty();) {
    const auto field = ReadField(rest);
    whole = field.has_value();
    if (whole && field->number == kModelVersion && field->wire_type == kVarint) version = true;
    if (whole && field->number == kModelGraph && field->wire_type == kBytes) graph = true;
  }
  if (!version || (whole && !graph)) return absl::InvalidArgumentError("is not an ONNX model");
  if (!whole) return absl::InvalidArgumentError("is cut short or damaged; fetch it again");
  return Walk(Message::kModel, bytes, 0);
}

}  // namespace vigil::nn
