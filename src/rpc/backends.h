// What the services call: who perceives. Implemented by app/, which has the networks.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/detection.h"
#include "core/image.h"
#include "core/time.h"
#include "face/canonical_face.h"
#include "face/local_stages.h"
#include "face/models.h"
#include "face/types.h"
#include "nn/model.h"

namespace vigil::rpc {

/// A frame whose turn has come. What it points to is valid during the call that it is given to.
struct StreamFrame {
  ImageView image;                  ///< RGB
  std::int64_t timestamp_us = 0;    ///< rises strictly from frame to frame of a stream
  std::uint64_t sequence = 0;       ///< the client's number
  std::string_view stream_id = {};  ///< the client's, at most limits::kMaxIdBytes; may be empty
  /// The file that `image` was decoded from; empty where pixels came.
  std::span<const std::uint8_t> jpeg = {};
  std::string_view trace_id = {};       ///< 32 hexadecimal digits; empty: none
  Deadline deadline = Deadline::max();  ///< after which nobody waits for the result
};

/// The faces of one video. One thread at a time, but not always the same one.
class FaceStream {
 public:
  virtual ~FaceStream() = default;
  /// The next frame. Valid until the next call. `worker` says whose networks to use: nobody else uses them meanwhile.
  virtual absl::StatusOr<const face::FaceResult*> Next(int worker, const StreamFrame& frame) = 0;
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

/// A stage of the face pipeline that is served as a service of its own: what it needs, and no more.
struct StageBackend {
  face::Stage stage = face::Stage::kFaceDetection;
  /// Of face and landmark detection; one a worker.
  std::vector<face::FaceModels*> networks_of_worker;
  const face::CanonicalFace* canonical = nullptr;  ///< of head pose, gaze and blink
  face::StageOptions options;                      ///< of those and of attention
};

/// A network that is served as it is.
struct ServedModel {
  std::string name;      ///< letters, digits, '.', '_' and '-'
  std::string version;   ///< such as "1"
  std::string platform;  ///< what runs it: "onnxruntime_onnx", "tflite_xnnpack"
  std::vector<std::unique_ptr<nn::Model>> of_worker;  ///< one a worker
};

}  // namespace vigil::rpc
