#include "app/pem_file.h"

#include <fmt/format.h>

#include "core/config/load.h"
#include "core/status.h"

namespace vigil::app {

absl::StatusOr<std::string> ReadPem(const std::string& path, const char* key) {
  const auto file = config::ReadFile(path);
  if (!file.ok())
    return absl::Status(file.status().code(), fmt::format("{}: {}", key, MessageOf(file.status())));
  if (file->text.find("-----BEGIN ") == std::string::npos)
    return absl::InvalidArgumentError(fmt::format("{}: {} holds no PEM", key, path));
  return file->text;
}

}  // namespace vigil::app
