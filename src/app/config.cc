#include "app/config.h"

#include <absl/status/status.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "core/nearest.h"
#include "media/mask.h"
#include "media/video_writer.h"
#include "nn/kserve_model.h"
#include "nn/model_catalog.h"

namespace vigil::app {
namespace {

using namespace std::chrono_literals;
using config::Reload;
using config::Schema;

void RegisterFinder(Schema& s, face::FinderOptions& o) {
  s.Key("min_score", o.min_score).Range(0.5F, 1).Doc("least score of a face in the whole picture");
  s.Key("min_tile_score", o.min_tile_score)
      .Range(0.5F, 1)
      .Doc("least score of a face in a tile: tiles see more things that are no faces");
  s.Key("tile_levels", o.tile_levels)
      .Range(0, 5)
      .Doc("sizes of tiles: 1/2, 1/4, 1/8 … of the picture's long side");
  s.Key("min_tile", o.min_tile)
      .Range(32, 8192)
      .Doc("side of the smallest tile, pixels; faces from a tenth of it are found");
  s.Microseconds("interval", o.interval_us)
      .Doc("video: time between looks for further faces while some are followed");
  s.Microseconds("sweep", o.sweep_us)
      .Doc("video, detector auto: time from one sweep of tiles to the next");
  s.Key("tiles_per_frame", o.tiles_per_frame)
      .Range(1, 1000)
      .Doc("video, detector auto: tiles that one frame bears");
}

void RegisterEyes(Schema& s, face::EyeOptions& o) {
  s.Key("max_yaw", o.max_yaw_deg)
      .Range(0, 90)
      .Doc("pose gate: head yaw beyond which the eye state is unknown, degrees");
  s.Key("max_pitch_up", o.max_pitch_up_deg).Range(0, 90).Doc("the same for looking up");
  s.Key("max_pitch_down", o.max_pitch_down_deg).Range(0, 90).Doc("the same for looking down");
  s.Key("closed_openness", o.closed_openness)
      .Ratio()
      .Doc("openness up to which the eyes count as closed (P80)");
  s.Key("prior_open_ear", o.levels.prior_open_ear)
      .Range(0.1F, 0.6F)
      .Doc("eye aspect ratio of an open eye, assumed before a person is known");
  s.Key("least_open_ear", o.levels.least_open_ear)
      .Range(0.02F, 0.3F)
      .Doc("no open eye is taken to be narrower");
  s.Key("memory", o.levels.memory_s)
      .Range(1, 3600)
      .Doc("how long the person's open level is remembered, seconds");
}

void RegisterBlink(Schema& s, face::BlinkOptions& o) {
  s.Microseconds("min", o.min_us).Doc("a shorter closure is a glitch");
  s.Microseconds("max", o.max_us)
      .Doc("a longer closure is no blink but a long closure (microsleep)");
  s.Key("depth", o.depth).Ratio().Doc("openness that a full blink reaches; a half blink does not");
}

void RegisterYawn(Schema& s, face::YawnOptions& o) {
  s.Microseconds("min", o.min_us).Doc("a mouth open for longer than this yawns");
  s.Key("open_above", o.open_above)
      .Range(0.1F, 2)
      .Doc("mouth aspect ratio over the person's resting one from which the mouth is open");
  s.Key("shut_below", o.shut_below).Range(0.05F, 2).Doc("… and below which it is shut again");
}

void RegisterAttention(Schema& s, face::AttentionOptions& o) {
  s.Key("screen_yaw", o.screen_yaw_deg)
      .Range(-90, 90)
      .Doc("where the screen is, seen from the person; 0: the camera. Degrees");
  s.Key("screen_pitch", o.screen_pitch_deg).Range(-90, 90).Doc("the same, up");
  s.Key("yaw_weight", o.yaw_weight)
      .Range(0, 100)
      .Doc("points that a head turned away sideways can cost");
  s.Key("yaw_from", o.yaw_from_deg)
      .Range(0, 90)
      .Doc("head yaw from the screen that costs nothing yet, degrees");
  s.Key("yaw_full", o.yaw_full_deg).Range(0, 180).Doc("… and that costs all");
  s.Key("pitch_weight", o.pitch_weight)
      .Range(0, 100)
      .Doc("points that a head turned up or down can cost");
  s.Key("pitch_from", o.pitch_from_deg).Range(0, 90).Doc("degrees");
  s.Key("pitch_full", o.pitch_full_deg).Range(0, 180).Doc("degrees");
  s.Key("gaze_weight", o.gaze_weight)
      .Range(0, 100)
      .Doc("points that eyes looking elsewhere can cost");
  s.Key("gaze_from", o.gaze_from_deg).Range(0, 90).Doc("angle between gaze and screen, degrees");
  s.Key("gaze_full", o.gaze_full_deg).Range(0, 180).Doc("degrees");
  s.Key("closed_weight", o.closed_weight).Range(0, 100).Doc("points that closed eyes can cost");
  s.Microseconds("closed_from", o.closed_from_us)
      .Doc("closures cost from this length on; blinks do not");
  s.Microseconds("closed_full", o.closed_full_us).Doc("… and all from this");
  s.Key("drowsy_weight", o.drowsy_weight).Range(0, 100).Doc("points that drowsiness can cost");
  s.Key("smoothing", o.smooth_s).Range(0, 60).Doc("time constant, seconds");
}

void RegisterDrowsiness(Schema& s, face::DrowsinessOptions& o) {
  s.Key("perclos_weight", o.perclos_weight).Range(0, 100).Doc("points that PERCLOS can add");
  s.Key("perclos_full", o.perclos_full).Ratio().Doc("PERCLOS that adds all");
  s.Key("closures_weight", o.closures_weight)
      .Range(0, 100)
      .Doc("points that long closures can add");
  s.Key("closures_full", o.closures_full_s)
      .Range(0.1F, 60)
      .Doc("seconds within long closures that add all");
  s.Key("lengthening_weight", o.lengthening_weight)
      .Range(0, 100)
      .Doc("points that blinks longer than the person's own can add");
  s.Key("lengthening_from", o.lengthening_from)
      .Range(1, 10)
      .Doc("… from this mean duration on, over the person's own");
  s.Key("lengthening_full", o.lengthening_full).Range(1, 10).Doc("… and all from this");
  s.Key("lengthening_blinks", o.lengthening_least_blinks)
      .Range(1, 100)
      .Doc("fewer blinks in the window say nothing of their length");
  s.Key("lids_now_weight", o.lids_now_weight)
      .Range(0, 100)
      .Doc("points that shut lids can add while nothing is known of before");
  s.Key("least_known", o.least_known_s)
      .Range(1, 600)
      .Doc("seconds: closed time is divided by at least so much known time");
  s.Key("full_confidence_coverage", o.full_confidence_coverage)
      .Ratio()
      .Range(0.01F, 1)
      .Doc("coverage of PERCLOS from which the confidence is 1");
  s.Key("yawns_weight", o.yawns_weight).Range(0, 100).Doc("points that yawns can add");
  s.Key("yawns_full", o.yawns_full).Range(1, 100).Doc("yawns in yawn_window that add all");
  s.Microseconds("yawn_window", o.yawn_window_us).Doc("how long a yawn counts");
  s.Microseconds("window", o.window_us).Doc("how long closures and blinks count");
  s.Key("level_from", o.level_from)
      .Range(0, 100)
      .Doc("scores from which mild, moderate and severe fatigue is meant");
  s.Key("level_margin", o.level_margin)
      .Range(0, 50)
      .Doc("points under its cut at which a level is left");
  s.Microseconds("rise", o.rise_us)
      .Doc("a higher level is taken after the score stood there so long");
  s.Microseconds("fall", o.fall_us).Doc("a lower level after so long");
}

void RegisterFace(Schema& s, FaceConfig& face) {
  face::LandmarkerOptions& landmarker = face.pipeline.landmarker;
  face::StateOptions& states = face.pipeline.states;
  s.Key("enabled", face.enabled)
      .Doc("whether faces are looked for; default: unless objects are (detector.model_file)");
  s.Enum("detector", face.detector,
         {{"auto", FaceDetector::kAuto},
          {"whole", FaceDetector::kWhole},
          {"tiles", FaceDetector::kTiles},
          {"yunet", FaceDetector::kYuNet},
          {"yolo_face", FaceDetector::kYoloFace}})
      .Doc(
          "how faces are found: auto (whole picture, and tiles for small faces), whole, tiles "
          "(always), or an ONNX model named by detector_file");
  s.Key("detector_file", face.detector_file).Doc("model file of the detectors yunet and yolo_face");
  s.Key("mesh", face.mesh)
      .Check([](int points) {
        return points == face::kMeshPoints || points == face::kRefinedPoints
                   ? absl::OkStatus()
                   : absl::InvalidArgumentError("must be 468 or 478");
      })
      .Doc("points of the mesh: 468, or 478 with irises, without which there is no gaze");
  s.Key("max_faces", face.max_faces)
      .Range(1, limits::kMaxFaces)
      .Doc("faces at once; default: 100 in a picture, 20 in a video");
  s.Key("min_mesh_score", landmarker.min_mesh_score)
      .Ratio()
      .Doc("a mesh that scores less is no face");
  s.Microseconds("lost_after", landmarker.lost_after_us)
      .Range(0s, 60s)
      .Doc("a face not seen for longer has left and comes back with a new id; 0s: at once");
  s.Key("vertical_fov", face.pipeline.head_pose.vertical_fov_deg)
      .Range(1, 179)
      .Doc("vertical field of view of the camera, degrees; sets the distance of heads");
  s.Group("finder", landmarker.finder, RegisterFinder);
  s.Key("smoothing.enabled", landmarker.smooth).Doc("One-Euro filter on the points of videos");
  s.Key("smoothing.min_cutoff", landmarker.smoothing.min_cutoff_hz)
      .Range(0.001F, 100)
      .Doc("cut-off of a point at rest, Hz: lower is calmer");
  s.Key("smoothing.beta", landmarker.smoothing.beta)
      .Range(0, 10'000)
      .Doc("cut-off gained per face size a second: higher lags less");
  s.Group("eyes", states.eyes, RegisterEyes);
  s.Group("blink", states.blink, RegisterBlink);
  s.Microseconds("perclos.window", states.perclos.window_us)
      .Doc("PERCLOS is the share of so much time");
  s.Group("yawn", states.yawn, RegisterYawn);
  s.Key("attention_purpose", face.attention_purpose)
      .Doc(
          "what people's attention is scored for, such as driver safety; has to be said before "
          "other machines are served (docs/drowsiness.md), and is shown in /health");
  s.Group("attention", states.attention, RegisterAttention);
  s.Group("drowsiness", states.drowsiness, RegisterDrowsiness);
  s.Check([&states] { return face::Validate(states); });
  s.Check([&face] {
    const bool needs_file =
        face.detector == FaceDetector::kYuNet || face.detector == FaceDetector::kYoloFace;
    if (!needs_file || !face.detector_file.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "detector: yunet and yolo_face are ONNX models of yours; name the file with "
        "face.detector_file, or use auto");
  });
}

void RegisterSource(Schema& s, SourceConfig& source) {
  media::SourceOptions& o = source.options;
  s.Enum("rtsp_transport", o.rtsp_transport,
         {{"tcp", media::RtspTransport::kTcp}, {"udp", media::RtspTransport::kUdp}})
      .Reload(Reload::kPerStream)
      .Doc("how RTSP sends pictures");
  s.Key("connect_timeout", o.connect_timeout)
      .Reload(Reload::kPerStream)
      .Doc("until a source has answered");
  s.Key("read_timeout", o.read_timeout)
      .Reload(Reload::kPerStream)
      .Doc("silence after which a live source is connected anew");
  s.Key("tls_verify", o.tls_verify)
      .Reload(Reload::kPerStream)
      .Doc("https: refuse certificates that this machine does not trust");
  s.Key("reconnect_attempts", source.live.attempts)
      .Range(0, 1'000'000)
      .Reload(Reload::kPerStream)
      .Doc("failed ones in a row after which a live source is given up; 0: never");
  s.Key("give_up_after", source.live.connect_timeout)
      .Reload(Reload::kPerStream)
      .Doc("a live source that never gave a picture is given up after this; 0: not");
  s.Key("camera_width", o.camera_size.width)
      .Range(0, limits::kMaxPictureSide)
      .Reload(Reload::kPerStream)
      .Doc("asked of a local camera; 0: its own choice");
  s.Key("camera_height", o.camera_size.height)
      .Range(0, limits::kMaxPictureSide)
      .Reload(Reload::kPerStream)
      .Doc("the same");
  s.Key("camera_fps", o.camera_fps)
      .Range(0, 1000)
      .Reload(Reload::kPerStream)
      .Doc("asked of a local camera; 0: its own choice");
}

void RegisterOutput(Schema& s, OutputConfig& output) {
  face::OverlayOptions& overlay = output.overlay;
  s.Key("jpeg_quality", output.jpeg_quality).Range(1, 100).Doc("of annotated pictures");
  s.Key("video_crf", output.video.crf)
      .Range(0, 51)
      .Doc("of annotated videos: 0 lossless to 51 worst");
  s.Key("video_preset", output.video.preset)
      .Check([](const std::string& name) -> absl::Status {
        const auto known = media::VideoPresets();
        if (std::ranges::find(known, name) != known.end()) return absl::OkStatus();
        return absl::InvalidArgumentError(fmt::format(
            "\"{}\" is not one of {}{}", name, fmt::join(known, ", "), DidYouMean(name, known)));
      })
      .Doc(fmt::format("x264's effort: {}", fmt::join(media::VideoPresets(), ", ")));
  s.Enum("mesh_style", overlay.mesh,
         {{"none", face::MeshStyle::kNone},
          {"points", face::MeshStyle::kPoints},
          {"contours", face::MeshStyle::kContours},
          {"tesselation", face::MeshStyle::kTesselation}})
      .Doc("how the mesh is drawn");
  s.Key("draw_irises", overlay.irises).Doc("circles around the irises");
  s.Key("draw_axes", overlay.axes).Doc("the head's axes");
  s.Key("draw_gaze", overlay.gaze).Doc("arrows where the eyes look");
  s.Key("draw_panel", overlay.panel).Doc("number and score bars beside each face");
}

}  // namespace

void Register(Schema& schema, Config& config) {
  schema
      .Enum("log.level", config.log.level,
            {{"debug", log::Level::kDebug},
             {"info", log::Level::kInfo},
             {"warning", log::Level::kWarning},
             {"error", log::Level::kError}})
      .Doc("what is logged");
  schema
      .Enum("log.format", config.log.format,
            {{"text", log::Format::kText}, {"json", log::Format::kJson}})
      .Doc("how it is logged, on stderr");
  schema.Key("models.dir", config.models.dir)
      .Doc("folder of the model files; default: found beside the program");
  schema.Key("models.onnxruntime_library", config.models.onnxruntime_library)
      .Doc(
          "libonnxruntime.so to use, such as a build with CUDA; default: the one set-up installed");
  schema
      .Enum("models.provider", config.models.provider,
            {{"cpu", nn::OnnxProvider::kCpu},
             {"cuda", nn::OnnxProvider::kCuda},
             {"tensorrt", nn::OnnxProvider::kTensorRt}})
      .Doc("what runs ONNX models");
  schema.Key("models.device", config.models.device).Range(0, 255).Doc("number of the GPU");
  schema.Key("models.server", config.models.server)
      .Check([](const std::string& url) {
        if (url.empty() || (nn::IsKserveUrl(url) && nn::ParseKserveUrl(url + "/model").ok()))
          return absl::OkStatus();
        return absl::InvalidArgumentError("must be grpc://host:port or grpcs://host:port");
      })
      .Doc(
          "grpc://host:port: a KServe v2 server (Triton, OpenVINO Model Server, vigil infer) that "
          "runs the face networks, by the names that vigil models list has; empty: here");
  schema.Key("models.server_ca_file", config.models.server_ca_file)
      .Doc(
          "PEM: who signs the certificate of grpcs:// servers, here and in detector.model_file; "
          "empty: whom this machine trusts");
  schema.Key("threads", config.threads)
      .Range(0, 1024)
      .Doc("inputs worked on at once; 0: one a core");
  schema.Key("masks", config.masks)
      .Check(media::Validate)
      .Items(0, limits::kMaxMasks)
      .EachItems(3, limits::kMaxPolygonVertices)
      .Reload(Reload::kPerStream)
      .Doc(
          "privacy masks: polygons of [x, y] in fractions or percent of the picture, painted black "
          "right after decoding");
  schema.Group("face", config.face, RegisterFace);
  schema.Group("source", config.source, RegisterSource);
  schema.Group("output", config.output, RegisterOutput);
  RegisterScene(schema, config.scene);
  RegisterDelivery(schema, config.delivery);
  RegisterServing(schema, config.server);
  RegisterOrchestrate(schema, config.orchestrate);
  RegisterEdge(schema, config.edge);
}

std::vector<std::string> NotYet(const Config& config) {
  std::vector<std::string> notes;
  if (config.scene.mode != Mode::kLocal)
    notes.emplace_back(
        "mode: only local has an effect in this version; everything is done in this process");
  if (config.scene.output.type != BusType::kNone)
    notes.emplace_back(
        "output.type: this version publishes no messages; --detections writes them to a file");
  if (config.scene.input.type != BusType::kNone)
    notes.emplace_back(
        "input.type: this version takes no messages; vigil replay reads them from a file");
  return notes;
}

absl::StatusOr<face::ModelOptions> ModelOptionsOf(const Config& config) {
  auto dir = nn::FindModelsDir(config.models.dir);
  if (!dir.ok()) return dir.status();
  face::ModelOptions options;
  options.dir = *std::move(dir);
  options.mesh_points = config.face.mesh;
  options.detector_file = config.face.detector_file;
  options.onnx.provider = config.models.provider;
  options.onnx.device = config.models.device;
  options.onnx.runtime_library = config.models.onnxruntime_library;
  options.server = config.models.server;
  options.server_ca_file = config.models.server_ca_file;
  if (config.face.detector == FaceDetector::kYuNet) options.detector = face::DetectorKind::kYuNet;
  if (config.face.detector == FaceDetector::kYoloFace)
    options.detector = face::DetectorKind::kYoloFace;
  return options;
}

int MaxFacesOf(const Config& config, bool is_picture) {
  return config.face.max_faces.value_or(is_picture ? kMaxFacesOfPicture : kMaxFacesOfVideo);
}

face::PipelineOptions PipelineOptionsOf(const Config& config, bool is_picture) {
  face::PipelineOptions options = config.face.pipeline;
  options.landmarker.max_faces = MaxFacesOf(config, is_picture);
  options.gaze.vertical_fov_deg = options.head_pose.vertical_fov_deg;
  switch (config.face.detector) {
    case FaceDetector::kWhole:
      options.landmarker.finder.mode = face::FinderMode::kWhole;
      break;
    case FaceDetector::kTiles:
      options.landmarker.finder.mode = face::FinderMode::kTiles;
      break;
    default:
      options.landmarker.finder.mode = face::FinderMode::kAuto;
      break;
  }
  return options;
}

}  // namespace vigil::app
