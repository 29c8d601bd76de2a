// absl::Status and fmt together: Debian's absl::string_view is not std::string_view.
#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace vigil {

/// The message alone, valid as long as `status`.
inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace vigil
