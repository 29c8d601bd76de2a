// What an operator does about deliveries: look, try once more, send.
#include "app/outbox_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "log_delivery.h"
#include "support/event_samples.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::app {
namespace {

using nlohmann::json;
using store::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Result {
  int code = 0;
  std::string out, err;
};

class OutboxCommandTest : public testing::Test {
 protected:
  // An outbox with events for the log, and what came of the first attempt at each.
  void Store(const std::vector<Outcome>& outcomes) {
    std::filesystem::create_directories(config_.state_dir);
    auto outbox = store::Outbox::Open(OutboxFile(config_), config_.outbox);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    std::int64_t number = 0;
    for (const Outcome outcome : outcomes) {
      const std::vector<store::OutboxEntry> entries = {
          {test::LineCross(++number, test::TimeOf("2026-06-17T12:00:00Z")),
           {{"json_log", "all", events::Severity::kInfo, {}, false}},
           {}}};
      ASSERT_TRUE((*outbox)->Append(entries).ok());
      const auto claimed = (*outbox)->Claim("json_log", 1);
      ASSERT_TRUE(claimed.ok() && claimed->size() == 1);
      const std::vector<store::Finished> finished = {
          {(*claimed)[0].sequence, "json_log", outcome, "disk on fire"}};
      ASSERT_TRUE((*outbox)->Finish(finished).ok());
    }
  }
  Result List() {
    std::ostringstream out, err;
    const int code = ListOutbox(OutboxFile(config_), arguments_, out, err);
    return {code, out.str(), err.str()};
  }
  Result Dead() {
    std::ostringstream out, err;
    const int code = ListDeadLetters(OutboxFile(config_), arguments_, out, err);
    return {code, out.str(), err.str()};
  }
  Result Retry() {
    std::ostringstream out, err;
    const int code = RetryDeadLetters(OutboxFile(config_), config_.outbox, arguments_, out, err);
    return {code, out.str(), err.str()};
  }
  Result Send() {
    std::ostringstream out, err;
    const int code = SendOutbox(config_, rules_, arguments_, out, err, {});
    return {code, out.str(), err.str()};
  }

  test::TempDir dir_;
  DeliveryConfig config_ = LogDelivery(dir_.path());
  std::vector<events::RuleOptions> rules_ = LogRules();
  OutboxArguments arguments_;
};

TEST_F(OutboxCommandTest, WithoutAnOutboxThereIsNothingAndNothingIsMade) {
  EXPECT_THAT(List().out, HasSubstr("nothing was to be delivered"));
  EXPECT_THAT(Dead().out, HasSubstr("no dead letters"));
  const Result retry = Retry();
  EXPECT_EQ(retry.code, 1);
  EXPECT_THAT(retry.err, HasSubstr("there is none"));
  EXPECT_FALSE(std::filesystem::exists(OutboxFile(config_)));
}

TEST_F(OutboxCommandTest, ListAndDeadSayWhatFailedAndWhy) {
  Store({Outcome::kDone, Outcome::kRetry, Outcome::kDead});
  EXPECT_THAT(List().out, AllOf(HasSubstr("json_log"), HasSubstr("last failure: disk on fire")));
  EXPECT_THAT(Dead().out,
              AllOf(HasSubstr("jetson-01/driveway/1/3"), HasSubstr("1 attempt: disk on fire")));
  arguments_.json = true;
  const json list = json::parse(List().out);
  ASSERT_THAT(list["actions"], SizeIs(1));
  EXPECT_EQ(list["actions"][0]["later"], 1);
  EXPECT_EQ(list["actions"][0]["delivered"], 1);
  EXPECT_EQ(list["actions"][0]["dead"], 1);
  const json dead = json::parse(Dead().out);
  ASSERT_THAT(dead["dead"], SizeIs(1));
  EXPECT_EQ(dead["dead"][0]["reason"], "disk on fire");
  EXPECT_EQ(dead["dead"][0]["event_type"], "LINE_CROSS");
}

TEST_F(OutboxCommandTest, RetryTakesOneOrAll) {
  Store({Outcome::kDead, Outcome::kDead, Outcome::kDead});
  arguments_.sequence = 2;
  EXPECT_THAT(Retry().out, HasSubstr("1 to be delivered again"));
  const Result twice = Retry();
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, HasSubstr("no dead letter 2"));
  arguments_.sequence = 0;
  arguments_.action = "webhook";
  EXPECT_THAT(Retry().err, HasSubstr("no dead letter of webhook"));
  arguments_.action = "json_log";
  EXPECT_THAT(Retry().out, HasSubstr("2 to be delivered again"));
}

TEST_F(OutboxCommandTest, SendDeliversWhatWaitsAtOnce) {
  Store({Outcome::kDead, Outcome::kRetry, Outcome::kDone});
  EXPECT_EQ(Retry().code, 0);
  const Result sent = Send();
  EXPECT_EQ(sent.code, 0) << sent.err;
  EXPECT_THAT(sent.out, HasSubstr("2 delivered"));
  EXPECT_THAT(test::ReadLines(dir_ / "log.jsonl"), SizeIs(2));
  EXPECT_THAT(Send().out, HasSubstr("0 delivered"));
}

TEST_F(OutboxCommandTest, SendWithoutRulesGivesNothingUp) {
  Store({Outcome::kRetry});
  rules_.clear();
  const Result sent = Send();
  EXPECT_EQ(sent.code, 1);
  EXPECT_THAT(sent.err, HasSubstr("has no rules"));
  EXPECT_THAT(Dead().out, HasSubstr("no dead letters"));
}

TEST_F(OutboxCommandTest, SomebodyElsesOutboxIsReadButNotChanged) {
  Store({Outcome::kDead});
  const auto owner = store::Outbox::Open(OutboxFile(config_), config_.outbox);
  ASSERT_TRUE(owner.ok());
  EXPECT_THAT(Dead().out, HasSubstr("disk on fire"));
  for (const Result& refused : {Retry(), Send()}) {
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, testing::ContainsRegex(
                                 "another process uses it, and (retry|send) needs it alone: stop "
                                 "that process first"));
  }
}

}  // namespace
}  // namespace vigil::app
