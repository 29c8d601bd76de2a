// Label files as YOLO's tools write them.
#pragma once

#include <absl/status/statusor.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "objects/average_precision.h"

namespace vigil::objects {

/// One object a line: class number, then the box's centre x, y, width and height as parts of the
/// picture (0..1); an empty text is a picture without objects. Boxes come in pixels of a picture of
/// that size. InvalidArgument, naming the line: not five numbers, a class from
/// limits::kMaxClasses on, a number outside 0..1, more than 10,000 lines. Polygons and key points
/// (more than five numbers) are refused too.
absl::StatusOr<std::vector<Label>> ParseLabels(std::string_view text, Size picture);

/// ParseLabels of a file of at most 1 MiB; errors begin with the path. Also NotFound and
/// PermissionDenied.
absl::StatusOr<std::vector<Label>> ReadLabels(const std::filesystem::path& path, Size picture);

}  // namespace vigil::objects
