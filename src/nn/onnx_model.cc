#include "nn/onnx_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "core/check.h"
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

}  // namespace

struct OnnxModel::State {
  explicit State(OnnxContext the_context)
      : context(std::move(the_context)), session(context.api()) {}

  absl::Status Bind(Tensors& tensors) const;
  absl::Status FixOutputShapes();
  absl::Status Run(std::span<OrtValue*> results) const;

  OnnxContext context;
  OrtSessionHandle session;
  Tensors inputs, outputs;
};

// Gives every tensor its memory; their shapes are final.
absl::Status OnnxModel::State::Bind(Tensors& tensors) const {
  const OrtApi& api = context.api();
  MemoryInfo memory(api);
  auto status =
      context.Check(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, memory.out()));
  for (const TensorInfo& info : tensors.infos) {
    if (!status.ok()) return status;
    const auto floats = tensors.buffers.emplace_back(info.elements()).span();
    auto& value = tensors.values.emplace_back(api);
    status = context.Check(api.CreateTensorWithDataAsOrtValue(
        memory.get(), floats.data(), floats.size_bytes(), info.shape.data(), info.shape.size(),
        ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value.out()));
    tensors.pointers.push_back(value.get());
  }
  return status;
}

// Runs once on zeros, results in the engine's memory, and takes their shapes over.
absl::Status OnnxModel::State::FixOutputShapes() {
  const OrtApi& api = context.api();
  std::vector<OrtValue*> results(outputs.size(), nullptr);
  const absl::Status run = Run(results);
  std::vector<OrtValueHandle> owned;
  for (OrtValue* result : results) *owned.emplace_back(api).out() = result;
  if (!run.ok()) return context.Refuse(MessageOf(run));

  for (std::size_t i = 0; i < outputs.size(); ++i) {
    TensorInfo& info = outputs.infos[i];
    ShapeInfo shape(api);
    std::size_t rank = 0;
    if (auto status = context.Check(api.GetTensorTypeAndShape(results[i], shape.out()));
        !status.ok())
      return status;
    if (auto status = context.Check(api.GetDimensionsCount(shape.get(), &rank)); !status.ok())
      return status;
    info.shape.resize(rank);
    if (auto status = context.Check(api.GetDimensions(shape.get(), info.shape.data(), rank));
        !status.ok())
      return status;
    if (!IsUsableShape(info.shape)) {
      return context.Refuse(fmt::format(
          "output \"{}\" of {} is empty or too large; its size must not depend on the picture",
          info.name, ShapeText(info.shape)));
    }
  }
  return absl::OkStatus();
}

absl::Status OnnxModel::State::Run(std::span<OrtValue*> results) const {
  OrtStatus* failure =
      context.api().Run(session.get(), nullptr, inputs.names.data(), inputs.pointers.data(),
                        inputs.size(), outputs.names.data(), outputs.size(), results.data());
  return context.Check(failure, StatusCode::kInternal);
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
  state->outputs.infos = *std::move(outputs);

  for (Tensors* tensors : {&state->inputs, &state->outputs}) {
    for (const TensorInfo& info : tensors->infos) tensors->names.push_back(info.name.c_str());
  }
  if (auto status = state->Bind(state->inputs); !status.ok()) return status;
  if (auto status = state->FixOutputShapes(); !status.ok()) return status;
  if (auto status = state->Bind(state->outputs); !status.ok()) return status;
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
  return state_->outputs.buffers[index].span();
}

absl::Status OnnxModel::Run() { return state_->Run(state_->outputs.pointers); }

}  // namespace vigil::nn
