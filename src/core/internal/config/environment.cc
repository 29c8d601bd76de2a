// The layer of the environment: variables, files that they name, and credentials.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>
#include <utility>

#include "core/internal/config/layers.h"
#include "core/internal/config/names.h"
#include "core/internal/config/secrets.h"
#include "core/internal/config/yaml.h"
#include "core/limits.h"

namespace vigil::config {
namespace {

using Path = std::vector<std::string>;

bool IsSecret(const Schema& schema, const Path& path) {
  const Lookup lookup = Find(schema, path);
  return lookup.found && lookup.target.entry != nullptr && lookup.target.entry->key &&
         lookup.target.entry->key->secret;
}

void AssignFile(const Schema& schema, Node& tree, const Path& path, const std::string& file,
                const Origin& origin, Problems& problems) {
  const auto text = ReadSecret(file);
  if (!text.ok()) return problems.Add(origin, "", std::string(text.status().message()));
  Assign(schema, tree, path, *text, origin, true, problems);
}

// Files in the folder that are named after secrets; others are not ours.
void ApplyCredentials(const Schema& schema, Node& tree, const Environment& environment,
                      Problems& problems) {
  const auto folder = Variable(environment, "CREDENTIALS_DIRECTORY");
  if (!folder) return;
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(*folder, error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path().filename().string());
    if (names.size() > static_cast<std::size_t>(limits::kMaxConfigListItems)) break;
  }
  std::ranges::sort(names);
  for (const std::string& name : names) {
    const Path path = SplitPath(name);
    if (!IsText(name) || !IsSecret(schema, path)) continue;
    AssignFile(schema, tree, path, fmt::format("{}/{}", *folder, name),
               Origin::Of(Layer::kEnvironment, fmt::format("CREDENTIALS_DIRECTORY/{}", name)),
               problems);
  }
}

// Kubernetes gives every container variables for every service, named after it: for a service `vigil` or `vigil-web`
// VIGIL_SERVICE_HOST, VIGIL_PORT=tcp://10.0.0.1:80, VIGIL_WEB_PORT_80_TCP_ADDR and more. They are not meant for us.
// Source: Kubernetes, "Service: Discovering services, environment variables".
bool IsServiceLink(const Environment& environment, const std::string& name,
                   const std::string& text) {
  static const std::regex pattern(
      "(.+?)_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|"
      "ADDR))?)?)");
  constexpr std::size_t kMaxName = 256;
  std::smatch match;
  if (name.size() > kMaxName || !std::regex_match(name, match, pattern)) return false;
  const std::string service = match[1];
  if (!environment.contains(service + "_SERVICE_HOST") ||
      !environment.contains(service + "_SERVICE_PORT"))
    return false;
  return match[2] != "PORT" ||
         text.find("://") != std::string::npos;  // VIGIL_WEB_PORT=8080 is the key web.port
}

class VariableLayer {
 public:
  VariableLayer(const Schema& schema, Node& tree, const Sources& sources, Problems& problems)
      : schema_(schema), tree_(tree), sources_(sources), problems_(problems) {}

  void Apply(const std::string& name, const std::string& text) {
    if (IsServiceLink(sources_.environment, name, text)) return;
    const Origin origin = Origin::Of(Layer::kEnvironment, name);
    if (const auto path = FindKey(name, origin)) {
      if (!path->empty() && !text.empty())
        Assign(schema_, tree_, *path, text, origin, false, problems_);
      return;
    }
    constexpr std::string_view kFile = "_FILE";
    const std::string stem =
        name.ends_with(kFile) ? name.substr(0, name.size() - kFile.size()) : "";
    const auto path = stem.empty() ? std::nullopt : FindKey(stem, origin);
    if (!path) {
      problems_.Add(origin, "",
                    fmt::format("unknown variable{}",
                                problems_.full() ? "" : SuggestVariable(schema_, name)));
    } else if (!path->empty() && !text.empty()) {
      ApplyFile(*path, stem, text, origin);
    }
  }

 private:
  void ApplyFile(const Path& path, const std::string& stem, const std::string& file,
                 const Origin& origin) {
    if (!IsSecret(schema_, path)) {
      problems_.Add(origin, "", fmt::format("only a secret can be read from a file; set {}", stem));
    } else if (Variable(sources_.environment, stem)) {
      problems_.Add(origin, "", fmt::format("{} is set as well; keep one of them", stem));
    } else {
      AssignFile(schema_, tree_, path, file, origin, problems_);
    }
  }

  // The path of a variable's key. Empty: ambiguous, and a problem was added. Nothing: there is none.
  std::optional<Path> FindKey(const std::string& name, const Origin& origin) {
    const auto paths = FindByEnvironmentName(schema_, tree_, name);
    if (paths.empty()) return std::nullopt;
    if (paths.size() == 1) return paths.front();
    problems_.Add(origin, "",
                  fmt::format("may stand for {} or {}; use --set", fmt::join(paths[0], "."),
                              fmt::join(paths[1], ".")));
    return Path{};
  }

  const Schema& schema_;
  Node& tree_;
  const Sources& sources_;
  Problems& problems_;
};

}  // namespace

void ApplyEnvironment(const Schema& schema, Node& tree, const Sources& sources,
                      Problems& problems) {
  ApplyCredentials(schema, tree, sources.environment, problems);
  VariableLayer layer(schema, tree, sources, problems);
  constexpr std::string_view kPrefix = "VIGIL_";
  std::vector<std::pair<std::string, std::string>> variables;
  for (const auto& [name, text] : sources.environment) {
    const bool reserved = std::ranges::find(sources.reserved, name) != sources.reserved.end();
    if (name.starts_with(kPrefix) && !reserved) variables.emplace_back(name, text);
  }
  // A list before its items, and items by number, not by letter: VIGIL_X_2 before VIGIL_X_10.
  std::ranges::stable_sort(variables, {},
                           [](const auto& variable) { return variable.first.size(); });
  for (const auto& [name, text] : variables) layer.Apply(name, text);
}

}  // namespace vigil::config
