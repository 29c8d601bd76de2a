// `vigil models pull` as a user runs it, against a server on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "integration/nn/file_server.h"
#include "support/process.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ModelsPull : public testing::Test {
 protected:
  test::Outcome Vigil(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {VIGIL_BINARY, "models"});
    return test::RunProgram(arguments, {"VIGIL_MODELS_DIR=" + dir_.path().string()});
  }
  const test::TempDir dir_;
};

TEST_F(ModelsPull, FetchesResumesAndIsSeenByTheOtherVerbs) {
  VIGIL_NEEDS_SHARED_DATA();
  const std::string body = test::ReadText(test::SharedPath("models/FastestDet.onnx"));
  nn::test::FileServer server({.body = body, .cut = 400'000});
  const std::vector<std::string> pull = {"pull", "fastestdet", "--from", server.address()};

  const auto broken = Vigil(pull);
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_THAT(broken.out, IsEmpty());
  EXPECT_THAT(broken.err,
              HasSubstr("400000 of 998169 bytes are kept, repeat the command to go on"));
  EXPECT_EQ(std::count(broken.err.begin(), broken.err.end(), '\n'), 1);

  server.Behave({.body = body});
  const auto resumed = Vigil(pull);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, IsEmpty());
  EXPECT_THAT(resumed.out, testing::AllOf(HasSubstr("fetched"), HasSubstr("licence BSD-3-Clause")));
  EXPECT_EQ(test::ReadText(dir_ / "FastestDet.onnx"), body);
  EXPECT_THAT(server.heads().back(), HasSubstr("Range: bytes=400000-"));

  // The address of the file itself does as well.
  std::filesystem::remove(dir_ / "FastestDet.onnx");
  const auto itself =
      Vigil({"pull", "fastestdet", "--from", server.address() + "/FastestDet.onnx"});
  EXPECT_EQ(itself.exit_code, 0) << itself.err;
  EXPECT_THAT(server.heads().back(), HasSubstr("GET /models/FastestDet.onnx HTTP"));

  const auto list = nlohmann::json::parse(Vigil({"list", "-o", "json"}).out);
  for (const auto& model : list["models"])
    EXPECT_EQ(model["installed"], model["name"] == "fastestdet") << model["name"];
}

TEST_F(ModelsPull, AWrongFileIsOneLineAndLeavesNothing) {
  const nn::test::FileServer server({.body = std::string(998'169, 'x')});
  const auto wrong = Vigil({"pull", "fastestdet", "--from", server.address()});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("wrong SHA-256: expected 31cb14c017fce347"));
  EXPECT_EQ(std::count(wrong.err.begin(), wrong.err.end(), '\n'), 1);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

}  // namespace
}  // namespace vigil
