#include "actions/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "actions/internal/text.h"
#include "core/nearest.h"

namespace vigil::actions {

absl::Status CheckActionName(std::string_view name) {
  static const std::vector<std::string> kNames = {
      "json_log", "email_immediate", "email_digest", "frame_capture", "webhook", "command"};
  name = name.substr(0, name.find(':'));
  if (std::ranges::find(kNames, name) != kNames.end()) return absl::OkStatus();
  if (name == "mqtt" || name == "redis") {
    return absl::UnimplementedError(fmt::format(
        "action {}: publishing to a bus is not in this build yet; use webhook or command", name));
  }
  const std::string hint = DidYouMean(name, kNames);
  return absl::InvalidArgumentError(
      fmt::format("action {}: unknown{}", internal::OneLine(name, 64),
                  hint.empty() ? fmt::format("; there are {}", fmt::join(kNames, ", ")) : hint));
}

}  // namespace vigil::actions
