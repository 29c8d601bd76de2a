// The tracker over folders in the MOTChallenge's layout, and how good it was: `vigil bench track`.
#pragma once

#include <absl/status/statusor.h>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/detection.h"
#include "tracking/byte_track.h"
#include "tracking/mot_file.h"
#include "tracking/mot_measures.h"

namespace vigil::tracking {

/// A recorded sequence with its truth and the finds of one detector.
struct MotRecording {
  std::string name;  ///< folder and detections: `KITTI-17 det_frcnn`
  MotSequence info;
  std::vector<MotRow> truth;
  std::vector<std::vector<Detection>> detections;  ///< a frame; class 0, score limited to 0..1
};

/// Looks below `dir`, three levels deep, for folders with a seqinfo.ini, one gt*.txt (also in gt/)
/// and at least one det*.txt (also in det/): a recording for each of the latter, by name. A file
/// named `…_frames_A-B.txt` has frames A = 1 to B only, and shortens the recording. NotFound where
/// there is none; errors of the files as ReadMotFile has them.
[[nodiscard]] absl::StatusOr<std::vector<MotRecording>> FindRecordings(
    const std::filesystem::path& dir);

/// Rows of all confirmed tracks, frame by frame; time follows from the frame rate.
[[nodiscard]] std::vector<MotRow> TrackRecording(const MotRecording& recording,
                                                 const ByteTrackOptions& options);

/// One row of the table.
struct TrackBenchRow {
  std::string name;
  MotMeasures measures;
  double us_per_detection = 0;  ///< microseconds, of the tracker alone; 0: not measured
};

/// Tracks and measures every recording below each folder.
[[nodiscard]] absl::StatusOr<std::vector<TrackBenchRow>> BenchTrack(
    std::span<const std::filesystem::path> dirs, const ByteTrackOptions& options);

/// A heading and a line a row, in the order of the MOTChallenge: percentages and counts.
[[nodiscard]] std::string FormatTrackTable(std::span<const TrackBenchRow> rows);

}  // namespace vigil::tracking
