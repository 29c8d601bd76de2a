#include "app/edge_capture.h"

#include <fmt/format.h>
#include <pthread.h>

#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "core/log.h"
#include "core/time.h"
#include "media/live_source.h"
#include "media/mask.h"
#include "media/masked_source.h"
#include "media/paced_source.h"

namespace vigil::app {
namespace {

constexpr int kDecoderThreads = 1;  // as for a camera

class LiveCapture final : public EdgeCapture {
 public:
  LiveCapture(const Config& config, const media::Input& input, media::PrivacyMask mask,
              LatestSlot<Frame>& slot)
      : live_(
            input.name,
            [name = input.name, options = config.source.options, mask = std::move(mask)](
                std::chrono::milliseconds limit, const std::stop_token& stop)
                -> absl::StatusOr<std::unique_ptr<media::FrameSource>> {
              auto source = media::VideoOpener(name, options)(limit, stop);
              if (!source.ok()) return source.status();
              // What lies behind an address may be a file.
              if (!(*source)->info().live) source = media::Paced(*std::move(source));
              return media::WithMask(*std::move(source), mask);
            },
            config.source.live, slot) {}

  void Stop() override { live_.Stop(); }
  CaptureCounts counts() const override {
    const auto status = live_.status();
    return {status.frames, status.dropped, status.corrupt};
  }
  double fps() const override {
    const auto status = live_.status();
    return status.info ? status.info->fps : 0;
  }
  absl::Status status() const override {
    const auto status = live_.status();
    return status.state == media::LiveState::kFailed ? status.last_error : absl::OkStatus();
  }
  bool streaming() const override { return live_.status().state == media::LiveState::kStreaming; }

 private:
  media::LiveSource live_;
};

class FileCapture final : public EdgeCapture {
 public:
  FileCapture(std::unique_ptr<media::FrameSource> source, LatestSlot<Frame>& slot)
      : source_(std::move(source)),
        fps_(source_->info().fps),
        slot_(slot),
        thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}

  void Stop() override { thread_.request_stop(); }
  CaptureCounts counts() const override {
    std::lock_guard lock(mutex_);
    return {counts_.captured, slot_.dropped(), counts_.corrupt};
  }
  double fps() const override { return fps_; }
  absl::Status status() const override {
    std::lock_guard lock(mutex_);
    return status_;
  }
  bool streaming() const override { return !slot_.closed(); }

 private:
  void Run(std::stop_token stop) {
    pthread_setname_np(pthread_self(), "edge-file");
    absl::Status end;
    try {
      end = Play(stop);
    } catch (const std::exception& error) {
      end = absl::InternalError(fmt::format("{}: {}", source_->info().name, error.what()));
    }
    if (!absl::IsOutOfRange(end) && !absl::IsCancelled(end)) {
      std::lock_guard lock(mutex_);
      status_ = end;
    }
    slot_.Close();
  }

  absl::Status Play(const std::stop_token& stop) {
    for (;;) {
      auto frame = source_->Read(stop);
      {
        std::lock_guard lock(mutex_);
        counts_.corrupt = source_->counters().corrupt;
        counts_.captured += frame.ok();
      }
      if (!frame.ok()) return frame.status();
      frame->captured = Clock::now() - std::chrono::microseconds(frame->decode_us);
      slot_.Put(*std::move(frame));
    }
  }

  const std::unique_ptr<media::FrameSource> source_;  // thread_ only
  const double fps_;
  LatestSlot<Frame>& slot_;
  mutable std::mutex mutex_;
  CaptureCounts counts_;  // under mutex_
  absl::Status status_;   // under mutex_
  std::jthread thread_;   // last member
};

}  // namespace

absl::StatusOr<std::unique_ptr<EdgeCapture>> EdgeCapture::Start(const Config& config,
                                                                const media::Input& input,
                                                                LatestSlot<Frame>& slot,
                                                                const std::stop_token& stop) {
  auto mask = media::PrivacyMask::Create(config.masks);
  if (!mask.ok()) return mask.status();
  using Kind = media::Input::Kind;
  if (input.kind == Kind::kPicture)
    return absl::InvalidArgumentError(
        fmt::format("{}: a picture; edge takes cameras, streams and videos (vigil analyze takes "
                    "pictures)",
                    log::MaskCredentials(input.name)));
  if (input.kind != Kind::kVideo)
    return std::make_unique<LiveCapture>(config, input, *std::move(mask), slot);
  auto options = config.source.options;
  options.threads = kDecoderThreads;
  auto source = media::OpenVideo(input.name, options, stop);
  if (!source.ok()) return source.status();
  return std::make_unique<FileCapture>(
      media::Paced(media::WithMask(*std::move(source), *std::move(mask))), slot);
}

}  // namespace vigil::app
