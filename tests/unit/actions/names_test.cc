#include "actions/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/retry_after.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

using testing::HasSubstr;

TEST(ActionNames, OfThisBuildAreAccepted) {
  for (const char* name : {"json_log", "email_immediate", "email_digest", "frame_capture",
                           "webhook", "webhook:chat", "command"}) {
    EXPECT_TRUE(CheckActionName(name).ok()) << name;
  }
}

TEST(ActionNames, OfBusesSayThatTheyAreNotInThisBuildYet) {
  for (const char* name : {"mqtt", "redis"}) {
    const auto status = CheckActionName(name);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("not in this build yet"));
  }
}

TEST(ActionNames, UnknownOnesGetTheNearest) {
  EXPECT_THAT(std::string(MessageOf(CheckActionName("email_imediate"))),
              HasSubstr("did you mean email_immediate?"));
  EXPECT_THAT(std::string(MessageOf(CheckActionName("telegram"))), HasSubstr("there are json_log"));
}

TEST(RetryAfter, TravelsWithTheStatus) {
  using std::chrono::milliseconds;
  EXPECT_EQ(RetryAfterOf(absl::UnavailableError("busy")), std::nullopt);
  const auto status = WithRetryAfter(absl::UnavailableError("busy"), milliseconds(1500));
  EXPECT_EQ(RetryAfterOf(status), milliseconds(1500));
  EXPECT_EQ(RetryAfterOf(WithRetryAfter(status, std::chrono::hours(100))), std::chrono::hours(24));
  EXPECT_EQ(RetryAfterOf(WithRetryAfter(status, milliseconds(-5))), milliseconds(0));
}

}  // namespace
}  // namespace vigil::actions
