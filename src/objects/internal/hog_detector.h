// OpenCV's person detector.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "objects/detector_options.h"

namespace vigil::objects {

/// `options` are valid. Knows one class, "person". See CreateDetector.
absl::StatusOr<std::unique_ptr<Detector>> CreateHogDetector(const DetectorOptions& options);

}  // namespace vigil::objects
