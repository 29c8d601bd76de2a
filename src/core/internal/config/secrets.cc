#include "core/internal/config/secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/internal/config/yaml.h"
#include "core/limits.h"

namespace vigil::config {
namespace {

constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

struct Found {
  std::string text;
  bool secret = false;
};

// The value that a placeholder's name stands for; nothing where no one gives it.
absl::StatusOr<std::optional<Found>> LookUp(const std::string& name,
                                            const Environment& environment) {
  if (auto text = Variable(environment, name)) return Found{*std::move(text), false};
  std::optional<std::string> path = Variable(environment, name + "_FILE");
  if (!path) {
    const auto folder = Variable(environment, "CREDENTIALS_DIRECTORY");
    std::error_code ignored;
    if (folder && std::filesystem::exists(*folder + "/" + name, ignored))
      path = *folder + "/" + name;
  }
  if (!path) return std::nullopt;
  auto text = ReadSecret(*path);
  if (!text.ok()) return text.status();
  return Found{*std::move(text), true};
}

class Expander {
 public:
  Expander(const Environment& environment, Problems& problems)
      : environment_(environment), problems_(problems) {}

  void Expand(Node& node) {
    if (node.kind == Node::Kind::kScalar && node.text.find("${") != std::string::npos)
      ExpandText(node);
    for (Node& item : node.items) Expand(item);
    for (Entry& entry : node.entries) Expand(entry.node);
  }

 private:
  void ExpandText(Node& node) {
    const std::string text = std::exchange(node.text, {});
    std::size_t done = 0;
    for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", done)) {
      if (at > done && text[at - 1] == '$') {  // $${ is a plain ${
        node.text.append(text, done, at - 1 - done).append("${");
        done = at + 2;
        continue;
      }
      node.text.append(text, done, at - done);
      const std::size_t end = text.find('}', at);
      if (end == std::string::npos) return Refuse(node, "${ without }; a plain ${ is written $${");
      if (!Replace(node, text.substr(at + 2, end - at - 2))) return;
      done = end + 1;
    }
    node.text.append(text, done);
    if (!IsText(node.text)) Refuse(node, "what a placeholder stands for is not UTF-8 text");
  }

  void Refuse(Node& node, std::string_view message) {
    node.broken = true;
    problems_.Add(node.origin, "", message);
  }

  // Appends what `NAME` or `NAME:default` stands for. False: a problem.
  bool Replace(Node& node, const std::string& placeholder) {
    const std::size_t colon = placeholder.find(':');
    const std::string name = placeholder.substr(0, colon);
    if (name.empty() || name.find_first_not_of(kNameCharacters) != std::string::npos) {
      Refuse(node, fmt::format("{} is not the name of a variable; a plain ${{ is written $${{",
                               Quote(name)));
      return false;
    }
    auto found = LookUp(name, environment_);
    if (!found.ok()) {
      Refuse(node, fmt::format("${{{}}}: {}", name, std::string(found.status().message())));
      return false;
    }
    if (!*found && colon == std::string::npos) {
      Refuse(node,
             fmt::format("the variable {0} is not set; set it, or write ${{{0}:default}}", name));
      return false;
    }
    const Found value = *found ? **found : Found{placeholder.substr(colon + 1), false};
    expanded_bytes_ += value.text.size();
    if (expanded_bytes_ > limits::kMaxConfigExpandedBytes) {
      Refuse(node, fmt::format("placeholders expand to more than {} bytes",
                               limits::kMaxConfigExpandedBytes));
      return false;
    }
    node.text += value.text;
    node.loose = true;
    node.secret = node.secret || value.secret;
    node.origin.note = std::make_shared<const std::string>(fmt::format("${{{}}}", name));
    return true;
  }

  const Environment& environment_;
  Problems& problems_;
  std::size_t expanded_bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(
        fmt::format("{} is a folder, not a file with a secret", path));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(fmt::format("cannot read the secret in {}: {}", path,
                                                  std::generic_category().message(errno)));
  }
  std::string text(limits::kMaxSecretBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > limits::kMaxSecretBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{}: a secret of more than {} bytes", path, limits::kMaxSecretBytes));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (!IsText(text))
    return absl::InvalidArgumentError(fmt::format("{}: the secret in it is not UTF-8 text", path));
  return text;
}

std::optional<std::string> Variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  if (found == environment.end() || found->second.empty()) return {};
  return found->second;
}

void ExpandPlaceholders(Node& node, const Environment& environment, Problems& problems) {
  Expander(environment, problems).Expand(node);
}

}  // namespace vigil::config
