#include "nn/internal/xnn_segment.h"

#include <absl/status/status.h>
#include <fmt/format.h>
#include <xnnpack.h>

#include <algorithm>
#include <array>

namespace vigil::nn::internal {
namespace {

struct DeleteSubgraph {
  void operator()(xnn_subgraph* subgraph) const { xnn_delete_subgraph(subgraph); }
};

// The library's own tables, filled once for the processor it finds.
xnn_status InitializeOnce() {
  static const xnn_status status = xnn_initialize(nullptr);
  return status;
}

class Builder {
 public:
  Builder(const Graph& graph, xnn_subgraph_t subgraph)
      : graph_(graph), subgraph_(subgraph), ids_(graph.tensors.size(), XNN_INVALID_VALUE_ID) {}

  xnn_status DefineBoundary(std::span<const int> boundary, std::span<const int> ops) {
    for (std::size_t i = 0; i < boundary.size(); ++i) {
      const int tensor = boundary[i];
      const bool made_here = std::any_of(ops.begin(), ops.end(), [&](int op) {
        return graph_.ops[static_cast<std::size_t>(op)].output == tensor;
      });
      const std::uint32_t flag =
          made_here ? XNN_VALUE_FLAG_EXTERNAL_OUTPUT : XNN_VALUE_FLAG_EXTERNAL_INPUT;
      if (const auto status = Define(tensor, nullptr, static_cast<std::uint32_t>(i), flag);
          status != xnn_status_success)
        return status;
    }
    return xnn_status_success;
  }

  xnn_status Add(const Op& op) {
    for (const int input :
         op.inputs) {  // an input not seen yet is a constant: all else is made before it is used
      if (input < 0 || ids_[Index(input)] != XNN_INVALID_VALUE_ID) continue;
      const auto& constant = graph_.tensors[Index(input)].constant;
      if (const auto status = Define(input, constant.data(), XNN_INVALID_VALUE_ID, 0);
          status != xnn_status_success)
        return status;
    }
    if (ids_[Index(op.output)] == XNN_INVALID_VALUE_ID) {
      if (const auto status = Define(op.output, nullptr, XNN_INVALID_VALUE_ID, 0);
          status != xnn_status_success)
        return status;
    }
    return AddNode(op);
  }

 private:
  static std::size_t Index(int tensor) { return static_cast<std::size_t>(tensor); }
  std::uint32_t Id(int tensor) const {
    return tensor < 0 ? XNN_INVALID_VALUE_ID : ids_[Index(tensor)];
  }
  std::size_t Channels(int tensor) const {
    return static_cast<std::size_t>(graph_.tensors[Index(tensor)].shape.back());
  }

  xnn_status Define(int tensor, const float* data, std::uint32_t external_id, std::uint32_t flags) {
    const auto& shape = graph_.tensors[Index(tensor)].shape;
    std::array<std::size_t, XNN_MAX_TENSOR_DIMS> dims{};
    std::copy(shape.begin(), shape.end(), dims.begin());
    return xnn_define_tensor_value(subgraph_, xnn_datatype_fp32, shape.size(), dims.data(), data,
                                   external_id, flags, &ids_[Index(tensor)]);
  }

  xnn_status AddNode(const Op& op) const {
    const Window& w = op.window;
    const std::uint32_t in = Id(op.inputs[0]), out = Id(op.output);
    const std::uint32_t flags = w.same_padding ? XNN_FLAG_TENSORFLOW_SAME_PADDING : 0;
    switch (op.kind) {
      case OpKind::kConv2d:
        return xnn_define_convolution_2d(subgraph_, 0, 0, 0, 0, w.height, w.width, w.stride_height,
                                         w.stride_width, w.dilation_height, w.dilation_width,
                                         /*groups=*/1, Channels(op.inputs[0]), Channels(op.output),
                                         op.min, op.max, in, Id(op.inputs[1]), Id(op.inputs[2]),
                                         out, flags);
      case OpKind::kDepthwiseConv2d:
        return xnn_define_depthwise_convolution_2d(
            subgraph_, 0, 0, 0, 0, w.height, w.width, w.stride_height, w.stride_width,
            w.dilation_height, w.dilation_width,
            static_cast<std::uint32_t>(Channels(op.output) / Channels(op.inputs[0])),
            Channels(op.inputs[0]), op.min, op.max, in, Id(op.inputs[1]), Id(op.inputs[2]), out,
            flags);
      case OpKind::kMaxPool:
        return xnn_define_max_pooling_2d(
            subgraph_, 0, 0, 0, 0, w.height, w.width, w.stride_height, w.stride_width,
            /*dilation_height=*/1, /*dilation_width=*/1, op.min, op.max, in, out, flags);
      case OpKind::kAveragePool:
        return xnn_define_average_pooling_2d(subgraph_, 0, 0, 0, 0, w.height, w.width,
                                             w.stride_height, w.stride_width, op.min, op.max, in,
                                             out, flags);
      case OpKind::kAdd:
        return xnn_define_add2(subgraph_, op.min, op.max, in, Id(op.inputs[1]), out, 0);
      case OpKind::kPRelu:
        return xnn_define_prelu(subgraph_, in, Id(op.inputs[1]), out, 0);
      case OpKind::kPad:
        return xnn_define_static_constant_pad(subgraph_, op.pad_before.data(), op.pad_after.data(),
                                              0.0F, in, out, 0);
      case OpKind::kClamp:
        return xnn_define_clamp(subgraph_, op.min, op.max, in, out, 0);
      case OpKind::kLogistic:
        return xnn_define_sigmoid(subgraph_, in, out, 0);
      default:
        return xnn_status_unsupported_parameter;
    }
  }

  const Graph& graph_;
  xnn_subgraph_t subgraph_;
  std::vector<std::uint32_t> ids_;  // XNNPACK's number of each tensor
};

}  // namespace

void XnnSegment::Delete::operator()(xnn_runtime* runtime) const { xnn_delete_runtime(runtime); }

absl::StatusOr<XnnSegment> XnnSegment::Create(std::string_view name, const Graph& graph,
                                              std::span<const int> ops,
                                              std::span<const int> boundary,
                                              std::span<float* const> buffers) {
  const auto check = [&](xnn_status status, std::string_view what) {
    return status == xnn_status_success
               ? absl::OkStatus()
               : absl::UnimplementedError(fmt::format("{}: XNNPACK refuses {} (status {})", name,
                                                      what, static_cast<int>(status)));
  };
  if (auto status = check(InitializeOnce(), "this processor"); !status.ok()) return status;

  xnn_subgraph_t raw_subgraph = nullptr;
  if (auto status =
          check(xnn_create_subgraph(static_cast<std::uint32_t>(boundary.size()), 0, &raw_subgraph),
                "the graph");
      !status.ok())
    return status;
  const std::unique_ptr<xnn_subgraph, DeleteSubgraph> subgraph(raw_subgraph);

  Builder builder(graph, subgraph.get());
  if (auto status = check(builder.DefineBoundary(boundary, ops), "an input or output");
      !status.ok())
    return status;
  for (const int op : ops) {
    if (auto status = check(builder.Add(graph.ops[static_cast<std::size_t>(op)]),
                            fmt::format("operator {}", op));
        !status.ok())
      return status;
  }

  xnn_runtime_t runtime = nullptr;
  if (auto status =
          check(xnn_create_runtime_v2(subgraph.get(), /*threadpool=*/nullptr, 0, &runtime),
                "to build the graph");
      !status.ok())
    return status;
  XnnSegment segment;
  segment.runtime_.reset(runtime);
  std::vector<xnn_external_value> values;
  for (std::size_t i = 0; i < boundary.size(); ++i) {
    values.push_back(
        {static_cast<std::uint32_t>(i), buffers[static_cast<std::size_t>(boundary[i])]});
  }
  if (auto status = check(xnn_setup_runtime(runtime, values.size(), values.data()), "the buffers");
      !status.ok())
    return status;
  return segment;
}

absl::Status XnnSegment::Run() {
  const xnn_status status = xnn_invoke_runtime(runtime_.get());
  return status == xnn_status_success
             ? absl::OkStatus()
             : absl::InternalError(
                   fmt::format("XNNPACK failed with status {}", static_cast<int>(status)));
}

}  // namespace vigil::nn::internal
