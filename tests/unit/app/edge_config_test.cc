#include "app/edge_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "app/config_command.h"
#include "core/status.h"
#include "support/test_data.h"

namespace vigil::app {
namespace {

using testing::HasSubstr;

class EdgeConfigTest : public testing::Test {
 protected:
  // Loads a file of that name and text, with flags.
  absl::Status Load(const std::string& name, const std::string& text,
                    std::vector<config::Assignment> flags = {}) {
    test::WriteFile(dir_ / name, text);
    config::Schema schema;
    Register(schema, config_);
    ConfigArguments arguments;
    arguments.file = (dir_ / name).string();
    arguments.flags = std::move(flags);
    return LoadConfiguration(schema, arguments, {}).status();
  }

  test::TempDir dir_;
  Config config_;
};

TEST_F(EdgeConfigTest, TheServerIsInConfigJson) {
  ASSERT_TRUE(Load("config.json", R"({"remote_dgx_url": "http://dgx.local:50051"})").ok());
  const auto options = ClientOptionsOf(config_.edge);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server.text(), "http://dgx.local:50051");
}

TEST_F(EdgeConfigTest, TheServerIsInYamlAndTheFlagWins) {
  ASSERT_TRUE(Load("edge.yaml",
                   "remote_dgx_url: http://old:1\nedge: {mode: both, deadline: 90ms}\n",
                   {{"remote_dgx_url", "https://new:2", "--remote-dgx"}})
                  .ok());
  EXPECT_EQ(ClientOptionsOf(config_.edge)->server.text(), "https://new:2");
  EXPECT_EQ(config_.edge.mode, EdgeMode::kBoth);
  EXPECT_EQ(config_.edge.deadline, std::chrono::milliseconds(90));
}

TEST_F(EdgeConfigTest, AWrongAddressIsOneLine) {
  const auto status = Load("edge.yaml", "remote_dgx_url: ftp://me:secret@dgx:1\n");
  const std::string message(MessageOf(status));
  EXPECT_THAT(message, HasSubstr("remote_dgx_url"));
  EXPECT_THAT(message, HasSubstr("http://HOST:PORT"));
  EXPECT_THAT(message, testing::Not(HasSubstr("secret")));
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST_F(EdgeConfigTest, WithoutAServerTheRemedyIsNamed) {
  const auto status = CheckServerIsNamed(config_.edge);
  ASSERT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("--remote-dgx"));
  config_.edge.mode = EdgeMode::kLocal;
  EXPECT_TRUE(CheckServerIsNamed(config_.edge).ok());
}

TEST_F(EdgeConfigTest, CertificatesAreReadAndNamedWhereTheyAreNone) {
  test::WriteFile(dir_ / "ca.pem", "-----BEGIN CERTIFICATE-----\n");
  config_.edge.server = "https://dgx:1";
  config_.edge.ca_file = (dir_ / "ca.pem").string();
  const auto options = ClientOptionsOf(config_.edge);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->tls.ca, HasSubstr("BEGIN"));
  config_.edge.ca_file = (dir_ / "missing.pem").string();
  const auto missing = ClientOptionsOf(config_.edge).status();
  EXPECT_TRUE(absl::IsInvalidArgument(missing));  // of the configuration: exit code 78
  EXPECT_THAT(std::string(MessageOf(missing)), HasSubstr("edge.tls.ca_file"));
  EXPECT_THAT(std::string(MessageOf(missing)), HasSubstr("the PEM cannot be read"));
}

TEST_F(EdgeConfigTest, ValuesOutOfRangeAreRefused) {
  for (const char* text : {"edge: {jpeg_quality: 0}", "edge: {max_in_flight: 65}",
                           "edge: {deadline: 1ms}", "edge: {mode: cloud}",
                           "edge: {breaker: {failed_share: 0}}", "edge: {tls: {key_file: x}}"}) {
    EXPECT_FALSE(Load("edge.yaml", text).ok()) << text;
  }
}

}  // namespace
}  // namespace vigil::app
