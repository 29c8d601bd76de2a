#include "media/paced_source.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "core/time.h"

namespace vigil::media {
namespace {

class PacedSource final : public FrameSource {
 public:
  explicit PacedSource(std::unique_ptr<FrameSource> source) : source_(std::move(source)) {}

  absl::StatusOr<Frame> Read(std::stop_token stop) override {
    auto frame = source_->Read(stop);
    if (!frame.ok()) return frame;
    const std::chrono::microseconds time(frame->timestamp_us);
    if (!begin_) begin_ = Clock::now() - time;
    if (!SleepUntil(*begin_ + time, stop))
      return absl::CancelledError(fmt::format("{}: stopped", info().name));
    return frame;
  }
  const SourceInfo& info() const override { return source_->info(); }
  SourceCounters counters() const override { return source_->counters(); }

 private:
  const std::unique_ptr<FrameSource> source_;
  std::optional<Clock::time_point> begin_;  // when the frame of time 0 was, or would have been, due
};

}  // namespace

std::unique_ptr<FrameSource> Paced(std::unique_ptr<FrameSource> source) {
  return std::make_unique<PacedSource>(std::move(source));
}

}  // namespace vigil::media
