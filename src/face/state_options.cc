// The ranges in which the options of PersonState make sense, in one table.
#include <fmt/format.h>

#include <cmath>

#include "face/state_options.h"

namespace vigil::face {
namespace {

struct Range {
  const char* name;
  double value;
  double least;
  double most;
};

absl::Status Check(const Range& range) {
  if (range.value >= range.least && range.value <= range.most)
    return absl::OkStatus();  // NaN fails
  return absl::InvalidArgumentError(fmt::format("{} is {}; it must lie within {} and {}",
                                                range.name, range.value, range.least, range.most));
}

absl::Status CheckAll(std::initializer_list<Range> ranges) {
  for (const Range& range : ranges) {
    if (const absl::Status status = Check(range); !status.ok()) return status;
  }
  return absl::OkStatus();
}

double D(auto number) { return static_cast<double>(number); }

absl::Status ValidateEyes(const StateOptions& o) {
  const EyeLevelOptions& levels = o.eyes.levels;
  return CheckAll({
      {"gaps.max_gap_us", D(o.gaps.max_gap_us), 1e3, 5e6},
      {"gaps.max_unknown_us", D(o.gaps.max_unknown_us), 0, D(o.gaps.max_gap_us)},
      {"eyes.max_yaw_deg", o.eyes.max_yaw_deg, 1, 90},
      {"eyes.max_pitch_up_deg", o.eyes.max_pitch_up_deg, 1, 90},
      {"eyes.max_pitch_down_deg", o.eyes.max_pitch_down_deg, 1, 90},
      {"eyes.closed_openness", o.eyes.closed_openness, 0.01, 0.5},
      {"eyes.levels.prior_open_ear", levels.prior_open_ear, 0.1, 0.6},
      {"eyes.levels.prior_s", levels.prior_s, 0.01, 60},
      {"eyes.levels.least_open_ear", levels.least_open_ear, 0.02, levels.prior_open_ear},
      {"eyes.levels.open_quantile", levels.open_quantile, 0.5, 0.99},
      {"eyes.levels.memory_s", levels.memory_s, 5, 3600},
      {"eyes.levels.low_weight", levels.low_weight, 0, 1},
      {"eyes.levels.least_closed_ratio", levels.least_closed_ratio, 0, 0.8},
      {"eyes.levels.most_closed_ratio", levels.most_closed_ratio, levels.least_closed_ratio, 0.8},
      {"eyes.levels.prior_closed_ratio", levels.prior_closed_ratio, levels.least_closed_ratio,
       levels.most_closed_ratio},
      {"eyes.levels.present_rise_s", levels.present_rise_s, 0.01, 60},
      {"eyes.levels.present_fall_s", levels.present_fall_s, 0.01, 60},
      {"blink.min_us", D(o.blink.min_us), 0, 1e6},
      {"blink.max_us", D(o.blink.max_us), D(o.blink.min_us) + 1, 5e6},
      {"blink.half_open", o.blink.half_open, 0.1, 0.9},
      {"blink.rearm_open", o.blink.rearm_open, o.blink.half_open, 0.95},
      {"blink.depth", o.blink.depth, 0, o.blink.half_open},
      {"blink.long_openness", o.blink.long_openness, 0, 0.9},
      {"blink.rest_us", D(o.blink.rest_us), 1e4, 10e6},
      {"perclos.window_us", D(o.perclos.window_us), 10e6, 600e6},
      {"yawn.min_us", D(o.yawn.min_us), 1e5, 20e6},
      {"yawn.open_above", o.yawn.open_above, 0.05, 2},
      {"yawn.shut_below", o.yawn.shut_below, 0, o.yawn.open_above},
      {"yawn.rest_quantile", o.yawn.rest_quantile, 0, 1},
      {"yawn.most_rest", o.yawn.most_rest, 0, 1},
      {"yawn.memory_s", o.yawn.memory_s, 5, 3600},
      {"yawn.max_yaw_deg", o.yawn.max_yaw_deg, 1, 90},
      {"yawn.max_pitch_deg", o.yawn.max_pitch_deg, 1, 90},
  });
}

absl::Status ValidateAttention(const AttentionOptions& o) {
  return CheckAll({
      {"attention.screen_yaw_deg", o.screen_yaw_deg, -90, 90},
      {"attention.screen_pitch_deg", o.screen_pitch_deg, -90, 90},
      {"attention.yaw_weight", o.yaw_weight, 0, 100},
      {"attention.yaw_from_deg", o.yaw_from_deg, 0, 179},
      {"attention.yaw_full_deg", o.yaw_full_deg, o.yaw_from_deg + 0.1, 180},
      {"attention.pitch_weight", o.pitch_weight, 0, 100},
      {"attention.pitch_from_deg", o.pitch_from_deg, 0, 89},
      {"attention.pitch_full_deg", o.pitch_full_deg, o.pitch_from_deg + 0.1, 180},
      {"attention.gaze_weight", o.gaze_weight, 0, 100},
      {"attention.gaze_from_deg", o.gaze_from_deg, 0, 179},
      {"attention.gaze_full_deg", o.gaze_full_deg, o.gaze_from_deg + 0.1, 180},
      {"attention.closed_weight", o.closed_weight, 0, 100},
      {"attention.closed_from_us", D(o.closed_from_us), 0, 60e6},
      {"attention.closed_full_us", D(o.closed_full_us), D(o.closed_from_us) + 1e3, 120e6},
      {"attention.drowsy_weight", o.drowsy_weight, 0, 100},
      {"attention.smooth_s", o.smooth_s, 0.01, 60},
      {"attention.confidence_s", o.confidence_s, 0.01, 60},
  });
}

absl::Status ValidateDrowsiness(const DrowsinessOptions& o) {
  return CheckAll({
      {"drowsiness.perclos_weight", o.perclos_weight, 0, 100},
      {"drowsiness.perclos_full", o.perclos_full, 0.01, 1},
      {"drowsiness.least_known_s", o.least_known_s, 1, 600},
      {"drowsiness.closures_weight", o.closures_weight, 0, 100},
      {"drowsiness.closures_full_s", o.closures_full_s, 0.1, 60},
      {"drowsiness.lengthening_weight", o.lengthening_weight, 0, 100},
      {"drowsiness.lengthening_from", o.lengthening_from, 0.5, 10},
      {"drowsiness.lengthening_full", o.lengthening_full, o.lengthening_from + 0.01, 20},
      {"drowsiness.lengthening_least_blinks", D(o.lengthening_least_blinks), 1, 100},
      {"drowsiness.yawns_weight", o.yawns_weight, 0, 100},
      {"drowsiness.yawns_full", o.yawns_full, 0.5, 100},
      {"drowsiness.yawn_window_us", D(o.yawn_window_us), 10e6, 3600e6},
      {"drowsiness.lids_now_weight", o.lids_now_weight, 0, 100},
      {"drowsiness.window_us", D(o.window_us), 10e6, 600e6},
      {"drowsiness.level_from[0]", o.level_from[0], 0, 100},
      {"drowsiness.level_from[1]", o.level_from[1], o.level_from[0], 100},
      {"drowsiness.level_from[2]", o.level_from[2], o.level_from[1], 100},
      {"drowsiness.level_margin", o.level_margin, 0, 100},
      {"drowsiness.rise_us", D(o.rise_us), 0, 600e6},
      {"drowsiness.fall_us", D(o.fall_us), 0, 600e6},
      {"drowsiness.full_confidence_coverage", o.full_confidence_coverage, 0.01, 1},
  });
}

}  // namespace

absl::Status Validate(const StateOptions& options) {
  if (const absl::Status status = ValidateEyes(options); !status.ok()) return status;
  if (const absl::Status status = ValidateAttention(options.attention); !status.ok()) return status;
  return ValidateDrowsiness(options.drowsiness);
}

}  // namespace vigil::face
