// From rules to actions, in one process.
#include "app/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "core/status.h"
#include "log_delivery.h"
#include "support/event_samples.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class EventDeliveryTest : public testing::Test {
 protected:
  absl::Status Start() {
    auto delivery = EventDelivery::Start(config_, rules_);
    if (!delivery.ok()) return delivery.status();
    delivery_ = *std::move(delivery);
    return absl::OkStatus();
  }
  void Deliver(std::int64_t number) {
    const events::Event event = test::LineCross(number, test::TimeOf("2026-06-17T12:00:00Z"));
    const std::vector<DecidedEvent> decided = {
        {&event, {{"all", events::Verdict::kDeliver, events::Severity::kInfo, {"json_log"}}}}};
    delivery_->Deliver(decided, {}, {});
  }

  test::TempDir dir_;
  DeliveryConfig config_ = LogDelivery(dir_.path());
  std::vector<events::RuleOptions> rules_ = LogRules();
  std::unique_ptr<EventDelivery> delivery_;
};

TEST_F(EventDeliveryTest, AnEventIsLoggedAndARepetitionIsNot) {
  ASSERT_EQ(Start(), absl::OkStatus());
  Deliver(1);
  Deliver(2);
  EXPECT_THAT(delivery_->Finish(After(60s)), IsEmpty());
  EXPECT_THAT(test::ReadLines(dir_ / "log.jsonl"), SizeIs(2));
  delivery_.reset();
  ASSERT_EQ(Start(), absl::OkStatus());  // another run, the same events
  Deliver(2);
  Deliver(3);
  EXPECT_THAT(delivery_->Finish(After(60s)), IsEmpty());
  EXPECT_THAT(test::ReadLines(dir_ / "log.jsonl"), SizeIs(3));
  EXPECT_EQ(delivery_->repeated(), 1);
}

// Files of this process may not grow while it lives.
class NoRoom {
 public:
  NoRoom() {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoRoom() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(EventDeliveryTest, AFullDiskHoldsEventsUpAndLosesNone) {
  ASSERT_EQ(Start(), absl::OkStatus());
  Deliver(1);
  {
    const NoRoom full;
    for (std::int64_t i = 2; i <= 20; ++i) Deliver(i);
  }
  EXPECT_THAT(delivery_->Finish(After(60s)), IsEmpty());
  EXPECT_THAT(test::ReadLines(dir_ / "log.jsonl"), SizeIs(20));
}

TEST_F(EventDeliveryTest, WhatADiskNeverTookIsTold) {
  ASSERT_EQ(Start(), absl::OkStatus());
  const NoRoom full;
  Deliver(1);
  EXPECT_THAT(delivery_->Finish(After(0s)),
              ElementsAre(HasSubstr("1 events could not be stored and are lost: outbox")));
}

TEST_F(EventDeliveryTest, MailsAloneKeepTheirPicturesWithTheState) {
  config_.smtp.host = "127.0.0.1";
  config_.smtp.port = 1;
  config_.smtp.security = actions::SmtpSecurity::kNone;
  config_.smtp.from = config_.smtp.to.emplace_back("a@example.org");
  rules_[0].actions.email_immediate = "true";
  ASSERT_EQ(Start(), absl::OkStatus());
  EXPECT_TRUE(delivery_->wants_pictures());
  EXPECT_TRUE(std::filesystem::exists(dir_ / "state/pictures/spool"));
}

class PicturesTest : public EventDeliveryTest {
 protected:
  PicturesTest() {
    rules_[0].actions.frame_capture = "true";
    config_.frame_capture.folder = dir_ / "captures";
    config_.frame_capture.spool = dir_ / "captures/.spool";
    config_.frame_capture.min_free = {};
    config_.frame_capture.file_name = "{track}.jpg";
    config_.outbox.retry.first = 10ms;
  }
  void DeliverWithPicture(std::int64_t number, std::vector<std::string> actions) {
    Image image(64, 48, PixelFormat::kRgb8);
    std::fill_n(image.mutable_view().data, image.bytes(), std::uint8_t{90});
    const events::Event event = test::LineCross(number, test::TimeOf("2026-06-17T12:00:00Z"));
    const std::vector<DecidedEvent> decided = {
        {&event,
         {{"all", events::Verdict::kDeliver, events::Severity::kInfo, std::move(actions)}}}};
    delivery_->Deliver(decided, {}, image.view());
  }
  std::ptrdiff_t Spooled() const {
    return std::distance(std::filesystem::directory_iterator(config_.frame_capture.spool), {});
  }
  std::ptrdiff_t Kept() const {
    return std::distance(std::filesystem::directory_iterator(config_.frame_capture.folder), {}) - 1;
  }
};

TEST_F(PicturesTest, LeaveTheSpoolWithTheLastDelivery) {
  ASSERT_EQ(Start(), absl::OkStatus());
  for (std::int64_t i = 1; i <= 5; ++i) DeliverWithPicture(i, {"frame_capture", "json_log"});
  EXPECT_THAT(delivery_->Finish(After(60s)), IsEmpty());
  EXPECT_GE(Kept(), 2);
  EXPECT_EQ(Spooled(), 0);
  // The same events in another run: pictures that nobody waits for.
  delivery_.reset();
  ASSERT_EQ(Start(), absl::OkStatus());
  DeliverWithPicture(3, {"frame_capture", "json_log"});
  EXPECT_EQ(Spooled(), 1);
  EXPECT_THAT(delivery_->Finish(After(60s)), IsEmpty());
  EXPECT_EQ(Spooled(), 0);
}

TEST_F(PicturesTest, StayForDeliveriesThatAreStillToBeMade) {
  config_.smtp.host = "127.0.0.1";
  config_.smtp.port = 1;  // nobody is there
  config_.smtp.security = actions::SmtpSecurity::kNone;
  config_.smtp.from = config_.smtp.to.emplace_back("a@example.org");
  rules_[0].actions.email_immediate = "true";
  ASSERT_EQ(Start(), absl::OkStatus());
  DeliverWithPicture(1, {"frame_capture", "email_immediate"});
  DeliverWithPicture(2, {"frame_capture"});
  EXPECT_THAT(delivery_->Finish(After(2s)),
              ElementsAre(HasSubstr("email_immediate: 1 deliveries are still to be made: mail")));
  EXPECT_EQ(Spooled(), 1);
}

TEST_F(PicturesTest, AFullDiskIsToldInALineNotForEachEvent) {
  config_.frame_capture.min_free = GiB(1 << 20);
  ASSERT_EQ(Start(), absl::OkStatus());
  testing::internal::CaptureStdout();
  for (std::int64_t i = 1; i <= 50; ++i) DeliverWithPicture(i, {"frame_capture"});
  EXPECT_THAT(delivery_->Finish(After(60s)), IsEmpty());
  delivery_.reset();
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, HasSubstr(" 1 events go on without pictures: "));
  EXPECT_THAT(log, HasSubstr(" 49 events go on without pictures: "));
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;
}

struct MissingCase {
  const char* name;
  std::string events::RuleActions::*action;
  const char* target;
  const char* says;
};
class MissingSettings : public EventDeliveryTest,
                        public testing::WithParamInterface<MissingCase> {};

TEST_P(MissingSettings, AreNamed) {
  rules_[0].actions.*GetParam().action = GetParam().target;
  const auto status = Start();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(GetParam().says));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "state"));
}

INSTANTIATE_TEST_SUITE_P(
    All, MissingSettings,
    testing::Values(
        MissingCase{"mail", &events::RuleActions::email_immediate, "true", "smtp.host is not set"},
        MissingCase{"digest", &events::RuleActions::email_digest, "true", "smtp.host is not set"},
        MissingCase{"hook", &events::RuleActions::webhook, "ops", "asks for webhook:ops"},
        MissingCase{"command", &events::RuleActions::command, "true", "asks for command"},
        MissingCase{"bus", &events::RuleActions::redis, "true", "not in this build yet"}),
    [](const testing::TestParamInfo<MissingCase>& test_case) {
      return std::string(test_case.param.name);
    });

}  // namespace
}  // namespace vigil::app
