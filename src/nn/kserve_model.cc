#include "nn/kserve_model.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "core/limits.h"
#include "inference/grpc_predict_v2.grpc.pb.h"

namespace vigil::nn {
namespace {

// Raw contents are little-endian, as they lie in memory here.
static_assert(std::endian::native == std::endian::little);

constexpr const char* kType = "FP32";
constexpr int kMaxTensors = 64;
constexpr std::size_t kMaxMessageBytes = limits::kMaxTensorElements * sizeof(float);

absl::Status FromGrpc(const KserveOptions& options, const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  return {code, fmt::format("model {} at {}: {}", options.model, options.address,
                            status.error_message().empty() ? absl::StatusCodeToString(code)
                                                           : status.error_message())};
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const KserveOptions& options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (options.tls) {
    grpc::SslCredentialsOptions ssl;
    if (!options.ca_file.empty()) {
      std::ifstream file(options.ca_file, std::ios::binary);
      ssl.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
      if (ssl.pem_root_certs.empty())
        return absl::NotFoundError(fmt::format("{}: cannot be read", options.ca_file));
    }
    credentials = grpc::SslCredentials(ssl);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(kMaxMessageBytes));
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

using Metadata = inference::ModelMetadataResponse::TensorMetadata;

// What the server says of a tensor, with its open dimensions closed.
absl::StatusOr<TensorInfo> InfoOf(const Metadata& tensor, const KserveOptions& options) {
  if (tensor.datatype() != kType)
    return absl::InvalidArgumentError(
        fmt::format("tensor {} is {}; only {} is run", tensor.name(), tensor.datatype(), kType));
  TensorInfo info{tensor.name(), {tensor.shape().begin(), tensor.shape().end()}};
  const auto& shape = options.input_shape;
  if (!shape.empty() && shape.size() != info.shape.size())
    return absl::InvalidArgumentError(
        fmt::format("tensor {} has {} dimensions", tensor.name(), info.shape.size()));
  std::size_t elements = 1;
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    std::int64_t& side = info.shape[i];
    if (!shape.empty() && side >= 0 && shape[i] != side)
      return absl::InvalidArgumentError(
          fmt::format("tensor {}: dimension {} is {}", tensor.name(), i, side));
    if (side < 0) side = !shape.empty() ? shape[i] : i == 0 ? 1 : options.open_side;
    if (side <= 0 || static_cast<std::size_t>(side) > limits::kMaxTensorElements / elements)
      return absl::InvalidArgumentError(
          fmt::format("tensor {}: its size cannot be", tensor.name()));
    elements *= static_cast<std::size_t>(side);
  }
  return info;
}

// Of an output that came. May be empty where outputs vary.
bool SizeFits(const inference::ModelInferResponse::InferOutputTensor& tensor) {
  std::size_t elements = 1;
  for (const std::int64_t side : tensor.shape()) {
    if (side < 0 ||
        (side > 0 && static_cast<std::size_t>(side) >
                         limits::kMaxTensorElements / std::max<std::size_t>(elements, 1)))
      return false;
    elements *= static_cast<std::size_t>(side);
  }
  return true;
}

}  // namespace

struct KserveModel::State {
  KserveOptions options;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub;
  std::vector<TensorInfo> inputs, outputs;
  std::vector<std::vector<float>> outputs_data;
  bool described = false;                // the outputs' shapes are those of a run
  inference::ModelInferRequest request;  // inputs lie in its raw contents
  inference::ModelInferResponse response;

  void Prepare(grpc::ClientContext& context) const {
    context.set_deadline(std::chrono::system_clock::now() + options.timeout);
  }
  absl::Status Describe();
  absl::Status Infer();
  absl::Status TakeOutputs();
  absl::Status Wrong(std::string_view what) const {
    return absl::InternalError(
        fmt::format("model {} at {}: {}", options.model, options.address, what));
  }
};

absl::Status KserveModel::State::Describe() {
  inference::ModelMetadataRequest ask;
  ask.set_name(options.model);
  ask.set_version(options.version);
  inference::ModelMetadataResponse metadata;
  grpc::ClientContext context;
  Prepare(context);
  if (auto status = FromGrpc(options, stub->ModelMetadata(&context, ask, &metadata)); !status.ok())
    return status;
  if (metadata.inputs_size() == 0 || metadata.inputs_size() > kMaxTensors ||
      metadata.outputs_size() == 0 || metadata.outputs_size() > kMaxTensors)
    return absl::InvalidArgumentError(
        fmt::format("model {}: {} inputs and {} outputs; 1 to {} of each are run", options.model,
                    metadata.inputs_size(), metadata.outputs_size(), kMaxTensors));
  if (!options.input_shape.empty() && metadata.inputs_size() != 1)
    return absl::InvalidArgumentError(
        fmt::format("model {} has {} inputs", options.model, metadata.inputs_size()));
  request.set_model_name(options.model);
  request.set_model_version(options.version);
  for (int i = 0; i < metadata.inputs_size(); ++i) {
    auto info = InfoOf(metadata.inputs(i), options);
    if (!info.ok()) return info.status();
    auto& tensor = *request.add_inputs();
    tensor.set_name(info->name);
    tensor.set_datatype(kType);
    tensor.mutable_shape()->Add(info->shape.begin(), info->shape.end());
    request.add_raw_input_contents()->resize(info->elements() * sizeof(float), '\0');
    inputs.push_back(*std::move(info));
  }
  for (const Metadata& tensor : metadata.outputs()) {
    if (tensor.datatype() != kType)
      return absl::InvalidArgumentError(
          fmt::format("output {} is {}; only {} is run", tensor.name(), tensor.datatype(), kType));
    request.add_outputs()->set_name(tensor.name());
    outputs.push_back({tensor.name(), {}});
  }
  outputs_data.resize(outputs.size());
  if (auto status = Infer(); !status.ok()) return status;
  return TakeOutputs();
}

absl::Status KserveModel::State::Infer() {
  grpc::ClientContext context;
  Prepare(context);
  return FromGrpc(options, stub->ModelInfer(&context, request, &response));
}

absl::Status KserveModel::State::TakeOutputs() {
  if (static_cast<std::size_t>(response.outputs_size()) != outputs.size())
    return Wrong("not all outputs came");
  const bool raw = response.raw_output_contents_size() > 0;
  if (raw && response.raw_output_contents_size() != response.outputs_size())
    return Wrong("raw contents are not those of the outputs");
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& tensor = response.outputs(static_cast<int>(i));
    TensorInfo& info = outputs[i];
    std::vector<float>& to = outputs_data[i];
    if (tensor.name() != info.name) return Wrong("outputs came in another order");
    if (tensor.datatype() != kType) return Wrong("an output has another type");
    if (!std::ranges::equal(tensor.shape(), info.shape)) {
      if (described && !options.varying_outputs) return Wrong("an output has another shape");
      if (!SizeFits(tensor)) return Wrong("an output's size cannot be");
      info.shape.assign(tensor.shape().begin(), tensor.shape().end());
      if (info.elements() == 0 && !options.varying_outputs) return Wrong("an output is empty");
    }
    to.resize(info.elements());
    if (raw) {
      const std::string& bytes = response.raw_output_contents(static_cast<int>(i));
      if (bytes.size() != to.size() * sizeof(float)) return Wrong("an output has another size");
      std::memcpy(to.data(), bytes.data(), bytes.size());
    } else {
      const auto& values = tensor.contents().fp32_contents();
      if (static_cast<std::size_t>(values.size()) != to.size())
        return Wrong("an output has another size");
      std::ranges::copy(values, to.begin());
    }
  }
  described = true;
  return absl::OkStatus();
}

bool IsKserveUrl(std::string_view text) {
  return text.starts_with("grpc://") || text.starts_with("grpcs://");
}

absl::StatusOr<KserveOptions> ParseKserveUrl(std::string_view url) {
  KserveOptions options;
  options.tls = url.starts_with("grpcs://");
  std::string_view rest = IsKserveUrl(url) ? url.substr(url.find("://") + 3) : std::string_view();
  const auto next = [&rest] {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return std::string(part);
  };
  options.address = next();
  options.model = next();
  options.version = next();
  if (options.address.find(':') == std::string::npos || options.model.empty() || !rest.empty())
    return absl::InvalidArgumentError(fmt::format(
        "{}: not the address of a model: grpc://host:port/model or grpcs://host:port/model/version",
        url));
  return options;
}

KserveModel::KserveModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
KserveModel::~KserveModel() = default;

absl::StatusOr<std::unique_ptr<Model>> KserveModel::Create(const KserveOptions& options) {
  auto channel = Connect(options);
  if (!channel.ok()) return channel.status();
  auto state = std::make_unique<State>();
  state->options = options;
  state->stub = inference::GRPCInferenceService::NewStub(*channel);
  if (auto status = state->Describe(); !status.ok()) return status;
  return std::unique_ptr<Model>(new KserveModel(std::move(state)));
}

std::span<const TensorInfo> KserveModel::inputs() const { return state_->inputs; }
std::span<const TensorInfo> KserveModel::outputs() const { return state_->outputs; }

std::span<float> KserveModel::input(std::size_t index) {
  // std::string's memory comes from operator new, and so is aligned for any element.
  std::string& bytes = *state_->request.mutable_raw_input_contents(static_cast<int>(index));
  return {reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float)};
}

std::span<const float> KserveModel::output(std::size_t index) const {
  return state_->outputs_data[index];
}

absl::Status KserveModel::Run() {
  if (auto status = state_->Infer(); !status.ok()) return status;
  return state_->TakeOutputs();
}

}  // namespace vigil::nn
