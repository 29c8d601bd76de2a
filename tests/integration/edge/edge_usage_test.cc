// What `vigil edge` refuses before the first frame, and how it says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/test_data.h"

namespace vigil {
namespace {

using testing::HasSubstr;

struct UsageCase {
  const char* name;
  std::vector<std::string> arguments;
  const char* says;
  int exit_code;
};
class EdgeUsage : public testing::TestWithParam<UsageCase> {};

TEST_P(EdgeUsage, IsRefusedInOneLine) {
  std::vector<std::string> command = {VIGIL_BINARY, "edge"};
  command.insert(command.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  const auto outcome = test::RunProgram(command);
  EXPECT_EQ(outcome.exit_code, GetParam().exit_code) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

const std::string kPortrait = test::SamplePath("astronaut.png").string();
const std::string kStreet = test::SamplePath("vtest.avi").string();

INSTANTIATE_TEST_SUITE_P(
    Arguments, EdgeUsage,
    testing::Values(
        UsageCase{"no_server", {kStreet}, "--remote-dgx http://HOST:50051", 2},
        UsageCase{"no_input", {"--mode", "local"}, "INPUT is required", 2},
        UsageCase{"wrong_url", {kStreet, "--remote-dgx", "ftp://dgx"}, "http://HOST:PORT", 2},
        UsageCase{"wrong_port", {kStreet, "--remote-dgx", "http://dgx:99999"}, "65535", 2},
        UsageCase{"wrong_mode", {kStreet, "--mode", "cloud"}, "remote, local, auto, both", 2},
        UsageCase{"a_picture", {kPortrait, "--mode", "local"}, "vigil analyze takes pictures", 1},
        UsageCase{"no_file", {"/nowhere.mp4", "--mode", "local"}, "/nowhere.mp4", 1},
        UsageCase{
            "open_port", {kStreet, "--mode", "local", "--http", "0.0.0.0:0"}, "--insecure", 78},
        UsageCase{"no_certificate",
                  {kStreet, "--remote-dgx", "https://127.0.0.1:1", "--set",
                   "edge.tls.ca_file=/nowhere.pem"},
                  "edge.tls.ca_file: /nowhere.pem",
                  78},
        UsageCase{
            "certificates_without_tls",
            {kStreet, "--remote-dgx", "http://127.0.0.1:1", "--set", "edge.tls.server_name=dgx"},
            "write https://127.0.0.1:1",
            78}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil
