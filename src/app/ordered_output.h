// One output file for several inputs that are worked on at once: their lines appear input by input.
#pragma once

#include <absl/status/statusor.h>

#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::app {

/// Inputs are numbered from 0. The lines of the input whose turn it is go straight to the file; those of later ones wait
/// in memory, at most kMaxWaiting bytes each, after which their writer waits too. Safe from any thread.
class OrderedOutput {
 public:
  static constexpr std::size_t kMaxWaiting = 32U << 20;

  /// `path` "-" is standard output. `ordered` false: lines are written as they come, whole, as live inputs need it.
  /// A pipe is waited for until somebody reads it, a minute at most (DeadlineExceeded), or `stop` is asked for (Cancelled). PermissionDenied, NotFound …,
  /// naming the path.
  static absl::StatusOr<std::unique_ptr<OrderedOutput>> Create(const std::string& path,
                                                               std::size_t inputs, bool ordered,
                                                               std::stop_token stop = {});
  ~OrderedOutput();
  OrderedOutput(const OrderedOutput&) = delete;
  OrderedOutput& operator=(const OrderedOutput&) = delete;

  /// Text of one or more whole lines. Cancelled on `stop`; an error of the file (a full disk) names it, and comes again
  /// with every later call.
  absl::Status Write(std::size_t input, std::string_view lines, std::stop_token stop);
  /// The input has no more lines.
  void Done(std::size_t input);
  /// The file's error, if it has one.
  absl::Status status();
  /// Everything is on its way to the disk; the file's last error, if it had one.
  absl::Status Close();

 private:
  struct Waiting {
    std::string lines;
    bool done = false;
  };
  OrderedOutput(std::string path, std::FILE* file, std::size_t inputs, bool ordered);
  absl::Status Put(std::string_view lines);
  void Advance();

  const std::string path_;
  const bool ordered_;
  std::mutex mutex_;
  std::condition_variable_any turned_;
  std::FILE* file_;  // under mutex_, as all below
  std::size_t turn_ = 0;
  std::vector<Waiting> inputs_;
  absl::Status status_;
};

}  // namespace vigil::app
