// Whether a scene is right: what refers to what, beyond the ranges of single keys.
#pragma once

#include <absl/status/status.h>

#include <span>
#include <string>

#include "app/scene_config.h"
#include "core/config/schema.h"

namespace vigil::app {

/// Lines and zones, and the rules that name them. InvalidArgument: a line a problem. A part of the scene of which something
/// was refused is not judged as a whole, nor what it can bring about.
absl::Status DeviceIsRight(const DeviceConfig& device, const config::Refusals& refused);

/// ClassesAreKnown of this device, where it is known without a look into the model which classes there are.
absl::Status ClassesAreRight(const SceneConfig& config);

/// InvalidArgument: `devices` has scenes, `device_id` is none of them, and there is no other scene that it could have.
absl::Status DeviceIsKnown(const SceneConfig& config, const std::string& device_id);

/// Whether the names of classes in lines, zones and rules of `device_id` are ones that its detector reports, and any of
/// them one that `detector.track_classes` lets through. InvalidArgument: a line a problem, with the key and the name
/// that was probably meant.
absl::Status ClassesAreKnown(const SceneConfig& config, const std::string& device_id,
                             std::span<const std::string> class_names);

}  // namespace vigil::app
