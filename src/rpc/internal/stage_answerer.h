// How the services of single stages answer: a request a face's frame, by itself or in a stream.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>
#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/status.h"
#include "core/stream_pool.h"
#include "core/time.h"
#include "rpc/backends.h"
#include "rpc/internal/call_server.h"
#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/inference_metrics.h"
#include "rpc/internal/messages.h"
#include "rpc/internal/pooled_calls.h"
#include "rpc/internal/stage_messages.h"

namespace vigil::rpc::internal {

/// What the calls of a stage share.
struct StageShared {
  StageShared(const StageBackend& stage_backend, int workers, Metrics& all_metrics,
              const media::PictureLimits& limits = media::NetworkPictureLimits())
      : backend(stage_backend),
        name(NameOf(stage_backend.stage)),
        metrics(all_metrics, name),
        decoders(DecodersOf(workers, limits)) {}

  const StageBackend& backend;
  const std::string name;
  const InferenceMetrics metrics;
  std::vector<FrameDecoder> decoders;  // one a worker
};

inline absl::Status CheckCount(int count, int most, const char* what) {
  if (count <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} {}: at most {}", count, what, most));
}

/// Of messages without a picture: what is beyond them is not even parsed.
inline absl::Status ParseMeshes(const grpc::ByteBuffer& bytes,
                                google::protobuf::MessageLite& into) {
  if (bytes.Length() > kMaxMeshesBytes)
    return absl::ResourceExhaustedError(fmt::format(
        "{} bytes: at most {} of a message without a picture", bytes.Length(), kMaxMeshesBytes));
  return Parse(bytes, into);
}

/// Answers each request by `Work`, made of (StageShared&, bool is_stream) for each call, which has
///   using Response: its message;
///   absl::Status Answer(const Request&, Response&): fills in the times of decoding and networks where there are some;
///   std::string_view stream(), std::size_t count(const Response&): for logs and metrics.
template <typename Work>
class StageAnswerer final : public Answerer {
 public:
  StageAnswerer(std::shared_ptr<StageShared> shared, const Call& call, bool is_stream)
      : shared_(std::move(shared)),
        work_(*shared_, is_stream),
        is_stream_(is_stream),
        deadline_(call.deadline()),
        trace_id_(call.trace_id()) {
    if (is_stream_) shared_->metrics.Streams(1);
  }
  ~StageAnswerer() override {
    if (is_stream_) shared_->metrics.Streams(-1);
  }

  absl::StatusOr<grpc::ByteBuffer> Answer(Request request) override {
    const auto taken = Clock::now();
    response_.Clear();
    v1::Timings& timings = *response_.mutable_timings();
    absl::Status status = absl::DeadlineExceededError("nobody waits for the answer any more");
    if (taken < deadline_) status = work_.Answer(request, response_);
    const auto answered = Clock::now();
    const std::int64_t total_us = MicrosBetween(request.arrived, answered);
    timings.set_queue_us(MicrosBetween(request.arrived, taken));
    timings.set_total_us(total_us);
    timings.set_other_us(MicrosBetween(taken, answered) - timings.decode_us() -
                         timings.detect_us() - timings.mesh_us());
    // The work of a stage without a network is what it calculates.
    const std::int64_t work_us = shared_->backend.networks_of_worker.empty()
                                     ? timings.other_us()
                                     : timings.detect_us() + timings.mesh_us();
    shared_->metrics.Answered(status.ok(), work_.count(response_), work_us, total_us);
    if (log::Shown(log::Level::kDebug)) Tell(total_us, status);
    if (!status.ok()) {
      if (!is_stream_) return status;
      ToMessage(status, *response_.mutable_error());
    }
    return Serialise(response_);
  }

 private:
  void Tell(std::int64_t total_us, const absl::Status& status) const {
    const std::string frame = fmt::format("{}", response_.sequence());
    const log::Field fields[] = {
        {"stream_id", work_.stream()}, {"frame", frame, true}, {"trace_id", trace_id_}};
    log::Write(
        log::Level::kDebug,
        fmt::format("answered in {} us{}{}", total_us, status.ok() ? "" : ": ", MessageOf(status)),
        fields);
  }

  const std::shared_ptr<StageShared> shared_;
  Work work_;
  const bool is_stream_;
  const Deadline deadline_;
  const std::string trace_id_;
  typename Work::Response response_;
};

/// "vigil.v1.<name>" with `method` and Stream`method`.
template <typename Work>
Service MakeService(const char* name, const char* method,
                    const std::shared_ptr<StageShared>& shared, StreamPool& pool) {
  const auto open = [&](bool is_stream) {
    return [shared, is_stream](const Call& call) -> absl::StatusOr<std::unique_ptr<Answerer>> {
      return std::make_unique<StageAnswerer<Work>>(shared, call, is_stream);
    };
  };
  Service service{fmt::format("vigil.v1.{}", name), {}};
  service.methods.push_back(UnaryMethod(method, pool, open(false)));
  service.methods.push_back(
      StreamMethod(fmt::format("Stream{}", method), pool, Pace::kAnswerEvery, open(true)));
  return service;
}

}  // namespace vigil::rpc::internal
