#include "face/internal/wire_reader.h"

#include <bit>

namespace vigil::face::internal {

float WireField::real() const { return std::bit_cast<float>(static_cast<std::uint32_t>(integer)); }

std::optional<std::uint64_t> WireReader::Fail() {
  ok_ = false;
  rest_ = {};
  return std::nullopt;
}

std::optional<std::uint64_t> WireReader::NextVarint() {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 10 && i < rest_.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_[i]);
    if (i == 9 && byte > 1) return Fail();  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return value;
    }
  }
  return Fail();
}

std::optional<std::uint64_t> WireReader::NextFixed(std::size_t bytes) {
  if (rest_.size() < bytes) return Fail();
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(bytes);
  return value;
}

std::optional<WireField> WireReader::Next() {
  if (rest_.empty()) return std::nullopt;
  const auto tag = NextVarint();
  constexpr std::uint64_t kMaxFieldNumber = (1U << 29) - 1;
  if (!tag || (*tag >> 3) == 0 || (*tag >> 3) > kMaxFieldNumber) return Fail(), std::nullopt;

  WireField field{
      .number = static_cast<std::uint32_t>(*tag >> 3), .type = {}, .integer = 0, .bytes = {}};
  std::optional<std::uint64_t> value;
  switch (*tag & 7) {
    case WireField::kVarint:
      field.type = WireField::kVarint;
      value = NextVarint();
      break;
    case WireField::kFixed64:
      field.type = WireField::kFixed64;
      value = NextFixed(8);
      break;
    case WireField::kFixed32:
      field.type = WireField::kFixed32;
      value = NextFixed(4);
      break;
    case WireField::kBytes:
      field.type = WireField::kBytes;
      value = NextVarint();
      if (!value || *value > rest_.size()) return Fail(), std::nullopt;
      field.bytes = rest_.substr(0, *value);
      rest_.remove_prefix(*value);
      return field;
    default:
      return Fail(), std::nullopt;
  }
  if (!value) return std::nullopt;
  field.integer = *value;
  return field;
}

}  // namespace vigil::face::internal
