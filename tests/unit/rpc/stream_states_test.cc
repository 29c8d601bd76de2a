// States of streams that come as single requests: kept while they are heard of, and bounded.
#include "rpc/internal/stream_states.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

namespace vigil::rpc::internal {
namespace {

using States = StreamStates<std::unique_ptr<int>>;
using std::chrono::seconds;

std::unique_ptr<int> Zero() { return std::make_unique<int>(0); }

TEST(StreamStates, AStreamFindsItsOwn) {
  States states({}, Zero);
  const Clock::time_point now{};
  *states.Of("a", 1, now)->state = 7;
  EXPECT_EQ(*states.Of("b", 1, now)->state, 0);
  EXPECT_EQ(*states.Of("a", 1, now)->state, 7);
  EXPECT_EQ(states.size(), 2U);
}

TEST(StreamStates, SilentOnesAreForgotten) {
  States states({.idle = seconds(60)}, Zero);
  Clock::time_point now{};
  *states.Of("silent", 1, now)->state = 7;
  for (int i = 0; i < 61; ++i) (void)states.Of("loud", 1, now += seconds(1));
  EXPECT_EQ(states.size(), 1U);
  EXPECT_EQ(*states.Of("silent", 1, now)->state, 0);
}

TEST(StreamStates, NeverMoreStreamsNorFacesThanAllowed) {
  States states({.max_streams = 10, .max_faces = 100}, Zero);
  const Clock::time_point now{};
  for (int i = 0; i < 1000; ++i) (void)states.Of(fmt::format("{}", i), 1, now);
  EXPECT_EQ(states.size(), 10U);
  (void)states.Of("crowd", 95, now);
  EXPECT_EQ(states.size(), 6U);
  (void)states.Of("crowd", 2, now);  // most of them have left
  for (int i = 0; i < 8; ++i) (void)states.Of(fmt::format("{}", i), 10, now);
  EXPECT_EQ(states.size(), 10U);
}

}  // namespace
}  // namespace vigil::rpc::internal
