#include "app/save_plan.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <system_error>

#include "app/output_check.h"
#include "core/file_error.h"
#include "core/log.h"
#include "media/picture_writer.h"
#include "media/source.h"
#include "media/video_writer.h"

namespace vigil::app {
namespace {

bool IsPicture(const media::Input& input) { return input.kind == media::Input::Kind::kPicture; }

// Of an address without what follows the path.
std::string PathOf(std::string name) {
  if (!media::SchemeOf(name).empty()) name.resize(std::min(name.find_first_of("?#"), name.size()));
  return name;
}

// The input's own name without folder and ending; of an address, its last part; only characters that every file system takes.
std::string StemOf(const media::Input& input) {
  std::string name = PathOf(log::MaskCredentials(input.name));
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  std::string stem = std::filesystem::path(name).stem().string();
  for (char& c : stem) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.' &&
        static_cast<unsigned char>(c) < 0x80)
      c = '_';
  }
  return stem.empty() || stem == "." ? "input" : stem;
}

bool IsFile(const media::Input& input) {
  return media::KindOf(input.name) == media::InputKind::kFile;
}

std::filesystem::path FolderOf(const media::Input& input) {
  const auto folder = std::filesystem::path(input.name).parent_path();
  return folder.empty() ? "." : folder;
}

// Of what the input becomes.
std::string EndingOf(const media::Input& input) {
  const std::filesystem::path own(PathOf(input.name));
  if (!IsPicture(input)) return ".mp4";
  return media::CanWritePicture(own) ? own.extension().string() : ".jpg";
}

bool MayBeSnapshot(const media::Input& input, Snapshots snapshots) {
  return snapshots == Snapshots::kMayBe && input.kind == media::Input::Kind::kStream &&
         media::SchemeOf(input.name).starts_with("http");
}

absl::Status CheckEnding(const std::filesystem::path& path, const media::Input& input,
                         Snapshots snapshots) {
  if (IsPicture(input) ? media::CanWritePicture(path) : media::CanWriteVideo(path))
    return absl::OkStatus();
  if (MayBeSnapshot(input, snapshots) && media::CanWritePicture(path)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "--save {}: {} is a {}, which is saved as {}; or name a folder, ending in '/'", path.string(),
      log::MaskCredentials(input.name), IsPicture(input) ? "picture" : "video",
      IsPicture(input) ? ".jpg, .png, .webp or .bmp" : ".mp4, .m4v or .mov"));
}

}  // namespace

absl::StatusOr<std::vector<std::filesystem::path>> PlanSaves(
    const std::string& save, const std::vector<media::Input>& inputs, Snapshots snapshots) {
  std::vector<std::filesystem::path> paths(inputs.size());
  if (save.empty() || inputs.empty()) return paths;
  std::error_code error;
  const bool folder = save.back() == '/' || std::filesystem::is_directory(save, error);
  const std::set<std::string> identities = IdentitiesOf(inputs);
  if (!folder && inputs.size() == 1) {
    paths[0] = save;
    if (auto status = CheckEnding(paths[0], inputs[0], snapshots); !status.ok()) return status;
    if (auto status = CheckOutputs({{{"--save", save}}}, identities); !status.ok()) return status;
    return paths;
  }
  if (!folder && (media::CanWritePicture(save) || media::CanWriteVideo(save))) {
    return absl::InvalidArgumentError(fmt::format(
        "--save {}: this is one file, and there are {} inputs; name a folder, ending in '/'", save,
        inputs.size()));
  }
  std::filesystem::create_directories(save, error);
  if (error) {
    return FileError(error.value(), fmt::format("--save {}", save), "the folder cannot be made",
                     FileAccess::kWrite);
  }
  // Beside its input, a video called alike would be taken for another of the user's own.
  const std::string place = FileIdentity(save);
  const bool beside = std::ranges::any_of(inputs, [&](const media::Input& input) {
    return IsFile(input) && FileIdentity(FolderOf(input)) == place;
  });
  std::set<std::string> taken;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string stem = StemOf(inputs[i]) + (beside ? ".annotated" : "");
    const std::string ending = EndingOf(inputs[i]);
    const auto free = [&](const std::string& name) {
      paths[i] = std::filesystem::path(save) / name;
      return taken.insert(name).second && !identities.contains(FileIdentity(paths[i]));
    };
    for (int n = 1; !free(n == 1 ? stem + ending : fmt::format("{}-{}{}", stem, n, ending));) ++n;
  }
  return paths;
}

}  // namespace vigil::app
