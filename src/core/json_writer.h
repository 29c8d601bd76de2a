// Writes JSON into a string that is used again: for results that are written many times a second.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigil {

/// Calls nest as the document does; commas come by themselves. Whether the calls make a document is the caller's care.
/// Takes memory only while the text is longer than any before.
class JsonWriter {
 public:
  /// Begins a new document in the same memory.
  void Clear() {
    text_.clear();
    comma_ = false;
  }
  std::string_view text() const { return text_; }

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }

  /// A member's name; its value is the next call. `name` needs no escaping.
  JsonWriter& Key(std::string_view name);

  JsonWriter& Value(std::string_view text);  ///< bytes that are not UTF-8 become U+FFFD
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(bool value);
  JsonWriter& Value(std::int64_t value);
  JsonWriter& Value(std::integral auto value) { return Value(static_cast<std::int64_t>(value)); }
  /// With at most `decimals` digits behind the point, no trailing zeros. Not a finite number: null.
  JsonWriter& Value(double value, int decimals);
  JsonWriter& Null();

  /// Key and value in one call.
  template <typename... T>
  JsonWriter& Member(std::string_view name, const T&... value) {
    return Key(name).Value(value...);
  }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();

  std::string text_;
  bool comma_ = false;  // a value came before on this level
};

}  // namespace vigil
