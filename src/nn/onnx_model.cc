#include "nn/onnx_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <new>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/status.h"
#include "nn/internal/onnx_file.h"
#include "nn/internal/onnx_session.h"
#include "nn/model_file.h"

namespace vigil::nn {
namespace {

using absl::StatusCode;
using MemoryInfo = OrtHandle<OrtMemoryInfo, &OrtApi::ReleaseMemoryInfo>;
using ShapeInfo = OrtHandle<OrtTensorTypeAndShapeInfo, &OrtApi::ReleaseTensorTypeAndShapeInfo>;

constexpr int kMaxThreads = 64;

// Floats aligned for vector code, zero at first, at one place for their lifetime.
class Buffer {
 public:
  explicit Buffer(std::size_t size)
      : size_(size),
        data_(static_cast<float*>(::operator new[](size * sizeof(float), kAlignment))) {
    std::fill_n(data_.get(), size, 0.0F);
  }
  std::span<float> span() const { return {data_.get(), size_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* data) const { ::operator delete[](data, kAlignment); }
  };
  std::size_t size_;
  std::unique_ptr<float[], Free> data_;
};

// The tensors of one side of the model: what they are, where they lie, and as the C API wants to
// hear of them.
struct Tensors {
  std::vector<TensorInfo> infos;
  std::vector<Buffer> buffers;
  std::vector<OrtValueHandle> values;  // over the buffers
  std::vector<OrtValue*> pointers;     // of the values
  std::vector<const char*> names;      // of the infos

  std::size_t size() const { return infos.size(); }
};

// An output whose memory is the engine's own, new in every run: it varies in size, or it holds
// whole numbers.
struct EngineOutput {
  std::size_t index = 0;  // in the outputs
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
  bool varies = false;
  std::vector<float> converted{};  // of whole numbers
};

template <typename T>
std::span<const float> Convert(const void* numbers, std::size_t count, std::vector<float>& out) {
  out.resize(count);
  std::transform(static_cast<const T*>(numbers), static_cast<const T*>(numbers) + count,
                 out.begin(), [](T number) { return static_cast<float>(number); });
  return out;
}

}  // namespace

struct OnnxModel::State {
  explicit State(OnnxContext the_context)
      : context(std::move(the_context)), session(context.api()) {}

  absl::Status Bind(Tensors& tensors) const;
  absl::Status FixOutputShapes(const std::vector<bool>& may_vary);
  absl::Status ReadShape(const OrtValue* value, std::vector<std::int64_t>& shape) const;
  absl::Status Run(std::span<OrtValue*> values) const;
  absl::Status Run();
  absl::Status Take(EngineOutput& output);

  OnnxContext context;
  OrtSessionHandle session;
  Tensors inputs, outputs;
  std::vector<std::span<const float>> results;  // one an output
  std::vector<EngineOutput> engine_outputs;
  std::map<std::string, std::string, std::less<>> metadata;
};

// Gives every tensor its memory; their shapes are final. What the engine brings itself stays null.
absl::Status OnnxModel::State::Bind(Tensors& tensors) const {
  const OrtApi& api = context.api();
  MemoryInfo memory(api);
  auto status =
      context.Check(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, memory.out()));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!status.ok()) return status;
    const TensorInfo& info = tensors.infos[i];
    const bool engine = &tensors == &outputs &&
                        std::any_of(engine_outputs.begin(), engine_outputs.end(),
                                    [&](const EngineOutput& output) { return output.index == i; });
    const auto floats = tensors.buffers.emplace_back(engine ? 0 : info.elements()).span();
    auto& value = tensors.values.emplace_back(api);
    if (!engine) {
      status = context.Check(api.CreateTensorWithDataAsOrtValue(
          memory.get(), floats.data(), floats.size_bytes(), info.shape.data(), info.shape.size(),
          ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value.out()));
    }
    tensors.pointers.push_back(value.get());
  }
  return status;
}

absl::Status OnnxModel::State::ReadShape(const OrtValue* value,
                                         std::vector<std::int64_t>& shape) const {
  const OrtApi& api = context.api();
  ShapeInfo info(api);
  std::size_t rank = 0;
  if (auto status = context.Check(api.GetTensorTypeAndShape(value, info.out())); !status.ok())
    return status;
  if (auto status = context.Check(api.GetDimensionsCount(info.get(), &rank)); !status.ok())
    return status;
  shape.resize(rank);
  return context.Check(api.GetDimensions(info.get(), shape.data(), rank));
}

// Runs once on zeros, results in the engine's memory, and takes their shapes over.
absl::Status OnnxModel::State::FixOutputShapes(const std::vector<bool>& may_vary) {
  const OrtApi& api = context.api();
  std::vector<OrtValue*> values(outputs.size(), nullptr);
  const absl::Status run = Run(values);
  std::vector<OrtValueHandle> owned;
  for (OrtValue* value : values) *owned.emplace_back(api).out() = value;
  if (!run.ok()) return context.Refuse(MessageOf(run));

  for (std::size_t i = 0; i < outputs.size(); ++i) {
    TensorInfo& info = outputs.infos[i];
    if (auto status = ReadShape(values[i], info.shape); !status.ok()) return status;
    if (!may_vary[i] && !IsUsableShape(info.shape)) {
      return context.Refuse(fmt::format(
          "output \"{}\" of {} is empty or too large; its size must not depend on the picture",
          info.name, ShapeText(info.shape)));
    }
  }
  return absl::OkStatus();
}

absl::Status OnnxModel::State::Run(std::span<OrtValue*> values) const {
  OrtStatus* failure =
      context.api().Run(session.get(), nullptr, inputs.names.data(), inputs.pointers.data(),
                        inputs.size(), outputs.names.data(), outputs.size(), values.data());
  return context.Check(failure, StatusCode::kInternal);
}

absl::Status OnnxModel::State::Run() {
  for (const EngineOutput& output : engine_outputs) {  // those of the last run go
    outputs.values[output.index] = OrtValueHandle(context.api());
    outputs.pointers[output.index] = nullptr;
  }
  if (auto status = Run(outputs.pointers); !status.ok()) return status;
  for (EngineOutput& output : engine_outputs) {
    if (auto status = Take(output); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Makes what the engine returned the output.
absl::Status OnnxModel::State::Take(EngineOutput& output) {
  OrtValue* const value = outputs.pointers[output.index];
  *outputs.values[output.index].out() = value;
  results[output.index] = {};
  TensorInfo& info = outputs.infos[output.index];
  const std::size_t expected = info.elements();
  if (auto status = ReadShape(value, info.shape); !status.ok()) return status;
  const std::size_t count = info.elements();
  if (output.varies ? count > limits::kMaxTensorElements : count != expected) {
    return absl::InternalError(fmt::format("model {}: output \"{}\" is {} now", context.name,
                                           info.name, ShapeText(info.shape)));
  }
  void* data = nullptr;
  if (auto status = context.Check(context.api().GetTensorMutableData(value, &data)); !status.ok())
    return status;
  switch (output.type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      results[output.index] = Convert<std::int32_t>(data, count, output.converted);
      break;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      results[output.index] = Convert<std::int64_t>(data, count, output.converted);
      break;
    default:
      results[output.index] = {static_cast<const float*>(data), count};
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Model>> OnnxModel::Create(const std::filesystem::path& path,
                                                         const OnnxOptions& options) {
  const auto refuse = [&](std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("model {}: {}", path.string(), what));
  };
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return refuse(fmt::format("threads: {} is not within 1 and {}", options.threads, kMaxThreads));
  }
  auto file = ModelFile::Read(path);
  if (!file.ok()) return file.status();
  if (auto status = CheckOnnxFile(file->bytes()); !status.ok()) {
    return refuse(MessageOf(status));
  }
  const auto runtime = OnnxRuntime::Get(options.runtime_library);
  if (!runtime.ok()) {
    return absl::Status(runtime.status().code(),
                        fmt::format("model {}: {}", path.string(), MessageOf(runtime.status())));
  }

  auto state = std::make_unique<State>(OnnxContext{**runtime, path.string()});
  auto session = OpenOnnxSession(state->context, file->bytes(), options);
  if (!session.ok()) return session.status();
  state->session = *std::move(session);
  auto inputs = ReadOnnxInputs(state->context, state->session.get(), options);
  if (!inputs.ok()) return inputs.status();
  state->inputs.infos = *std::move(inputs);
  auto outputs = ReadOnnxOutputs(state->context, state->session.get());
  if (!outputs.ok()) return outputs.status();
  std::vector<bool> may_vary;
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    OnnxOutput& output = (*outputs)[i];
    const auto& shape = output.info.shape;
    may_vary.push_back(options.varying_outputs &&
                       std::any_of(shape.begin(), shape.end(), [](auto side) { return side < 0; }));
    if (may_vary[i] || output.type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
      state->engine_outputs.push_back({i, output.type, may_vary[i]});
    state->outputs.infos.push_back(std::move(output.info));
  }
  auto metadata = ReadOnnxMetadata(state->context, state->session.get());
  if (!metadata.ok()) return metadata.status();
  state->metadata = *std::move(metadata);

  for (Tensors* tensors : {&state->inputs, &state->outputs}) {
    for (const TensorInfo& info : tensors->infos) tensors->names.push_back(info.name.c_str());
  }
  if (auto status = state->Bind(state->inputs); !status.ok()) return status;
  if (auto status = state->FixOutputShapes(may_vary); !status.ok()) return status;
  if (auto status = state->Bind(state->outputs); !status.ok()) return status;
  for (const Buffer& buffer : state->outputs.buffers) state->results.push_back(buffer.span());
  return std::unique_ptr<Model>(new OnnxModel(std::move(state)));
}

OnnxModel::OnnxModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnnxModel::~OnnxModel() = default;

std::span<const TensorInfo> OnnxModel::inputs() const { return state_->inputs.infos; }
std::span<const TensorInfo> OnnxModel::outputs() const { return state_->outputs.infos; }

std::span<float> OnnxModel::input(std::size_t index) {
  VIGIL_CHECK(index < state_->inputs.size());
  return state_->inputs.buffers[index].span();
}

std::span<const float> OnnxModel::output(std::size_t index) const {
  VIGIL_CHECK(index < state_->outputs.size());
  return state_->results[index];
}

std::string_view OnnxModel::metadata(std::string_view key) const {
  const auto found = state_->metadata.find(key);
  return found == state_->metadata.end() ? std::string_view() : found->second;
}

absl::Status OnnxModel::Run() { return state_->Run(); }

}  // namespace vigil::nn
