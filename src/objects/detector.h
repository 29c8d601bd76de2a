// Finds objects in a picture.
#pragma once

#include <absl/status/statusor.h>

#include <span>
#include <string>

#include "core/detection.h"
#include "core/image.h"

namespace vigil::objects {

/// One thread at a time; instances are independent, so workers have one each. Two calls with the
/// same picture give the same answer.
class Detector {
 public:
  Detector() = default;
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;
  virtual ~Detector() = default;

  /// What is in the picture, best first, boxes in its pixels and cut at its edges. Valid until the
  /// next call, which takes no memory from the heap itself once it has seen a picture of that size
  /// (ONNX Runtime and OpenCV take and return some as they go). InvalidArgument: the picture is
  /// empty. Internal: the engine failed; the next call may succeed.
  virtual absl::StatusOr<std::span<const Detection>> Detect(ImageView image) = 0;

  /// Detection::class_id is an index into these; at least one.
  virtual std::span<const std::string> class_names() const = 0;
};

}  // namespace vigil::objects
