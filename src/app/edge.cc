#include "app/edge.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "app/config_command.h"
#include "app/edge_stream.h"
#include "app/output_check.h"
#include "app/perception.h"
#include "app/progress.h"
#include "app/save_plan.h"
#include "app/show_frames.h"
#include "app/signals.h"
#include "app/version.h"
#include "core/listener.h"
#include "core/log.h"
#include "core/status.h"
#include "core/utf8.h"
#include "http/operations.h"
#include "http/server.h"

namespace vigil::app {
namespace {

// /health and /metrics, on a port of their own.
class EdgeHttp {
 public:
  static absl::StatusOr<std::unique_ptr<EdgeHttp>> Open(const EdgeConfig& config,
                                                        const Health& health,
                                                        const Metrics& metrics) {
    const auto address = ListenAddress::Parse(config.http_listen);
    if (!address.ok()) return address.status();
    if (!address->is_loopback() && !config.insecure)
      return absl::InvalidArgumentError(fmt::format(
          "edge.http_listen {} can be reached from other machines: listen on 127.0.0.1, or say "
          "--insecure",
          config.http_listen));
    auto server = http::Server::Create({}, http::Operations(health, metrics));
    if (!server.ok()) return server.status();
    auto http = std::make_unique<EdgeHttp>();
    http->server_ = *std::move(server);
    Listener::Routes routes;
    routes.http1 = [&serve = *http->server_](Descriptor connection, const std::string& peer) {
      serve.Serve(std::move(connection), peer);
    };
    auto listener = Listener::Open(*address, {}, std::move(routes));
    if (!listener.ok()) return listener.status();
    http->listener_ = *std::move(listener);
    log::Info("HTTP on {}:{}", address->host, http->listener_->port());
    return http;
  }

 private:
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Listener> listener_;  // ends first: it hands over to the server
};

class Edge {
 public:
  Edge(const EdgeArguments& arguments, const Config& config)
      : arguments_(arguments), config_(config), health_("edge", VersionNumber()) {}

  int Run() {
    if (auto status = FindPlaces(); !status.ok()) return FailedBegin(status, kExitUsage);
    if (auto status = Prepare(); !status.ok()) return FailedBegin(status, kExitBadConfiguration);
    if (auto status = OpenJson(); !status.ok()) return FailedBegin(status, kExitUsage);
    RunStreams();
    return Report();
  }

 private:
  int FailedBegin(const absl::Status& status, int exit_if_invalid) {
    if (signals_.signal() != 0) return kExitOk;
    Complain(status);
    return absl::IsInvalidArgument(status) ? exit_if_invalid : kExitFailed;
  }

  // What comes from where, and goes where: what the command line says.
  absl::Status FindPlaces() {
    if (auto status = FindInputs(); !status.ok()) return status;
    auto saves = PlanSaves(arguments_.save, inputs_, Snapshots::kNo);
    if (!saves.ok()) return saves.status();
    saves_ = *std::move(saves);
    std::vector<Output> outputs = {{"--json", arguments_.json}};
    for (const auto& save : saves_) outputs.push_back({"--save", save.string()});
    if (auto status = CheckOutputs(outputs, IdentitiesOf(inputs_)); !status.ok()) return status;
    return CheckServerIsNamed(config_.edge);
  }

  // What the configuration says.
  absl::Status Prepare() {
    if (config_.edge.mode != EdgeMode::kLocal) {
      auto server = ClientOptionsOf(config_.edge);
      if (!server.ok()) return server.status();
      server_ = *std::move(server);
      server_->trace_id = rpc::NewTraceId();
      if (!server_->server.tls && !server_->server.is_loopback())
        log::Warning("{}: what is sent can be read on its way; https:// encrypts it",
                     server_->server.text());
      log::Debug("trace {}", server_->trace_id);
    }
    if (auto status = FindModels(); !status.ok()) return status;
    if (!config_.edge.http_listen.empty()) {
      auto http = EdgeHttp::Open(config_.edge, health_, metrics_);
      if (!http.ok()) return http.status();
      http_ = *std::move(http);
    }
    return absl::OkStatus();
  }

  // Last: what a file held before is gone then.
  absl::Status OpenJson() {
    if (arguments_.json.empty()) return absl::OkStatus();
    auto json = OrderedOutput::Create(arguments_.json, inputs_.size(), false, signals_.token());
    if (!json.ok()) return json.status();
    json_ = *std::move(json);
    return absl::OkStatus();
  }

  absl::Status FindInputs() {
    std::vector<std::string> names = arguments_.inputs;
    if (names.empty() && !config_.scene.camera_url.empty())
      names.push_back(config_.scene.camera_url);
    if (names.empty())
      return absl::InvalidArgumentError(
          "INPUT is required, or camera.url in the configuration (see vigil edge --help)");
    for (const std::string& name : names) {
      const auto kind = media::Classify(name);
      if (!kind.ok()) return kind.status();
      inputs_.push_back({*kind, name});
    }
    return absl::OkStatus();
  }

  absl::Status FindModels() {
    if (!config_.scene.detector_file.empty())
      log::Warning("detector.model_file: has no effect in edge; it looks for faces");
    const bool draws = arguments_.display || !arguments_.save.empty();
    const bool looks = config_.edge.mode != EdgeMode::kRemote;
    if (!draws && !looks) return absl::OkStatus();
    auto models = ModelOptionsOf(config_);
    if (!models.ok()) return models.status();
    auto canonical = face::LoadFaceGeometry(models->dir);
    if (!canonical.ok()) return canonical.status();
    canonical_ = *std::move(canonical);
    if (looks) models_ = *std::move(models);
    return absl::OkStatus();
  }

  // A thread a camera: none waits for another.
  void RunStreams() {
    std::vector<std::string> names;
    for (const media::Input& input : inputs_)
      names.push_back(Printable(log::MaskCredentials(input.name)));
    progress_ = std::vector<JobProgress>(inputs_.size());
    reports_.resize(inputs_.size());
    std::unique_ptr<ProgressLine> line;
    if (!arguments_.quiet && !arguments_.display)
      line = std::make_unique<ProgressLine>(progress_, names);
    line_ = line.get();
    const EdgeContext context{.config = config_,
                              .canonical = canonical_,
                              .models = models_ ? &*models_ : nullptr,
                              .server = server_ ? &*server_ : nullptr,
                              .json = json_.get(),
                              .display = arguments_.display ? &shown_ : nullptr,
                              .metrics = metrics_,
                              .health = health_,
                              .complain = [this](const absl::Status& status) { Complain(status); }};
    running_ = inputs_.size();
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      threads.emplace_back([this, &context, i] {
        reports_[i] =
            RunEdgeStream(context, inputs_[i], i, saves_[i], progress_[i], signals_.token());
        Complain(reports_[i].status);
        if (json_ && !json_->status().ok()) signals_.Stop();  // nobody would see what comes
        progress_[i].ended = true;
        if (--running_ == 0) shown_.Close();
      });
    }
    if (arguments_.display) {
      Complain(ShowFrames(shown_, signals_.token()));
      signals_.Stop();
    }
    threads.clear();  // joins
    line_ = nullptr;
  }

  int Report() {
    if (json_) Complain(json_->Close());
    if (!arguments_.quiet)
      fmt::print(arguments_.json == "-" ? stderr : stdout, "{}", EdgeSummary(reports_));
    return failed_ ? kExitFailed : kExitOk;
  }

  // Once for each message: a full disk fails every stream.
  void Complain(const absl::Status& status) {
    if (status.ok() || absl::IsCancelled(status)) return;
    failed_ = true;
    const std::string text = fmt::format("vigil: {}", Printable(MessageOf(status)));
    std::lock_guard lock(mutex_);
    if (text == last_complaint_) return;
    last_complaint_ = text;
    if (line_ != nullptr) {
      line_->Print(text);
    } else {
      fmt::print(stderr, "{}\n", text);
    }
  }

  const EdgeArguments& arguments_;
  const Config& config_;
  StopOnSignal signals_;  // before any thread
  std::vector<media::Input> inputs_;
  std::vector<std::filesystem::path> saves_;
  std::optional<rpc::GazeClientOptions> server_;  // none: --mode local
  std::optional<face::ModelOptions> models_;      // none: --mode remote
  face::CanonicalFace canonical_;
  Metrics metrics_;
  Health health_;
  std::unique_ptr<EdgeHttp> http_;
  std::unique_ptr<OrderedOutput> json_;
  LatestSlot<Image> shown_;
  std::vector<JobProgress> progress_;
  std::vector<EdgeReport> reports_;
  std::atomic<std::size_t> running_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::string last_complaint_;    // under mutex_
  ProgressLine* line_ = nullptr;  // set while no stream runs
};

}  // namespace

int RunEdge(const EdgeArguments& arguments, const Config& config) {
  return Edge(arguments, config).Run();
}

}  // namespace vigil::app
