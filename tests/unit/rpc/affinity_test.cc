// Which replica a stream belongs to: evenly, always the same, and hardly another when one comes or goes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "rpc/internal/replicas.h"

namespace vigil::rpc::internal {
namespace {

const std::string& HomeOf(const std::string& key, const std::vector<std::string>& endpoints) {
  const std::string* best = &endpoints[0];
  for (const std::string& one : endpoints) {
    if (Affinity(key, one) > Affinity(key, *best)) best = &one;
  }
  return *best;
}

TEST(Affinity, IsEvenAndSaysAlwaysTheSame) {
  const std::vector<std::string> endpoints = {"10.0.0.1:50056", "10.0.0.2:50056", "10.0.0.3:50056",
                                              "10.0.0.4:50056"};
  std::map<std::string, int> streams;
  for (int i = 0; i < 4000; ++i) {
    const std::string key = fmt::format("camera-{}", i);
    EXPECT_EQ(HomeOf(key, endpoints), HomeOf(key, endpoints));
    ++streams[HomeOf(key, endpoints)];
  }
  for (const auto& [endpoint, count] : streams) EXPECT_NEAR(count, 1000, 120) << endpoint;
}

TEST(Affinity, AReplicaThatGoesMovesItsOwnStreamsOnly) {
  const std::vector<std::string> four = {"a:1", "b:1", "c:1", "d:1"};
  const std::vector<std::string> three = {"a:1", "b:1", "d:1"};
  for (int i = 0; i < 1000; ++i) {
    const std::string key = fmt::format("camera-{}", i);
    if (HomeOf(key, four) == "c:1") continue;
    EXPECT_EQ(HomeOf(key, three), HomeOf(key, four));
  }
}

}  // namespace
}  // namespace vigil::rpc::internal
