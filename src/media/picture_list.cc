#include "media/picture_list.h"

#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <type_traits>

#include "core/file_error.h"
#include "core/limits.h"
#include "core/log.h"
#include "media/internal/read_file.h"
#include "media/picture.h"
#include "media/picture_writer.h"
#include "media/source.h"

namespace vigil::media {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMagicBytes = 32;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The digits from `at`, without leading zeros, and where they end.
std::string_view Number(std::string_view text, std::size_t& at) {
  while (at < text.size() && text[at] == '0') ++at;
  const std::size_t begin = at;
  while (at < text.size() && IsDigit(text[at])) ++at;
  return text.substr(begin, at - begin);
}

bool IsPicture(const fs::path& path) {
  const auto head = internal::ReadHead(path, kMagicBytes);
  return CanWritePicture(path) || (head.ok() && DetectPictureType(*head) != PictureType::kUnknown);
}

// What an address of http or https is by its ending: https://host/a.jpg?size=2.
Input::Kind KindOfAddress(std::string_view address) {
  constexpr std::array<std::string_view, 9> kVideos = {".mp4", ".m4v", ".mov", ".mkv", ".webm",
                                                       ".avi", ".gif", ".mpg", ".mpeg"};
  if (!SchemeOf(address).starts_with("http")) return Input::Kind::kStream;
  const fs::path path(address.substr(0, address.find_first_of("?#")));
  if (CanWritePicture(path)) return Input::Kind::kPicture;
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::ranges::count(kVideos, ending) > 0 ? Input::Kind::kVideo : Input::Kind::kStream;
}

absl::Status TooMany(const std::string& argument) {
  return absl::ResourceExhaustedError(fmt::format(
      "{}: stands for more than {} files; name a part of them", argument, limits::kMaxInputs));
}

template <typename Iterator>
absl::StatusOr<std::vector<Input>> PicturesOf(const std::string& folder) {
  std::vector<Input> found;
  std::error_code error;
  if (::access(folder.c_str(), R_OK | X_OK) != 0)  // below, what may not be read is passed over
    return FileError(errno, folder, "cannot be read", FileAccess::kRead);
  Iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  if (error) return FileError(error.value(), folder, "cannot be read", FileAccess::kRead);
  std::size_t seen = 0;
  for (; entry != Iterator(); entry.increment(error)) {
    if (error) return FileError(error.value(), folder, "cannot be read", FileAccess::kRead);
    if (++seen > limits::kMaxInputs) return TooMany(folder);
    std::error_code ignored;  // a file that vanished meanwhile is no picture
    if (entry->is_regular_file(ignored) && IsPicture(entry->path())) {
      found.push_back({Input::Kind::kPicture, entry->path().string()});
    }
  }
  if (error) return FileError(error.value(), folder, "cannot be read", FileAccess::kRead);
  if (found.empty()) {
    return absl::NotFoundError(fmt::format(
        "{}: this folder holds no picture (JPEG, PNG, WebP, BMP); name videos one by one{}", folder,
        std::is_same_v<Iterator, fs::directory_iterator>
            ? ", or go into its folders with --recursive"
            : ""));
  }
  return found;
}

absl::StatusOr<std::vector<Input>> Matches(const std::string& pattern) {
  glob_t result{};
  const std::unique_ptr<glob_t, decltype(&globfree)> release(&result, &globfree);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): it is, without GLOB_TILDE
  if (const int rc = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &result); rc != 0) {
    return absl::NotFoundError(fmt::format(
        "{}: no such file, and nothing matches it as a pattern; check the name", pattern));
  }
  if (result.gl_pathc > limits::kMaxInputs) return TooMany(pattern);
  std::vector<Input> found;
  for (std::size_t i = 0; i < result.gl_pathc; ++i) {
    std::error_code ignored;
    if (fs::is_directory(result.gl_pathv[i], ignored)) continue;
    const auto kind = Classify(result.gl_pathv[i]);
    if (!kind.ok()) return kind.status();
    found.push_back({*kind, result.gl_pathv[i]});
  }
  if (found.empty()) {
    return absl::NotFoundError(
        fmt::format("{}: only folders match; end it with /* for what is in them", pattern));
  }
  return found;
}

bool IsPattern(std::string_view name) {
  return name.find_first_of("*?[") != std::string_view::npos;
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      const std::string_view left = Number(a, i), right = Number(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
      continue;
    }
    const int left = std::tolower(static_cast<unsigned char>(a[i++]));
    const int right = std::tolower(static_cast<unsigned char>(b[j++]));
    if (left != right) return left < right;
  }
  const bool a_ended = i == a.size(), b_ended = j == b.size();
  if (a_ended != b_ended) return a_ended;
  return a < b;  // the same but for case or leading zeros: still one order
}

absl::StatusOr<Input::Kind> Classify(std::string_view name) {
  if (name.empty())
    return absl::InvalidArgumentError(
        "an empty input; name a picture, a video, a camera or an address");
  if (name == "-") {
    return absl::InvalidArgumentError(
        "-: standard input is not read; name a file, a camera or an address (a file that is called "
        "so: ./-)");
  }
  if (auto status = CheckAddress(name); !status.ok()) return status;
  if (KindOf(name) == InputKind::kNetwork) return KindOfAddress(name);
  if (name.starts_with("/dev/video")) {
    std::error_code error;
    if (fs::exists(fs::path(name), error)) return Input::Kind::kCamera;
    return absl::NotFoundError(fmt::format("{}: no such camera; is it plugged in?", name));
  }
  const fs::path path(name);
  const auto head = internal::ReadHead(path, kMagicBytes);
  if (!head.ok()) return head.status();
  const bool picture = DetectPictureType(*head) != PictureType::kUnknown || CanWritePicture(path);
  return picture ? Input::Kind::kPicture : Input::Kind::kVideo;
}

absl::StatusOr<std::vector<Input>> ExpandInput(const std::string& argument,
                                               const ExpandOptions& options) {
  absl::StatusOr<std::vector<Input>> inputs;
  std::error_code error;
  const bool address = !SchemeOf(argument).empty();
  if (!address && fs::is_directory(argument, error)) {
    inputs = options.recursive ? PicturesOf<fs::recursive_directory_iterator>(argument)
                               : PicturesOf<fs::directory_iterator>(argument);
  } else if (!address && IsPattern(argument) && !fs::exists(argument, error)) {
    inputs = Matches(argument);
  } else {
    const auto kind = Classify(argument);
    if (!kind.ok()) return kind.status();
    return std::vector<Input>{{*kind, argument}};
  }
  if (!inputs.ok()) return inputs;
  std::sort(inputs->begin(), inputs->end(),
            [](const Input& a, const Input& b) { return NaturalLess(a.name, b.name); });
  return inputs;
}

}  // namespace vigil::media
