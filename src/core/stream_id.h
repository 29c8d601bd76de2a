// Which stream something belongs to.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace vigil {

/// An immutable text that copies share: naming every frame by its stream takes no memory, however
/// long the name. Empty by default. Safe from any thread, as a std::string is.
class StreamId {
 public:
  StreamId() = default;
  explicit StreamId(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}

  std::string_view view() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  std::string str() const { return std::string(view()); }
  bool empty() const { return text_ == nullptr; }

  operator std::string_view() const { return view(); }
  friend bool operator==(const StreamId& a, std::string_view b) { return a.view() == b; }
  friend bool operator==(const StreamId& a, const StreamId& b) { return a.view() == b.view(); }

 private:
  std::shared_ptr<const std::string> text_;  // null: the empty text
};

}  // namespace vigil
