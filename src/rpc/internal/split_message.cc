#include "rpc/internal/split_message.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace vigil::rpc::internal {
namespace {

enum WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
constexpr int kMaxVarintBytes = 10;

// Walks over a message in pieces. Source: protobuf.dev/programming-guides/encoding.
class Cursor {
 public:
  explicit Cursor(std::span<const FieldBytes::Piece> pieces) : pieces_(pieces) {
    for (const auto& piece : pieces_) left_ += piece.size();
    SkipEmpty();
  }

  std::size_t left() const { return left_; }

  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (int i = 0; i < kMaxVarintBytes; ++i) {
      if (left_ == 0) return std::nullopt;
      const std::uint8_t byte = pieces_.front()[at_];
      Advance(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }

  // Calls `take` with the next `size` bytes, piece by piece. False: there are not so many.
  template <typename Take>
  bool Bytes(std::uint64_t size, Take take) {
    if (size > left_) return false;
    while (size > 0) {
      const auto piece = pieces_.front().subspan(at_);
      const std::size_t count = std::min<std::size_t>(piece.size(), size);
      take(piece.first(count));
      Advance(count);
      size -= count;
    }
    return true;
  }

 private:
  void Advance(std::size_t count) {
    at_ += count;
    left_ -= count;
    if (at_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      at_ = 0;
      SkipEmpty();
    }
  }
  void SkipEmpty() {
    while (!pieces_.empty() && pieces_.front().empty()) pieces_ = pieces_.subspan(1);
  }

  std::span<const FieldBytes::Piece> pieces_;
  std::size_t at_ = 0;    // in the first piece
  std::size_t left_ = 0;  // in all
};

void AppendVarint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

void Append(std::string& to, FieldBytes::Piece piece) {
  to.append(reinterpret_cast<const char*>(piece.data()), piece.size());
}

}  // namespace

void FieldBytes::Add(Piece piece) {
  pieces_.push_back(piece);
  size_ += piece.size();
}

FieldBytes::Piece FieldBytes::Joined(std::vector<std::uint8_t>& scratch) const {
  if (pieces_.empty()) return {};
  if (pieces_.size() == 1) return pieces_.front();
  scratch.resize(size_);
  std::uint8_t* to = scratch.data();
  for (const Piece& piece : pieces_) to = std::ranges::copy(piece, to).out;
  return scratch;
}

absl::Status Split(std::span<const FieldBytes::Piece> message, std::uint32_t field,
                   std::uint32_t last_field, SplitMessage& into) {
  into.bytes.Clear();
  into.rest.clear();
  const auto broken = [] { return absl::InvalidArgumentError("not a message of this service"); };
  Cursor cursor(message);
  while (cursor.left() > 0) {
    const auto key = cursor.Varint();
    if (!key || *key > 0xFFFFFFFF) return broken();
    const std::uint64_t number = *key >> 3;
    if (number == 0) return broken();
    const bool known = number <= last_field;
    std::uint64_t size = 0;
    switch (*key & 7) {
      case kVarint: {
        const auto value = cursor.Varint();
        if (!value) return broken();
        if (known) {
          AppendVarint(into.rest, *key);
          AppendVarint(into.rest, *value);
        }
        break;
      }
      case kBytes: {
        const auto length = cursor.Varint();
        if (!length || *length > cursor.left()) return broken();
        if (number == field) {
          into.bytes.Clear();
          (void)cursor.Bytes(*length, [&](auto piece) { into.bytes.Add(piece); });
          break;
        }
        if (known) {
          if (into.rest.size() + *length > kMaxRestBytes)
            return absl::ResourceExhaustedError("more beside the picture than is taken");
          AppendVarint(into.rest, *key);
          AppendVarint(into.rest, *length);
        }
        (void)cursor.Bytes(*length, [&](auto piece) {
          if (known) Append(into.rest, piece);
        });
        break;
      }
      case kFixed32:
        size = 4;
        break;
      case kFixed64:
        size = 8;
        break;
      default:  // groups are of an older protobuf, and none of ours has any
        return broken();
    }
    if (size > 0) {
      if (known) AppendVarint(into.rest, *key);
      if (!cursor.Bytes(size, [&](auto piece) {
            if (known) Append(into.rest, piece);
          }))
        return broken();
    }
    if (into.rest.size() > kMaxRestBytes)
      return absl::ResourceExhaustedError("more beside the picture than is taken");
  }
  return absl::OkStatus();
}

}  // namespace vigil::rpc::internal
