// Detectors that are networks, run by ONNX Runtime.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "objects/detector_options.h"

namespace vigil::objects {

/// `options` are valid and name a model file. See CreateDetector.
absl::StatusOr<std::unique_ptr<Detector>> CreateOnnxDetector(const DetectorOptions& options);

}  // namespace vigil::objects
