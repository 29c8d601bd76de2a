// A protobuf message with one large field of bytes, read where it lies: the frames of vigil.v1's services.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vigil::rpc::internal {

/// The bytes of one field. They lie in the message, in one piece or in several.
class FieldBytes {
 public:
  using Piece = std::span<const std::uint8_t>;

  std::size_t size() const { return size_; }
  std::span<const Piece> pieces() const { return pieces_; }
  /// All of them in one piece: where they lie, or copied into `scratch`.
  Piece Joined(std::vector<std::uint8_t>& scratch) const;

  void Clear() {
    pieces_.clear();
    size_ = 0;
  }
  void Add(Piece piece);

 private:
  std::vector<Piece> pieces_;  // none is empty
  std::size_t size_ = 0;
};

struct SplitMessage {
  FieldBytes bytes;  ///< of the field; where it came several times, of the last
  std::string rest;  ///< the message without it, and without fields above `last_field`
};

/// What `rest` may hold, so that what is parsed from it is bounded.
inline constexpr std::size_t kMaxRestBytes = 64U << 10;

/// Takes a message apart. `field` is a field of bytes at its top; fields with higher numbers than `last_field` are not
/// known to anybody here and are passed over, however many there are. Takes memory only for `into`, which is used again.
/// InvalidArgument: not a protobuf message. ResourceExhausted: more beside the field than kMaxRestBytes.
absl::Status Split(std::span<const FieldBytes::Piece> message, std::uint32_t field,
                   std::uint32_t last_field, SplitMessage& into);

}  // namespace vigil::rpc::internal
