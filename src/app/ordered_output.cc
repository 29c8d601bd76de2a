#include "app/ordered_output.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace vigil::app {
namespace {

absl::Status FileError(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, fmt::format("{}: cannot be written", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<OrderedOutput>> OrderedOutput::Create(const std::string& path,
                                                                     std::size_t inputs,
                                                                     bool ordered) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "we");
  if (file == nullptr) return FileError(path, errno);
  return std::unique_ptr<OrderedOutput>(new OrderedOutput(path, file, inputs, ordered));
}

OrderedOutput::OrderedOutput(std::string path, std::FILE* file, std::size_t inputs, bool ordered)
    : path_(std::move(path)), ordered_(ordered), file_(file), inputs_(inputs) {}

OrderedOutput::~OrderedOutput() { (void)Close(); }

absl::Status OrderedOutput::Put(std::string_view lines) {
  if (!status_.ok() || file_ == nullptr || lines.empty()) return status_;
  // Who follows a camera waits for each line, and a line that says that it fell silent is the last for long.
  if (std::fwrite(lines.data(), 1, lines.size(), file_) != lines.size() ||
      (!ordered_ && std::fflush(file_) != 0))
    status_ = FileError(path_, errno);
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

absl::Status OrderedOutput::Close() {
  std::lock_guard lock(mutex_);
  if (file_ == nullptr) return status_;
  const bool failed = file_ == stdout ? std::fflush(file_) != 0 : std::fclose(file_) != 0;
  file_ = nullptr;
  if (failed && status_.ok()) status_ = FileError(path_, errno);
  return status_;
}

}  // namespace vigil::app
