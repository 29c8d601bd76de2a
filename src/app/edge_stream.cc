#include "app/edge_stream.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "app/edge_merge.h"
#include "app/edge_metrics.h"
#include "app/result_json.h"
#include "app/video_output.h"
#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "core/utf8.h"
#include "face/overlay.h"
#include "face/pipeline.h"

namespace vigil::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;   // the longest sleep of a thread
constexpr auto kWatch = 500ms;  // between looks at health and frame rate
constexpr std::int64_t kColdUs =
    1'000'000;  // after so long without a frame, this device begins anew
constexpr std::size_t kWaitingLocal = 2;

const char* LostReason(const absl::Status& why) {
  switch (why.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return "late";
    case absl::StatusCode::kResourceExhausted:
      return "overload";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      return "no_server";
    default:
      return "failed";
  }
}

class EdgeStream final : private EdgeRemoteEvents {
 public:
  EdgeStream(const EdgeContext& context, const media::Input& input, std::size_t number,
             const std::filesystem::path& save, JobProgress& progress)
      : context_(context),
        edge_(context.config.edge),
        input_(input),
        number_(number),
        progress_(progress),
        name_(Printable(log::MaskCredentials(input.name))),
        stream_id_(name_),
        metrics_(context.metrics, name_),
        merge_({.capacity = static_cast<std::size_t>(edge_.max_in_flight) + kWaitingLocal + 2,
                .waiting_local = kWaitingLocal,
                .local_limit = std::max<Clock::duration>(2 * edge_.deadline, 1s)}) {
    report_.name = name_;
    if (!save.empty()) video_.emplace(save, context.config.output.video);
    if (video_ || context.display != nullptr)
      overlay_.emplace(context.canonical, context.config.output.overlay);
  }

  EdgeReport Run(const std::stop_token& stop) {
    const auto start = Clock::now();
    report_.status = RunStream(stop);
    if (video_) {
      if (auto status = video_->Finish(); report_.status.ok()) report_.status = std::move(status);
      report_.saved = video_->saved();
    }
    report_.wall_us = MicrosBetween(start, Clock::now());
    return std::move(report_);
  }

 private:
  absl::Status RunStream(const std::stop_token& stop) {
    if (auto status = Prepare(); !status.ok()) return status;
    auto capture = EdgeCapture::Start(context_.config, input_, slot_, stop);
    if (!capture.ok()) return capture.status();
    capture_ = *std::move(capture);
    absl::Status status;
    {
      std::jthread local, pump;
      if (models_)
        local = std::jthread(
            [this](std::stop_token end) { Guard("edge-local", [&] { LookHere(end); }); });
      pump = std::jthread([this, &stop] { Guard("edge-send", [&] { Pump(stop); }); });
      status = Deliver(stop);
      capture_->Stop();
      {
        std::lock_guard lock(mutex_);
        over_ = true;
      }
      changed_.notify_all();
    }
    if (remote_) remote_->Stop();
    CountAtEnd();
    if (!status.ok()) return status;
    if (auto ended = capture_->status(); !ended.ok()) return ended;
    if (report_.results == 0 && report_.lost > 0)
      return absl::UnavailableError(
          fmt::format("{}: no result for any frame; the last: {}", name_, report_.last_loss));
    return absl::OkStatus();
  }

  // Everything that can fail or takes time before the first frame.
  absl::Status Prepare() {
    if (context_.models != nullptr) {
      auto models = face::FaceModels::Load(*context_.models);
      if (!models.ok()) return models.status();
      models_ = *std::move(models);
      const auto options = PipelineOptionsOf(context_.config, false);
      // The networks take their memory now, not when the server is lost.
      Image black(640, 480, PixelFormat::kRgb8);
      std::fill_n(black.mutable_view().data, black.bytes(), std::uint8_t{0});
      face::Pipeline first(context_.canonical, options);
      if (auto result = first.Next(*models_, black.view(), 0); !result.ok()) return result.status();
      pipeline_ = std::make_unique<face::Pipeline>(context_.canonical, options);
    }
    if (context_.server == nullptr) return absl::OkStatus();
    auto options = *context_.server;
    options.stream_id = name_;
    auto remote = EdgeRemote::Create(
        edge_, options, models_ ? "this device looks at frames itself" : "frames have no results",
        *this);
    if (!remote.ok()) return remote.status();
    remote_ = *std::move(remote);
    return absl::OkStatus();
  }

  // Of a thread: what is thrown ends the stream, not the process.
  template <typename Body>
  void Guard(const char* name, const Body& body) {
    pthread_setname_np(pthread_self(), name);
    try {
      body();
    } catch (const std::exception& error) {
      std::lock_guard lock(mutex_);
      broken_ = absl::InternalError(fmt::format("{}: {}: {}", name_, name, error.what()));
      over_ = true;
    }
    changed_.notify_all();
  }

  // --- frames in: a thread ---

  void Pump(const std::stop_token& stop) {
    while (!stop.stop_requested() && !over_) {
      if (remote_) remote_->Tick(Clock::now());
      {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_until(lock, stop, After(kTick),
                                 [this] { return merge_.HasRoom() || over_; }))
          continue;
      }
      const bool last = slot_.closed();
      auto frame = slot_.Take(After(kTick), stop);
      if (frame) {
        if (!IsSkipped(*frame)) TakeIn(*std::move(frame));
      } else if (last) {
        break;
      }
    }
    std::lock_guard lock(mutex_);
    all_in_ = true;
  }

  // Frames are passed over so that no more than max_fps a second are left, evenly.
  bool IsSkipped(const Frame& frame) {
    if (edge_.max_fps <= 0) return false;
    const double period_us = 1e6 / edge_.max_fps;
    const auto time_us = static_cast<double>(frame.timestamp_us);
    if (time_us < next_due_us_ - period_us / 8) {  // cameras are not that exact
      ++skipped_;
      return true;
    }
    next_due_us_ = std::max(next_due_us_ + period_us, time_us - period_us);
    return false;
  }

  void TakeIn(Frame taken) {
    auto frame = std::make_shared<Frame>(std::move(taken));
    const auto question = remote_ ? remote_->Ask(Clock::now()) : std::nullopt;
    const std::uint64_t sequence = ++sequence_;
    {
      std::lock_guard lock(mutex_);
      merge_.Add(sequence, frame, PlanOf(question), Clock::now());
    }
    changed_.notify_all();
    if (question) {
      const auto status =
          remote_->Send(sequence, *frame, *question, frame->captured + edge_.deadline);
      if (!status.ok()) OnRemoteLost(sequence, status);
    }
    {
      std::lock_guard lock(mutex_);
      merge_.Release(sequence);
    }
    changed_.notify_all();
  }

  EdgePlan PlanOf(const std::optional<EdgeRemote::Question>& question) const {
    const bool here = models_.has_value();
    if (!question) return {.remote = false, .local = here, .fall_back = here};
    // Nobody waits for a server on trial, where this device can look.
    if (question->on_trial && here) return {.remote = false, .local = true, .fall_back = true};
    return {.remote = true, .local = edge_.mode == EdgeMode::kBoth, .fall_back = here};
  }

  // --- results of the server: the client's thread ---

  void OnRemote(rpc::RemoteResult result) override {
    {
      std::lock_guard lock(mutex_);
      round_trip_.Add(std::chrono::microseconds(result.round_trip_us));
      merge_.OnRemote(std::move(result));
    }
    changed_.notify_all();
  }
  void OnRemoteLost(std::uint64_t sequence, const absl::Status& why) override {
    {
      std::lock_guard lock(mutex_);
      merge_.OnRemoteLost(sequence, why, Clock::now());
    }
    changed_.notify_all();
  }
  void OnRemoteRestarted() override {
    std::lock_guard lock(mutex_);
    merge_.OnRemoteRestarted();
  }

  // --- this device's own networks: a thread ---

  void LookHere(const std::stop_token& end) {
    while (!end.stop_requested() && !over_) {
      std::optional<EdgeMerge::LocalWork> work;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, end, After(kTick),
                            [this] { return merge_.has_local_work() || over_; });
        work = merge_.NextLocal(Clock::now());
      }
      if (work) {
        const auto start = Clock::now();
        const std::int64_t time_us = work->frame->timestamp_us;
        if (last_local_us_ && time_us - *last_local_us_ > kColdUs) pipeline_->Reset();
        last_local_us_ = time_us;
        const auto result = pipeline_->Next(*models_, work->frame->image.view(), time_us);
        work->frame.reset();
        std::lock_guard lock(mutex_);
        merge_.OnLocal(work->sequence, result, MicrosBetween(start, Clock::now()));
      }
      changed_.notify_all();
    }
  }

  // --- results out: the caller's thread ---

  absl::Status Deliver(const std::stop_token& stop) {
    std::optional<Deadline> last_call;
    for (;;) {
      std::optional<EdgeResult> result;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, After(kTick), [this] {
          return merge_.has_done() || over_ || (all_in_ && merge_.empty());
        });
        result = merge_.Take();
        if (over_) return broken_;
        if (!result && all_in_ && merge_.empty()) return absl::OkStatus();
      }
      Watch();
      if (stop.stop_requested() && !last_call) last_call = After(2 * edge_.deadline + 1s);
      if (last_call && Clock::now() > *last_call) return absl::OkStatus();
      if (!result) continue;
      changed_.notify_all();  // there is room
      if (auto status = DeliverOne(*result, stop); !status.ok()) return status;
    }
  }

  absl::Status DeliverOne(EdgeResult& result, const std::stop_token& stop) {
    Frame& frame = *result.frame;
    if (frame.stream_id.empty()) frame.stream_id = stream_id_;
    if (!result.computed) {
      ++report_.lost;
      report_.last_loss = MessageOf(result.lost);
      if (report_.last_loss.empty()) report_.last_loss = WhyNoServer();
      metrics_.Dropped(LostReason(result.lost), 1);
      LogLoss(frame.number);
      return absl::OkStatus();
    }
    const std::int64_t latency_us = MicrosBetween(frame.captured, Clock::now());
    CountCaptured();  // first: nobody is to see more results than frames
    Count(result, latency_us);
    if (context_.json != nullptr) {
      const FrameHeader header{frame.stream_id, frame.number, frame.timestamp_us, frame.decode_us,
                               frame.image.size()};
      const FrameOrigin origin{.computed = Name(*result.computed),
                               .local_faces = result.local_faces,
                               .total_us = latency_us,
                               .remote_us = result.remote_us,
                               .server_us = result.server_us,
                               .server_decode_us = result.server_decode_us,
                               .local_us = result.local_us};
      WriteFrame(json_, header, {.faces = &result.faces, .origin = &origin});
      line_.assign(json_.text()).append(1, '\n');
      if (auto status = context_.json->Write(number_, line_, stop); !status.ok()) return status;
    }
    if (!overlay_) return absl::OkStatus();
    overlay_->Draw(frame.image.mutable_view(), result.faces);
    if (video_) {
      if (report_.results == 1 && capture_->fps() > 0) video_->SetFps(capture_->fps());
      // Without room for the video, everything else that was asked for goes on.
      if (auto status = video_->Add(frame.image.view(), frame.timestamp_us); !status.ok())
        context_.complain(status);
    }
    if (context_.display != nullptr) context_.display->Put(std::move(frame.image));
    return absl::OkStatus();
  }

  void Count(const EdgeResult& result, std::int64_t latency_us) {
    const std::chrono::microseconds latency(latency_us);
    ++report_.results;
    ++(*result.computed == Computed::kRemote  ? report_.remote
       : *result.computed == Computed::kLocal ? report_.local
                                              : report_.both);
    report_.latency.Add(latency);
    (*result.computed == Computed::kLocal ? report_.local_latency : report_.remote_latency)
        .Add(latency);
    metrics_.Result(*result.computed, latency_us, result.remote_us);
    progress_.frames = report_.results;
    progress_.faces = static_cast<int>(result.faces.faces.size());
  }

  // Once a second at most.
  void LogLoss(std::uint64_t number) {
    ++unsaid_losses_;
    if (Clock::now() < next_loss_line_) return;
    next_loss_line_ = After(1s);
    const std::string frame = fmt::to_string(number);
    const log::Field fields[] = {{"stream_id", name_}, {"frame", frame, true}};
    log::Write(log::Level::kWarning,
               fmt::format("frames without a result: {}, the last: {}",
                           std::exchange(unsaid_losses_, 0), report_.last_loss),
               fields);
  }

  std::string WhyNoServer() const {
    const std::string why = remote_ ? remote_->state().last_error : "";
    return why.empty() ? "the server has not answered yet" : why;
  }

  // Health, and what is counted elsewhere, twice a second.
  void Watch() {
    const auto now = Clock::now();
    if (now < next_watch_) return;
    const auto since = now - (next_watch_ - kWatch);
    next_watch_ = now + kWatch;
    metrics_.fps().Set(
        static_cast<double>(report_.results - std::exchange(watched_results_, report_.results)) /
        std::chrono::duration<double>(std::min<Clock::duration>(since, 1min)).count());
    CountCaptured();
    if (!capture_->streaming())
      return context_.health.Set(name_, HealthState::kDegraded, "no frames come");
    if (!remote_) return context_.health.Set(name_, HealthState::kHealthy, "local");
    const auto state = remote_->state();
    metrics_.trusted().Set(state.trusted ? 1 : 0);
    const auto connects = remote_->counts().connects;
    metrics_.connects().Add(static_cast<double>(connects - std::exchange(connects_, connects)));
    if (state.trusted)
      return context_.health.Set(name_, HealthState::kHealthy, std::string(Name(edge_.mode)));
    context_.health.Set(name_, models_ ? HealthState::kDegraded : HealthState::kUnhealthy,
                        fmt::format("{}: {}", models_ ? "local" : "no results", WhyNoServer()));
  }

  void CountCaptured() {
    const auto counts = capture_->counts();
    metrics_.captured().Add(static_cast<double>(counts.captured - watched_.captured));
    metrics_.Dropped("camera", counts.dropped - watched_.dropped);
    watched_ = counts;
  }

  void CountAtEnd() {
    std::uint64_t left = 0;  // what still came until the camera had ended
    while (slot_.Take(After(1s), {})) ++left;
    report_.capture = capture_->counts();
    report_.capture.dropped += left;
    report_.skipped = skipped_;
    metrics_.captured().Add(static_cast<double>(report_.capture.captured - watched_.captured));
    metrics_.Dropped("camera", report_.capture.dropped - watched_.dropped);
    report_.round_trip = round_trip_;
    if (remote_) report_.server = remote_->counts();
  }

  const EdgeContext& context_;
  const EdgeConfig& edge_;
  const media::Input& input_;
  const std::size_t number_;
  JobProgress& progress_;
  const std::string name_;
  const StreamId stream_id_;
  const EdgeMetrics metrics_;
  EdgeReport report_;  // caller's thread, as all to next_watch_
  std::optional<VideoOutput> video_;
  std::optional<face::Overlay> overlay_;  // where frames are saved or shown
  JsonWriter json_;
  std::string line_;
  CaptureCounts watched_;
  std::uint64_t watched_results_ = 0, connects_ = 0;
  std::uint64_t unsaid_losses_ = 0;
  Clock::time_point next_loss_line_;
  Clock::time_point next_watch_ = Clock::now() + kWatch;

  LatestSlot<Frame> slot_;
  std::uint64_t sequence_ = 0;  // of Pump(), as the two below
  double next_due_us_ = 0;
  std::uint64_t skipped_ = 0;

  std::optional<face::FaceModels> models_;  // of LookHere(), as the two below
  std::unique_ptr<face::Pipeline> pipeline_;
  std::optional<std::int64_t> last_local_us_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Under mutex_.
  EdgeMerge merge_;
  LatencyHistogram round_trip_;
  bool all_in_ = false;  // no frame follows
  absl::Status broken_;  // a thread ended by what it should not

  std::atomic<bool> over_ = false;  // all threads end
  std::unique_ptr<EdgeCapture> capture_;
  std::unique_ptr<EdgeRemote> remote_;
};

}  // namespace

EdgeReport RunEdgeStream(const EdgeContext& context, const media::Input& input, std::size_t number,
                         const std::filesystem::path& save, JobProgress& progress,
                         const std::stop_token& stop) {
  return EdgeStream(context, input, number, save, progress).Run(stop);
}

}  // namespace vigil::app
