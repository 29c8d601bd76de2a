#include "app/save_plan.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <system_error>

#include "core/log.h"
#include "media/picture_writer.h"

namespace vigil::app {
namespace {

bool IsPicture(const media::Input& input) { return input.kind == media::Input::Kind::kPicture; }

bool CanHoldVideo(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".mp4" || ending == ".m4v" || ending == ".mov";
}

// The input's own name without folder and ending; of an address, its last part; only characters that every file system takes.
std::string StemOf(const media::Input& input) {
  std::string name = log::MaskCredentials(input.name);
  if (const auto query = name.find_first_of("?#");
      query != std::string::npos && input.kind == media::Input::Kind::kStream)
    name.resize(query);
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  std::string stem = std::filesystem::path(name).stem().string();
  for (char& c : stem) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.' &&
        static_cast<unsigned char>(c) < 0x80)
      c = '_';
  }
  return stem.empty() || stem == "." ? "input" : stem;
}

absl::Status CheckEnding(const std::filesystem::path& path, const media::Input& input) {
  if (IsPicture(input) ? media::CanWritePicture(path) : CanHoldVideo(path)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "--save {}: {} is a {}, which is saved as {}; or name a folder, ending in '/'", path.string(),
      log::MaskCredentials(input.name), IsPicture(input) ? "picture" : "video",
      IsPicture(input) ? ".jpg, .png, .webp or .bmp" : ".mp4, .m4v or .mov"));
}

}  // namespace

absl::StatusOr<std::vector<std::filesystem::path>> PlanSaves(
    const std::string& save, const std::vector<media::Input>& inputs) {
  std::vector<std::filesystem::path> paths(inputs.size());
  if (save.empty() || inputs.empty()) return paths;
  std::error_code error;
  const bool folder =
      inputs.size() > 1 || save.back() == '/' || std::filesystem::is_directory(save, error);
  if (!folder) {
    paths[0] = save;
    if (auto status = CheckEnding(paths[0], inputs[0]); !status.ok()) return status;
    return paths;
  }
  std::filesystem::create_directories(save, error);
  if (error)
    return absl::ErrnoToStatus(error.value(),
                               fmt::format("--save {}: the folder cannot be made", save));
  std::set<std::string> taken;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::filesystem::path own(inputs[i].name);
    const std::string ending = !IsPicture(inputs[i])         ? ".mp4"
                               : media::CanWritePicture(own) ? own.extension().string()
                                                             : ".jpg";
    const std::string stem = StemOf(inputs[i]);
    std::string name = stem + ending;
    for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}-{}{}", stem, n, ending);
    paths[i] = std::filesystem::path(save) / name;
    // The annotated picture never replaces its own input.
    if (std::filesystem::equivalent(paths[i], inputs[i].name, error))
      paths[i] = std::filesystem::path(save) / fmt::format("{}.annotated{}", stem, ending);
  }
  return paths;
}

}  // namespace vigil::app
