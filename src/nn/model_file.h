// A model file in memory.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace vigil::nn {

/// The bytes of one model file, read whole. Aligned to 64 bytes, as FlatBuffers and vector code
/// want it. Moves only.
///
/// Read and not mapped, on purpose: what a verifier has looked at must stay as it was, and a mapped
/// file that somebody shortens kills the process at the next access. The largest face model is 2.5
/// MB, read in a millisecond.
class ModelFile {
 public:
  /// NotFound, PermissionDenied, or InvalidArgument for what cannot be a model: a folder, a device,
  /// an empty file, more than limits::kMaxModelBytes. The message names the path. Never waits (a
  /// pipe is refused, not opened).
  static absl::StatusOr<ModelFile> Read(const std::filesystem::path& path);

  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  explicit ModelFile(std::size_t size);

  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

/// SHA-256 as 64 lower-case hexadecimal digits. Safe from any thread.
std::string Sha256(std::span<const std::byte> bytes);

}  // namespace vigil::nn
