// Runs a program, as a user would, and keeps what it said.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace vigil::test {

/// ThreadSanitizer makes everything so much slower; tests of what has to be in time slow down their clocks as much.
#ifdef __SANITIZE_THREAD__
inline constexpr int kSlower = 10;
#else
inline constexpr int kSlower = 1;
#endif
/// How long a program may take that is not told otherwise.
inline constexpr std::chrono::seconds kPatience{kSlower == 1 ? 400 : 1200};

struct Outcome {
  int exit_code = -1;  ///< 128 + signal where one ended it; 124: killed because it took too long
  std::string out, err;
};

/// A program while it runs. What it says stays in its pipes until Wait() reads them, so that one
/// that says a lot stops there.
class Program {
 public:
  /// `environment` is added to ours ("NAME=value").
  explicit Program(const std::vector<std::string>& command,
                   const std::vector<std::string>& environment = {}) {
    std::array<int, 2> out, err;
    if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      for (const std::string& variable : environment) putenv(strdup(variable.c_str()));
      std::vector<char*> arguments;
      for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
      arguments.push_back(nullptr);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    streams_ = {pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (child_ > 0) (void)Wait(std::chrono::seconds(0));
  }

  void Signal(int signal) const { kill(child_, signal); }
  pid_t pid() const { return child_; }

  /// True once it has said something on stdout, or closed it; false after `limit`.
  bool AwaitOutput(std::chrono::seconds limit = kPatience) {
    pollfd stream = streams_[0];
    return poll(&stream, 1, static_cast<int>(limit.count()) * 1000) > 0;
  }

  /// The next line of stdout, without its end; empty where none came within `limit`.
  std::string ReadLine(std::chrono::seconds limit = kPatience) {
    std::string line;
    for (char c = 0; AwaitOutput(limit) && read(streams_[0].fd, &c, 1) == 1 && c != '\n';)
      line += c;
    return line;
  }

  /// To its end; killed after `limit`. Once.
  Outcome Wait(std::chrono::seconds limit = kPatience) {
    Outcome outcome;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bool killed = false;
    for (int open = 2; open > 0;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0 && !killed) {
        kill(child_, SIGKILL);
        killed = true;
      }
      poll(streams_.data(), streams_.size(), killed ? 1000 : static_cast<int>(left.count()));
      for (std::size_t i = 0; i < 2; ++i) {
        if (streams_[i].fd < 0 || streams_[i].revents == 0) continue;
        std::array<char, 65536> buffer;
        const ssize_t got = read(streams_[i].fd, buffer.data(), buffer.size());
        if (got > 0) {
          (i == 0 ? outcome.out : outcome.err).append(buffer.data(), static_cast<std::size_t>(got));
        } else {
          close(streams_[i].fd);
          streams_[i].fd = -1;
          --open;
        }
      }
    }
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    outcome.exit_code = killed              ? 124
                        : WIFEXITED(status) ? WEXITSTATUS(status)
                                            : 128 + WTERMSIG(status);
    return outcome;
  }

 private:
  pid_t child_ = -1;  // -1: waited for
  std::array<pollfd, 2> streams_{};
};

inline Outcome RunProgram(const std::vector<std::string>& command,
                          const std::vector<std::string>& environment = {},
                          std::chrono::seconds limit = kPatience) {
  return Program(command, environment).Wait(limit);
}

}  // namespace vigil::test
