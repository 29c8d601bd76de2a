// Nobody loses a photo to a slip of the command line.
#include "app/output_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/status.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::app {
namespace {

using media::Input;
using testing::HasSubstr;

class OutputCheckTest : public testing::Test {
 protected:
  OutputCheckTest() {
    test::WriteText(dir_ / "a.jpg", "x");
    inputs_ = {{Input::Kind::kPicture, (dir_ / "a.jpg").string()},
               {Input::Kind::kStream, "rtsp://host/main"}};
  }
  absl::Status Check(std::span<const Output> outputs) {
    return CheckOutputs(outputs, IdentitiesOf(inputs_));
  }
  std::string Path(const std::string& name) { return (dir_ / name).string(); }

  test::TempDir dir_;
  std::vector<Input> inputs_;
};

TEST_F(OutputCheckTest, AnInputIsNoOutputByWhateverName) {
  std::filesystem::create_symlink(dir_ / "a.jpg", dir_ / "link.json");
  std::filesystem::create_hard_link(dir_ / "a.jpg", dir_ / "hard.json");
  std::filesystem::create_directory(dir_ / "sub");
  for (const char* name : {"a.jpg", "sub/../a.jpg", "link.json", "hard.json"}) {
    const auto status = Check({{{"--json", Path(name)}}});
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name;
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("--json " + Path(name)));
  }
  EXPECT_TRUE(Check({{{"--json", Path("b.json")}}}).ok());
}

TEST_F(OutputCheckTest, TwoOutputsAreTwoFiles) {
  for (const auto& [one, other] : {std::pair{Path("o.json"), Path("sub/../o.json")}, {"-", "-"}}) {
    const auto status = Check({{{"--json", one}, {"--csv", other}}});
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("--csv " + other + ": --json"));
  }
  EXPECT_TRUE(Check({{{"--events", "-"}, {"--detections", "-"}}}).ok());
  EXPECT_TRUE(Check({{{"--json", ""}, {"--csv", ""}}}).ok());
  EXPECT_TRUE(Check({{{"--json", "/dev/null"}, {"--csv", "/dev/null"}}}).ok());
}

}  // namespace
}  // namespace vigil::app
