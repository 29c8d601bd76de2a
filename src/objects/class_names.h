// What the classes of a detector are called.
#pragma once

#include <absl/status/statusor.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::objects {

/// COCO's 80 classes in the order of all detectors trained on it: person, bicycle, car …
std::span<const std::string_view> CocoNames();

/// One name a line; blank lines at the end and `\r` are ignored. InvalidArgument, naming the line:
/// an empty name between others, a name that is longer than limits::kMaxIdBytes, not UTF-8 or with
/// control characters, more than limits::kMaxClasses.
absl::StatusOr<std::vector<std::string>> ParseClassNames(std::string_view text);

/// ParseClassNames of a file of at most 1 MiB; errors begin with the path. Also NotFound and
/// PermissionDenied.
absl::StatusOr<std::vector<std::string>> ReadClassNames(const std::filesystem::path& path);

/// The names that Ultralytics writes into a model: {0: 'person', 1: "driver's cab"}. Empty where
/// the text is anything else, has gaps, or is beyond the limits above: such names are a
/// convenience.
std::vector<std::string> ParseNamesMetadata(std::string_view text);

/// Which of `names` are wanted: one flag a name. `classes` are names (in any case) or numbers;
/// empty: all are. InvalidArgument names the one that is unknown.
absl::StatusOr<std::vector<bool>> SelectClasses(std::span<const std::string> names,
                                                std::span<const std::string> classes);

}  // namespace vigil::objects
