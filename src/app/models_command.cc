#include "app/models_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <system_error>

#include "core/status.h"
#include "nn/model_catalog.h"

namespace vigil::app {
namespace {

using Json = nlohmann::ordered_json;

std::optional<std::filesystem::path> FindDir(const ModelsArguments& arguments, std::ostream& err) {
  auto dir = nn::FindModelsDir(arguments.models_dir);
  if (dir.ok()) return *std::move(dir);
  err << "vigil models: " << MessageOf(dir.status()) << '\n';
  return std::nullopt;
}

bool IsInstalled(const nn::KnownModel& model, const std::filesystem::path& dir) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(dir / model.file, ignored);
}

Json Describe(const nn::KnownModel& model) {
  return {{"name", model.name},     {"file", model.file},       {"bytes", model.bytes},
          {"sha256", model.sha256}, {"licence", model.licence}, {"source", model.source},
          {"use", model.use}};
}

// A path need not be UTF-8; what is not becomes U+FFFD.
std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int ListModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err) {
  const auto dir = FindDir(arguments, err);
  if (!dir) return 1;
  if (arguments.json) {
    Json models = Json::array();
    for (const auto& model : nn::KnownModels()) {
      models.push_back(Describe(model));
      models.back()["installed"] = IsInstalled(model, *dir);
    }
    out << Dump({{"folder", dir->string()}, {"models", std::move(models)}});
    return 0;
  }
  out << dir->string() << '\n';
  for (const auto& model : nn::KnownModels()) {
    out << fmt::format("{:<20} {:>8} kB  {:<9}  {}\n{:<20} {}, {}, {}\n", model.name,
                       model.bytes / 1000, IsInstalled(model, *dir) ? "installed" : "missing",
                       model.use, "", model.file, model.licence, model.source);
  }
  return 0;
}

int VerifyModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err) {
  const auto dir = FindDir(arguments, err);
  if (!dir) return 1;
  int failed = 0;
  Json models = Json::array();
  for (const auto& model : nn::KnownModels()) {
    const auto status = nn::VerifyModel(model, *dir);
    if (!status.ok()) {
      ++failed;
      err << "vigil models: " << MessageOf(status) << '\n';
    }
    if (arguments.json) {
      models.push_back({{"name", model.name}, {"file", model.file}, {"ok", status.ok()}});
      if (!status.ok()) models.back()["error"] = MessageOf(status);
    } else {
      out << fmt::format("{:<20} {:<6} {}\n", model.name, status.ok() ? "ok" : "FAILED",
                         model.file);
    }
  }
  if (arguments.json)
    out << Dump({{"folder", dir->string()}, {"ok", failed == 0}, {"models", std::move(models)}});
  return failed == 0 ? 0 : 1;
}

}  // namespace vigil::app
