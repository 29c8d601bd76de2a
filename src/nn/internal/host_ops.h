// The operators that XNNPACK lacks. Small: they run on landmarks and on 16x16 crops.
#pragma once

#include <span>

#include "nn/internal/tflite_graph.h"

namespace vigil::nn::internal {

/// Runs one operator for which RunsOnHost(). `buffers[t]` is where tensor t of `graph` lies.
void RunHostOp(const Graph& graph, const Op& op, std::span<float* const> buffers);

}  // namespace vigil::nn::internal
