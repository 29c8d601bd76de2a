// ONNX models, run by ONNX Runtime.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/model.h"

namespace vigil::nn {

/// What computes. CUDA and TensorRT need an ONNX Runtime build that has them, and its provider
/// libraries beside it.
enum class OnnxProvider : std::uint8_t { kCpu, kCuda, kTensorRt };

struct OnnxOptions {
  int threads = 1;  ///< within one operator, 1..64; workers run one session each
  OnnxProvider provider = OnnxProvider::kCpu;
  int device = 0;  ///< number of the GPU; not used by kCpu

  /// Of the only input, where the file leaves dimensions open; the others must be as the file says.
  /// Empty: an open first dimension (the batch) is 1, further ones are `open_side`, which is an
  /// error while that is 0.
  std::vector<std::int64_t> input_shape{};
  int open_side = 0;

  /// Outputs whose size the file leaves open may differ from run to run (lists of finds, say):
  /// their entry in outputs() then tells the shape of the last run, which may be empty, and their
  /// buffer lasts until the next. False: the first run's shapes are final, and an empty output is
  /// an error.
  bool varying_outputs = false;

  std::string runtime_library{};  ///< path of libonnxruntime.so; empty: see OnnxModel
};

/// An ONNX model ready to run: float32 tensors in and out, shapes fixed when it is created (but see
/// OnnxOptions::varying_outputs). Outputs of int32 and int64 (numbers, classes) are given as
/// float32, exact up to 2^24.
///
/// The runtime library is opened when the first model is: OnnxOptions::runtime_library, else the
/// environment's VIGIL_ONNXRUNTIME_LIBRARY, else deps/onnxruntime/lib in one of the six folders
/// above the program, else <program>/../lib/vigil, else the system's. A process has one; naming
/// another later is an error. It is never closed.
///
/// The telemetry of official builds (from 1.29 on) is off, wherever this class is linked: it
/// neither sends nor stores anything, and starts no thread.
///
/// Create() runs the model once, on zeros: that finds out output shapes that the file leaves open,
/// brings an engine error to light where it can be handled, and takes the memory that later runs
/// use again. Run() itself takes none of ours, but the engine takes and returns small blocks as it
/// goes, about four an operator (YuNet at 640 × 640: 220 blocks, 26 KiB in all, 19 ms).
///
/// A file is looked at before the engine sees it (size, protobuf skeleton, no data in other files),
/// but the engine is not a sandbox: run models of people you trust.
///
/// Thread rule of Model; Create() may run in several threads.
class OnnxModel final : public Model {
 public:
  /// NotFound, PermissionDenied, InvalidArgument (not an ONNX model, cut short, tensor types, open
  /// dimensions, shape that does not fit), FailedPrecondition (no runtime library, provider not in
  /// it), Unimplemented where the build is without ONNX Runtime. One line, naming the file.
  static absl::StatusOr<std::unique_ptr<Model>> Create(const std::filesystem::path& path,
                                                       const OnnxOptions& options);

  ~OnnxModel() override;
  std::span<const TensorInfo> inputs() const override;
  std::span<const TensorInfo> outputs() const override;
  std::span<float> input(std::size_t index) override;
  std::span<const float> output(std::size_t index) const override;
  std::string_view metadata(std::string_view key) const override;
  absl::Status Run() override;

 private:
  struct State;
  explicit OnnxModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vigil::nn
