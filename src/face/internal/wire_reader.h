// Reads protobuf's wire format, one field at a time, without the schema compiler: for the one small
// file that is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vigil::face::internal {

/// One field of a message. Which of the values is set depends on `type`.
struct WireField {
  enum Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  std::uint32_t number = 0;
  Type type = kVarint;
  std::uint64_t integer = 0;  ///< kVarint, kFixed64, kFixed32 (little-endian bits)
  std::string_view bytes;     ///< kBytes: text, a message, or packed numbers; points into the input

  float real() const;  ///< kFixed32's bits as a float
};

/// Walks over the fields of one message. Never reads outside the input and takes no memory; a
/// broken or unsupported (group) field ends the walk with ok() == false. Source:
/// protobuf.dev/programming-guides/encoding.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  /// The next field; nothing at the end or after an error.
  std::optional<WireField> Next();
  bool ok() const { return ok_; }

  /// For packed numbers: the next plain varint or four-byte value of the input.
  std::optional<std::uint64_t> NextVarint();
  std::optional<std::uint64_t> NextFixed(std::size_t bytes);
  bool empty() const { return rest_.empty(); }

 private:
  std::optional<std::uint64_t> Fail();

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace vigil::face::internal
