#include "objects/label_file.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "core/limits.h"
#include "core/status.h"
#include "objects/internal/small_file.h"

namespace vigil::objects {
namespace {

constexpr std::size_t kMaxLabelBytes = 1U << 20;
constexpr std::size_t kMaxLabels = 10'000;
constexpr std::string_view kBlank = " \t\r";

// Takes the next word of `line`; empty at its end.
std::string_view TakeWord(std::string_view& line) {
  const auto first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return line = {};
  line.remove_prefix(first);
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

// The whole word is the number; some tools write class numbers as 3.0.
std::optional<float> Number(std::string_view word) {
  float value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<Label> ParseLine(std::string_view line, Size picture) {
  std::array<float, 5> values{};
  for (float& value : values) {
    const auto number = Number(TakeWord(line));
    if (!number) return std::nullopt;
    value = *number;
  }
  if (!TakeWord(line).empty()) return std::nullopt;
  const auto [class_number, x, y, width, height] = values;
  if (!(class_number >= 0 && class_number < limits::kMaxClasses)) return std::nullopt;
  const int class_id = static_cast<int>(class_number);
  if (static_cast<float>(class_id) != class_number) return std::nullopt;
  for (const float part : {x, y, width, height}) {
    if (!(part >= 0 && part <= 1)) return std::nullopt;  // NaN too
  }
  const auto w = static_cast<float>(picture.width), h = static_cast<float>(picture.height);
  return Label{{(x - width / 2) * w, (y - height / 2) * h, width * w, height * h}, class_id};
}

}  // namespace

absl::StatusOr<std::vector<Label>> ParseLabels(std::string_view text, Size picture) {
  std::vector<Label> labels;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(kBlank) == std::string_view::npos) continue;
    const auto label = ParseLine(line, picture);
    if (!label) {
      return absl::InvalidArgumentError(fmt::format(
          "line {}: is not a class number and a box (centre x, y, width, height, 0 to 1)", number));
    }
    if (labels.size() == kMaxLabels)
      return absl::InvalidArgumentError(fmt::format("line {}: more than {}", number, kMaxLabels));
    labels.push_back(*label);
  }
  return labels;
}

absl::StatusOr<std::vector<Label>> ReadLabels(const std::filesystem::path& path, Size picture) {
  const auto text = ReadSmallFile(path, kMaxLabelBytes);
  if (!text.ok()) return text.status();
  auto labels = ParseLabels(*text, picture);
  if (labels.ok()) return labels;
  return absl::InvalidArgumentError(
      fmt::format("{}: {}", path.string(), MessageOf(labels.status())));
}

}  // namespace vigil::objects
