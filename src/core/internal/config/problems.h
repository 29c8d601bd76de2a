// All that is wrong with a configuration, collected, so that one start tells everything.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/internal/config/node.h"

namespace vigil::config {

class Problems {
 public:
  /// `origin` and `path` may be empty.
  void Add(const Origin& origin, std::string_view path, std::string_view message);
  std::size_t count() const { return count_; }
  /// Whether one of the first `count` is at `path`, below it or around it.
  bool Concern(std::string_view path, std::size_t count) const;
  /// More than are kept: a caller may save itself the trouble of a good message.
  bool full() const { return problems_.size() < count_; }

  /// InvalidArgument with a line each, in the order of the layers and of the file; at most 20, then how many more.
  absl::Status ToStatus() const;

 private:
  struct Problem {
    Origin origin;
    std::string path;
    std::string text;
  };
  std::vector<Problem> problems_;
  std::size_t count_ = 0;
};

/// `text` in quotes for a message: cut to 60 characters, control characters escaped, credentials of URLs masked.
std::string Quote(std::string_view text);
/// `text` with control characters escaped, so that it stays one line and moves no cursor.
std::string Printable(std::string_view text);

}  // namespace vigil::config
