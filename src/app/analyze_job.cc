#include "app/analyze_job.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/result_csv.h"
#include "app/result_json.h"
#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "face/overlay.h"
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
  Job(const JobContext& context, face::FaceModels& models, const media::Input& input,
      std::size_t number, std::filesystem::path save, JobProgress& progress)
      : context_(context),
        models_(models),
        input_(input),
        number_(number),
        save_(std::move(save)),
        progress_(progress),
        pipeline_(context.canonical, PipelineOptionsOf(context.config)),
        overlay_(context.canonical, context.config.output.overlay) {
    report_.name = log::MaskCredentials(input.name);
  }

  JobReport Run(const std::stop_token& stop) {
    const auto start = Clock::now();
    report_.status = RunInput(stop);
    if (auto status = FinishVideo(); report_.status.ok()) report_.status = std::move(status);
    report_.wall_us = MicrosBetween(start, Clock::now());
    return std::move(report_);
  }

 private:
  absl::Status RunInput(const std::stop_token& stop) {
    auto mask = media::PrivacyMask::Create(context_.config.masks);
    if (!mask.ok()) return mask.status();
    switch (input_.kind) {
      case media::Input::Kind::kPicture:
        return RunPicture(*mask, stop);
      case media::Input::Kind::kVideo:
        return RunVideo(*std::move(mask), stop);
      case media::Input::Kind::kCamera:
      case media::Input::Kind::kStream:
        return RunLive(*std::move(mask), stop);
    }
    return absl::InternalError("unknown kind of input");
  }

  absl::Status RunPicture(media::PrivacyMask& mask, const std::stop_token& stop) {
    const auto start = Clock::now();
    auto image = media::ReadPicture(input_.name);
    if (!image.ok()) return image.status();
    mask.Apply(image->mutable_view());
    Frame frame;
    frame.stream_id = StreamId(report_.name);
    frame.decode_us = MicrosBetween(start, Clock::now());
    frame.image = *std::move(image);
    progress_.total = 1;
    const auto result = pipeline_.Still(models_, frame.image.view());
    if (!result.ok())
      return absl::Status(result.status().code(),
                          fmt::format("{}: {}", report_.name, MessageOf(result.status())));
    if (auto status = Record(frame, **result, stop); !status.ok()) return status;
    report_.picture = **result;
    if (save_.empty() && context_.display == nullptr) return absl::OkStatus();
    overlay_.Draw(frame.image.mutable_view(), **result);
    if (!save_.empty()) {
      auto status = media::WritePicture(save_, frame.image.view(),
                                        {.quality = context_.config.output.jpeg_quality});
      if (!status.ok()) return status;
      report_.saved = save_.string();
    }
    if (context_.display != nullptr) context_.display->Put(std::move(frame.image));
    return absl::OkStatus();
  }

  absl::Status RunVideo(media::PrivacyMask mask, const std::stop_token& stop) {
    auto options = context_.config.source.options;
    options.threads = context_.decoder_threads;
    auto source = media::OpenVideo(input_.name, options, stop);
    if (!source.ok()) return source.status();
    auto masked = media::WithMask(*std::move(source), std::move(mask));
    progress_.total = masked->info().frames.value_or(0);
    fps_ = masked->info().fps;
    for (;;) {
      auto frame = masked->Read(stop);
      report_.corrupt = masked->counters().corrupt;
      if (absl::IsOutOfRange(frame.status())) return absl::OkStatus();
      if (!frame.ok()) return frame.status();
      if (auto status = ProcessFrame(*frame, stop); !status.ok()) return status;
    }
  }

  absl::Status RunLive(media::PrivacyMask mask, const std::stop_token& stop) {
    LatestSlot<Frame> slot;
    auto open =
        [this, mask = std::move(mask)](
            std::chrono::milliseconds limit,
            const std::stop_token& opening) -> absl::StatusOr<std::unique_ptr<media::FrameSource>> {
      auto source = media::VideoOpener(input_.name, context_.config.source.options)(limit, opening);
      if (!source.ok()) return source.status();
      return media::WithMask(*std::move(source), mask);
    };
    media::LiveSource live(report_.name, std::move(open), context_.config.source.live, slot);
    absl::Status status;
    while (status.ok()) {
      auto frame = slot.Take(After(1s), stop);
      if (frame) {
        status = ProcessFrame(*frame, stop);
      } else if (stop.stop_requested() || slot.closed()) {
        break;
      }
    }
    const auto end = live.status();
    report_.dropped = end.dropped;
    report_.corrupt = end.corrupt;
    if (status.ok() && end.state == media::LiveState::kFailed) status = end.last_error;
    return status;
  }

  absl::Status ProcessFrame(Frame& frame, const std::stop_token& stop) {
    if (frame.stream_id.empty()) frame.stream_id = StreamId(report_.name);
    const auto result = pipeline_.Next(models_, frame.image.view(), frame.timestamp_us);
    if (!result.ok())
      return absl::Status(result.status().code(),
                          fmt::format("{}: {}", report_.name, MessageOf(result.status())));
    if (auto status = Record(frame, **result, stop); !status.ok()) return status;
    if (save_.empty() && context_.display == nullptr) return absl::OkStatus();
    overlay_.Draw(frame.image.mutable_view(), **result);
    if (!save_.empty()) {
      if (auto status = WriteVideoFrame(frame); !status.ok()) return status;
    }
    if (context_.display != nullptr) context_.display->Put(std::move(frame.image));
    return absl::OkStatus();
  }

  absl::Status Record(const Frame& frame, const face::FaceResult& result,
                      const std::stop_token& stop) {
    ++report_.frames;
    report_.decode_us += frame.decode_us;
    report_.detect_us += result.timing.detect_us;
    report_.mesh_us += result.timing.mesh_us;
    report_.other_us += result.timing.other_us;
    for (const face::Face& face : result.faces) {
      report_.faces = std::max(report_.faces, face.id);
      // A blink or closure is counted when it has ended; one under way at the very end is not.
      if (face.blink.completed) {
        const bool is_blink = face.blink.completed->end_us - face.blink.completed->begin_us <=
                              context_.config.face.pipeline.states.blink.max_us;
        ++(is_blink ? report_.blinks : report_.long_closures);
      }
    }
    progress_.frames = report_.frames;
    progress_.faces = static_cast<int>(result.faces.size());

    const FrameHeader header{frame.stream_id, frame.number, frame.timestamp_us, frame.decode_us,
                             frame.image.size()};
    if (context_.json != nullptr) {
      WriteFrame(json_, header, result);
      line_.assign(json_.text()).append(1, '\n');
      if (auto status = context_.json->Write(number_, line_, stop); !status.ok()) return status;
    }
    if (context_.csv != nullptr) {
      WriteRows(line_, header, result);
      if (auto status = context_.csv->Write(number_, line_, stop); !status.ok()) return status;
    }
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

  const JobContext& context_;
  face::FaceModels& models_;
  const media::Input& input_;
  const std::size_t number_;
  const std::filesystem::path save_;
  JobProgress& progress_;
  face::Pipeline pipeline_;
  face::Overlay overlay_;
  std::unique_ptr<media::VideoWriter> video_;
  Size video_size_;
  double fps_ = 0;
  JsonWriter json_;
  std::string line_;
  JobReport report_;
};

}  // namespace

JobReport RunJob(const JobContext& context, face::FaceModels& models, const media::Input& input,
                 std::size_t number, const std::filesystem::path& save, JobProgress& progress,
                 const std::stop_token& stop) {
  return Job(context, models, input, number, save, progress).Run(stop);
}

}  // namespace vigil::app
