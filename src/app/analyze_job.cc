#include "app/analyze_job.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "app/result_csv.h"
#include "app/result_json.h"
#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "events/envelope.h"
#include "events/event_json.h"
#include "media/fetch_picture.h"
#include "media/live_source.h"
#include "media/masked_source.h"
#include "media/picture.h"
#include "media/picture_writer.h"
#include "media/video_writer.h"

namespace vigil::app {
namespace {

using namespace std::chrono_literals;

class Job {
 public:
  Job(const JobContext& context, WorkerModels& models, const media::Input& input,
      std::size_t number, std::filesystem::path save, JobProgress& progress)
      : context_(context),
        models_(models),
        input_(input),
        number_(number),
        save_(std::move(save)),
        progress_(progress) {
    report_.name = log::MaskCredentials(input.name);
  }

  JobReport Run(const std::stop_token& stop) {
    const auto start = Clock::now();
    report_.status = RunInput(stop);
    if (auto status = FinishScene(); report_.status.ok()) report_.status = std::move(status);
    if (auto status = FinishVideo(); report_.status.ok()) report_.status = std::move(status);
    report_.wall_us = MicrosBetween(start, Clock::now());
    return std::move(report_);
  }

 private:
  absl::Status RunInput(const std::stop_token& stop) {
    auto mask = media::PrivacyMask::Create(context_.config.masks);
    if (!mask.ok()) return mask.status();
    using Kind = media::Input::Kind;
    media::Input input = input_;
    const auto started = Clock::now();
    OpenedSource opened;
    if (input.kind == Kind::kVideo && media::SchemeOf(input.name).empty()) {
      auto options = context_.config.source.options;
      options.threads = context_.decoder_threads;
      opened = media::OpenVideo(input.name, options, stop);
      if (!opened->ok()) return opened->status();
    } else if (input.kind == Kind::kVideo || input.kind == Kind::kStream) {
      opened = FirstAttempt(stop);
      if (input.kind == Kind::kVideo && !opened->ok()) return opened->status();
      if (opened->ok()) input.kind = KindOf((**opened)->info());
      // Who wants a picture is not served by waiting for a camera.
      if (!opened->ok() && media::CanWritePicture(save_)) return opened->status();
      if (opened->ok() && input.kind != Kind::kPicture && media::CanWritePicture(save_))
        return absl::InvalidArgumentError(
            fmt::format("--save {}: {} is a video, which is saved as .mp4, .m4v or .mov",
                        save_.string(), report_.name));
    }
    auto perception = Perception::Create(context_.config, context_.canonical, models_, input,
                                         context_.epochs[number_], context_.cooldowns);
    if (!perception.ok()) return perception.status();
    perception_ = *std::move(perception);
    switch (input.kind) {
      case Kind::kPicture:
        opened.reset();
        return RunPicture(*mask, stop);
      case Kind::kVideo:
        return RunVideo(media::WithMask(**std::move(opened), *std::move(mask)), stop);
      case Kind::kCamera:
      case Kind::kStream:
        return RunLive(*std::move(mask), std::move(opened), started, stop);
    }
    return absl::InternalError("unknown kind of input");
  }

  // What lies behind an address may be a file: then it is read like one, to its end and without loss. Or a picture, which a
  // decoder of pictures knows better how to turn. Or not, whatever its name says.
  static media::Input::Kind KindOf(const media::SourceInfo& info) {
    if (info.still) return media::Input::Kind::kPicture;
    return info.live ? media::Input::Kind::kStream : media::Input::Kind::kVideo;
  }

  using OpenedSource = std::optional<absl::StatusOr<std::unique_ptr<media::FrameSource>>>;

  // Of a stream, as long as an attempt of LiveSource may take.
  absl::StatusOr<std::unique_ptr<media::FrameSource>> FirstAttempt(
      const std::stop_token& stop) const {
    const SourceConfig& source = context_.config.source;
    const auto give_up = source.live.connect_timeout;
    return media::VideoOpener(input_.name, source.options)(
        give_up.count() > 0 ? give_up : source.options.connect_timeout, stop);
  }

  absl::Status RunPicture(media::PrivacyMask& mask, const std::stop_token& stop) {
    report_.is_picture = true;
    const auto start = Clock::now();
    const auto& source = context_.config.source.options;
    auto image = media::SchemeOf(input_.name).empty()
                     ? media::ReadPicture(input_.name)
                     : media::FetchPicture(input_.name, source, stop);
    if (!image.ok()) return image.status();
    mask.Apply(image->mutable_view());
    Frame frame;
    frame.stream_id = StreamId(report_.name);
    frame.decode_us = MicrosBetween(start, Clock::now());
    frame.image = *std::move(image);
    progress_.total = 1;
    if (auto status = perception_->Still(models_, frame); !status.ok()) return Named(status);
    if (auto status = Record(frame, stop); !status.ok()) return status;
    if (const auto* faces = perception_->result().faces) report_.picture = *faces;
    const bool shown = !save_.empty() || context_.display != nullptr;
    if (auto status = DrawAndRecordEvents(frame, shown, stop); !status.ok()) return status;
    if (!save_.empty()) {
      if (auto status = SavePicture(frame); !status.ok()) return status;
    }
    if (context_.display != nullptr) context_.display->Put(std::move(frame.image));
    return absl::OkStatus();
  }

  // A snapshot behind an address was taken for a camera when the output got its name: then it is a video of one frame.
  absl::Status SavePicture(const Frame& frame) {
    if (!media::CanWritePicture(save_)) return SaveVideoFrame(frame);
    auto status = media::WritePicture(save_, frame.image.view(),
                                      {.quality = context_.config.output.jpeg_quality});
    if (status.ok()) report_.saved = save_.string();
    return status;
  }

  absl::Status RunVideo(std::unique_ptr<media::FrameSource> masked, const std::stop_token& stop) {
    progress_.total = masked->info().frames.value_or(0);
    progress_.duration_us = masked->info().duration_us.value_or(0);
    fps_ = masked->info().fps;
    for (;;) {
      auto frame = masked->Read(stop);
      report_.corrupt = masked->counters().corrupt;
      if (absl::IsOutOfRange(frame.status())) return absl::OkStatus();
      if (!frame.ok()) return frame.status();
      if (auto status = ProcessFrame(*frame, stop); !status.ok()) return status;
    }
  }

  // `first`: what an attempt to open it has given, where there was one; it counts as the first.
  absl::Status RunLive(media::PrivacyMask mask, OpenedSource first, Clock::time_point started,
                       const std::stop_token& stop) {
    progress_.endless = true;
    LatestSlot<Frame> slot;
    auto open =
        [this, &first, mask = std::move(mask)](
            std::chrono::milliseconds limit,
            const std::stop_token& opening) -> absl::StatusOr<std::unique_ptr<media::FrameSource>> {
      auto source =
          first ? *std::exchange(first, std::nullopt)
                : media::VideoOpener(input_.name, context_.config.source.options)(limit, opening);
      if (!source.ok()) return source.status();
      return media::WithMask(*std::move(source), mask);
    };
    auto options = context_.config.source.live;
    options.started = started;
    media::LiveSource live(report_.name, std::move(open), std::move(options), slot);
    perception_->Await(WallNow() - std::chrono::microseconds(MicrosBetween(started, Clock::now())));
    absl::Status status;
    while (status.ok()) {
      auto frame = slot.Take(After(1s), stop);
      if (frame) {
        status = ProcessFrame(*frame, stop);
      } else if (stop.stop_requested() || slot.closed()) {
        break;
      } else {
        perception_->Advance();
        status = RecordEvents(stop);
      }
    }
    const auto end = live.status();
    report_.dropped = end.dropped;
    report_.corrupt = end.corrupt;
    const bool never_came = end.state == media::LiveState::kEnded && report_.frames == 0;
    if (status.ok() && (end.state == media::LiveState::kFailed || never_came)) {
      perception_->GiveUp();
      status = RecordEvents(stop);
    }
    if (status.ok() && end.state == media::LiveState::kFailed) status = end.last_error;
    return status;
  }

  absl::Status ProcessFrame(Frame& frame, const std::stop_token& stop) {
    if (frame.stream_id.empty()) frame.stream_id = StreamId(report_.name);
    if (auto status = perception_->Next(models_, frame); !status.ok()) return Named(status);
    const auto start = Clock::now();
    auto status = Deliver(frame, stop);
    report_.output_us += MicrosBetween(start, Clock::now());
    return status;
  }

  // Everything that becomes of a frame that was looked at.
  absl::Status Deliver(Frame& frame, const std::stop_token& stop) {
    if (auto status = Record(frame, stop); !status.ok()) return status;
    const bool saved = !save_.empty() && !video_given_up_;
    const bool shown = saved || context_.display != nullptr;
    if (auto status = DrawAndRecordEvents(frame, shown, stop); !status.ok()) return status;
    if (saved) {
      if (auto status = SaveVideoFrame(frame); !status.ok()) return status;
    }
    if (context_.display != nullptr) context_.display->Put(std::move(frame.image));
    return absl::OkStatus();
  }

  // Events are told with the frame as it came, and drawn on.
  absl::Status DrawAndRecordEvents(Frame& frame, bool shown, const std::stop_token& stop) {
    OfferFrame(frame);
    const bool pictures = WantsPictures() && !perception_->events().empty();
    Image clean;
    if (pictures) clean = frame.image.Clone();
    if (pictures || shown) perception_->Draw(frame.image.mutable_view(), frame.timestamp_us);
    return pictures ? RecordEvents(stop, frame.image.view(), clean.view()) : RecordEvents(stop);
  }

  bool WantsPictures() const {
    return context_.delivery != nullptr && context_.delivery->wants_pictures();
  }

  void OfferFrame(const Frame& frame) {
    const DetectionMessage* message = perception_->result().scene;
    if (message == nullptr || !WantsPictures()) return;
    context_.delivery->OnFrame(message->device_id, message->camera_id, message->timestamp,
                               frame.image.view());
  }

  absl::Status Named(const absl::Status& status) const {
    return absl::Status(status.code(), fmt::format("{}: {}", report_.name, MessageOf(status)));
  }

  absl::Status Record(const Frame& frame, const std::stop_token& stop) {
    const FrameResult result = perception_->result();
    ++report_.frames;
    report_.decode_us += frame.decode_us;
    if (result.faces != nullptr) CountFaces(*result.faces);
    if (result.scene != nullptr) {
      report_.has_scene = true;
      report_.objects_us += result.objects_us;
      report_.events_us += result.events_us;
    }
    progress_.frames = report_.frames;
    progress_.position_us = frame.timestamp_us;
    if (result.faces != nullptr) progress_.faces = static_cast<int>(result.faces->faces.size());
    if (result.scene != nullptr) {
      progress_.objects = static_cast<int>(
          std::ranges::count(result.scene->objects, TrackState::kConfirmed, &TrackedObject::state));
    }

    const FrameHeader header{frame.stream_id, frame.number, frame.timestamp_us, frame.decode_us,
                             frame.image.size()};
    if (context_.json != nullptr) {
      WriteFrame(json_, header, result);
      if (auto status = WriteLine(*context_.json, stop); !status.ok()) return status;
    }
    if (context_.csv != nullptr) {
      WriteRows(line_, header, result);
      if (auto status = context_.csv->Write(number_, line_, stop); !status.ok()) return status;
    }
    if (context_.detections != nullptr && result.scene != nullptr) {
      json_.Clear();
      events::WriteEnvelope(json_, *result.scene);
      if (auto status = WriteLine(*context_.detections, stop); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  void CountFaces(const face::FaceResult& result) {
    report_.has_faces = true;
    report_.detect_us += result.timing.detect_us;
    report_.mesh_us += result.timing.mesh_us;
    report_.other_us += result.timing.other_us;
    const int limit = MaxFacesOf(context_.config, report_.is_picture);
    if (static_cast<int>(result.faces.size()) >= limit) report_.faces_limit = limit;
    for (const face::Face& face : result.faces) {
      report_.faces = std::max(report_.faces, face.id);
      Counted& before = counted_[face.id];
      report_.blinks += face.blink.count - before.blinks;
      report_.long_closures += face.blink.long_closures - before.long_closures;
      before = {face.blink.count, face.blink.long_closures, report_.frames};
    }
    // Ids do not come back once a face has left, and it may stay unseen for a moment only.
    constexpr std::size_t kMostCounted = 1024;
    constexpr std::uint64_t kLongGone = 10'000;  // frames
    if (counted_.size() > kMostCounted) {
      std::erase_if(counted_, [&](const auto& each) {
        return each.second.frame + kLongGone < report_.frames;
      });
    }
  }

  absl::Status RecordEvents(const std::stop_token& stop, ImageView annotated = {},
                            ImageView clean = {}) {
    decided_.clear();
    for (const events::Event& event : perception_->events()) {
      ++report_.events;
      decided_.push_back({&event, perception_->scene()->Decide(event)});
      if (context_.events == nullptr) continue;
      json_.Clear();
      events::WriteEvent(json_, event);
      if (auto status = WriteLine(*context_.events, stop); !status.ok()) return status;
    }
    if (context_.delivery != nullptr) context_.delivery->Deliver(decided_, annotated, clean);
    return absl::OkStatus();
  }

  // What json_ holds, as a line.
  absl::Status WriteLine(OrderedOutput& output, const std::stop_token& stop) {
    line_.assign(json_.text()).append(1, '\n');
    return output.Write(number_, line_, stop);
  }

  // Tracks end with their input. What they brought about is still written, even after a stop.
  absl::Status FinishScene() {
    if (!perception_ || perception_->scene() == nullptr) return absl::OkStatus();
    perception_->Finish();
    auto status = RecordEvents({});
    const SceneInterpreter& scene = *perception_->scene();
    report_.objects = perception_->watcher()->objects();
    report_.lines = scene.engine().line_totals();
    report_.zones = scene.engine().zone_totals();
    report_.rules = scene.rule_outcomes();
    return status;
  }

  // Without room for the video, everything else that was asked for goes on.
  absl::Status SaveVideoFrame(const Frame& frame) {
    auto status = WriteVideoFrame(frame);
    if (status.ok() || !context_.has_other_outputs()) return status;
    context_.complain(status);
    video_given_up_ = true;
    (void)FinishVideo();  // keeps what there is; its error is the one that was told
    return absl::OkStatus();
  }

  absl::Status WriteVideoFrame(const Frame& frame) {
    if (!video_) {
      auto options = context_.config.output.video;
      if (fps_ > 0) options.fps = fps_;
      auto video = media::VideoWriter::Create(save_, frame.image.size(), options);
      if (!video.ok()) return video.status();
      video_ = *std::move(video);
      video_size_ = frame.image.size();
    }
    if (frame.image.size() != video_size_) {
      return absl::UnimplementedError(fmt::format(
          "{}: the picture's size changed from {}x{} to {}x{}; the annotated video ends there",
          report_.name, video_size_.width, video_size_.height, frame.image.width(),
          frame.image.height()));
    }
    return video_->Add(frame.image.view(), frame.timestamp_us);
  }

  // Also after a break: what was annotated before it is kept, as a video that plays.
  absl::Status FinishVideo() {
    if (!video_) return absl::OkStatus();
    auto status = video_->Finish();
    video_.reset();
    if (status.ok()) report_.saved = save_.string();
    return status;
  }

  // What of a face's counters is in the report already.
  struct Counted {
    std::int64_t blinks = 0;
    std::int64_t long_closures = 0;
    std::uint64_t frame = 0;  // in which it was seen last
  };

  const JobContext& context_;
  WorkerModels& models_;
  const media::Input& input_;
  const std::size_t number_;
  const std::filesystem::path save_;
  JobProgress& progress_;
  std::unique_ptr<Perception> perception_;
  std::unique_ptr<media::VideoWriter> video_;
  Size video_size_;
  double fps_ = 0;
  bool video_given_up_ = false;
  std::vector<DecidedEvent> decided_;        // of RecordEvents
  std::map<std::int64_t, Counted> counted_;  // by face id
  JsonWriter json_;
  std::string line_;
  JobReport report_;
};

}  // namespace

JobReport RunJob(const JobContext& context, WorkerModels& models, const media::Input& input,
                 std::size_t number, const std::filesystem::path& save, JobProgress& progress,
                 const std::stop_token& stop) {
  return Job(context, models, input, number, save, progress).Run(stop);
}

}  // namespace vigil::app
