// A run of operators that XNNPACK executes in one go.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "nn/internal/tflite_graph.h"

struct xnn_runtime;

namespace vigil::nn::internal {

class XnnSegment {
 public:
  /// @param ops       numbers of graph.ops, in order
  /// @param boundary  tensors that enter or leave the segment; buffers[t] is where tensor t lies, and stays. Buffers
  ///                  have XNN_EXTRA_BYTES readable bytes behind their end.
  /// The constants of `graph` are not needed after the call.
  static absl::StatusOr<XnnSegment> Create(std::string_view name, const Graph& graph,
                                           std::span<const int> ops, std::span<const int> boundary,
                                           std::span<float* const> buffers);
  absl::Status Run();

  /// The engine's own object, for a benchmark that compares Run() with the bare call.
  xnn_runtime* runtime() const { return runtime_.get(); }

 private:
  struct Delete {
    void operator()(xnn_runtime* runtime) const;
  };
  std::unique_ptr<xnn_runtime, Delete> runtime_;
};

}  // namespace vigil::nn::internal
