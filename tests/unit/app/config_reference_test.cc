// docs/configuration.md is what the program says of its keys.
#include <gtest/gtest.h>

#include <string>

#include "app/config.h"
#include "core/config/describe.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::app {
namespace {

TEST(ConfigReference, TheDocsPageIsWhatTheProgramSays) {
  Config config;
  config::Schema schema;
  Register(schema, config);
  const std::string page = test::ReadText(test::SourcePath("docs/configuration.md"));
  const std::string heading = "\n## At the top\n";
  const auto at = page.find(heading);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(page.substr(at + heading.size()), config::Reference(schema))
      << "keys have changed: run scripts/reference";
}

}  // namespace
}  // namespace vigil::app
