// The process that the delivery tests kill and starve: an outbox, its dispatcher, and actions that
// append to files. `delivery_helper feed|drain|fill-limit|fill-disk|open FOLDER`.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "actions/dispatcher.h"
#include "core/log.h"
#include "core/status.h"
#include "integration/delivery_feed.h"
#include "store/outbox.h"
#include "support/text_file.h"

namespace vigil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
namespace fs = std::filesystem;

constexpr seconds kLong{60};
constexpr int kNotPermitted = 77;

[[noreturn]] void Fail(std::string_view what) {
  fmt::print(stderr, "{}\n", what);
  std::exit(1);
}

// A line `id attempt` an event.
class AppendToFile : public actions::Action {
 public:
  AppendToFile(std::string name, fs::path path, bool idempotent)
      : name_(std::move(name)), path_(std::move(path)), idempotent_(idempotent) {}
  std::string_view name() const override { return name_; }

  absl::Status Run(const actions::Delivery& delivery, Deadline, std::stop_token) override {
    const std::string id = delivery.event.id + " ";
    if (idempotent_ && delivery.attempt > 1) {
      for (const std::string& line : test::ReadLines(path_)) {
        if (line.starts_with(id)) return absl::OkStatus();
      }
    }
    // A server that is busy now and then.
    if (!idempotent_ && delivery.event.sequence % 5 == 0 && delivery.attempt == 1) {
      return absl::UnavailableError("busy");
    }
    return Append(fmt::format("{}{}\n", id, delivery.attempt));
  }

 private:
  // All of the line or nothing of it.
  absl::Status Append(const std::string& line) const {
    const int file = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return absl::ResourceExhaustedError("cannot be opened");
    const off_t end = lseek(file, 0, SEEK_END);
    const bool whole = write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    if (!whole && ftruncate(file, end) != 0) Fail("half a line stays");
    close(file);
    return whole ? absl::OkStatus() : absl::ResourceExhaustedError("no space");
  }

  const std::string name_;
  const fs::path path_;
  const bool idempotent_;
};

class Process {
 public:
  explicit Process(fs::path folder) : folder_(std::move(folder)) {
    store::OutboxOptions options;
    options.min_free = {};
    options.retry.first = milliseconds(5);
    options.retry.longest = milliseconds(50);
    options.retry.max_failures = 1'000'000;
    auto outbox = store::Outbox::Open(folder_ / "outbox.db", options);
    if (!outbox.ok()) Fail(MessageOf(outbox.status()));
    outbox_ = *std::move(outbox);
    const auto rules = outbox_->LoadState("rules"), next = outbox_->LoadState("next");
    if (!rules.ok() || !next.ok()) Fail("no state");
    if (!rules->empty() && !rules_.RestoreState(*rules).ok()) Fail("bad state");
    next_ = next->empty() ? 0 : std::stoll(*next);

    std::vector<std::unique_ptr<actions::Action>> all;
    all.push_back(std::make_unique<AppendToFile>("json_log", folder_ / "log", true));
    all.push_back(std::make_unique<AppendToFile>("email_immediate", folder_ / "mail", false));
    actions::DispatcherOptions dispatching;
    dispatching.first_pause = milliseconds(5);
    dispatching.longest_pause = milliseconds(50);
    auto dispatcher = actions::Dispatcher::Start(*outbox_, std::move(all), dispatching);
    if (!dispatcher.ok()) Fail(MessageOf(dispatcher.status()));
    dispatcher_ = *std::move(dispatcher);
  }

  // Some events, and the state in which they leave the process. After an error nothing is changed.
  absl::Status Feed(int count) {
    std::vector<store::OutboxEntry> entries;
    const std::string before = rules_.SaveState();
    for (int i = 0; i < count; ++i) {
      events::Event event = test::FeedEvent(next_ + i);
      const auto decisions = rules_.Match(event);
      entries.push_back(store::EntryOf(std::move(event), decisions));
    }
    const std::vector<store::StateBlob> states = {{"rules", rules_.SaveState()},
                                                  {"next", std::to_string(next_ + count)}};
    const auto appended = outbox_->Append(entries, states);
    if (!appended.ok()) {
      if (!rules_.RestoreState(before).ok()) Fail("bad state");
      return appended.status();
    }
    if (appended->added != entries.size()) Fail("an event was there already");
    next_ += count;
    dispatcher_->Wake();
    return absl::OkStatus();
  }

  // Written under a name that says what is in it, as a Message-ID would: twice is the same file.
  void Digest() {
    const auto window = outbox_->OpenDigest("email_digest");
    if (!window.ok()) Fail(MessageOf(window.status()));
    std::string text;
    std::int64_t last = 0;
    for (auto rows = outbox_->CollectedIn(*window, last, 100); rows.ok() && !rows->empty();
         rows = outbox_->CollectedIn(*window, last, 100)) {
      for (const auto& row : *rows) text += row.event.id + "\n";
      last = rows->back().sequence;
    }
    const auto held = outbox_->HeldIn(*window);
    if (!held.ok()) Fail(MessageOf(held.status()));
    for (const auto& one : *held) text += fmt::format("held {}\n", one.count);
    // With its beginning: an empty one may follow that ends where the last one did.
    const fs::path path = folder_ / fmt::format("digest-{}-{}", window->after, window->upto);
    test::WriteText(path.string() + ".part", text);
    fs::rename(path.string() + ".part", path);
    if (const absl::Status closed = outbox_->CloseDigest(*window); !closed.ok())
      Fail(MessageOf(closed));
  }

  void Drain() {
    const auto left = dispatcher_->Drain(After(kLong));
    if (!left.ok() || !left->empty()) Fail("not all is delivered");
  }

  std::int64_t next() const { return next_; }

 private:
  fs::path folder_;
  std::unique_ptr<store::Outbox> outbox_;
  events::RuleSet rules_ = test::FeedRuleSet();
  std::int64_t next_ = 0;
  std::unique_ptr<actions::Dispatcher> dispatcher_;  // ends before the outbox
};

[[noreturn]] void FeedUntilKilled(const fs::path& folder) {
  Process process(folder);
  for (int i = 1;; ++i) {
    if (const absl::Status fed = process.Feed(1 + i % 4); !fed.ok()) Fail(MessageOf(fed));
    if (i % 6 == 0) process.Digest();
    if (write(STDOUT_FILENO, ".", 1) != 1) Fail("nobody listens");  // who kills counts them
  }
}

int Drain(const fs::path& folder) {
  Process process(folder);
  process.Drain();
  process
      .Digest();  // perhaps one that was open when its process was killed: what came later is in the next
  process.Digest();
  fmt::print("{}\n", process.next());
  return 0;
}

// Feeds until there is no space, `make_room`s, and goes on.
int FeedThroughAFullDisk(const fs::path& folder, auto fill, auto make_room) {
  Process process(folder);
  for (int i = 0; i < 20; ++i) {
    if (const absl::Status fed = process.Feed(3); !fed.ok()) Fail(MessageOf(fed));
  }
  fill();
  absl::Status full;
  for (int i = 0; i < 100'000 && full.ok(); ++i) full = process.Feed(3);
  if (!absl::IsResourceExhausted(full)) Fail(fmt::format("not full: {}", full.ToString()));
  for (int i = 0; i < 20; ++i) {
    if (process.Feed(3).ok()) Fail("there was space after all");
  }
  fmt::print("{}\n", MessageOf(full));
  std::fflush(stdout);
  make_room();
  for (int i = 0; i < 20; ++i) {
    if (const absl::Status fed = process.Feed(3); !fed.ok()) Fail(MessageOf(fed));
  }
  process.Drain();
  process.Digest();
  fmt::print("{}\n", process.next());
  return 0;
}

void LimitFiles(rlim_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) Fail("setrlimit");
}

int FillLimit(const fs::path& folder) {
  std::signal(SIGXFSZ, SIG_IGN);
  return FeedThroughAFullDisk(
      folder, [&] { LimitFiles(fs::file_size(folder / "outbox.db-wal") + (64U << 10)); },
      [] { LimitFiles(RLIM_INFINITY); });
}

// On a file system that nobody else sees, with room for the outbox and its log.
int FillDisk(const fs::path& folder) {
  if (unshare(CLONE_NEWNS) != 0 ||
      mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=16m") != 0) {
    return kNotPermitted;
  }
  const fs::path ballast = folder / "ballast";
  const int result = FeedThroughAFullDisk(
      folder,
      [&] {
        std::ofstream file(ballast, std::ios::binary);
        const std::string block(4096, 'x');
        while (file.write(block.data(), 4096) && file.flush()) {
        }
      },
      [&] { fs::remove(ballast); });
  // The mount ends with the process, so its files are shown here.
  for (const char* name : {"log", "mail"}) {
    for (const std::string& line : test::ReadLines(folder / name))
      fmt::print("{} {}\n", name, line);
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("digest-")) continue;
    for (const std::string& line : test::ReadLines(entry.path())) fmt::print("digest {}\n", line);
  }
  return result;
}

int OpenWithoutSpace(const fs::path& folder) {
  std::signal(SIGXFSZ, SIG_IGN);
  LimitFiles(0);
  store::OutboxOptions options;
  options.min_free = {};
  const auto outbox = store::Outbox::Open(folder / "outbox.db", options);
  fmt::print("{}\n", outbox.status().ToString());
  return outbox.ok() ? 1 : 0;
}

}  // namespace
}  // namespace vigil

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string mode = argv[1];
  const std::filesystem::path folder = argv[2];
  vigil::log::Setup(vigil::log::Level::kInfo, vigil::log::Format::kText);  // stdout is for results
  if (mode == "feed") vigil::FeedUntilKilled(folder);
  if (mode == "drain") return vigil::Drain(folder);
  if (mode == "fill-limit") return vigil::FillLimit(folder);
  if (mode == "fill-disk") return vigil::FillDisk(folder);
  if (mode == "open") return vigil::OpenWithoutSpace(folder);
  return 2;
}
