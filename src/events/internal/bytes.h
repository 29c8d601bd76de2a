// A flat binary form: numbers in a fixed order of bytes, texts with their length.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace vigil::events {

template <typename T>
concept Number = std::integral<T> || std::floating_point<T>;

class ByteWriter {
 public:
  template <Number T>
  void Put(T value) {
    static_assert(std::endian::native == std::endian::little, "states are little-endian");
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Text(std::string_view text) {
    Put(static_cast<std::uint16_t>(text.size()));
    bytes_.append(text);
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

/// After the end, or after a Fail, everything read is zero or empty.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <Number T>
  T Get() {
    T value{};
    if (rest_.size() < sizeof value) return Fail(), T{};
    if constexpr (std::same_as<T, bool>) {
      if (static_cast<unsigned char>(rest_[0]) > 1) return Fail(), T{};
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  /// A number that has to be `min` to `max`, both included.
  template <Number T>
  T Get(std::type_identity_t<T> min, std::type_identity_t<T> max) {
    const T value = Get<T>();
    if (value >= min && value <= max) return value;
    return Fail(), min;
  }
  std::string_view Text() {
    const auto size = Get<std::uint16_t>();
    if (rest_.size() < size) return Fail(), std::string_view();
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  void Fail() {
    ok_ = false;
    rest_ = {};
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// FNV-1a: tells damage, not intent.
inline std::uint64_t Checksum(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

}  // namespace vigil::events
