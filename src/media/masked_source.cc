#include "media/masked_source.h"

#include <utility>

namespace vigil::media {
namespace {

class MaskedSource final : public FrameSource {
 public:
  MaskedSource(std::unique_ptr<FrameSource> source, PrivacyMask mask)
      : source_(std::move(source)), mask_(std::move(mask)) {}

  absl::StatusOr<Frame> Read(std::stop_token stop) override {
    auto frame = source_->Read(std::move(stop));
    if (frame.ok()) mask_.Apply(frame->image.mutable_view());
    return frame;
  }
  const SourceInfo& info() const override { return source_->info(); }
  SourceCounters counters() const override { return source_->counters(); }

 private:
  const std::unique_ptr<FrameSource> source_;
  PrivacyMask mask_;
};

}  // namespace

std::unique_ptr<FrameSource> WithMask(std::unique_ptr<FrameSource> source, PrivacyMask mask) {
  if (mask.empty()) return source;
  return std::make_unique<MaskedSource>(std::move(source), std::move(mask));
}

}  // namespace vigil::media
