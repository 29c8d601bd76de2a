// Fetches a known model from where it is published, and takes nothing else for it.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "nn/model_catalog.h"

namespace vigil::nn {

struct DownloadOptions {
  /// Another address: of a folder with the same files, or of the file itself (it ends with the file's name). https, or
  /// http on this machine. Empty: the model's own.
  std::string from = {};
  std::chrono::seconds connect_timeout{15};
  std::chrono::seconds stall_timeout{30};  ///< with less than 1 kB a second for so long: broken off
  /// Called now and then on the calling thread: bytes that are there, bytes of the whole file.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

enum class PullOutcome { kAlreadyThere, kDownloaded, kResumed };

/// Puts a model that is not of set-up (KnownModel::url) into `dir`, whole and with the right
/// SHA-256, or not at all: it grows as `<file>.part`, is checked, and is then renamed. A part that
/// an earlier call left is gone on with; if it does not lead to the right file, it is fetched anew
/// once.
///
/// Follows at most 5 redirections, to https only. Honours the proxy variables (https_proxy,
/// no_proxy …) and SSL_CERT_FILE. A file that is there and right is left alone; one that is there
/// and wrong is replaced.
///
/// Errors, one line each: InvalidArgument (address; no model to pull), NotFound (HTTP 404, folder),
/// PermissionDenied (HTTP 401 and 403, folder), Unavailable (no connection, broken off, HTTP 5xx:
/// the part is kept, a repeat goes on with it), DataLoss (another size or hash; removed),
/// ResourceExhausted (disk), Aborted (another pull of the same file is running), Cancelled.
absl::StatusOr<PullOutcome> PullModel(const KnownModel& model, const std::filesystem::path& dir,
                                      const DownloadOptions& options, std::stop_token stop);

}  // namespace vigil::nn
