// A file being written that owns the disk space it will still need.
#pragma once

extern "C" {
#include <libavformat/avio.h>
}

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace vigil::media::internal {

/// A new file that FFmpeg's muxers write to, with space taken from the disk ahead of what is
/// written: a video whose disk fills can still be completed, because the place of its index was
/// taken before. The space behind the file's end is given back by Close().
///
/// On file systems that cannot take space ahead (some network ones), Reserve() always succeeds and
/// a full disk is a failed write. Used by one thread.
class AheadFile {
 public:
  /// Replaces what is there. NotFound, PermissionDenied … name the file `shown`.
  static absl::StatusOr<std::unique_ptr<AheadFile>> Create(const std::filesystem::path& path,
                                                           const std::filesystem::path& shown);
  AheadFile(const AheadFile&) = delete;
  AheadFile& operator=(const AheadFile&) = delete;
  ~AheadFile();

  /// For the muxer. Ends with Close().
  AVIOContext* io() { return io_; }

  /// Takes the space of `bytes` behind what was written so far. False: the disk, a quota or the
  /// process's limit of file sizes does not have it; what was reserved before is still ours.
  bool Reserve(std::int64_t bytes);

  /// Flushes and gives back what is not used; 0, or an error of FFmpeg's. Idempotent.
  int Close();

 private:
  explicit AheadFile(int fd);
  static int Write(void* self, std::uint8_t* data, int size);
  static std::int64_t Seek(void* self, std::int64_t offset, int whence);

  int fd_ = -1;
  AVIOContext* io_ = nullptr;
  std::int64_t position_ = 0;  // of the next Write
  std::int64_t size_ = 0;
  std::int64_t reserved_ = 0;  // from the file's beginning
  std::int64_t limit_;         // of the process: RLIMIT_FSIZE
  bool can_reserve_ = true;
};

}  // namespace vigil::media::internal
