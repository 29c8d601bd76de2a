#include "app/pem_file.h"

#include <fmt/format.h>

#include <utility>

#include "core/config/load.h"
#include "core/status.h"

namespace vigil::app {

absl::Status ReadPemFiles(std::initializer_list<PemFile> files) {
  for (const PemFile& one : files) {
    if (one.path.empty()) continue;
    auto file = config::ReadFile(one.path, "PEM");
    if (!file.ok())
      return absl::InvalidArgumentError(fmt::format("{}: {}", one.key, MessageOf(file.status())));
    if (file->text.find("-----BEGIN ") == std::string::npos)
      return absl::InvalidArgumentError(fmt::format("{}: {} holds no PEM", one.key, one.path));
    one.text = std::move(file->text);
  }
  return absl::OkStatus();
}

}  // namespace vigil::app
