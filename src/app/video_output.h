// The annotated video of one stream.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/image.h"
#include "media/video_writer.h"

namespace vigil::app {

/// Begins with its first frame, whose size all others have. One thread at a time.
class VideoOutput {
 public:
  VideoOutput(std::filesystem::path path, const media::VideoWriterOptions& options)
      : path_(std::move(path)), options_(options) {}

  /// The hint for players, before the first frame.
  void SetFps(double fps) { options_.fps = fps; }
  /// Unimplemented: another size than before; errors as VideoWriter has them. After one, nothing more is written.
  absl::Status Add(ImageView image, std::int64_t timestamp_us);
  /// What there is becomes a video that plays.
  absl::Status Finish();
  /// The video's name, once Finish() was fine; empty: none.
  const std::string& saved() const { return saved_; }

 private:
  absl::Status Write(ImageView image, std::int64_t timestamp_us);

  const std::filesystem::path path_;
  media::VideoWriterOptions options_;
  std::unique_ptr<media::VideoWriter> writer_;
  Size size_;
  bool given_up_ = false;
  std::string saved_;
};

}  // namespace vigil::app
