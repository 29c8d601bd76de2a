#include "nn/tflite_model.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <xnnpack.h>

#include "core/check.h"
#include "nn/internal/host_ops.h"
#include "nn/internal/tflite_graph.h"
#include "nn/internal/xnn_segment.h"

namespace vigil::nn {

using internal::Graph;
using internal::Op;
using internal::XnnSegment;

// Phases run in turn: phase i is one XNNPACK segment (absent where it would be empty), then host operators.
struct Phase {
  std::vector<int> segment_ops;
  std::vector<int> host_ops;
  std::optional<XnnSegment> segment;
};

struct TfliteModel::Plan {
  Graph graph;  // without the constants that XNNPACK has packed
  std::vector<TensorInfo> inputs, outputs;
  std::vector<Phase> phases;
  std::vector<float*> buffers;  // by tensor; null for those that live inside a segment
  struct AlignedDelete {
    void operator()(std::byte* bytes) const { ::operator delete (bytes, std::align_val_t{64}); }
  };
  std::unique_ptr<std::byte, AlignedDelete> memory;  // what `buffers` points into

  void AssignPhases();
  std::vector<bool> FindBoundary() const;
  void PlaceBuffers(const std::vector<bool>& boundary);
  absl::Status BuildSegments(std::string_view name, const std::vector<bool>& boundary);
};

namespace {

std::size_t Index(int tensor) { return static_cast<std::size_t>(tensor); }

TensorInfo Describe(const Graph& graph, int tensor) {
  return {graph.tensors[Index(tensor)].name, graph.tensors[Index(tensor)].shape};
}

}  // namespace

// The fewest segments that the order allows: an operator runs in the first phase in which all it needs is there. What a
// host operator makes can be used by host operators of the same phase, and by XNNPACK from the next one on.
void TfliteModel::Plan::AssignPhases() {
  struct Ready {
    std::size_t segment = 0, host = 0;
  };
  std::vector<Ready> ready(graph.tensors.size());
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    const bool host = RunsOnHost(op.kind);
    std::size_t phase = 0;
    for (const int input : op.inputs) {
      if (input >= 0)
        phase = std::max(phase, host ? ready[Index(input)].host : ready[Index(input)].segment);
    }
    ready[Index(op.output)] = {host ? phase + 1 : phase, phase};
    if (phase >= phases.size()) phases.resize(phase + 1);
    (host ? phases[phase].host_ops : phases[phase].segment_ops).push_back(static_cast<int>(i));
  }
}

// Tensors that need a buffer of ours: the model's inputs and outputs, and what crosses between segments or host operators.
std::vector<bool> TfliteModel::Plan::FindBoundary() const {
  constexpr std::size_t kNowhere = SIZE_MAX;
  std::vector<bool> boundary(graph.tensors.size(), false);
  std::vector<std::size_t> made_in(graph.tensors.size(), kNowhere);
  for (const int tensor : graph.inputs) boundary[Index(tensor)] = true;
  for (const int tensor : graph.outputs) boundary[Index(tensor)] = true;
  for (std::size_t p = 0; p < phases.size(); ++p) {
    for (const int op : phases[p].segment_ops) made_in[Index(graph.ops[Index(op)].output)] = p;
  }
  for (std::size_t p = 0; p < phases.size(); ++p) {
    const auto mark = [&](int op, bool host) {
      for (const int input : graph.ops[Index(op)].inputs) {
        if (input >= 0 && !graph.tensors[Index(input)].is_constant &&
            (host || made_in[Index(input)] != p))
          boundary[Index(input)] = true;
      }
      if (host) boundary[Index(graph.ops[Index(op)].output)] = true;
    };
    for (const int op : phases[p].segment_ops) mark(op, false);
    for (const int op : phases[p].host_ops) mark(op, true);
  }
  return boundary;
}

void TfliteModel::Plan::PlaceBuffers(const std::vector<bool>& boundary) {
  constexpr std::size_t kAlign = 64;
  buffers.assign(graph.tensors.size(), nullptr);
  std::vector<std::size_t> offsets(graph.tensors.size(), 0);
  std::size_t total = 0;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!boundary[t]) continue;
    offsets[t] = total;
    total += (graph.tensors[t].elements * sizeof(float) + XNN_EXTRA_BYTES + kAlign - 1) / kAlign *
             kAlign;
  }
  memory.reset(static_cast<std::byte*>(::operator new (total, std::align_val_t{kAlign})));
  std::memset(memory.get(), 0, total);
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!boundary[t]) continue;
    buffers[t] = reinterpret_cast<float*>(memory.get() + offsets[t]);
    // A constant can be an output too.
    if (graph.tensors[t].is_constant)
      std::copy(graph.tensors[t].constant.begin(), graph.tensors[t].constant.end(), buffers[t]);
  }
}

absl::Status TfliteModel::Plan::BuildSegments(std::string_view name,
                                              const std::vector<bool>& boundary) {
  for (Phase& phase : phases) {
    if (phase.segment_ops.empty()) continue;
    std::vector<int> crossing;
    for (const int op : phase.segment_ops) {
      const auto add = [&](int tensor) {
        if (tensor >= 0 && boundary[Index(tensor)] && !graph.tensors[Index(tensor)].is_constant)
          crossing.push_back(tensor);
      };
      for (const int input : graph.ops[Index(op)].inputs) add(input);
      add(graph.ops[Index(op)].output);
    }
    std::sort(crossing.begin(), crossing.end());
    crossing.erase(std::unique(crossing.begin(), crossing.end()), crossing.end());
    auto segment = XnnSegment::Create(name, graph, phase.segment_ops, crossing, buffers);
    if (!segment.ok()) return segment.status();
    phase.segment = *std::move(segment);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TfliteModel>> TfliteModel::Create(std::string_view name,
                                                                 std::span<const std::byte> file) {
  auto graph = internal::ParseTflite(name, file);
  if (!graph.ok()) return graph.status();
  auto plan = std::make_unique<Plan>();
  plan->graph = *std::move(graph);
  plan->AssignPhases();
  const auto boundary = plan->FindBoundary();
  plan->PlaceBuffers(boundary);
  if (auto status = plan->BuildSegments(name, boundary); !status.ok()) return status;

  // XNNPACK has packed the weights into its own layout; only what host operators multiply by is needed further.
  std::vector<bool> needed(plan->graph.tensors.size(), false);
  for (const Phase& phase : plan->phases) {
    for (const int op : phase.host_ops) {
      for (const int input : plan->graph.ops[Index(op)].inputs) needed[Index(input)] = true;
    }
  }
  for (std::size_t t = 0; t < needed.size(); ++t) {
    if (!needed[t]) plan->graph.tensors[t].constant = {};
  }
  for (const int tensor : plan->graph.inputs) plan->inputs.push_back(Describe(plan->graph, tensor));
  for (const int tensor : plan->graph.outputs)
    plan->outputs.push_back(Describe(plan->graph, tensor));
  return std::unique_ptr<TfliteModel>(new TfliteModel(std::move(plan)));
}

TfliteModel::TfliteModel(std::unique_ptr<Plan> plan) : plan_(std::move(plan)) {}
TfliteModel::~TfliteModel() = default;

std::span<const TensorInfo> TfliteModel::inputs() const { return plan_->inputs; }
std::span<const TensorInfo> TfliteModel::outputs() const { return plan_->outputs; }

std::span<float> TfliteModel::input(std::size_t index) {
  VIGIL_CHECK(index < plan_->graph.inputs.size());
  const std::size_t tensor = Index(plan_->graph.inputs[index]);
  return {plan_->buffers[tensor], plan_->graph.tensors[tensor].elements};
}

std::span<const float> TfliteModel::output(std::size_t index) const {
  VIGIL_CHECK(index < plan_->graph.outputs.size());
  const std::size_t tensor = Index(plan_->graph.outputs[index]);
  return {plan_->buffers[tensor], plan_->graph.tensors[tensor].elements};
}

absl::Status TfliteModel::Run() {
  for (Phase& phase : plan_->phases) {
    if (phase.segment) {
      if (auto status = phase.segment->Run(); !status.ok()) return status;
    }
    for (const int op : phase.host_ops)
      RunHostOp(plan_->graph, plan_->graph.ops[Index(op)], plan_->buffers);
  }
  return absl::OkStatus();
}

}  // namespace vigil::nn
