#include "rpc/internal/inference_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "core/utf8.h"
#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/frame_request.h"
#include "rpc/internal/inference_metrics.h"
#include "rpc/internal/messages.h"
#include "rpc/internal/pooled_calls.h"

namespace vigil::rpc::internal {
namespace {

constexpr std::uint32_t kFrame = v1::InferenceRequest::kFrameFieldNumber;
constexpr std::uint32_t kLastField = v1::InferenceRequest::kMinConfidenceFieldNumber;

struct Shared {
  Shared(ObjectBackend& backend, int workers, const media::PictureLimits& limits,
         Metrics& all_metrics)
      : objects(backend), metrics(all_metrics, "objects"), decoders(DecodersOf(workers, limits)) {}

  ObjectBackend& objects;
  const InferenceMetrics metrics;
  std::vector<FrameDecoder> decoders;  // one a worker
};

class ObjectsAnswerer final : public Answerer {
 public:
  ObjectsAnswerer(std::shared_ptr<Shared> shared, bool is_stream)
      : shared_(std::move(shared)), is_stream_(is_stream) {
    if (is_stream_) shared_->metrics.Streams(1);
  }
  ~ObjectsAnswerer() override {
    if (is_stream_) shared_->metrics.Streams(-1);
  }

  void OnDropped(std::uint64_t frames) override {
    dropped_ += frames;
    shared_->metrics.Dropped(frames);
  }

  absl::StatusOr<grpc::ByteBuffer> Answer(Request request) override {
    const auto taken = Clock::now();
    const std::uint64_t dropped = dropped_;
    result_.Clear();
    v1::Timings& timings = *result_.mutable_timings();
    const absl::Status status = Look(request, taken, timings);
    request_.Clear();
    const std::int64_t total_us = MicrosBetween(request.arrived, Clock::now());
    shared_->metrics.Answered(status.ok(), static_cast<std::size_t>(result_.detections_size()),
                              timings.detect_us(), total_us);
    if (!status.ok()) {
      log::Debug("objects: picture {}: {}", result_.sequence(), MessageOf(status));
      if (!is_stream_) return status;
      ToMessage(status, *result_.mutable_error());
    }
    result_.set_model_name(shared_->objects.model_name());
    result_.set_dropped(dropped);
    timings.set_queue_us(MicrosBetween(request.arrived, taken));
    timings.set_total_us(total_us);
    return Serialise(result_);
  }

 private:
  absl::Status Look(const Request& request, Clock::time_point taken, v1::Timings& timings) {
    if (auto status = request_.Read(request.message, kFrame, kLastField, frame_); !status.ok())
      return status;
    result_.set_timestamp_us(frame_.timestamp_us());
    result_.set_sequence(frame_.sequence());
    if (auto status = CheckStreamId(frame_.stream_id()); !status.ok()) return status;
    if (auto status = CheckTimestamp(frame_.timestamp_us()); !status.ok()) return status;
    if (auto status = CheckRatio(frame_.min_confidence(), "min_confidence"); !status.ok())
      return status;
    result_.set_stream_id(frame_.stream_id());
    const auto encoding = EncodingOf(frame_.encoding(), request_.bytes(), FrameEncoding::kBgr24);
    if (!encoding.ok()) return encoding.status();
    FrameDecoder& decoder = shared_->decoders[static_cast<std::size_t>(request.worker)];
    const auto image =
        decoder.Decode(request_.bytes(), *encoding, {frame_.width(), frame_.height()});
    const auto decoded = Clock::now();
    timings.set_decode_us(MicrosBetween(taken, decoded));
    if (!image.ok()) return image.status();
    const auto detections = shared_->objects.Detect(request.worker, *image);
    timings.set_detect_us(MicrosBetween(decoded, Clock::now()));
    if (!detections.ok()) return detections.status();
    result_.set_width(image->width);
    result_.set_height(image->height);
    ToMessage(*detections, shared_->objects.class_names(), frame_.min_confidence(), result_);
    return absl::OkStatus();
  }

  const std::shared_ptr<Shared> shared_;
  const bool is_stream_;
  FrameRequest request_;
  v1::InferenceRequest frame_;
  v1::InferenceResponse result_;
  std::atomic<std::uint64_t> dropped_ = 0;
};

v1::HealthCheckResponse::Status StatusOf(HealthState state) {
  switch (state) {
    case HealthState::kHealthy:
      return v1::HealthCheckResponse::STATUS_HEALTHY;
    case HealthState::kDegraded:
      return v1::HealthCheckResponse::STATUS_DEGRADED;
    case HealthState::kUnhealthy:
      return v1::HealthCheckResponse::STATUS_UNHEALTHY;
  }
  return v1::HealthCheckResponse::STATUS_UNSPECIFIED;
}

}  // namespace

Service InferenceService(ObjectBackend* objects, StreamPool& pool, const Health& health,
                         const std::vector<std::string>& services,
                         const media::PictureLimits& limits, Metrics& metrics) {
  Service service{"vigil.v1.InferenceService", {}};
  std::shared_ptr<Shared> shared;
  if (objects != nullptr)
    shared = std::make_shared<Shared>(*objects, pool.workers(), limits, metrics);
  const auto open = [shared](bool is_stream) {
    return [shared, is_stream](const Call&) -> absl::StatusOr<std::unique_ptr<Answerer>> {
      if (shared == nullptr)
        return absl::FailedPreconditionError("this server looks for no objects");
      return std::make_unique<ObjectsAnswerer>(shared, is_stream);
    };
  };
  service.methods.push_back(UnaryMethod("Infer", pool, open(false)));
  service.methods.push_back(StreamMethod("StreamInfer", pool, Pace::kNewestWins, open(true)));
  service.methods.push_back(QuickMethod(
      "HealthCheck",
      [&health, &services](const grpc::ByteBuffer& message) -> absl::StatusOr<grpc::ByteBuffer> {
        v1::HealthCheckRequest request;
        if (auto status = Parse(message, request); !status.ok()) return status;
        const std::string& wanted = request.service();
        if (!wanted.empty() && std::ranges::find(services, wanted) == services.end())
          return absl::NotFoundError(fmt::format("no service {} here", Printable(wanted)));
        v1::HealthCheckResponse response;
        response.set_status(StatusOf(health.state()));
        response.set_version(health.version());
        for (const auto& [name, part] : health.parts())
          (*response.mutable_details())[name] = part.text;
        return Serialise(response);
      }));
  return service;
}

}  // namespace vigil::rpc::internal
