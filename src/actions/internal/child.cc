#include "actions/internal/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "actions/internal/files.h"

namespace vigil::actions::internal {
namespace {

// posix_spawn's two objects, made and unmade.
class SpawnPlan {
 public:
  SpawnPlan(int in, int out) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, out, STDERR_FILENO);
    // Libraries may have opened files that a program does not close by itself when it starts.
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// A file in memory: it can be read at any pace, or not at all, without anybody waiting.
absl::StatusOr<Descriptor> InputFile(std::string_view input) {
  Descriptor file(::memfd_create("vigil-event", MFD_CLOEXEC));
  if (!file) return FileError(errno, "stdin of the program", "cannot be made");
  const int error = WriteAll(file.get(), input);
  if (error != 0) return FileError(error, "stdin of the program", "cannot be made");
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Takes some of what is there; false: the end. Never more than a little at a time: who prints
// without end must not keep us from looking at the clock.
bool Drain(int fd, std::string& output, std::size_t max_output) {
  std::array<char, 65'536> buffer;
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  const std::size_t room = max_output - std::min(max_output, output.size());
  output.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  return got > 0;
}

class Watch {
 public:
  Watch(int output, int process, int wake)
      : fds_{pollfd{process, POLLIN, 0}, pollfd{wake, POLLIN, 0}, pollfd{output, POLLIN, 0}} {}

  /// Collects output until the process has ended, `until` passes or, if it is listened to, there is
  /// a stop. True: it has ended.
  bool UntilEnd(Deadline until, bool heed_stop, std::string& output, std::size_t max_output) {
    fds_[1].fd = heed_stop ? fds_[1].fd : -1;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
      const int wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
      ::poll(fds_.data(), fds_.size(), wait);
      if (fds_[2].revents != 0 && !Drain(fds_[2].fd, output, max_output)) fds_[2].fd = -1;
      if ((fds_[0].revents & POLLIN) != 0) return true;
      if ((fds_[1].revents & POLLIN) != 0 || left <= 0) return false;
    }
  }

 private:
  std::array<pollfd, 3> fds_;
};

}  // namespace

absl::StatusOr<ChildResult> RunChild(const std::vector<std::string>& argv,
                                     const std::vector<std::string>& environment,
                                     std::string_view input, std::size_t max_output,
                                     Deadline deadline, std::chrono::milliseconds grace,
                                     const std::stop_token& stop) {
  const auto in = InputFile(input);
  if (!in.ok()) return in.status();
  std::array<int, 2> pipe;
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return FileError(errno, argv[0], "cannot be started");
  const Descriptor from(pipe[0]);
  Descriptor to(pipe[1]);
  ::fcntl(from.get(), F_SETFL, O_NONBLOCK);
  const Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return FileError(errno, argv[0], "cannot be started");
  const std::stop_callback on_stop(stop,
                                   [&] { static_cast<void>(!::eventfd_write(wake.get(), 1)); });

  pid_t pid = -1;
  const SpawnPlan plan(in->get(), to.get());
  const int error = ::posix_spawn(&pid, argv[0].c_str(), &plan.files_, &plan.attributes_,
                                  Pointers(argv).data(), Pointers(environment).data());
  to.Reset();
  if (error != 0) return FileError(error, argv[0], "cannot be started");
  // Called by number: the C header of glibc 2.36 cannot be linked from C++.
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ChildResult result;
  if (!process) {  // Linux before 5.3
    const int reason = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return FileError(reason, argv[0], "cannot be watched");
  }
  Watch watch(from.get(), process.get(), wake.get());
  if (!watch.UntilEnd(deadline, true, result.output, max_output)) {
    result.stopped = stop.stop_requested();
    result.late = !result.stopped;
    // Until waitpid its number, and so that of the group, belongs to nobody else.
    ::kill(-pid, SIGTERM);
    watch.UntilEnd(Clock::now() + grace, false, result.output, max_output);
    ::kill(-pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  Drain(from.get(), result.output, max_output);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

}  // namespace vigil::actions::internal
