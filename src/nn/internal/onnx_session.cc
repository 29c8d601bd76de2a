#include "nn/internal/onnx_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "core/status.h"

namespace vigil::nn {
namespace {

using absl::StatusCode;
using SessionOptions = OrtHandle<OrtSessionOptions, &OrtApi::ReleaseSessionOptions>;
using CudaOptions = OrtHandle<OrtCUDAProviderOptionsV2, &OrtApi::ReleaseCUDAProviderOptions>;
using TensorRtOptions =
    OrtHandle<OrtTensorRTProviderOptionsV2, &OrtApi::ReleaseTensorRTProviderOptions>;
using Metadata = OrtHandle<OrtModelMetadata, &OrtApi::ReleaseModelMetadata>;
using TypeInfo = OrtHandle<OrtTypeInfo, &OrtApi::ReleaseTypeInfo>;

constexpr const char* kCuda = "CUDAExecutionProvider";
constexpr const char* kTensorRt = "TensorrtExecutionProvider";

const char* TypeName(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return "float16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16:
      return "bfloat16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return "float64";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return "uint8";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return "int8";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return "int32";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return "int64";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL:
      return "bool";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING:
      return "text";
    default:
      return "of an unusual type";
  }
}

absl::Status CheckAvailable(const OnnxContext& context, std::string_view wanted) {
  const auto providers = context.runtime.Providers();
  if (std::find(providers.begin(), providers.end(), wanted) != providers.end())
    return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "model {}: ONNX Runtime {} ({}) has no {}, only {}; name a build that has it", context.name,
      context.runtime.version(), context.runtime.library(), wanted, fmt::join(providers, ", ")));
}

// Creates a provider's options, sets the device, and adds the provider to the session's.
template <typename Options>
absl::Status Append(const OnnxContext& context, const char* provider, OrtSessionOptions* settings,
                    int device, auto create, auto update, auto append) {
  if (auto status = CheckAvailable(context, provider); !status.ok()) return status;
  const OrtApi& api = context.api();
  const std::string number = std::to_string(device);
  const char* key = "device_id";
  const char* value = number.c_str();
  Options options(api);
  OrtStatus* failure = (api.*create)(options.out());
  if (failure == nullptr) failure = (api.*update)(options.get(), &key, &value, 1);
  if (failure == nullptr) failure = (api.*append)(settings, options.get());
  const auto status = context.Check(failure, StatusCode::kFailedPrecondition);
  if (status.ok()) return status;
  return absl::FailedPreconditionError(
      fmt::format("{}; {} needs its libraries beside ONNX Runtime's ({}), or use the provider cpu",
                  MessageOf(status), provider, context.runtime.library()));
}

absl::Status SelectProvider(const OnnxContext& context, OrtSessionOptions* settings,
                            const OnnxOptions& options) {
  if (options.provider == OnnxProvider::kCpu) return absl::OkStatus();
  if (options.provider == OnnxProvider::kTensorRt) {
    auto status = Append<TensorRtOptions>(
        context, kTensorRt, settings, options.device, &OrtApi::CreateTensorRTProviderOptions,
        &OrtApi::UpdateTensorRTProviderOptions,
        &OrtApi::SessionOptionsAppendExecutionProvider_TensorRT_V2);
    if (!status.ok()) return status;
    // What TensorRT does not take falls to CUDA before it falls to the CPU.
  }
  return Append<CudaOptions>(context, kCuda, settings, options.device,
                             &OrtApi::CreateCUDAProviderOptions, &OrtApi::UpdateCUDAProviderOptions,
                             &OrtApi::SessionOptionsAppendExecutionProvider_CUDA_V2);
}

absl::StatusOr<OnnxOutput> ReadTensor(const OnnxContext& context, const OrtSession* session,
                                      bool is_input, std::size_t index) {
  const OrtApi& api = context.api();
  OrtAllocator* allocator = nullptr;
  if (auto status = context.Check(api.GetAllocatorWithDefaultOptions(&allocator)); !status.ok())
    return status;
  char* text = nullptr;
  const auto read_name = is_input ? api.SessionGetInputName : api.SessionGetOutputName;
  if (auto status = context.Check(read_name(session, index, allocator, &text)); !status.ok())
    return status;
  TensorInfo info{.name = text, .shape = {}};
  allocator->Free(allocator, text);

  TypeInfo type(api);
  const auto read_type = is_input ? api.SessionGetInputTypeInfo : api.SessionGetOutputTypeInfo;
  if (auto status = context.Check(read_type(session, index, type.out())); !status.ok())
    return status;
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;  // belongs to `type`
  if (auto status = context.Check(api.CastTypeInfoToTensorInfo(type.get(), &tensor)); !status.ok())
    return status;
  const std::string which = fmt::format("{} \"{}\"", is_input ? "input" : "output", info.name);
  if (tensor == nullptr)
    return context.Refuse(which + " is not a tensor; only tensors of float32 are supported");

  ONNXTensorElementDataType element{};
  std::size_t rank = 0;
  if (auto status = context.Check(api.GetTensorElementType(tensor, &element)); !status.ok())
    return status;
  if (auto status = context.Check(api.GetDimensionsCount(tensor, &rank)); !status.ok())
    return status;
  const bool whole_numbers = element == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 ||
                             element == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
  if (element != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && (is_input || !whole_numbers)) {
    return context.Refuse(
        fmt::format("{} is {}; only float32 is supported, export it so", which, TypeName(element)));
  }
  info.shape.resize(rank);
  if (auto status = context.Check(api.GetDimensions(tensor, info.shape.data(), rank)); !status.ok())
    return status;
  return OnnxOutput{std::move(info), element};
}

// Whether `shape` is what the file declares, open dimensions aside.
bool Fits(std::span<const std::int64_t> shape, std::span<const std::int64_t> declared) {
  return std::equal(
      shape.begin(), shape.end(), declared.begin(), declared.end(),
      [](std::int64_t side, std::int64_t by_file) { return by_file < 0 || side == by_file; });
}

absl::Status FixShape(const OnnxContext& context, TensorInfo& input, const OnnxOptions& options) {
  const auto& wanted = options.input_shape;
  const std::string declared = ShapeText(input.shape);
  if (!wanted.empty()) {
    if (!Fits(wanted, input.shape)) {
      return context.Refuse(
          fmt::format("input \"{}\" is {} in the file; input_shape {} does not fit it", input.name,
                      declared, ShapeText(wanted)));
    }
    input.shape = wanted;
  } else {
    for (std::size_t i = 0; i < input.shape.size(); ++i) {
      if (input.shape[i] >= 0) continue;
      if (i == 0) input.shape[i] = 1;  // the batch
      if (i > 0 && options.open_side > 0) input.shape[i] = options.open_side;
    }
  }
  if (std::any_of(input.shape.begin(), input.shape.end(), [](auto side) { return side < 0; })) {
    return context.Refuse(
        fmt::format("input \"{}\" is {} in the file; say what it shall be with input_shape",
                    input.name, declared));
  }
  if (!IsUsableShape(input.shape)) {
    return context.Refuse(fmt::format("input \"{}\" of {} is empty or larger than {} M elements",
                                      input.name, ShapeText(input.shape),
                                      limits::kMaxTensorElements >> 20));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OrtSessionHandle> OpenOnnxSession(const OnnxContext& context,
                                                 std::span<const std::byte> bytes,
                                                 const OnnxOptions& options) {
  // One session a worker, so a session runs its operators one after the other and waits without
  // spinning: a core that spins is a core that another stream does not get.
  constexpr std::pair<const char*, const char*> kEntries[] = {
      {"session.load_model_format", "ONNX"},
      {"session.intra_op.allow_spinning", "0"},
      {"session.inter_op.allow_spinning", "0"},
      // Weights outside the arena: it then holds only what a run needs, and stays at that size.
      {"session.use_device_allocator_for_initializers", "1"},
  };
  const OrtApi& api = context.api();
  SessionOptions settings(api);
  OrtStatus* failure = api.CreateSessionOptions(settings.out());
  const auto set = [&](auto function, auto... arguments) {
    if (failure == nullptr) failure = function(settings.get(), arguments...);
  };
  set(api.SetIntraOpNumThreads, options.threads);
  set(api.SetInterOpNumThreads, 1);
  set(api.SetSessionExecutionMode, ORT_SEQUENTIAL);
  set(api.SetSessionGraphOptimizationLevel, ORT_ENABLE_ALL);
  for (const auto& [key, value] : kEntries) set(api.AddSessionConfigEntry, key, value);
  if (auto status = context.Check(failure, StatusCode::kInternal); !status.ok()) return status;
  if (auto status = SelectProvider(context, settings.get(), options); !status.ok()) return status;

  OrtSessionHandle session(api);
  auto status = context.Check(api.CreateSessionFromArray(
      context.runtime.env(), bytes.data(), bytes.size(), settings.get(), session.out()));
  if (!status.ok()) return status;
  return session;
}

absl::StatusOr<std::vector<TensorInfo>> ReadOnnxInputs(const OnnxContext& context,
                                                       const OrtSession* session,
                                                       const OnnxOptions& options) {
  std::size_t count = 0;
  if (auto status = context.Check(context.api().SessionGetInputCount(session, &count));
      !status.ok())
    return status;
  if (count == 0) return context.Refuse("has no input");
  if (count > 1 && !options.input_shape.empty()) {
    return context.Refuse(fmt::format("has {} inputs; input_shape is for a model with one", count));
  }
  std::vector<TensorInfo> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    auto input = ReadTensor(context, session, true, i);
    if (!input.ok()) return input.status();
    if (auto status = FixShape(context, input->info, options); !status.ok()) return status;
    inputs.push_back(std::move(input->info));
  }
  return inputs;
}

absl::StatusOr<std::vector<OnnxOutput>> ReadOnnxOutputs(const OnnxContext& context,
                                                        const OrtSession* session) {
  std::size_t count = 0;
  if (auto status = context.Check(context.api().SessionGetOutputCount(session, &count));
      !status.ok())
    return status;
  if (count == 0) return context.Refuse("has no output");
  std::vector<OnnxOutput> outputs;
  for (std::size_t i = 0; i < count; ++i) {
    auto output = ReadTensor(context, session, false, i);
    if (!output.ok()) return output.status();
    outputs.push_back(*std::move(output));
  }
  return outputs;
}

absl::StatusOr<std::map<std::string, std::string, std::less<>>> ReadOnnxMetadata(
    const OnnxContext& context, const OrtSession* session) {
  const OrtApi& api = context.api();
  std::map<std::string, std::string, std::less<>> texts;
  OrtAllocator* allocator = nullptr;
  if (auto status = context.Check(api.GetAllocatorWithDefaultOptions(&allocator)); !status.ok())
    return status;
  Metadata metadata(api);
  if (auto status = context.Check(api.SessionGetModelMetadata(session, metadata.out()));
      !status.ok())
    return status;
  char** keys = nullptr;
  std::int64_t count = 0;
  absl::Status status = context.Check(
      api.ModelMetadataGetCustomMetadataMapKeys(metadata.get(), allocator, &keys, &count));
  for (std::int64_t i = 0; keys != nullptr && i < count; ++i) {
    char* text = nullptr;
    if (status.ok() && i < limits::kMaxModelMetadataKeys) {
      status = context.Check(
          api.ModelMetadataLookupCustomMetadataMap(metadata.get(), allocator, keys[i], &text));
    }
    if (text != nullptr && std::strlen(text) <= limits::kMaxModelMetadataBytes)
      texts.emplace(keys[i], text);
    allocator->Free(allocator, text);
    allocator->Free(allocator, keys[i]);
  }
  allocator->Free(allocator, keys);
  if (!status.ok()) return status;
  return texts;
}

bool IsUsableShape(std::span<const std::int64_t> shape) {
  std::int64_t elements = 1;
  for (const auto side : shape) {
    if (side < 1 || side > static_cast<std::int64_t>(limits::kMaxTensorElements) / elements)
      return false;
    elements *= side;
  }
  return true;
}

std::string ShapeText(std::span<const std::int64_t> shape) {
  if (shape.empty()) return "a single number";
  std::string text;
  for (const auto side : shape) {
    if (!text.empty()) text += 'x';
    text += side < 0 ? "?" : std::to_string(side);
  }
  return text;
}

}  // namespace vigil::nn
