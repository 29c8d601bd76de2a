#include "actions/retention.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/status.h"
#include "support/test_data.h"

namespace vigil::actions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// USERS.md, pain 23: the disk fills.
class Pain23 : public testing::Test {
 protected:
  void Make(const std::string& name, int days, std::size_t bytes = 4096) {
    const auto path = dir_ / name;
    std::filesystem::create_directories(path.parent_path());
    vigil::test::WriteFile(path, std::string(bytes, 'x'));
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * days));
  }
  std::vector<std::string> Left() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(dir_.path()));
    }
    std::ranges::sort(names);
    return names;
  }
  std::unique_ptr<Retention> Open(std::chrono::hours age, ByteSize bytes, ByteSize free) {
    return Retention::Create({dir_.path(), {".jpg"}, age, bytes, free}).value();
  }
  static WallTime Now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }

  vigil::test::TempDir dir_;
};

TEST_F(Pain23, OldFilesGoAndTheFoldersThatTheyLeaveEmpty) {
  Make("a/2026-01-01/old.jpg", 40);
  Make("a/2026-02-01/new.jpg", 2);
  Make("a/2026-01-01x/notes.txt", 400);
  Make("a/half.jpg.1-2.part", 1);
  const auto report = Open(std::chrono::hours(24 * 30), {}, {})->Sweep(Now(), {});
  EXPECT_EQ(report.removed_files, 2);
  EXPECT_EQ(report.kept_files, 1);
  EXPECT_THAT(Left(), ElementsAre("a/2026-01-01x/notes.txt", "a/2026-02-01/new.jpg"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "a/2026-01-01"));
}

TEST_F(Pain23, OverItsBytesTheOldestGoFirst) {
  for (int day = 1; day <= 6; ++day) Make(fmt::format("d{}.jpg", day), day);
  const auto report = Open({}, KiB(12), {})->Sweep(Now(), {});
  EXPECT_EQ(report.removed_files, 3);
  EXPECT_LE(report.kept_bytes, KiB(12).bytes);
  EXPECT_THAT(Left(), ElementsAre("d1.jpg", "d2.jpg", "d3.jpg"));
}

TEST_F(Pain23, WithoutFreeSpaceNothingIsBegun) {
  Make("a.jpg", 1);
  // More than any disk has: all that is ours is given up, and it is still not enough.
  const auto retention = Open({}, {}, {std::int64_t{1} << 60});
  const auto status = retention->MakeRoom(1000, Now(), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("min_free"));
  EXPECT_THAT(Left(), ElementsAre());
}

TEST_F(Pain23, AFullDiskThatNothingIsToBeKeptFreeOfIsSaidToBeFull) {
  Make("a.jpg", 1);
  const auto status = Open({}, {}, {})->MakeRoom(std::int64_t{1} << 60, Now(), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(": the disk is full; make room, or set"));
  EXPECT_THAT(Left(), ElementsAre("a.jpg"));
}

TEST_F(Pain23, WhatIsLargerThanAllItMayKeepIsRefused) {
  const auto retention = Open({}, KiB(10), {});
  EXPECT_EQ(retention->MakeRoom(KiB(11).bytes, Now(), {}).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(retention->MakeRoom(KiB(9).bytes, Now(), {}).ok());
}

TEST_F(Pain23, LinksAreNotFollowed) {
  vigil::test::TempDir elsewhere;
  vigil::test::WriteFile(elsewhere / "precious.jpg", "x");
  std::filesystem::create_directory_symlink(elsewhere.path(), dir_ / "link");
  std::filesystem::create_symlink(elsewhere / "precious.jpg", dir_ / "link.jpg");
  Open({}, {1}, {std::int64_t{1} << 60})->Sweep(Now(), {});
  EXPECT_TRUE(std::filesystem::exists(elsewhere / "precious.jpg"));
}

TEST_F(Pain23, AFolderThatIsGoneIsAnErrorAndNoCrash) {
  const auto retention = Open({}, {}, {1});
  std::filesystem::remove_all(dir_.path());
  EXPECT_EQ(retention->Sweep(Now(), {}).kept_files, 0);
  EXPECT_FALSE(retention->MakeRoom(1, Now(), {}).ok());
}

TEST(RetentionOptions, AreChecked) {
  EXPECT_FALSE(Validate({"", {".jpg"}, {}, {}, {}}).ok());
  EXPECT_FALSE(Validate({"/", {".jpg"}, {}, {}, {}}).ok());
  EXPECT_FALSE(Validate({"x", {}, {}, {}, {}}).ok());
  EXPECT_FALSE(Validate({"x", {""}, {}, {}, {}}).ok());
  EXPECT_TRUE(Validate({"x", {".jpg"}, {}, {}, {}}).ok());
}

}  // namespace
}  // namespace vigil::actions
