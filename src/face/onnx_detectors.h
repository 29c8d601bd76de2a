// Face detectors that the user may choose in place of BlazeFace: YuNet and YOLOv8-face, run by ONNX
// Runtime.
#pragma once

#include <absl/status/statusor.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "face/detector.h"
#include "nn/onnx_model.h"

namespace vigil::face {

/// Both detectors look at the whole picture at once, made to fit their input (640 × 640 as
/// published): faces from about ten input pixels on are found, so a group photograph needs no
/// tiles. Both know five points of a face; how these become the six of Detection: mouth = middle of
/// its corners, ears = where a face that looks at the camera has them.
struct OnnxDetectorOptions {
  float score = 0.6F;  ///< detections below are not reported, 0..1
  std::optional<float>
      iou{};  ///< above this, boxes show the same face, 0..1; default 0.3 YuNet, 0.45 YOLO-face
  /// `input_shape` or `open_side` (default here 640) where the file leaves the input's sides open;
  /// multiples of 32.
  nn::OnnxOptions engine{};
};

/// YuNet as libfacedetection and OpenCV's model zoo export it: input 1×3×H×W (BGR, 0..255), sides
/// multiples of 32; outputs cls, obj, bbox and kps at strides 8, 16, 32. The errors of
/// nn::OnnxModel, and InvalidArgument where the file is another model or an option is out of range.
/// Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023.
absl::StatusOr<std::unique_ptr<Detector>> CreateYuNet(const std::filesystem::path& path,
                                                      const OnnxDetectorOptions& options = {});

/// YOLOv8-face with five points, exported with its three raw heads (1×80×h×w each): input 1×3×H×W
/// (RGB, 0..1), sides multiples of 32. Errors as above.
absl::StatusOr<std::unique_ptr<Detector>> CreateYoloFace(const std::filesystem::path& path,
                                                         const OnnxDetectorOptions& options = {});

}  // namespace vigil::face
