// Files found relative to the running program: a build tree and an installed product hold them in
// different places.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

namespace vigil::nn {

/// The folder of the running program; empty where the system does not tell.
std::filesystem::path ExecutableDir();

/// How far above the program a build tree's root is looked for.
inline constexpr int kMaxParents = 6;

/// The first of `from`, its parent, … (kMaxParents at most) joined with `relative` of which `fits`
/// holds.
std::optional<std::filesystem::path> FindUpwards(
    std::filesystem::path from, const std::filesystem::path& relative,
    const std::function<bool(const std::filesystem::path&)>& fits);

}  // namespace vigil::nn
