#include "objects/class_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "core/limits.h"
#include "core/nearest.h"
#include "core/status.h"
#include "core/utf8.h"
#include "objects/internal/small_file.h"

namespace vigil::objects {
namespace {

constexpr std::size_t kMaxNamesBytes = 1U << 20;

constexpr std::array<std::string_view, 80> kCoco{"person",        "bicycle",      "car",
                                                 "motorcycle",    "airplane",     "bus",
                                                 "train",         "truck",        "boat",
                                                 "traffic light", "fire hydrant", "stop sign",
                                                 "parking meter", "bench",        "bird",
                                                 "cat",           "dog",          "horse",
                                                 "sheep",         "cow",          "elephant",
                                                 "bear",          "zebra",        "giraffe",
                                                 "backpack",      "umbrella",     "handbag",
                                                 "tie",           "suitcase",     "frisbee",
                                                 "skis",          "snowboard",    "sports ball",
                                                 "kite",          "baseball bat", "baseball glove",
                                                 "skateboard",    "surfboard",    "tennis racket",
                                                 "bottle",        "wine glass",   "cup",
                                                 "fork",          "knife",        "spoon",
                                                 "bowl",          "banana",       "apple",
                                                 "sandwich",      "orange",       "broccoli",
                                                 "carrot",        "hot dog",      "pizza",
                                                 "donut",         "cake",         "chair",
                                                 "couch",         "potted plant", "bed",
                                                 "dining table",  "toilet",       "tv",
                                                 "laptop",        "mouse",        "remote",
                                                 "keyboard",      "cell phone",   "microwave",
                                                 "oven",          "toaster",      "sink",
                                                 "refrigerator",  "book",         "clock",
                                                 "vase",          "scissors",     "teddy bear",
                                                 "hair drier",    "toothbrush"};

// What is wrong with a name; null: nothing.
const char* Fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > limits::kMaxIdBytes) return "is too long";
  while (!name.empty()) {
    const auto first = static_cast<unsigned char>(name[0]);
    if (first < 0x20 || first == 0x7F) return "has control characters";
    const std::size_t length = Utf8Length(name);
    if (length == 0) return "is not UTF-8";
    name.remove_prefix(length);
  }
  return nullptr;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// A Python dictionary of numbers and quoted texts being read.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : rest_(text) {}

  bool Take(char wanted) {
    SkipBlanks();
    if (rest_.empty() || rest_[0] != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<std::size_t> Number() {
    SkipBlanks();
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::optional<std::string> Text() {
    SkipBlanks();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const char quote = rest_[0];
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      text.push_back(rest_[i]);
    }
    return std::nullopt;
  }
  bool at_end() {
    SkipBlanks();
    return rest_.empty();
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0)
      rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

}  // namespace

std::span<const std::string_view> CocoNames() { return kCoco; }

absl::StatusOr<std::vector<std::string>> ParseClassNames(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto last = text.find_last_not_of(" \t\r\n");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (text.empty()) return absl::InvalidArgumentError("holds no class names");
  std::vector<std::string> names;
  for (std::size_t line = 1;; ++line) {
    const auto end = text.find('\n');
    const std::string_view name = Trim(text.substr(0, end));
    if (const char* fault = Fault(name))
      return absl::InvalidArgumentError(fmt::format("line {}: the name {}", line, fault));
    if (names.size() == limits::kMaxClasses)
      return absl::InvalidArgumentError(fmt::format("has more than {} names", limits::kMaxClasses));
    names.emplace_back(name);
    if (end == std::string_view::npos) return names;
    text.remove_prefix(end + 1);
  }
}

absl::StatusOr<std::vector<std::string>> ReadClassNames(const std::filesystem::path& path) {
  const auto text = ReadSmallFile(path, kMaxNamesBytes);
  if (!text.ok()) return text.status();
  auto names = ParseClassNames(*text);
  if (names.ok()) return names;
  return absl::InvalidArgumentError(
      fmt::format("{}: {}", path.string(), MessageOf(names.status())));
}

std::vector<std::string> ParseNamesMetadata(std::string_view text) {
  DictionaryReader reader(text);
  std::vector<std::string> names;
  if (!reader.Take('{')) return {};
  do {
    const auto number = reader.Number();
    if (number != names.size() || names.size() == limits::kMaxClasses) return {};
    if (!reader.Take(':')) return {};
    auto name = reader.Text();
    if (!name || Fault(*name) != nullptr) return {};
    names.push_back(*std::move(name));
  } while (reader.Take(','));
  if (!reader.Take('}') || !reader.at_end()) return {};
  return names;
}

absl::StatusOr<std::vector<bool>> SelectClasses(std::span<const std::string> names,
                                                std::span<const std::string> classes) {
  std::vector<bool> wanted(names.size(), classes.empty());
  for (const std::string& text : classes) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc() || end != text.data() + text.size()) {
      index = static_cast<std::size_t>(
          std::find_if(names.begin(), names.end(),
                       [&](const std::string& name) { return EqualIgnoringCase(name, text); }) -
          names.begin());
    }
    if (index >= names.size()) {
      const std::string meant = DidYouMean(text, names);
      return absl::InvalidArgumentError(fmt::format(
          "track_classes: \"{}\" is not one of the model's {}: {}{}{}", text, names.size(),
          fmt::join(names.first(std::min<std::size_t>(names.size(), 10)), ", "),
          names.size() > 10 ? " …" : "", meant));
    }
    wanted[index] = true;
  }
  return wanted;
}

}  // namespace vigil::objects
