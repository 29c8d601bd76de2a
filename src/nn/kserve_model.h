// Models that run on another machine, over KServe v2: Triton, OpenVINO Model Server, KServe, `vigil infer`.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/model.h"

namespace vigil::nn {

struct KserveOptions {
  std::string address;  ///< "host:port"
  bool tls = false;
  std::string model;
  std::string version;                      ///< empty: the server's choice
  std::chrono::milliseconds timeout{5000};  ///< of one run, and of finding out what the model is
  std::string ca_file;  ///< PEM: who signs the server's certificate; empty: whom gRPC trusts
  /// Where the server leaves dimensions of an input open (-1): of the only input, this shape; without it, 1 for the
  /// first (the batch) and `open_side` for further ones.
  std::vector<std::int64_t> input_shape{};
  int open_side = 1;
  /// Outputs may change their shape from run to run, as OnnxOptions::varying_outputs.
  bool varying_outputs = false;
};

/// Whether `text` is an address of a model: grpc:// or grpcs://.
bool IsKserveUrl(std::string_view text);
/// Reads "grpc://host:port/model" and "grpcs://host:port/model/version". InvalidArgument.
absl::StatusOr<KserveOptions> ParseKserveUrl(std::string_view url);

/// A model on a server that speaks inference.GRPCInferenceService, as a Model like any other: float32 tensors in and out.
///
/// Create() asks what the model is and runs it once on zeros, which settles output shapes that the server leaves open.
/// Run() sends raw contents and waits for the answer, no longer than the timeout. A server that is away is an error of
/// that run: Unavailable or DeadlineExceeded; the next run tries again. An answer that does not fit is Internal.
class KserveModel final : public Model {
 public:
  /// InvalidArgument: address, tensors that are not float32, shapes. NotFound: no such model there. Unavailable,
  /// DeadlineExceeded: no server. FailedPrecondition: it has the model and cannot run it now.
  static absl::StatusOr<std::unique_ptr<Model>> Create(const KserveOptions& options);

  ~KserveModel() override;
  std::span<const TensorInfo> inputs() const override;
  std::span<const TensorInfo> outputs() const override;
  std::span<float> input(std::size_t index) override;
  std::span<const float> output(std::size_t index) const override;
  absl::Status Run() override;

 private:
  struct State;
  explicit KserveModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vigil::nn
