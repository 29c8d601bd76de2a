// Reads the text files of the MOTChallenge: ground truth, detections and tracker results.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vigil::tracking {

/// In pixels, left, top, width, height. Double, as the published measures are computed.
struct MotBox {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  friend bool operator==(const MotBox&, const MotBox&) = default;
};

/// One line: `frame,id,left,top,width,height,score,…`.
struct MotRow {
  int frame = 0;         ///< from 1
  std::int64_t id = -1;  ///< -1 in files of detections
  MotBox box;
  double score = 1;  ///< of a detection; in ground truth 0 means: do not count this one
  int class_id = 1;  ///< ground truth since MOT16 (9 columns) only; 1: pedestrian
  friend bool operator==(const MotRow&, const MotRow&) = default;
};

/// What seqinfo.ini says.
struct MotSequence {
  std::string name;
  double frame_rate = 30;  ///< frames a second
  int length = 0;          ///< frames
  int width = 0, height = 0;
  friend bool operator==(const MotSequence&, const MotSequence&) = default;
};

inline constexpr std::size_t kMaxMotBytes = 64U << 20;
inline constexpr int kMaxMotFrames = 1'000'000;

/// All rows, in the file's order. NotFound; InvalidArgument names file, line and column for what is
/// no such row (6 to 10 numbers separated by commas) or out of range, or a file over kMaxMotBytes.
[[nodiscard]] absl::StatusOr<std::vector<MotRow>> ReadMotFile(const std::filesystem::path& path);

/// Errors as above. Keys it does not know are skipped.
[[nodiscard]] absl::StatusOr<MotSequence> ReadSeqInfo(const std::filesystem::path& path);

}  // namespace vigil::tracking
