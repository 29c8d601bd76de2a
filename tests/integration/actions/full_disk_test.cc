// A disk without room: a small file system in memory where we may mount one, and everywhere the
// limit on the size of files, at which write() stops half-way in the same manner.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "actions/frame_capture.h"
#include "actions/json_log.h"
#include "core/status.h"
#include "support/test_data.h"
#include "support/text_file.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);  // as the program does
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

/// A file system of so many bytes; `ok` is false where we may not mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& options) {
    ok = mount("tmpfs", dir_.path().c_str(), "tmpfs", MS_NODEV | MS_NOSUID, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (ok) umount2(dir_.path().c_str(), MNT_DETACH);
  }
  const std::filesystem::path& path() const { return dir_.path(); }
  bool ok = false;

 private:
  vigil::test::TempDir dir_;
};

std::vector<std::int64_t> Sequences(const std::filesystem::path& path) {
  std::vector<std::int64_t> sequences;
  const std::string text = vigil::test::ReadText(path);
  EXPECT_TRUE(text.empty() || text.back() == '\n') << "half a line was left";
  for (const auto& line : vigil::test::ReadLines(path)) {
    sequences.push_back(nlohmann::json::parse(line).at("sequence"));
  }
  return sequences;
}

WallTime RealNow() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

absl::StatusOr<std::unique_ptr<JsonLog>> OpenLog(const std::filesystem::path& folder) {
  JsonLogOptions options;
  options.path = folder / "events.jsonl";
  options.daily = false;
  options.time_zone = "UTC";
  return JsonLog::Open(options, &RealNow);
}

// Logs until there is no room, then again once there is; every event is there once.
void FillAndGoOn(JsonLog& log, const std::filesystem::path& path,
                 const std::function<void()>& make_room) {
  std::int64_t next = 0;
  absl::Status status;
  const auto run = [&] { return log.Run(test::CarCrossing(next), After(test::kSoon), {}); };
  for (; next < 10'000 && (status = run()).ok(); ++next) {
  }
  ASSERT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(MessageOf(status).find('\n'), std::string_view::npos);
  EXPECT_EQ(Sequences(path).size(), static_cast<std::size_t>(next));
  EXPECT_FALSE(run().ok());
  EXPECT_EQ(Sequences(path).size(), static_cast<std::size_t>(next));
  make_room();
  for (const std::int64_t end = next + 3; next < end; ++next) EXPECT_TRUE(run().ok());
  const auto all = Sequences(path);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(next));
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<std::int64_t>(i));
}

TEST(Pain23FullDisk, JsonLogLeavesNoHalfLineAtTheLimitOfFiles) {
  vigil::test::TempDir dir;
  auto log = OpenLog(dir.path());
  ASSERT_TRUE(log.ok()) << log.status();
  auto limit = std::make_unique<SizeLimit>(20'011);
  FillAndGoOn(**log, dir / "events.jsonl", [&] { limit.reset(); });
}

TEST(Pain23FullDisk, JsonLogLeavesNoHalfLineOnAFullDisk) {
  const SmallDisk disk("size=64k");
  if (!disk.ok) GTEST_SKIP() << "needs the right to mount";
  auto log = OpenLog(disk.path());
  ASSERT_TRUE(log.ok()) << log.status();
  vigil::test::WriteFile(disk.path() / "filler", std::string(16 << 10, 'x'));
  FillAndGoOn(**log, disk.path() / "events.jsonl",
              [&] { std::filesystem::remove(disk.path() / "filler"); });
}

FrameCaptureOptions CaptureIn(const std::filesystem::path& folder) {
  FrameCaptureOptions options;
  options.folder = folder / "captures";
  options.spool = folder / "spool";
  options.time_zone = "UTC";
  options.min_free = KiB(64);
  return options;
}

Image Noise(int width, int height) {
  Image image(width, height, PixelFormat::kRgb8);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < image.bytes(); ++i) {
    state = state * 1664525 + 1013904223;
    image.mutable_view().data[i] = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

TEST(Pain23FullDisk, CaptureRefusesWhatCannotBeKept) {
  const SmallDisk disk("size=512k");
  if (!disk.ok) GTEST_SKIP() << "needs the right to mount";
  const auto options = CaptureIn(disk.path());
  auto spool_retention = Retention::Create(SpoolRetention(options)).value();
  auto spool = FrameSpool::Create(options, *spool_retention, &RealNow).value();
  // Somebody else's files: nothing that retention may remove.
  vigil::test::WriteFile(disk.path() / "filler", std::string(440 << 10, 'x'));
  const Image picture = Noise(160, 120);
  const auto event = test::CarCrossing().event;
  const auto refused = spool->Save(event, picture.view(), picture.view());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted) << refused.status();
  EXPECT_FALSE(std::filesystem::exists(FrameSpool::FolderOf(options.spool, event.id)));
  std::filesystem::remove(disk.path() / "filler");
  EXPECT_TRUE(spool->Save(event, picture.view(), picture.view()).ok());
}

TEST(Pain23FullDisk, CaptureGoesOnForEverOnASmallDiskAndKeepsTheNewest) {
  const SmallDisk disk("size=1m");
  if (!disk.ok) GTEST_SKIP() << "needs the right to mount";
  const auto options = CaptureIn(disk.path());
  auto capture_retention = Retention::Create(CaptureRetention(options)).value();
  auto spool = FrameSpool::Create(options, *capture_retention, &RealNow).value();
  auto action = FrameCapture::Create(options, *capture_retention, &RealNow).value();
  const Image picture = Noise(160, 120);
  Delivery last;
  for (int i = 0; i < 100; ++i) {
    last = test::CarCrossing(i, fmt::format("2026-11-24T20:57:24.{:03}Z", i));
    const auto paths = spool->Save(last.event, picture.view(), picture.view());
    ASSERT_TRUE(paths.ok()) << i << ": " << paths.status();
    last.pictures = *paths;
    ASSERT_TRUE(action->Run(last, After(test::kSoon), {}).ok()) << i;
    spool->Remove(last.event.id);
  }
  const auto newest = options.folder / action->NameFor(last, last.pictures[0], false);
  EXPECT_TRUE(std::filesystem::exists(newest));
}

TEST(Pain23FullDisk, HalfAPictureIsNeverLeft) {
  vigil::test::TempDir dir;
  auto options = CaptureIn(dir.path());
  options.min_free = {1};
  auto retention = Retention::Create(SpoolRetention(options)).value();
  auto spool = FrameSpool::Create(options, *retention, &RealNow).value();
  const Image picture = Noise(320, 240);
  const auto event = test::CarCrossing().event;
  {
    const SizeLimit limit(10'000);
    const auto refused = spool->Save(event, picture.view(), picture.view());
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted) << refused.status();
  }
  EXPECT_TRUE(std::filesystem::is_empty(options.spool));
  EXPECT_TRUE(spool->Save(event, picture.view(), picture.view()).ok());
}

}  // namespace
}  // namespace vigil::actions
