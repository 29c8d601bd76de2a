#include "tracking/mot_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <system_error>

#include "core/time.h"

namespace vigil::tracking {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 3;
constexpr std::size_t kMaxSequences = 1000;

// Files of `dir` and `dir/sub` whose name begins with `prefix` and ends in .txt, by name.
std::vector<fs::path> TextFiles(const fs::path& dir, const std::string& prefix) {
  std::vector<fs::path> files;
  for (const fs::path& folder : {dir, dir / prefix}) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.starts_with(prefix) && name.ends_with(".txt")) files.push_back(it->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// B of `…_frames_A-B`.
std::optional<int> LastFrame(const fs::path& file) {
  const std::string stem = file.stem().string();
  const auto dash = stem.rfind('-');
  if (stem.find("_frames_") == std::string::npos || dash == std::string::npos) return std::nullopt;
  int last = 0;
  const char* end = stem.data() + stem.size();
  const auto [stop, error] = std::from_chars(stem.data() + dash + 1, end, last);
  return error == std::errc() && stop == end && last > 0 ? std::optional(last) : std::nullopt;
}

std::vector<std::vector<Detection>> ByFrame(std::span<const MotRow> rows, int length) {
  std::vector<std::vector<Detection>> frames(static_cast<std::size_t>(length));
  for (const MotRow& row : rows) {
    if (row.frame > length) continue;
    const PixelBox box{static_cast<float>(row.box.x), static_cast<float>(row.box.y),
                       static_cast<float>(row.box.width), static_cast<float>(row.box.height)};
    const auto score = static_cast<float>(std::clamp(row.score, 0.0, 1.0));
    frames[static_cast<std::size_t>(row.frame) - 1].push_back({box, score, 0});
  }
  return frames;
}

absl::Status AddSequence(const fs::path& dir, std::vector<MotRecording>& recordings) {
  const auto truth_files = TextFiles(dir, "gt"), detection_files = TextFiles(dir, "det");
  if (truth_files.empty() || detection_files.empty()) return absl::OkStatus();
  auto info = ReadSeqInfo(dir / "seqinfo.ini");
  if (!info.ok()) return info.status();
  const auto truth = ReadMotFile(truth_files.front());
  if (!truth.ok()) return truth.status();
  for (const fs::path& file : detection_files) {
    const auto rows = ReadMotFile(file);
    if (!rows.ok()) return rows.status();
    MotRecording recording{.name = dir.filename().string() + " " + file.stem().string(),
                           .info = *info,
                           .truth = *truth,
                           .detections = {}};
    for (const fs::path& part : {truth_files.front(), file}) {
      const int last = LastFrame(part).value_or(recording.info.length);
      recording.info.length = std::min(recording.info.length, last);
    }
    recording.detections = ByFrame(*rows, recording.info.length);
    recordings.push_back(std::move(recording));
  }
  return absl::OkStatus();
}

absl::Status Find(const fs::path& dir, int depth, std::vector<MotRecording>& recordings) {
  std::error_code error;
  if (fs::exists(dir / "seqinfo.ini", error)) return AddSequence(dir, recordings);
  if (depth == kMaxDepth) return absl::OkStatus();
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error)) folders.push_back(it->path());
  }
  if (error) {
    return absl::NotFoundError(
        fmt::format("{}: cannot be read: {}", dir.string(), error.message()));
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) {
    if (recordings.size() >= kMaxSequences) break;
    if (const auto status = Find(folder, depth + 1, recordings); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<MotRecording>> FindRecordings(const fs::path& dir) {
  std::vector<MotRecording> recordings;
  if (const auto status = Find(dir, 0, recordings); !status.ok()) return status;
  if (recordings.empty()) {
    return absl::NotFoundError(
        fmt::format("{}: no folder with seqinfo.ini, gt*.txt and det*.txt in it", dir.string()));
  }
  return recordings;
}

std::vector<MotRow> TrackRecording(const MotRecording& recording, const ByteTrackOptions& options) {
  ByteTracker tracker(options);
  std::vector<MotRow> rows;
  for (std::size_t frame = 0; frame < recording.detections.size(); ++frame) {
    const auto time_us = std::llround(static_cast<double>(frame) * 1e6 / recording.info.frame_rate);
    for (const Track& track : tracker.Update(recording.detections[frame], time_us)) {
      if (track.state != TrackState::kConfirmed) continue;
      const PixelBox& b = track.box;
      rows.push_back({.frame = static_cast<int>(frame) + 1,
                      .id = track.id,
                      .box = {b.x, b.y, b.width, b.height},
                      .score = static_cast<double>(track.score)});
    }
  }
  return rows;
}

absl::StatusOr<std::vector<TrackBenchRow>> BenchTrack(std::span<const fs::path> dirs,
                                                      const ByteTrackOptions& options) {
  std::vector<TrackBenchRow> table;
  for (const fs::path& dir : dirs) {
    const auto recordings = FindRecordings(dir);
    if (!recordings.ok()) return recordings.status();
    for (const MotRecording& recording : *recordings) {
      const auto start = Clock::now();
      const auto rows = TrackRecording(recording, options);
      const auto spent = static_cast<double>(MicrosBetween(start, Clock::now()));
      std::size_t detections = 0;
      for (const auto& frame : recording.detections) detections += frame.size();
      table.push_back({recording.name,
                       Measure(PairFrames(recording.truth, rows, recording.info.length)),
                       detections == 0 ? 0 : spent / static_cast<double>(detections)});
    }
  }
  return table;
}

std::string FormatTrackTable(std::span<const TrackBenchRow> rows) {
  std::string text = fmt::format(
      "{:<34} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>3} {:>3} {:>3} {:>5} {:>5} {:>4} "
      "{:>4} {:>6}\n",
      "sequence", "MOTA", "IDF1", "HOTA", "DetA", "AssA", "MOTP", "Rcll", "Prcn", "MT", "PT", "ML",
      "FP", "FN", "IDs", "FM", "us/det");
  for (const TrackBenchRow& row : rows) {
    const MotMeasures& m = row.measures;
    text += fmt::format(
        "{:<34} {:>5.1f} {:>5.1f} {:>5.1f} {:>5.1f} {:>5.1f} {:>5.1f} {:>5.1f} {:>5.1f} {:>3} "
        "{:>3} {:>3} {:>5} {:>5} {:>4} {:>4} {:>6}\n",
        row.name, 100 * m.mota(), 100 * m.idf1(), 100 * m.hota, 100 * m.det_a, 100 * m.ass_a,
        100 * m.motp(), 100 * m.recall(), 100 * m.precision(), m.mostly_tracked, m.partly_tracked,
        m.mostly_lost, m.false_positives, m.misses, m.id_switches, m.fragmentations,
        row.us_per_detection > 0 ? fmt::format("{:.2f}", row.us_per_detection) : "-");
  }
  return text;
}

}  // namespace vigil::tracking
