#include "app/config_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <utility>

#include "core/config/describe.h"
#include "core/nearest.h"

namespace vigil::app {
namespace {

std::string FileName(const ConfigArguments& arguments, const config::Environment& environment) {
  if (!arguments.file.empty()) return arguments.file;
  const auto named = environment.find("VIGIL_CONFIG");
  return named == environment.end() ? "" : named->second;
}

int Usage(std::ostream& err, std::string_view what, const std::string& word,
          const std::vector<std::string>& known) {
  err << fmt::format("vigil config: {} {} is not one of {}{}\n", what, word, fmt::join(known, ", "),
                     DidYouMean(word, known));
  return kExitUsage;
}

// For scripts: {"ok": false, "problems": ["v.yaml:2:14: …"], "notes": []}.
std::string CheckJson(const absl::Status& status, const std::vector<std::string>& notes) {
  nlohmann::ordered_json problems = nlohmann::ordered_json::array();
  std::istringstream lines{std::string(status.message())};
  for (std::string line; std::getline(lines, line);) problems.push_back(line);
  const nlohmann::ordered_json json = {
      {"ok", status.ok()}, {"problems", std::move(problems)}, {"notes", notes}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<config::Resolved> LoadConfiguration(const config::Schema& schema,
                                                   const ConfigArguments& arguments,
                                                   config::Environment environment) {
  config::Sources sources;
  if (const std::string name = FileName(arguments, environment); !name.empty()) {
    auto file = config::ReadFile(name);
    if (!file.ok()) return file.status();
    sources.file = *std::move(file);
  }
  sources.environment = std::move(environment);
  sources.set = arguments.set;
  sources.flags = arguments.flags;
  return config::Load(schema, sources);
}

int RunConfigCommand(const std::string& verb, const std::string& output,
                     const ConfigArguments& arguments, const RegisterKeys& keys,
                     config::Environment environment, std::ostream& out, std::ostream& err,
                     const ConfigNotes& notes) {
  static const std::vector<std::string> kVerbs = {"print", "check", "schema", "reference"};
  static const std::vector<std::string> kOutputs = {"yaml", "json"};
  if (std::ranges::find(kVerbs, verb) == kVerbs.end()) return Usage(err, "the verb", verb, kVerbs);
  if (std::ranges::find(kOutputs, output) == kOutputs.end())
    return Usage(err, "the output", output, kOutputs);

  config::Schema schema;
  keys(schema);
  if (verb == "schema") {
    out << config::JsonSchema(schema, "Configuration of vigil") << '\n';
  } else if (verb == "reference") {
    out << config::Reference(schema);
  } else {
    const std::string file = FileName(arguments, environment);
    const auto resolved = LoadConfiguration(schema, arguments, std::move(environment));
    const std::vector<std::string> noted =
        resolved.ok() && notes ? notes() : std::vector<std::string>();
    if (verb == "check" && output == "json") {
      out << CheckJson(resolved.status(), noted) << '\n';
      out.flush();
      return resolved.ok() ? kExitOk : kExitBadConfiguration;
    }
    if (!resolved.ok()) {
      err << std::string(resolved.status().message()) << '\n';
      return kExitBadConfiguration;
    }
    if (verb == "check") {
      out << fmt::format("{}: fine; {} set, the rest are defaults\n",
                         file.empty() ? "no file" : file, resolved->count_set());
      for (const std::string& note : noted) out << "note: " << note << '\n';
    } else {
      out << (output == "json" ? resolved->ToJson() + "\n" : resolved->ToYaml());
    }
  }
  out.flush();
  return out ? kExitOk : kExitFailed;  // a full disk, a closed pipe
}

}  // namespace vigil::app
