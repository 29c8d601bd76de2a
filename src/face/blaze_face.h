// MediaPipe's BlazeFace, short range: faces within about two metres, that is, larger than about a tenth of what it sees.
// Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "face/detector.h"
#include "nn/model.h"

namespace vigil::face {

/// Boxes and key points averaged over what overlaps the best by more than `iou`, weighted by score; the best's score is
/// kept. Output best first. `detections` is used up; the output reuses its memory.
void WeightedNms(std::vector<Detection>& detections, float iou);

class BlazeFace final : public Detector {
 public:
  static constexpr int kInputSize = 128;
  static constexpr int kAnchors = 896;

  /// InvalidArgument if the model is not BlazeFace short range (input 1×128×128×3, outputs 1×896×16 and 1×896×1).
  /// @param score  detections below are not reported, 0..1
  static absl::StatusOr<std::unique_ptr<BlazeFace>> Create(std::unique_ptr<nn::Model> model,
                                                           float score = 0.5F);

  /// The whole picture.
  absl::StatusOr<std::vector<Detection>> Detect(ImageView image) override;

  /// The square about the picture's middle that holds all of it: what Detect() looks at.
  static PixelBox WholeOf(Size picture);

  /// Only a square of it. Valid until the next call; takes no memory.
  absl::StatusOr<std::span<const Detection>> DetectIn(ImageView image, const PixelBox& square);

 private:
  BlazeFace(std::unique_ptr<nn::Model> model, float score);
  void Decode(const PixelBox& square);

  const std::unique_ptr<nn::Model> model_;
  const float score_;
  std::array<Point2f, kAnchors> anchors_;  // centres, in the input's 0..1
  std::vector<Detection> detections_;      // of the last call
};

}  // namespace vigil::face
