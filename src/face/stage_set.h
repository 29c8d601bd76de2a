// The stages of the face pipeline by name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vigil::face {

enum class Stage : std::uint8_t {
  kFaceDetection,
  kLandmarkDetection,
  kHeadPose,
  kGaze,
  kBlink,
  kAttention
};
inline constexpr std::array kStages{Stage::kFaceDetection, Stage::kLandmarkDetection,
                                    Stage::kHeadPose,      Stage::kGaze,
                                    Stage::kBlink,         Stage::kAttention};

/// "face-detection", "landmark-detection", "head-pose", "gaze", "blink" or "attention".
std::string_view NameOf(Stage stage);
/// The other way; nothing for another word.
std::optional<Stage> StageNamed(std::string_view name);

/// Some of the stages.
class StageSet {
 public:
  void Add(Stage stage) { bits_ |= Bit(stage); }
  void Add(StageSet others) { bits_ |= others.bits_; }
  bool has(Stage stage) const { return (bits_ & Bit(stage)) != 0; }
  bool empty() const { return bits_ == 0; }
  friend bool operator==(const StageSet&, const StageSet&) = default;

 private:
  static constexpr unsigned Bit(Stage stage) { return 1U << static_cast<unsigned>(stage); }
  unsigned bits_ = 0;
};

}  // namespace vigil::face
