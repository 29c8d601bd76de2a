#include "actions/frame_capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "actions/retry_after.h"
#include "core/status.h"
#include "support/test_data.h"
#include "support/text_file.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using vigil::test::ReadText;

Image Grey(std::uint8_t level) {
  Image image(64, 48, PixelFormat::kRgb8);
  std::fill_n(image.mutable_view().data, image.bytes(), level);
  return image;
}

class FrameCaptureTest : public testing::Test {
 protected:
  FrameCaptureTest() {
    options_.folder = dir_ / "captures";
    options_.spool = dir_ / "captures" / ".spool";
    options_.time_zone = "Europe/Berlin";
    options_.min_free = {1};
  }
  void Open() {
    capture_retention_ = Retention::Create(CaptureRetention(options_)).value();
    spool_retention_ = Retention::Create(SpoolRetention(options_)).value();
    const auto now = [this] { return now_; };
    spool_ = FrameSpool::Create(options_, *spool_retention_, now).value();
    action_ = FrameCapture::Create(options_, *capture_retention_, now, [this](const auto& event) {
                return spool_->Awaits(event);
              }).value();
  }
  Delivery Spooled(Delivery delivery, std::uint8_t level = 100) {
    const auto paths = spool_->Save(delivery.event, Grey(level).view(), Grey(level).view());
    EXPECT_TRUE(paths.ok()) << paths.status();
    delivery.pictures = *paths;
    return delivery;
  }
  absl::Status Run(const Delivery& delivery) {
    return action_->Run(delivery, After(test::kSoon), {});
  }
  std::vector<std::string> Kept() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.folder)) {
      const auto name = entry.path().lexically_relative(options_.folder).string();
      if (entry.is_regular_file() && !name.starts_with(".spool")) names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
  }

  vigil::test::TempDir dir_;
  FrameCaptureOptions options_;
  WallTime now_ = test::Utc("2026-11-24T20:57:25Z");
  std::unique_ptr<Retention> capture_retention_, spool_retention_;
  std::unique_ptr<FrameSpool> spool_;
  std::unique_ptr<FrameCapture> action_;
};

TEST_F(FrameCaptureTest, KeepsTheAnnotatedAndTheCleanPicture) {
  Open();
  const Delivery delivery = Spooled(test::CarCrossing());
  EXPECT_EQ(delivery.pictures[0].filename(), "annotated.jpg");
  ASSERT_TRUE(Run(delivery).ok());
  EXPECT_THAT(Kept(),
              ElementsAre("jetson-01/driveway/2026-11-24/21-57-24.123_LINE_CROSS_42.jpg",
                          "jetson-01/driveway/2026-11-24/21-57-24.123_LINE_CROSS_42_clean.jpg"));
  EXPECT_TRUE(ReadText(options_.folder / Kept()[0]).starts_with("\xFF\xD8"));
}

TEST_F(FrameCaptureTest, ARepetitionChangesNothingWhateverWasDone) {
  Open();
  const Delivery delivery = Spooled(test::CarCrossing());
  // Ended after the first picture: the second run does the rest.
  Delivery half = delivery;
  half.pictures.resize(1);
  ASSERT_TRUE(Run(half).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Run(delivery).ok());
  EXPECT_EQ(Kept().size(), 2U);
  spool_->Remove(delivery.event.id);
  ASSERT_TRUE(Run(delivery).ok());
  EXPECT_EQ(Kept().size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(delivery.pictures[0]));
}

TEST_F(FrameCaptureTest, NeverOverThePictureOfAnotherEvent) {
  options_.file_name = "{camera}.jpg";
  options_.clean = false;
  Open();
  const Delivery first = Spooled(test::CarCrossing(1), 10);
  const Delivery second = Spooled(test::CarCrossing(2), 200);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Run(first).ok());
    ASSERT_TRUE(Run(second).ok());
  }
  ASSERT_EQ(Kept().size(), 2U);
  EXPECT_EQ(ReadText(options_.folder / "driveway.jpg"), ReadText(first.pictures[0]));
  const auto other = options_.folder / action_->NameFor(second, second.pictures[0], true);
  EXPECT_EQ(ReadText(other), ReadText(second.pictures[0]));
}

TEST_F(FrameCaptureTest, HostileNamesStayBelowTheFolder) {
  Open();
  for (const char* name : {"../../etc", "..", "/", "a/../../b", "\x00\x01", "", "a\nb", "~root"}) {
    Delivery delivery = test::CarCrossing();
    delivery.event.device_id = delivery.event.camera_id = delivery.event.class_name = name;
    delivery.event.id = std::string("../../") + name;
    delivery = Spooled(delivery);
    ASSERT_TRUE(Run(delivery).ok()) << name;
    const auto path = action_->NameFor(delivery, delivery.pictures[0], false);
    EXPECT_EQ(path, path.lexically_normal()) << path;
    EXPECT_TRUE(path.is_relative());
    EXPECT_EQ(std::distance(path.begin(), path.end()), 4) << path;
    EXPECT_NE(*path.begin(), "..");
    EXPECT_EQ(delivery.pictures[0].parent_path().parent_path(), options_.spool);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.path()), {}), 1);
}

// Those of a recording have times of their own, 1970 where nobody knows better.
class PicturesFromBeforeAndAfter : public FrameCaptureTest,
                                   public testing::WithParamInterface<const char*> {};
TEST_P(PicturesFromBeforeAndAfter, AreWaitedForWhateverTheTimeOfTheEvent) {
  options_.pre_frames = 2;
  options_.post_frames = 2;
  options_.clean = false;
  options_.file_name = "{track}.jpg";
  Open();
  const Delivery base = test::CarCrossing(7, GetParam());
  const auto offer = [&](int at_ms) {
    spool_->OnFrame("jetson-01", "driveway", base.event.time + milliseconds(at_ms),
                    Grey(static_cast<std::uint8_t>(100 + at_ms / 50)).view());
  };
  for (int at = -3000; at <= 0; at += 100) offer(at);
  const Delivery delivery = Spooled(base);
  EXPECT_EQ(delivery.pictures.size(), 5U);

  const auto early = Run(delivery);
  EXPECT_EQ(early.code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(RetryAfterOf(early).has_value());
  EXPECT_LE(*RetryAfterOf(early), std::chrono::seconds(5));

  for (int at = 100; at <= 900; at += 100) offer(at);
  EXPECT_FALSE(Run(delivery).ok());  // one of two
  for (int at = 1000; at <= 2000; at += 100) offer(at);
  ASSERT_TRUE(Run(delivery).ok());  // as soon as all are there
  EXPECT_THAT(Kept(),
              ElementsAre("42.jpg", "42_post1.jpg", "42_post2.jpg", "42_pre1.jpg", "42_pre2.jpg"));
}
INSTANTIATE_TEST_SUITE_P(Times, PicturesFromBeforeAndAfter,
                         testing::Values("2026-11-24T20:57:24.123Z", "1970-01-01T00:00:09Z",
                                         "2031-01-01T00:00:00Z"),
                         [](const auto& test) { return std::string(test.param).substr(0, 4); });

// Whatever ends the wait, the pictures that are there are kept.
TEST_F(FrameCaptureTest, PicturesThatWillNotComeDoNotHoldItUp) {
  options_.post_frames = 3;
  options_.file_name = "{track}.jpg";
  const Delivery base = test::CarCrossing();
  const auto offer = [&](std::chrono::seconds after) {
    spool_->OnFrame("jetson-01", "driveway", base.event.time + after, Grey(50).view());
  };
  const std::vector<std::pair<const char*, std::function<void()>>> ends = {
      {"a camera that is gone", [&] { now_ += FrameSpool::kSilence + std::chrono::seconds(1); }},
      {"a stream that began anew", [&] { offer(std::chrono::seconds(-3600)); }},
      {"a process that ended", [&] { Open(); }},
      {"the end of the input", [&] { spool_->EndOfFrames(); }}};
  for (const auto& [what, end] : ends) {
    Open();
    const Delivery delivery = Spooled(base);
    now_ += std::chrono::seconds(20);
    offer(std::chrono::seconds(1));  // a slow one: it counts from its last frame
    now_ += std::chrono::seconds(20);
    EXPECT_FALSE(Run(delivery).ok()) << what;
    end();
    EXPECT_TRUE(Run(delivery).ok()) << what;
    EXPECT_THAT(Kept(), ElementsAre("42.jpg", "42_clean.jpg", "42_post1.jpg")) << what;
    std::filesystem::remove_all(options_.folder);
  }
}

TEST_F(FrameCaptureTest, AnEventWithoutPicturesIsDone) {
  Open();
  EXPECT_TRUE(Run(test::CarCrossing()).ok());
}

TEST_F(FrameCaptureTest, CamerasDoNotMix) {
  options_.pre_frames = 3;
  options_.clean = false;
  Open();
  std::vector<std::jthread> threads;
  for (const char* camera : {"a", "b", "c"}) {
    threads.emplace_back([&, camera] {
      Delivery delivery = test::CarCrossing();
      delivery.event.camera_id = camera;
      delivery.event.id = camera;
      for (int i = 0; i < 40; ++i) {
        delivery.event.time += milliseconds(250);
        spool_->OnFrame("jetson-01", camera, delivery.event.time, Grey(50).view());
      }
      EXPECT_EQ(Spooled(delivery).pictures.size(), 4U);
    });
  }
}

TEST(FrameRing, KeepsWithinItsLimits) {
  const auto frame = [](int ms, std::size_t bytes) {
    return EncodedFrame{WallTime(milliseconds(ms)), std::make_shared<std::string>(bytes, 'x')};
  };
  FrameRing by_count({3, std::chrono::hours(1), MiB(1)});
  for (int i = 0; i < 10; ++i) by_count.Add(frame(i * 100, 10));
  EXPECT_EQ(by_count.size(), 3U);
  FrameRing by_age({100, milliseconds(250), MiB(1)});
  for (int i = 0; i < 10; ++i) by_age.Add(frame(i * 100, 10));
  EXPECT_EQ(by_age.size(), 3U);
  FrameRing by_bytes({100, std::chrono::hours(1), {1000}});
  for (int i = 0; i < 10; ++i) by_bytes.Add(frame(i * 100, 400));
  EXPECT_EQ(by_bytes.size(), 2U);
  EXPECT_EQ(by_bytes.bytes(), 800U);
  by_bytes.Add(frame(1000, 5000));  // larger than all that is allowed
  EXPECT_EQ(by_bytes.size(), 0U);

  const auto times = [&](int at, std::size_t count, int spacing) {
    std::vector<std::int64_t> result;
    for (const auto& f : by_age.Before(WallTime(milliseconds(at)), count, milliseconds(spacing))) {
      result.push_back(f.time.time_since_epoch().count() / 1000);
    }
    return result;
  };
  EXPECT_THAT(times(900, 5, 100), ElementsAre(700, 800));
  EXPECT_THAT(times(950, 5, 150), ElementsAre(800));
  EXPECT_THAT(times(5000, 1, 100), ElementsAre(900));
  EXPECT_THAT(times(100, 5, 100), ElementsAre());
  by_age.Add(frame(50, 10));  // the clock was set back
  EXPECT_EQ(by_age.size(), 1U);
}

TEST(FrameCaptureOptions, AreChecked) {
  EXPECT_TRUE(Validate(FrameCaptureOptions{}).ok());
  for (const char* name : {"", "a.png", "/a.jpg", "../a.jpg", "a/../b.jpg", "a//b.jpg", "a\\b.jpg",
                           ".a.jpg", "{nope}.jpg", "a/.jpg", "a\n.jpg"}) {
    FrameCaptureOptions options;
    options.file_name = name;
    EXPECT_THAT(std::string(MessageOf(Validate(options))), HasSubstr("file_name:")) << name;
  }
  FrameCaptureOptions options;
  options.pre_frames = 21;
  EXPECT_FALSE(Validate(options).ok());
  options = {};
  options.annotated = options.clean = false;
  EXPECT_FALSE(Validate(options).ok());
}

}  // namespace
}  // namespace vigil::actions
