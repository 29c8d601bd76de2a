#include "app/output_check.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <map>
#include <system_error>

#include "media/source.h"

namespace vigil::app {

std::string FileIdentity(const std::filesystem::path& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) == 0) {
    return S_ISREG(file.st_mode) || S_ISDIR(file.st_mode)
               ? fmt::format("{}:{}", file.st_dev, file.st_ino)
               : "";
  }
  std::error_code error;
  const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  return error ? path.string() : whole.string();
}

std::set<std::string> IdentitiesOf(std::span<const media::Input> inputs) {
  std::set<std::string> identities;
  for (const media::Input& input : inputs) {
    if (media::KindOf(input.name) == media::InputKind::kFile)
      identities.insert(FileIdentity(input.name));
  }
  return identities;
}

absl::Status CheckOutputs(std::span<const Output> outputs, const std::set<std::string>& inputs) {
  std::map<std::string, std::string> flags;  // by what they go to
  for (const Output& output : outputs) {
    if (output.path.empty()) continue;
    const std::string identity = output.path == "-" ? "-" : FileIdentity(output.path);
    if (identity.empty()) continue;
    if (inputs.contains(identity)) {
      return absl::InvalidArgumentError(
          fmt::format("{} {}: this is an input too and would be lost; name another file",
                      output.flag, output.path));
    }
    const auto [other, is_new] = flags.emplace(identity, output.flag);
    // Whole lines of JSON can share standard output; rows among them are neither.
    const bool mix = identity == "-" && output.flag != "--csv" && other->second != "--csv";
    if (!is_new && !mix) {
      return absl::InvalidArgumentError(fmt::format("{} {}: {} goes there too; name another file",
                                                    output.flag, output.path, other->second));
    }
  }
  return absl::OkStatus();
}

}  // namespace vigil::app
