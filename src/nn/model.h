// A neural network, loaded and ready to run, whatever engine runs it.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::nn {

/// A tensor as the model file declares it. Elements are float32, row major; image tensors are NHWC
/// in TFLite models and NCHW in ONNX models, as their files say.
struct TensorInfo {
  std::string name;
  std::vector<std::int64_t> shape;  ///< no dynamic dimension is left
  std::size_t elements() const;     ///< product of `shape`
};

/// Write the inputs, Run(), read the outputs. Buffers belong to the model and stay where they are
/// for its lifetime; Run() takes no memory from the heap after the first call. One thread at a
/// time; instances are independent.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  virtual std::span<const TensorInfo> inputs() const = 0;
  virtual std::span<const TensorInfo> outputs() const = 0;

  /// Written by the caller before Run(). `index` < inputs().size().
  virtual std::span<float> input(std::size_t index) = 0;
  /// Valid after Run() until the next one. `index` < outputs().size().
  virtual std::span<const float> output(std::size_t index) const = 0;

  /// What the file says of itself under that key (`names`, `stride` …), as its author wrote it: any
  /// text, at most limits::kMaxModelMetadataBytes. Empty where it says nothing.
  virtual std::string_view metadata(std::string_view key) const;

  /// Internal when the engine fails; the model can be run again.
  virtual absl::Status Run() = 0;

  /// Index of the output of that name; -1 where there is none.
  int FindOutput(std::string_view name) const;
};

}  // namespace vigil::nn
