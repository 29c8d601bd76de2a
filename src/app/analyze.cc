#include "app/analyze.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/analyze_job.h"
#include "app/config_command.h"
#include "app/ordered_output.h"
#include "app/output_check.h"
#include "app/progress.h"
#include "app/result_csv.h"
#include "app/save_plan.h"
#include "app/scene_check.h"
#include "app/show_frames.h"
#include "app/signals.h"
#include "app/summary.h"
#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "core/utf8.h"
#include "media/picture_list.h"

namespace vigil::app {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2;

void Complain(std::string_view message) { fmt::print(stderr, "vigil: {}\n", Printable(message)); }

// A line each, of a configuration.
void ComplainOfEach(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    Complain(line);
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
}

void Complain(const absl::Status& status) { Complain(MessageOf(status)); }

bool IsLive(const media::Input& input) {
  return input.kind == media::Input::Kind::kCamera || input.kind == media::Input::Kind::kStream;
}

std::int64_t UnixMilliseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

class Analysis {
 public:
  Analysis(const AnalyzeArguments& arguments, const Config& config)
      : arguments_(arguments), config_(config) {}

  int Run() {
    if (arguments_.inputs.empty() && config_.scene.camera_url.empty())
      return Complain(
                 "INPUT is required, or camera.url in the configuration (see vigil analyze "
                 "--help)"),
             kUsage;
    for (const std::string& note : NotYet(config_)) log::Warning("{}", note);
    ExpandInputs();
    if (inputs_.empty()) return kFailed;
    auto saves = PlanSaves(arguments_.save, inputs_, Snapshots::kMayBe);
    if (!saves.ok())
      return Complain(saves.status()), absl::IsInvalidArgument(saves.status()) ? kUsage : kFailed;
    saves_ = *std::move(saves);
    if (auto status = CheckOutputs(AllOutputs(), IdentitiesOf(inputs_)); !status.ok())
      return Complain(status), kUsage;
    if (auto status = Prepare(); !status.ok()) {
      if (signals_.signal() != 0) return 128 + signals_.signal();
      if (bad_configuration_) return ComplainOfEach(MessageOf(status)), kExitBadConfiguration;
      Complain(status);
      return absl::IsInvalidArgument(status) ? kUsage : kFailed;
    }
    RunJobs();
    return Report();
  }

 private:
  void ExpandInputs() {
    std::vector<std::string> arguments = arguments_.inputs;
    if (arguments.empty() && !config_.scene.camera_url.empty())
      arguments.push_back(config_.scene.camera_url);
    for (const std::string& argument : arguments) {
      auto inputs = media::ExpandInput(argument, {.recursive = arguments_.recursive});
      if (!inputs.ok()) {
        Complain(inputs.status());
        failed_ = true;
        ++not_found_;
        continue;
      }
      std::ranges::move(*inputs, std::back_inserter(inputs_));
    }
    reports_.resize(inputs_.size());
    progress_ = std::vector<JobProgress>(inputs_.size());
  }

  std::vector<Output> AllOutputs() const {
    std::vector<Output> outputs = {{"--json", arguments_.json},
                                   {"--csv", arguments_.csv},
                                   {"--events", arguments_.events},
                                   {"--detections", arguments_.detections}};
    for (const auto& save : saves_) outputs.push_back({"--save", save.string()});
    return outputs;
  }

  // Everything that can fail before the first frame: models, outputs.
  absl::Status Prepare() {
    if (auto known = DeviceIsKnown(config_.scene, config_.scene.device_id); !known.ok()) {
      bad_configuration_ = true;
      return known;
    }
    auto plan = PlanModels(config_);
    if (!plan.ok()) return plan.status();
    plan_ = *std::move(plan);
    if (plan_.faces) {
      auto canonical = face::LoadFaceGeometry(plan_.faces->dir);
      if (!canonical.ok()) return canonical.status();
      canonical_ = *std::move(canonical);
    }
    for (const auto& [path, what] :
         {std::pair{&arguments_.events, "--events"}, {&arguments_.detections, "--detections"}}) {
      if (path->empty() || plan_.objects) continue;
      return absl::InvalidArgumentError(fmt::format(
          "{} needs an object detector: add --detector hog, or --detector MODEL.onnx", what));
    }

    if (auto status = CheckClasses(); !status.ok()) return status;

    const bool ordered = std::ranges::none_of(inputs_, IsLive);
    // Files say the same every time they are analysed; every run of a camera is another one, and so
    // is every run whose events are delivered: those that the outbox knows already would not be.
    const bool repeatable =
        ordered && DeviceOf(config_.scene, config_.scene.device_id).rules.empty();
    epochs_ = EpochsFrom(config_.scene.epoch.value_or(repeatable ? 0 : UnixMilliseconds()));
    const auto& rules = DeviceOf(config_.scene, config_.scene.device_id).rules;
    if (plan_.objects && !rules.empty()) {
      auto delivery = EventDelivery::Start(config_.delivery, rules);
      if (!delivery.ok()) {
        bad_configuration_ = absl::IsInvalidArgument(delivery.status());
        return delivery.status();
      }
      delivery_ = *std::move(delivery);
    }
    const std::pair<const std::string*, std::unique_ptr<OrderedOutput>*> outputs[] = {
        {&arguments_.json, &json_},
        {&arguments_.csv, &csv_},
        {&arguments_.events, &events_},
        {&arguments_.detections, &detections_}};
    for (const auto& [path, output] : outputs) {
      if (path->empty()) continue;
      auto created = OrderedOutput::Create(*path, inputs_.size(), ordered, signals_.token());
      if (!created.ok()) return created.status();
      *output = *std::move(created);
    }
    if (csv_) return csv_->Write(0, CsvHeader(plan_.faces.has_value()), {});
    return absl::OkStatus();
  }

  // Which classes there are, only the detector knows. One that cannot be loaded is told with its input.
  absl::Status CheckClasses() {
    if (!plan_.objects) return absl::OkStatus();
    first_models_ = WorkerModels::Load(plan_);
    const absl::Status& loaded = first_models_->status();
    auto status = loaded.ok() ? ClassesAreKnown(config_.scene, config_.scene.device_id,
                                                (*first_models_)->objects->class_names())
                              : loaded;
    if (!absl::IsInvalidArgument(status)) return absl::OkStatus();
    bad_configuration_ = true;
    return status;
  }

  // One thread an input at a time, each with its own networks. Live inputs never end, so they never
  // wait for a thread.
  void RunJobs() {
    const auto live = static_cast<int>(std::ranges::count_if(inputs_, IsLive));
    const auto all = static_cast<int>(inputs_.size());
    const int wanted = config_.threads > 0
                           ? config_.threads
                           : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int workers = std::min(all, std::max(wanted, live));
    decoder_threads_ = std::max(1, std::min(4, wanted / workers));

    std::vector<std::string> names;
    for (const media::Input& input : inputs_)
      names.push_back(Printable(log::MaskCredentials(input.name)));
    std::unique_ptr<ProgressLine> line;
    if (!arguments_.quiet && !arguments_.display)
      line = std::make_unique<ProgressLine>(progress_, names);
    line_ = line.get();

    running_ = workers;
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(workers));
    for (int i = 0; i < workers; ++i) threads.emplace_back([this] { Work(); });
    if (arguments_.display) ShowUntilDone();
    threads.clear();  // joins
  }

  // Inputs of one camera are its streams one after the other: each has an epoch of its own, so that no two events have
  // one id, and all track ids are new.
  std::vector<std::int64_t> EpochsFrom(std::int64_t first) const {
    std::map<std::string, std::int64_t> next;
    std::vector<std::int64_t> epochs;
    epochs.reserve(inputs_.size());
    for (const media::Input& input : inputs_) {
      const auto of_camera = next.try_emplace(CameraOf(config_, input), first).first;
      epochs.push_back(of_camera->second++);
    }
    return epochs;
  }

  void Work() {
    auto models = first_models_taken_.exchange(true) || !first_models_ ? WorkerModels::Load(plan_)
                                                                       : *std::move(first_models_);
    const JobContext context{
        .config = config_,
        .canonical = canonical_,
        .json = json_.get(),
        .csv = csv_.get(),
        .events = events_.get(),
        .detections = detections_.get(),
        .delivery = delivery_.get(),
        .cooldowns = cooldowns_,
        .display = arguments_.display ? &shown_ : nullptr,
        .decoder_threads = decoder_threads_,
        .epochs = epochs_,
        .complain = [this](const absl::Status& status) { TellFailure(status); }};
    for (std::size_t i = next_++; i < inputs_.size(); i = next_++) {
      if (!models.ok()) {
        reports_[i].name = log::MaskCredentials(inputs_[i].name);
        reports_[i].status = models.status();
      } else if (signals_.token().stop_requested()) {
        reports_[i].status = absl::CancelledError();
      } else {
        reports_[i] =
            RunJob(context, *models, inputs_[i], i, saves_[i], progress_[i], signals_.token());
      }
      for (OrderedOutput* output : Outputs()) output->Done(i);
      progress_[i].ended = true;
      if (!OutputFailed(reports_[i].status)) TellFailure(reports_[i].status);
    }
    if (--running_ == 0) shown_.Close();
  }

  // What the other inputs would bring, nobody would see: it is said once, and the run ends.
  bool OutputFailed(const absl::Status& job) {
    for (OrderedOutput* output : Outputs()) {
      const absl::Status status = output->status();
      if (status.ok()) continue;
      if (!output_failed_.exchange(true)) TellFailure(status);
      signals_.Stop();
      if (job == status) return true;
    }
    return false;
  }

  // Said when it happens: on a long run nobody wants to wait for the end to learn it.
  void TellFailure(const absl::Status& status) {
    if (status.ok() || absl::IsCancelled(status)) return;
    failed_ = true;
    const std::string text = fmt::format("vigil: {}", Printable(MessageOf(status)));
    if (line_ != nullptr) {
      line_->Print(text);
    } else {
      fmt::print(stderr, "{}\n", text);
    }
  }

  // The window belongs to the main thread. The last picture stays until the user closes it.
  void ShowUntilDone() {
    const absl::Status status = ShowFrames(shown_, signals_.token());
    signals_.Stop();
    if (status.ok()) return;
    Complain(status);
    failed_ = true;
  }

  // Deliveries that are under way get a little time; what is left is kept for the next run.
  void FinishDelivery() {
    if (!delivery_) return;
    for (const std::string& problem : delivery_->Finish(After(config_.delivery.drain))) {
      Complain(problem);
      failed_ = true;
    }
    if (delivery_->repeated() > 0) {
      Complain(
          fmt::format("{} events had been delivered by an earlier run and were not delivered "
                      "again; another epoch makes them new",
                      delivery_->repeated()));
    }
  }

  int Report() {
    FinishDelivery();
    for (OrderedOutput* output : Outputs()) {
      if (auto status = output->Close(); !status.ok() && !output_failed_.exchange(true)) {
        Complain(status);
        failed_ = true;
      }
    }
    if (!arguments_.quiet) {
      const bool stdout_taken = arguments_.json == "-" || arguments_.csv == "-" ||
                                arguments_.events == "-" || arguments_.detections == "-";
      fmt::print(stdout_taken ? stderr : stdout, "{}", Summary(reports_, not_found_));
    }
    if (const int unfinished = Unfinished(); signals_.signal() != 0 && unfinished > 0) {
      Complain(fmt::format("interrupted before the end of {} of {} inputs; what was done is kept",
                           unfinished, inputs_.size()));
      return 128 + signals_.signal();
    }
    return failed_ ? kFailed : kOk;
  }

  std::vector<OrderedOutput*> Outputs() const {
    std::vector<OrderedOutput*> outputs;
    for (OrderedOutput* output : {json_.get(), csv_.get(), events_.get(), detections_.get()}) {
      if (output != nullptr) outputs.push_back(output);
    }
    return outputs;
  }

  // Pictures and files that were not analysed to their end.
  int Unfinished() const {
    int count = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      count += !IsLive(inputs_[i]) && absl::IsCancelled(reports_[i].status);
    return count;
  }

  const AnalyzeArguments& arguments_;
  const Config& config_;
  StopOnSignal signals_;  // before any thread
  std::vector<media::Input> inputs_;
  bool bad_configuration_ = false;
  std::size_t not_found_ = 0;  // arguments that stand for no input
  std::vector<std::filesystem::path> saves_;
  ModelPlan plan_;
  std::optional<absl::StatusOr<WorkerModels>> first_models_;  // for the worker that is first
  std::atomic<bool> first_models_taken_ = false;
  std::vector<std::int64_t> epochs_;  // of each input
  face::CanonicalFace canonical_;
  std::unique_ptr<OrderedOutput> json_, csv_, events_, detections_;
  LatestSlot<Image> shown_;  // for the window
  std::unique_ptr<EventDelivery> delivery_;
  events::RunCooldowns cooldowns_;
  int decoder_threads_ = 1;
  ProgressLine* line_ = nullptr;
  std::vector<JobReport> reports_;  // each written by the thread that runs the job
  std::vector<JobProgress> progress_;
  std::atomic<std::size_t> next_ = 0;  // the next input to run
  std::atomic<int> running_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> output_failed_ = false;  // one of json_ … detections_: said once
};

}  // namespace

int RunAnalyze(const AnalyzeArguments& arguments, const Config& config) {
  return Analysis(arguments, config).Run();
}

}  // namespace vigil::app
