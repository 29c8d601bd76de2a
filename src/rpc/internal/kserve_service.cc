#include "rpc/internal/kserve_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "core/status.h"
#include "core/time.h"
#include "inference/grpc_predict_v2.pb.h"
#include "rpc/internal/messages.h"
#include "rpc/internal/pooled_calls.h"

namespace vigil::rpc::internal {
namespace {

// Elements are sent as they lie in memory, which the protocol wants in little-endian order.
static_assert(std::endian::native == std::endian::little);

constexpr const char* kType = "FP32";  // of every tensor that nn::Model has

struct Known {
  ServedModel* model;
  Counter ok, failed;
  Histogram duration_ms;
};

class Models {
 public:
  Models(std::vector<ServedModel>& models, Metrics& metrics) {
    for (ServedModel& model : models) {
      metrics
          .AddGauge("model_version", "Models that are served; always 1",
                    {{"model", model.name}, {"version", model.version}})
          .Set(1);
      const auto requests = [&](const char* outcome) {
        return metrics.AddCounter("vigil_model_requests_total", "Runs of a model over KServe v2",
                                  {{"model", model.name}, {"outcome", outcome}});
      };
      known_.push_back({&model, requests("ok"), requests("error"),
                        metrics.AddHistogram("vigil_model_duration_ms",
                                             "Run of a model over KServe v2, milliseconds",
                                             LatencyBounds(), {{"model", model.name}})});
    }
  }

  absl::StatusOr<const Known*> Find(const std::string& name, const std::string& version) const {
    for (const Known& one : known_) {
      if (one.model->name != name) continue;
      if (version.empty() || version == one.model->version) return &one;
      return absl::NotFoundError(
          fmt::format("model {} has the version {} alone", name, one.model->version));
    }
    return absl::NotFoundError("no such model");
  }

 private:
  std::vector<Known> known_;
};

std::size_t BytesOf(const nn::TensorInfo& info) { return info.elements() * sizeof(float); }

absl::Status CheckInput(const inference::ModelInferRequest::InferInputTensor& tensor,
                        const nn::TensorInfo& info) {
  if (tensor.datatype() != kType)
    return absl::InvalidArgumentError(
        fmt::format("input {}: the model takes {}, not {}", info.name, kType, tensor.datatype()));
  if (!std::ranges::equal(tensor.shape(), info.shape))
    return absl::InvalidArgumentError(
        fmt::format("input {}: the shape is not the model's; see ModelMetadata", info.name));
  return absl::OkStatus();
}

// Puts the request's tensors into the model.
absl::Status FillInputs(const inference::ModelInferRequest& request, nn::Model& model) {
  const auto infos = model.inputs();
  const bool raw = request.raw_input_contents_size() > 0;
  if (static_cast<std::size_t>(request.inputs_size()) != infos.size())
    return absl::InvalidArgumentError(
        fmt::format("{} inputs came, the model takes {}", request.inputs_size(), infos.size()));
  if (raw && request.raw_input_contents_size() != request.inputs_size())
    return absl::InvalidArgumentError("raw_input_contents has to hold one entry for each input");
  std::vector<bool> filled(infos.size());
  for (int i = 0; i < request.inputs_size(); ++i) {
    const auto& tensor = request.inputs(i);
    const auto info = std::ranges::find(infos, tensor.name(), &nn::TensorInfo::name);
    if (info == infos.end())
      return absl::InvalidArgumentError("an input has a name that the model does not know");
    const auto index = static_cast<std::size_t>(info - infos.begin());
    if (filled[index])
      return absl::InvalidArgumentError(fmt::format("input {} came twice", info->name));
    filled[index] = true;
    if (auto status = CheckInput(tensor, *info); !status.ok()) return status;
    const std::span<float> to = model.input(index);
    if (raw) {
      const std::string& bytes = request.raw_input_contents(i);
      if (tensor.has_contents())
        return absl::InvalidArgumentError(
            fmt::format("input {} has contents beside raw_input_contents", info->name));
      if (bytes.size() != BytesOf(*info))
        return absl::InvalidArgumentError(fmt::format("input {}: {} bytes came, {} are needed",
                                                      info->name, bytes.size(), BytesOf(*info)));
      std::memcpy(to.data(), bytes.data(), bytes.size());
    } else {
      const auto& values = tensor.contents().fp32_contents();
      if (static_cast<std::size_t>(values.size()) != to.size())
        return absl::InvalidArgumentError(
            fmt::format("input {}: {} elements in fp32_contents, {} are needed", info->name,
                        values.size(), to.size()));
      std::ranges::copy(values, to.begin());
    }
  }
  return absl::OkStatus();
}

void AddOutput(const nn::Model& model, std::size_t index, bool raw,
               inference::ModelInferResponse& response) {
  const nn::TensorInfo& info = model.outputs()[index];
  const std::span<const float> values = model.output(index);
  auto& tensor = *response.add_outputs();
  tensor.set_name(info.name);
  tensor.set_datatype(kType);
  tensor.mutable_shape()->Add(info.shape.begin(), info.shape.end());
  if (raw) {
    response.add_raw_output_contents(reinterpret_cast<const char*>(values.data()),
                                     values.size_bytes());
  } else {
    tensor.mutable_contents()->mutable_fp32_contents()->Add(values.begin(), values.end());
  }
}

// Runs the model that a request asks for. Contents come back as they came: raw or typed.
absl::Status Infer(const Models& models, int worker, const inference::ModelInferRequest& request,
                   inference::ModelInferResponse& response) {
  const auto known = models.Find(request.model_name(), request.model_version());
  if (!known.ok()) return known.status();
  ServedModel& served = *(*known)->model;
  nn::Model& model = *served.of_worker[static_cast<std::size_t>(worker)];
  response.Clear();
  response.set_model_name(served.name);
  response.set_model_version(served.version);
  response.set_id(request.id());
  const auto start = Clock::now();
  const auto run = [&]() -> absl::Status {
    std::vector<std::size_t> wanted;
    for (const auto& output : request.outputs()) {
      const int index = model.FindOutput(output.name());
      if (index < 0)
        return absl::InvalidArgumentError("an output has a name that the model does not know");
      if (std::ranges::count(wanted, static_cast<std::size_t>(index)) > 0)
        return absl::InvalidArgumentError(
            fmt::format("output {} is asked for twice", output.name()));
      wanted.push_back(static_cast<std::size_t>(index));
    }
    if (auto status = FillInputs(request, model); !status.ok()) return status;
    if (auto status = model.Run(); !status.ok()) return status;
    if (wanted.empty()) {
      for (std::size_t i = 0; i < model.outputs().size(); ++i) wanted.push_back(i);
    }
    const bool raw = request.raw_input_contents_size() > 0 || request.inputs_size() == 0;
    for (const std::size_t index : wanted) AddOutput(model, index, raw, response);
    return absl::OkStatus();
  };
  const absl::Status status = run();
  ((*known)->*(status.ok() ? &Known::ok : &Known::failed)).Add();
  (*known)->duration_ms.Observe(static_cast<double>(MicrosBetween(start, Clock::now())) * 1e-3);
  return status;
}

class InferAnswerer final : public Answerer {
 public:
  InferAnswerer(std::shared_ptr<const Models> models, bool is_stream)
      : models_(std::move(models)), is_stream_(is_stream) {}

  absl::StatusOr<grpc::ByteBuffer> Answer(Request request) override {
    absl::Status status = Parse(request.message, request_);
    if (status.ok()) status = Infer(*models_, request.worker, request_, response());
    if (!is_stream_) {
      if (!status.ok()) return status;
      return Serialise(response());
    }
    if (!status.ok()) {
      response().Clear();
      response().set_id(request_.id());
    }
    stream_response_.set_error_message(std::string(MessageOf(status)));
    return Serialise(stream_response_);
  }

 private:
  inference::ModelInferResponse& response() { return *stream_response_.mutable_infer_response(); }

  const std::shared_ptr<const Models> models_;
  const bool is_stream_;
  inference::ModelInferRequest request_;
  inference::ModelStreamInferResponse stream_response_;
};

void Describe(const nn::TensorInfo& info, inference::ModelMetadataResponse::TensorMetadata& to) {
  to.set_name(info.name);
  to.set_datatype(kType);
  to.mutable_shape()->Add(info.shape.begin(), info.shape.end());
}

absl::StatusOr<grpc::ByteBuffer> Metadata(const Models& models, const grpc::ByteBuffer& message) {
  inference::ModelMetadataRequest request;
  if (auto status = Parse(message, request); !status.ok()) return status;
  const auto known = models.Find(request.name(), request.version());
  if (!known.ok()) return known.status();
  const ServedModel& served = *(*known)->model;
  inference::ModelMetadataResponse response;
  response.set_name(served.name);
  response.add_versions(served.version);
  response.set_platform(served.platform);
  for (const auto& info : served.of_worker[0]->inputs()) Describe(info, *response.add_inputs());
  for (const auto& info : served.of_worker[0]->outputs()) Describe(info, *response.add_outputs());
  return Serialise(response);
}

}  // namespace

Service KserveService(std::vector<ServedModel>& models, StreamPool& pool, const Health& health,
                      Metrics& metrics) {
  using Reply = absl::StatusOr<grpc::ByteBuffer>;
  const auto known = std::make_shared<const Models>(models, metrics);
  const auto open = [known](bool is_stream) {
    return [known, is_stream](const Call&) -> absl::StatusOr<std::unique_ptr<Answerer>> {
      return std::make_unique<InferAnswerer>(known, is_stream);
    };
  };
  Service service{"inference.GRPCInferenceService", {}};
  service.methods.push_back(QuickMethod("ServerLive", [](const grpc::ByteBuffer&) -> Reply {
    inference::ServerLiveResponse response;
    response.set_live(true);
    return Serialise(response);
  }));
  service.methods.push_back(QuickMethod("ServerReady", [&health](const grpc::ByteBuffer&) -> Reply {
    inference::ServerReadyResponse response;
    response.set_ready(health.state() != HealthState::kUnhealthy);
    return Serialise(response);
  }));
  service.methods.push_back(
      QuickMethod("ModelReady", [known, &health](const grpc::ByteBuffer& message) -> Reply {
        inference::ModelReadyRequest request;
        if (auto status = Parse(message, request); !status.ok()) return status;
        inference::ModelReadyResponse response;
        response.set_ready(health.state() != HealthState::kUnhealthy &&
                           known->Find(request.name(), request.version()).ok());
        return Serialise(response);
      }));
  service.methods.push_back(
      QuickMethod("ServerMetadata", [&health](const grpc::ByteBuffer&) -> Reply {
        inference::ServerMetadataResponse response;
        response.set_name("vigil");
        response.set_version(health.version());
        return Serialise(response);
      }));
  service.methods.push_back(QuickMethod(
      "ModelMetadata",
      [known](const grpc::ByteBuffer& message) -> Reply { return Metadata(*known, message); }));
  service.methods.push_back(UnaryMethod("ModelInfer", pool, open(false)));
  service.methods.push_back(StreamMethod("ModelStreamInfer", pool, Pace::kAnswerEvery, open(true)));
  return service;
}

}  // namespace vigil::rpc::internal
