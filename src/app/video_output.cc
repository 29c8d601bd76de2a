#include "app/video_output.h"

#include <fmt/format.h>

namespace vigil::app {

absl::Status VideoOutput::Add(ImageView image, std::int64_t timestamp_us) {
  if (given_up_) return absl::OkStatus();
  auto status = Write(image, timestamp_us);
  given_up_ = !status.ok();
  if (given_up_) (void)Finish();  // keeps what there is; its error is the one that is told
  return status;
}

absl::Status VideoOutput::Write(ImageView image, std::int64_t timestamp_us) {
  if (!writer_) {
    auto writer = media::VideoWriter::Create(path_, image.size(), options_);
    if (!writer.ok()) return writer.status();
    writer_ = *std::move(writer);
    size_ = image.size();
  }
  if (image.size() != size_) {
    return absl::UnimplementedError(fmt::format(
        "{}: the picture's size changed from {}x{} to {}x{}; the annotated video ends there",
        path_.string(), size_.width, size_.height, image.width, image.height));
  }
  return writer_->Add(image, timestamp_us);
}

absl::Status VideoOutput::Finish() {
  if (!writer_) return absl::OkStatus();
  auto status = writer_->Finish();
  writer_.reset();
  if (status.ok()) saved_ = path_.string();
  return status;
}

}  // namespace vigil::app
