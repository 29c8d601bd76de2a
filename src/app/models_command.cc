#include "app/models_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/nearest.h"
#include "core/status.h"
#include "nn/model_catalog.h"
#include "nn/model_download.h"

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
  Json json = {{"name", model.name},       {"file", model.file},
               {"bytes", model.bytes},     {"sha256", model.sha256},
               {"licence", model.licence}, {"source", model.source},
               {"use", model.use},         {"by", model.comes_with_setup() ? "setup" : "pull"}};
  if (!model.comes_with_setup()) {
    json["family"] = model.family;
    json["url"] = model.url;
  }
  return json;
}

std::string_view StateOf(const nn::KnownModel& model, const std::filesystem::path& dir) {
  if (IsInstalled(model, dir)) return "installed";
  return model.comes_with_setup() ? "missing" : "to pull";
}

constexpr std::string_view kCopyleftNote =
    "free to use and test; whoever passes it on, or lets others use it over a network, owes them "
    "the source of the whole under the same licence";

// Shows how far a download is, where somebody can see it: at most ten times a second.
class PullProgress {
 public:
  PullProgress(std::string_view name, std::ostream& err)
      : name_(name), err_(err), shown_(&err == &std::cerr && isatty(STDERR_FILENO) == 1) {}
  ~PullProgress() {
    if (drawn_) err_ << "\r\x1b[K" << std::flush;
  }
  PullProgress(const PullProgress&) = delete;
  PullProgress& operator=(const PullProgress&) = delete;

  void Show(std::size_t done, std::size_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || (drawn_ && now - last_ < std::chrono::milliseconds(100))) return;
    last_ = now;
    drawn_ = true;
    err_ << fmt::format("\r\x1b[K{}: {} of {} kB, {} %", name_, done / 1000, total / 1000,
                        100 * done / total)
         << std::flush;
  }

 private:
  const std::string_view name_;
  std::ostream& err_;
  const bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

bool PullOne(const nn::KnownModel& model, const std::filesystem::path& dir,
             const ModelsArguments& arguments, std::ostream& out, std::ostream& err,
             const std::stop_token& stop) {
  const auto outcome = [&] {
    PullProgress progress(model.name, err);
    const nn::DownloadOptions options{
        .from = arguments.from,
        .progress = [&](std::size_t done, std::size_t total) { progress.Show(done, total); }};
    return nn::PullModel(model, dir, options, stop);
  }();
  if (!outcome.ok()) {
    err << "vigil models: " << MessageOf(outcome.status()) << '\n';
    return false;
  }
  out << fmt::format("{:<20} {:<9}  {}\n{:<20} licence {}, {}\n", model.name,
                     *outcome == nn::PullOutcome::kAlreadyThere ? "is there" : "fetched",
                     (dir / model.file).string(), "", model.licence, model.source);
  if (model.is_copyleft())
    out << fmt::format("{:<20} note: {}: {}\n", "", model.licence, kCopyleftNote);
  return true;
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
                       model.bytes / 1000, StateOf(model, *dir), model.use, "", model.file,
                       model.licence, model.source);
  }
  out << "\n`vigil models pull NAME` fetches those to pull. AGPL-3.0-only: " << kCopyleftNote
      << ".\n";
  return 0;
}

int VerifyModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err) {
  const auto dir = FindDir(arguments, err);
  if (!dir) return 1;
  int failed = 0;
  Json models = Json::array();
  for (const auto& model : nn::KnownModels()) {
    if (!model.comes_with_setup() && !IsInstalled(model, *dir)) continue;
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

int PullModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err,
               std::stop_token stop) {
  std::vector<std::string> known;
  for (const auto& model : nn::KnownModels()) known.emplace_back(model.name);
  std::vector<const nn::KnownModel*> models;
  for (const std::string& name : arguments.names) {
    const nn::KnownModel* model = nn::FindKnownModel(name);
    if (model == nullptr) {
      err << fmt::format("vigil models: no model {} is known{} (see vigil models list)\n", name,
                         DidYouMean(name, known));
      return 2;
    }
    models.push_back(model);
  }
  const auto dir = FindDir(arguments, err);
  if (!dir) return 1;
  bool all = true;
  for (const nn::KnownModel* model : models) {
    all = PullOne(*model, *dir, arguments, out, err, stop) && all;
    if (stop.stop_requested()) return 1;
  }
  return all ? 0 : 1;
}

}  // namespace vigil::app
