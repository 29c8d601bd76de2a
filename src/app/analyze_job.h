// One input of `vigil analyze`, from its first frame to its last.
#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/delivery.h"
#include "app/ordered_output.h"
#include "app/perception.h"
#include "core/image.h"
#include "core/latest_slot.h"
#include "events/engine.h"
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
  int faces_limit = 0;  ///< 0: never reached; else face.max_faces, and there may have been more
  std::int64_t blinks = 0;
  std::int64_t long_closures = 0;
  std::int64_t decode_us = 0, detect_us = 0, mesh_us = 0, other_us = 0;
  std::int64_t objects_us = 0, events_us = 0;
  std::int64_t output_us = 0;  ///< drawing, encoding, writing results, storing events
  std::int64_t wall_us = 0;
  std::string saved;                        ///< the annotated file; empty: none
  std::optional<face::FaceResult> picture;  ///< of a single picture, for the summary
  bool is_picture = false;
  bool has_faces = false;  ///< they were looked for
  bool has_scene = false;  ///< objects were looked for; then also the following
  std::map<std::string, std::int64_t> objects;  ///< different ones, by class
  std::int64_t events = 0;
  std::vector<events::LineTotals> lines;
  std::vector<events::ZoneTotals> zones;
  std::map<std::string, RuleOutcome> rules;
};

/// How far a job is; read by the progress display while it runs.
struct JobProgress {
  std::atomic<std::uint64_t> frames = 0;
  std::atomic<std::int64_t> total = 0;  ///< frames to come in all; 0: unknown
  // Where that is unknown, of a file: stream time of the last frame, and of the end; microseconds.
  std::atomic<std::int64_t> position_us = 0;
  std::atomic<std::int64_t> duration_us = 0;  ///< 0: unknown
  std::atomic<bool> endless = false;          ///< a live input
  std::atomic<bool> ended = false;
  // In the last frame; -1: not looked for.
  std::atomic<int> faces = -1;
  std::atomic<int> objects = -1;  ///< confirmed ones
};

/// What all jobs share. Pointers that may be null: not asked for.
struct JobContext {
  const Config& config;
  const face::CanonicalFace& canonical;
  OrderedOutput* json = nullptr;
  OrderedOutput* csv = nullptr;
  OrderedOutput* events = nullptr;
  OrderedOutput* detections = nullptr;
  EventDelivery* delivery = nullptr;
  events::RunCooldowns& cooldowns;  ///< of all inputs: they are cameras with the same rules
  LatestSlot<Image>* display = nullptr;
  int decoder_threads = 1;
  std::span<const std::int64_t> epochs;  ///< of each input, for messages and events
  /// Says what has failed while the job goes on. From any thread.
  std::function<void(const absl::Status&)> complain;

  /// Whether anything but a video is made of an input.
  bool has_other_outputs() const {
    return json != nullptr || csv != nullptr || events != nullptr || detections != nullptr ||
           delivery != nullptr || display != nullptr;
  }
};

/// Runs on the caller's thread until the input ends, breaks or `stop` is asked for. `number` is the
/// input's place in the ordered outputs. `save` empty: nothing is drawn.
JobReport RunJob(const JobContext& context, WorkerModels& models, const media::Input& input,
                 std::size_t number, const std::filesystem::path& save, JobProgress& progress,
                 const std::stop_token& stop);

}  // namespace vigil::app
