#include "rpc/internal/gaze_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/frame_request.h"
#include "rpc/internal/inference_metrics.h"
#include "rpc/internal/messages.h"
#include "rpc/internal/pooled_calls.h"

namespace vigil::rpc::internal {
namespace {

constexpr std::uint32_t kFrameData = v1::VideoFrame::kFrameDataFieldNumber;
constexpr std::uint32_t kLastField = v1::VideoFrame::kBudgetUsFieldNumber;
constexpr std::int64_t kLongestBudgetUs = 3'600'000'000;

// What the streams share.
struct Shared {
  Shared(FaceBackend& backend, int workers, const media::PictureLimits& limits,
         Metrics& all_metrics)
      : faces(backend), metrics(all_metrics, "gaze"), decoders(DecodersOf(workers, limits)) {}

  FaceBackend& faces;
  const InferenceMetrics metrics;
  std::vector<FrameDecoder> decoders;  // one a worker
};

class GazeStream final : public Answerer {
 public:
  GazeStream(std::shared_ptr<Shared> shared, const Call& call)
      : shared_(std::move(shared)),
        faces_(shared_->faces.Open()),
        trace_id_(call.trace_id()),
        peer_(call.peer()) {
    shared_->metrics.Streams(1);
  }
  ~GazeStream() override {
    shared_->metrics.Streams(-1);
    // Streams that are opened and abandoned may be many.
    Log(frames_ > 0 ? log::Level::kInfo : log::Level::kDebug,
        fmt::format("gaze stream ended: {} frames answered, {} of them with "
                    "errors, {} dropped",
                    frames_, failed_, dropped_.load()));
  }

  void OnDropped(std::uint64_t frames) override {
    dropped_ += frames;
    shared_->metrics.Dropped(frames);
  }

  absl::StatusOr<grpc::ByteBuffer> Answer(Request request) override {
    const auto taken = Clock::now();
    const std::uint64_t dropped = dropped_;
    result_.Clear();
    result_.set_main_face(-1);
    std::size_t found = 0;
    std::int64_t model_us = 0;
    v1::Timings& timings = *result_.mutable_timings();
    const absl::Status status = Look(request, taken, timings, found, model_us);
    if (!status.ok()) {
      ToMessage(status, *result_.mutable_error());
      ++failed_;
      // The first is told; of the others there may be as many as frames.
      Log(failed_ == 1 ? log::Level::kWarning : log::Level::kDebug, MessageOf(status),
          result_.sequence());
    }
    request_.Clear();
    ++frames_;
    result_.set_dropped(dropped);
    timings.set_queue_us(MicrosBetween(request.arrived, taken));
    const std::int64_t total_us = MicrosBetween(request.arrived, Clock::now());
    timings.set_total_us(total_us);
    shared_->metrics.Answered(status.ok(), found, model_us, total_us);
    return Serialise(result_);
  }

 private:
  absl::Status Look(const Request& request, Clock::time_point taken, v1::Timings& timings,
                    std::size_t& found, std::int64_t& model_us) {
    if (auto status = request_.Read(request.message, kFrameData, kLastField, frame_); !status.ok())
      return status;
    result_.set_timestamp_us(frame_.timestamp_us());
    result_.set_sequence(frame_.sequence());
    if (auto status = CheckStreamId(frame_.stream_id()); !status.ok()) return status;
    result_.set_stream_id(frame_.stream_id());
    stream_id_ = frame_.stream_id();
    if (auto status = CheckTimestamp(frame_.timestamp_us()); !status.ok()) return status;
    if (latest_us_ && frame_.timestamp_us() <= *latest_us_)
      return absl::InvalidArgumentError(
          fmt::format("timestamp_us {} does not come after {}; a new call begins anew",
                      frame_.timestamp_us(), *latest_us_));
    if (frame_.budget_us() < 0) return absl::InvalidArgumentError("budget_us is below 0");
    if (frame_.budget_us() > 0 && MicrosBetween(request.arrived, taken) > frame_.budget_us())
      return absl::DeadlineExceededError("the frame's time was over before its turn came");
    const auto encoding = EncodingOf(frame_.encoding(), request_.bytes(), FrameEncoding::kRgb24);
    if (!encoding.ok()) return encoding.status();
    FrameDecoder& decoder = shared_->decoders[static_cast<std::size_t>(request.worker)];
    const auto image =
        decoder.Decode(request_.bytes(), *encoding, {frame_.width(), frame_.height()});
    timings.set_decode_us(MicrosBetween(taken, Clock::now()));
    if (!image.ok()) return image.status();
    latest_us_ = frame_.timestamp_us();
    StreamFrame frame{.image = *image,
                      .timestamp_us = frame_.timestamp_us(),
                      .sequence = frame_.sequence(),
                      .stream_id = frame_.stream_id(),
                      .jpeg = decoder.jpeg(),
                      .trace_id = trace_id_};
    if (frame_.budget_us() > 0)
      frame.deadline = request.arrived +
                       std::chrono::microseconds(std::min(frame_.budget_us(), kLongestBudgetUs));
    const auto faces = faces_->Next(request.worker, frame);
    if (!faces.ok()) return faces.status();
    const face::FaceResult& result = **faces;
    ToMessage(result, image->size(), !frame_.omit_points(), result_);
    timings.set_detect_us(result.timing.detect_us);
    timings.set_mesh_us(result.timing.mesh_us);
    timings.set_other_us(result.timing.other_us);
    found = result.faces.size();
    model_us = result.timing.detect_us + result.timing.mesh_us;
    return absl::OkStatus();
  }

  void Log(log::Level level, std::string_view text,
           std::optional<std::uint64_t> frame = std::nullopt) const {
    const std::string number = frame ? std::to_string(*frame) : "";
    const log::Field fields[] = {{"stream_id", stream_id_},
                                 {"frame", number, true},
                                 {"peer", peer_},
                                 {"trace_id", trace_id_}};
    log::Write(level, text, fields);
  }

  const std::shared_ptr<Shared> shared_;
  const std::unique_ptr<FaceStream> faces_;
  const std::string trace_id_, peer_;
  FrameRequest request_;
  v1::VideoFrame frame_;
  v1::FaceMeshResult result_;
  std::string stream_id_;
  std::optional<std::int64_t> latest_us_;
  std::uint64_t frames_ = 0, failed_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
};

}  // namespace

Service GazeService(FaceBackend* faces, StreamPool& pool, const media::PictureLimits& limits,
                    Metrics& metrics) {
  Service service{"vigil.v1.GazeService", {}};
  std::shared_ptr<Shared> shared;
  if (faces != nullptr) shared = std::make_shared<Shared>(*faces, pool.workers(), limits, metrics);
  service.methods.push_back(
      StreamMethod("StreamGaze", pool, Pace::kNewestWins,
                   [shared](const Call& call) -> absl::StatusOr<std::unique_ptr<Answerer>> {
                     if (shared == nullptr)
                       return absl::FailedPreconditionError("this server looks for no faces");
                     return std::make_unique<GazeStream>(shared, call);
                   }));
  return service;
}

}  // namespace vigil::rpc::internal
