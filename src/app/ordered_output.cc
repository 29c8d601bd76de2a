#include "app/ordered_output.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/file_error.h"
#include "core/time.h"

namespace vigil::app {
namespace {

constexpr std::chrono::seconds kPipePatience{60};

absl::Status Unwritable(const std::string& path, int error) {
  return FileError(error, path == "-" ? "standard output" : path, "cannot be written",
                   FileAccess::kWrite);
}

// A pipe without a reader says so instead of letting its writer wait where no stop is heard.
absl::StatusOr<std::FILE*> OpenFile(const std::string& path, const std::stop_token& stop) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK;
  const Deadline deadline = After(kPipePatience);
  int fd = open(path.c_str(), kFlags, 0666);
  std::error_code ignored;  // a socket answers the same, and never will be read
  while (fd < 0 && errno == ENXIO && std::filesystem::is_fifo(path, ignored)) {
    if (Clock::now() >= deadline)
      return absl::DeadlineExceededError(fmt::format(
          "{}: nobody has read this pipe for {}; start its reader first", path, kPipePatience));
    if (!SleepUntil(After(std::chrono::milliseconds(50)), stop))
      return absl::CancelledError(fmt::format("{}: nobody reads it", path));
    fd = open(path.c_str(), kFlags, 0666);
  }
  if (fd < 0) return Unwritable(path, errno);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fdopen(fd, "w");
}

}  // namespace

absl::StatusOr<std::unique_ptr<OrderedOutput>> OrderedOutput::Create(const std::string& path,
                                                                     std::size_t inputs,
                                                                     bool ordered,
                                                                     std::stop_token stop) {
  auto file = path == "-" ? stdout : OpenFile(path, stop);
  if (!file.ok()) return file.status();
  return std::unique_ptr<OrderedOutput>(new OrderedOutput(path, *file, inputs, ordered));
}

OrderedOutput::OrderedOutput(std::string path, std::FILE* file, std::size_t inputs, bool ordered)
    : path_(std::move(path)), ordered_(ordered), file_(file), inputs_(inputs) {}

OrderedOutput::~OrderedOutput() { (void)Close(); }

absl::Status OrderedOutput::Put(std::string_view lines) {
  if (!status_.ok() || file_ == nullptr || lines.empty()) return status_;
  // Who follows a camera waits for each line, and a line that says that it fell silent is the last for long.
  if (std::fwrite(lines.data(), 1, lines.size(), file_) != lines.size() ||
      (!ordered_ && std::fflush(file_) != 0))
    status_ = Unwritable(path_, errno);
  return status_;
}

absl::Status OrderedOutput::Write(std::size_t input, std::string_view lines, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto my_turn = [&] { return !ordered_ || turn_ == input; };
  if (!my_turn() && inputs_[input].lines.size() + lines.size() <= kMaxWaiting) {
    inputs_[input].lines.append(lines);
    return status_;
  }
  // The input whose turn it is never waits here, so the turn comes.
  if (!turned_.wait(lock, stop, my_turn))
    return absl::CancelledError(fmt::format("{}: stopped", path_));
  return Put(lines);
}

void OrderedOutput::Done(std::size_t input) {
  {
    std::lock_guard lock(mutex_);
    inputs_[input].done = true;
    Advance();
  }
  turned_.notify_all();
}

// Gives the turn on, past inputs that have ended, writing what had to wait.
void OrderedOutput::Advance() {
  while (turn_ < inputs_.size() && inputs_[turn_].done) {
    if (++turn_ == inputs_.size()) return;
    (void)Put(inputs_[turn_].lines);
    inputs_[turn_].lines = {};
  }
}

absl::Status OrderedOutput::status() {
  std::lock_guard lock(mutex_);
  return status_;
}

absl::Status OrderedOutput::Close() {
  std::lock_guard lock(mutex_);
  if (file_ == nullptr) return status_;
  const bool failed = file_ == stdout ? std::fflush(file_) != 0 : std::fclose(file_) != 0;
  file_ = nullptr;
  if (failed && status_.ok()) status_ = Unwritable(path_, errno);
  return status_;
}

}  // namespace vigil::app
