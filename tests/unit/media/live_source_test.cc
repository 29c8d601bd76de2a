#include "media/live_source.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace vigil::media {
namespace {

using namespace std::chrono_literals;

// What a fake camera does, read by read.
struct Step {
  enum Kind { kFrame, kFail, kEnd, kHang } kind = kFrame;
  std::int64_t timestamp_us = 0;
};

class FakeSource final : public FrameSource {
 public:
  FakeSource(std::vector<Step> steps, bool live) : steps_(steps.begin(), steps.end()) {
    info_ = {.name = "fake", .live = live};
  }
  absl::StatusOr<Frame> Read(std::stop_token stop) override {
    const Step step = steps_.empty() ? Step{Step::kHang} : steps_.front();
    if (!steps_.empty()) steps_.pop_front();
    switch (step.kind) {
      case Step::kFail:
        return absl::UnavailableError("fake: connection reset");
      case Step::kEnd:
        return absl::OutOfRangeError("fake: end");
      case Step::kHang:
        SleepUntil(After(1h), stop);
        return absl::CancelledError("fake: stopped");
      case Step::kFrame:
        break;
    }
    Frame frame;
    frame.timestamp_us = step.timestamp_us;
    ++counters_.corrupt;
    return frame;
  }
  const SourceInfo& info() const override { return info_; }
  SourceCounters counters() const override { return counters_; }

 private:
  std::deque<Step> steps_;
  SourceInfo info_;
  SourceCounters counters_;
};

// Opens one scripted connection after the other; an empty script is a refused one. Then it hangs.
struct Script {
  std::vector<std::vector<Step>> connections;
  bool live = true;
  absl::Status refusal = absl::UnavailableError("fake: refused");
  bool hangs_at_the_end = true;

  SourceOpener Opener() {
    return [this, next = std::size_t{0}](
               std::chrono::milliseconds,
               std::stop_token stop) mutable -> absl::StatusOr<std::unique_ptr<FrameSource>> {
      if (next == connections.size() && hangs_at_the_end) {
        SleepUntil(After(1h), stop);
        return absl::CancelledError("fake: stopped");
      }
      if (next == connections.size() || connections[next].empty()) {
        next += next < connections.size();
        return refusal;
      }
      return std::make_unique<FakeSource>(connections[next++], live);
    };
  }
};

// Every change of state, and a way to wait for one.
class Journal {
 public:
  LiveOptions Options() {
    LiveOptions options;
    options.backoff = {1ms, 1ms, 0};
    options.connect_timeout = 0ms;
    options.on_change = [this](const LiveStatus& status) {
      {
        std::lock_guard lock(mutex_);
        states_.push_back(status.state);
      }
      changed_.notify_all();
    };
    return options;
  }
  void Await(std::size_t changes) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, 60s, [&] { return states_.size() >= changes; }))
        << "after " << states_.size();
  }
  void AwaitFinal() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(
        changed_.wait_for(lock, 60s, [&] { return !states_.empty() && IsFinal(states_.back()); }));
  }
  std::vector<LiveState> states() const {
    std::lock_guard lock(mutex_);
    return states_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LiveState> states_;
};

using S = LiveState;

TEST(LiveSource, GoesThroughItsStatesAndNumbersOverConnections) {
  Journal journal;
  Script script{{{{Step::kFrame, 0}, {Step::kFrame, 40'000}, {Step::kFail}},
                 {},
                 {{Step::kFrame, 0}, {Step::kEnd}},
                 {}}};
  LatestSlot<Frame> slot;
  {
    LiveSource source("rtsp://me:secret@camera/1", script.Opener(), journal.Options(), slot);
    journal.Await(11);  // connecting for the fifth time, where it hangs
    const LiveStatus status = source.status();
    EXPECT_EQ(status.state, S::kConnecting);
    EXPECT_EQ(status.frames, 3U);
    EXPECT_EQ(status.reconnects, 1U);
    EXPECT_EQ(status.failed_attempts, 2) << "the end of the second connection, and one refusal";
    EXPECT_EQ(status.corrupt, 3U);
    EXPECT_EQ(status.dropped, 2U);
    EXPECT_EQ(status.last_error.message(), "fake: refused");
    ASSERT_TRUE(status.info.has_value());
    EXPECT_EQ(status.info->name, "fake");
    const auto frame = slot.Take(After(1s), {});
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->number, 2U);
    EXPECT_GT(frame->timestamp_us, 40'000) << "later than the frames before the loss";
  }
  EXPECT_EQ(journal.states(),
            (std::vector<S>{S::kConnecting, S::kStreaming, S::kBackingOff, S::kConnecting,
                            S::kBackingOff, S::kConnecting, S::kStreaming, S::kBackingOff,
                            S::kConnecting, S::kBackingOff, S::kConnecting, S::kStopped}));
  EXPECT_TRUE(slot.closed());
}

TEST(LiveSource, FailsAfterTheAttemptsWithAnErrorThatNamesIt) {
  Journal journal;
  Script script{{}, true, absl::UnavailableError("fake: refused"), false};
  LatestSlot<Frame> slot;
  LiveSource source("rtsp://me:secret@camera/1", script.Opener(), journal.Options(), slot);
  journal.AwaitFinal();
  EXPECT_EQ(source.status().state, S::kFailed);
  EXPECT_EQ(source.status().failed_attempts, 10);
  EXPECT_EQ(source.status().last_error.message(),
            "rtsp://***@camera/1: given up after 10 failed attempts, the last: fake: refused; "
            "check the address, and that the camera is on");
  EXPECT_EQ(slot.Take(After(60s), {}), std::nullopt) << "takers wake";
  EXPECT_TRUE(slot.closed());
}

TEST(LiveSource, FramesMakeTheAttemptsCountFromTheStart) {
  Journal journal;
  Script script;
  for (int i = 0; i < 30; ++i) script.connections.push_back({{Step::kFrame, 0}, {Step::kFail}});
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), journal.Options(), slot);
  journal.Await(91);  // 30 × (connecting, streaming, backing off), connecting
  EXPECT_EQ(source.status().frames, 30U);
  EXPECT_EQ(source.status().reconnects, 29U);
}

struct FirstCase {
  const char* name;
  absl::Status refusal;
  std::chrono::milliseconds connect_timeout;
  std::chrono::milliseconds wait;
  const char* says;
};
class NeverConnected : public testing::TestWithParam<FirstCase> {};

// Neither ten attempts nor the wait of an hour: there is a reason to give up at once.
TEST_P(NeverConnected, IsGivenUpEarly) {
  Journal journal;
  Script script{{}, true, GetParam().refusal, false};
  LiveOptions options = journal.Options();
  options.connect_timeout = GetParam().connect_timeout;
  options.backoff = {GetParam().wait, GetParam().wait, 0};
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), options, slot);
  journal.AwaitFinal();
  EXPECT_EQ(journal.states(), (std::vector<S>{S::kConnecting, S::kFailed}));
  EXPECT_NE(source.status().last_error.message().find(GetParam().says), std::string::npos)
      << std::string(source.status().last_error.message());
}
INSTANTIATE_TEST_SUITE_P(
    All, NeverConnected,
    testing::Values(FirstCase{"within_its_time", absl::UnavailableError("fake: refused"), 10'000ms,
                              3'600'000ms,
                              " s without a frame (1 attempt, the last: fake: "
                              "refused; another would begin after the 10 s allowed)"},
                    FirstCase{"wrong_password", absl::UnauthenticatedError("fake: 401"), 0ms,
                              3'600'000ms, "fake: 401"},
                    FirstCase{"not_a_video", absl::InvalidArgumentError("fake: not a video"), 0ms,
                              3'600'000ms, "fake: not a video"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(LiveSource, AStreamWithAnEndEnds) {
  Journal journal;
  Script script{{{{Step::kFrame, 0}, {Step::kEnd}}}, false};
  LatestSlot<Frame> slot;
  LiveSource source("http://host/a.mp4", script.Opener(), journal.Options(), slot);
  journal.AwaitFinal();
  EXPECT_EQ(journal.states(), (std::vector<S>{S::kConnecting, S::kStreaming, S::kEnded}));
  EXPECT_TRUE(slot.Take(After(1s), {}).has_value()) << "the last frame can still be taken";
}

// A burst that a server has kept puts times ahead of the clock, by more than a reconnection takes.
TEST(LiveSource, ANewConnectionKeepsItsSpacingAfterTimesThatWereAhead) {
  Journal journal;
  constexpr std::int64_t kAhead = 3'600'000'000;
  Script script{{{{Step::kFrame, kAhead}, {Step::kFail}},
                 {{Step::kFrame, 0}, {Step::kFrame, 40'000}, {Step::kHang}}}};
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), journal.Options(), slot);
  std::optional<Frame> frame;
  do {
    frame = slot.Take(After(60s), {});
    ASSERT_TRUE(frame.has_value());
  } while (frame->number < 2);
  EXPECT_GE(frame->timestamp_us, kAhead + 40'000);
}

TEST(LiveSource, TimesRiseEvenIfTheSourceRepeatsThem) {
  Journal journal;
  Script script{{{{Step::kFrame, 5}, {Step::kFrame, 5}, {Step::kFrame, 3}, {Step::kHang}}}};
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), journal.Options(), slot);
  std::int64_t last = -1;
  std::uint64_t number = 0;
  while (number < 2) {
    const auto frame = slot.Take(After(60s), {});
    ASSERT_TRUE(frame.has_value());
    EXPECT_GT(frame->timestamp_us, last);
    last = frame->timestamp_us;
    number = frame->number;
  }
}

// USERS.md, pain 19. Each of these would take an hour if stop were not heeded.
TEST(Pain19FailedCameraCanBeStopped, WhileConnecting) {
  Journal journal;
  Script script;
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), journal.Options(), slot);
  journal.Await(1);
  source.Stop();
  journal.AwaitFinal();
  EXPECT_EQ(journal.states(), (std::vector<S>{S::kConnecting, S::kStopped}));
}

TEST(Pain19FailedCameraCanBeStopped, WhileBackingOff) {
  Journal journal;
  Script script{{{}}};
  LiveOptions options = journal.Options();
  options.backoff = {3'600'000ms, 3'600'000ms, 0};
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), options, slot);
  journal.Await(2);
  source.Stop();
  journal.AwaitFinal();
  EXPECT_EQ(journal.states(), (std::vector<S>{S::kConnecting, S::kBackingOff, S::kStopped}));
}

TEST(Pain19FailedCameraCanBeStopped, WhileReading) {
  Journal journal;
  Script script{{{{Step::kFrame, 0}, {Step::kHang}}}};
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), journal.Options(), slot);
  journal.Await(2);
  source.Stop();
  journal.AwaitFinal();
  EXPECT_EQ(journal.states(), (std::vector<S>{S::kConnecting, S::kStreaming, S::kStopped}));
}

TEST(Pain19FailedCameraCanBeStopped, AfterItWasGivenUp) {
  Journal journal;
  Script script{{}, true, absl::UnavailableError("fake: refused"), false};
  LatestSlot<Frame> slot;
  LiveSource source("camera", script.Opener(), journal.Options(), slot);
  journal.AwaitFinal();
  source.Stop();
  source.Stop();
  EXPECT_EQ(source.status().state, S::kFailed);
}

TEST(LiveSource, AnExceptionOfALibraryIsAFailedState) {
  Journal journal;
  LatestSlot<Frame> slot;
  LiveSource source(
      "camera",
      [](std::chrono::milliseconds,
         std::stop_token) -> absl::StatusOr<std::unique_ptr<FrameSource>> {
        throw std::runtime_error("out of wits");
      },
      journal.Options(), slot);
  journal.AwaitFinal();
  EXPECT_EQ(source.status().state, S::kFailed);
  EXPECT_EQ(source.status().last_error.message(), "camera: out of wits");
}

}  // namespace
}  // namespace vigil::media
