// Certificates and keys, from their files.
#pragma once

#include <absl/status/statusor.h>

#include <string>

namespace vigil::app {

/// The text of a PEM file. `key`: of the configuration, named in messages. NotFound, PermissionDenied, or InvalidArgument
/// where it is no PEM; what is in the file is in no message.
absl::StatusOr<std::string> ReadPem(const std::string& path, const char* key);

}  // namespace vigil::app
