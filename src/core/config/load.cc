#include "core/config/load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/file_error.h"
#include "core/internal/config/bind.h"
#include "core/internal/config/layers.h"
#include "core/internal/config/resolved_tree.h"
#include "core/internal/config/secrets.h"
#include "core/internal/config/yaml.h"
#include "core/limits.h"

namespace vigil::config {
namespace {

// False: the file could not be read as a whole, so that further checks would only cause more messages.
bool ApplyFile(Node& tree, const File& file, const Environment& environment, Problems& problems) {
  std::optional<Node> root =
      ReadYaml(file.text, Origin::Of(Layer::kFile, file.name), true, problems);
  if (!root) return false;
  if (root->kind != Node::Kind::kMap) {
    problems.Add(root->origin, "", "expected names and values, as in `mode: local`");
    return false;
  }
  ExpandPlaceholders(*root, environment, problems);
  Merge(tree, *std::move(root));
  return true;
}

}  // namespace

Environment ProcessEnvironment() {
  Environment environment;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view variable = *at;
    const std::size_t sign = variable.find('=');
    if (sign == std::string_view::npos) continue;
    environment.emplace(variable.substr(0, sign), variable.substr(sign + 1));
  }
  return environment;
}

absl::StatusOr<File> ReadFile(const std::string& path, std::string_view what) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(
        fmt::format("{} is a folder, not a {} file; name a file in it", path, what));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return FileError(errno, path, fmt::format("the {} cannot be read", what), FileAccess::kRead);
  }
  std::string text(limits::kMaxConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > limits::kMaxConfigBytes) {
    return absl::InvalidArgumentError(
        fmt::format("the {} {} has more than {} bytes, the most that are read; is it the right "
                    "file?",
                    what, path, limits::kMaxConfigBytes));
  }
  return File{path, std::move(text)};
}

absl::StatusOr<Assignment> ParseSet(std::string_view text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string_view::npos || SplitPath(text.substr(0, sign)).empty()) {
    return absl::InvalidArgumentError(
        fmt::format("takes key=value, as in face.max_faces=4, not \"{}\"", text));
  }
  return Assignment{std::string(text.substr(0, sign)), std::string(text.substr(sign + 1)), "--set"};
}

std::function<void(const std::string&)> FlagInto(std::vector<Assignment>& layer, std::string path,
                                                 std::string flag) {
  return [&layer, path = std::move(path), flag = std::move(flag)](const std::string& text) {
    layer.push_back({path, text, flag});
  };
}

absl::StatusOr<Resolved> Load(const Schema& schema, const Sources& sources) {
  Problems problems;
  Node tree = Snapshot(schema, true);
  if (sources.file && !ApplyFile(tree, *sources.file, sources.environment, problems))
    return problems.ToStatus();
  ApplyEnvironment(schema, tree, sources, problems);
  ApplyAssignments(schema, tree, sources.set, Layer::kSet, problems);
  ApplyAssignments(schema, tree, sources.flags, Layer::kFlag, problems);
  Bind(schema, tree, problems);
  if (problems.count() > 0) return problems.ToStatus();

  auto values = std::make_shared<Resolved::Tree>(Snapshot(schema, false));
  CopyOrigins(values->root, tree);
  return Resolved(std::move(values));
}

}  // namespace vigil::config
