// One input of `vigil analyze`, from its first frame to its last.
#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "app/config.h"
#include "app/ordered_output.h"
#include "core/image.h"
#include "core/latest_slot.h"
#include "face/models.h"
#include "face/pipeline.h"
#include "media/picture_list.h"

namespace vigil::app {

/// What became of an input. Times are sums over its frames, microseconds.
struct JobReport {
  std::string name;     ///< credentials masked
  absl::Status status;  ///< what it broke off with; what came before counts all the same
  std::uint64_t frames = 0;
  std::uint64_t dropped =
      0;  ///< of a live input: replaced by newer ones before they were looked at
  std::uint64_t corrupt = 0;  ///< damaged parts that were skipped
  std::int64_t faces = 0;     ///< different ones: ids
  std::int64_t blinks = 0;
  std::int64_t long_closures = 0;
  std::int64_t decode_us = 0, detect_us = 0, mesh_us = 0, other_us = 0;
  std::int64_t wall_us = 0;
  std::string saved;                        ///< the annotated file; empty: none
  std::optional<face::FaceResult> picture;  ///< of a single picture, for the summary
};

/// How far a job is; read by the progress display while it runs.
struct JobProgress {
  std::atomic<std::uint64_t> frames = 0;
  std::atomic<std::int64_t> total = 0;  ///< frames to come in all; 0: unknown
  std::atomic<int> faces = 0;           ///< in the last frame
};

/// What all jobs share. Pointers that may be null: not asked for.
struct JobContext {
  const Config& config;
  const face::CanonicalFace& canonical;
  OrderedOutput* json = nullptr;
  OrderedOutput* csv = nullptr;
  LatestSlot<Image>* display = nullptr;
  int decoder_threads = 1;
};

/// Runs on the caller's thread until the input ends, breaks or `stop` is asked for. `number` is the
/// input's place in the ordered outputs. `save` empty: nothing is drawn.
JobReport RunJob(const JobContext& context, face::FaceModels& models, const media::Input& input,
                 std::size_t number, const std::filesystem::path& save, JobProgress& progress,
                 const std::stop_token& stop);

}  // namespace vigil::app
