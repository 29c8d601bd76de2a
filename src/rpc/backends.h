// What the services call: who perceives. Implemented by app/, which has the networks.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "face/types.h"
#include "nn/model.h"

namespace vigil::rpc {

/// The faces of one video. One thread at a time, but not always the same one.
class FaceStream {
 public:
  virtual ~FaceStream() = default;
  /// The next frame; time stamps rise strictly. Valid until the next call. `worker` says whose networks to use: nobody
  /// else uses them meanwhile.
  virtual absl::StatusOr<const face::FaceResult*> Next(int worker, ImageView image,
                                                       std::int64_t timestamp_us) = 0;
};

/// Makes FaceStreams. Safe from any thread.
class FaceBackend {
 public:
  virtual ~FaceBackend() = default;
  virtual std::unique_ptr<FaceStream> Open() = 0;
};

/// Finds objects in pictures. Each worker calls for itself, in its own thread.
class ObjectBackend {
 public:
  virtual ~ObjectBackend() = default;
  /// Best first; valid until the same worker's next call.
  virtual absl::StatusOr<std::span<const Detection>> Detect(int worker, ImageView image) = 0;
  virtual std::span<const std::string> class_names() const = 0;
  virtual const std::string& model_name() const = 0;
};

/// A network that is served as it is.
struct ServedModel {
  std::string name;      ///< letters, digits, '.', '_' and '-'
  std::string version;   ///< such as "1"
  std::string platform;  ///< what runs it: "onnxruntime_onnx", "tflite_xnnpack"
  std::vector<std::unique_ptr<nn::Model>> of_worker;  ///< one a worker
};

}  // namespace vigil::rpc
