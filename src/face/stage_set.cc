#include "face/stage_set.h"

namespace vigil::face {

std::string_view NameOf(Stage stage) {
  switch (stage) {
    case Stage::kFaceDetection:
      return "face-detection";
    case Stage::kLandmarkDetection:
      return "landmark-detection";
    case Stage::kHeadPose:
      return "head-pose";
    case Stage::kGaze:
      return "gaze";
    case Stage::kBlink:
      return "blink";
    case Stage::kAttention:
      return "attention";
  }
  return {};
}

std::optional<Stage> StageNamed(std::string_view name) {
  for (const Stage stage : kStages) {
    if (NameOf(stage) == name) return stage;
  }
  return std::nullopt;
}

}  // namespace vigil::face
