// A module may include itself and modules to its left in the order of docs/architecture.md; nothing else.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>

#include "support/test_data.h"

namespace {

// Equal ranks are siblings: they do not see each other.
const std::map<std::string, int> kRank = {
    {"core", 0},     {"media", 1},  {"nn", 2},    {"face", 3},    {"objects", 3},
    {"tracking", 3}, {"events", 4}, {"store", 5}, {"actions", 6}, {"transport", 6},
    {"bus", 6},      {"rpc", 7},    {"http", 7},  {"app", 8},
};

TEST(IncludeOrder, ModulesSeeOnlyModulesToTheirLeft) {
  const std::regex include(R"rx(^\s*#include\s+"([a-z_]+)/([^"]+)")rx");
  int checked = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(vigil::test::SourcePath("src"))) {
    const auto extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc") continue;
    const auto relative = std::filesystem::relative(entry.path(), vigil::test::SourcePath("src"));
    const std::string module = relative.begin()->string();
    ASSERT_TRUE(kRank.contains(module)) << relative << ": unknown module";
    std::ifstream file(entry.path());
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const std::string seen = match[1];
      if (!kRank.contains(seen)) continue;
      ++checked;
      EXPECT_TRUE(seen == module || kRank.at(seen) < kRank.at(module))
          << relative << ":" << number << ": " << module << " must not see " << seen;
      EXPECT_TRUE(seen == module || !match[2].str().starts_with("internal/"))
          << relative << ":" << number << ": internal/ of " << seen << " is its own";
    }
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
