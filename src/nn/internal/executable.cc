#include "nn/internal/executable.h"

#include <system_error>

namespace vigil::nn {

std::filesystem::path ExecutableDir() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path() : program.parent_path();
}

std::optional<std::filesystem::path> FindUpwards(
    std::filesystem::path from, const std::filesystem::path& relative,
    const std::function<bool(const std::filesystem::path&)>& fits) {
  for (int i = 0; i <= kMaxParents && !from.empty(); ++i) {
    if (auto candidate = from / relative; fits(candidate)) return candidate;
    if (from == from.parent_path()) break;  // the root
    from = from.parent_path();
  }
  return std::nullopt;
}

}  // namespace vigil::nn
