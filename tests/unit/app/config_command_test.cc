#include "app/config_command.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/test_data.h"

namespace vigil::app {
namespace {

struct Fields {
  int faces = 4;
  std::string password = "unset";
};

class ConfigCommand : public testing::Test {
 protected:
  int Run(const std::string& verb, const std::string& output = "yaml") {
    Fields fields;
    const auto keys = [&fields](config::Schema& schema) {
      schema.Key("faces", fields.faces).Range(1, 256).Doc("faces followed at once");
      schema.Key("password", fields.password).Secret();
    };
    out_.str("");
    err_.str("");
    return RunConfigCommand(verb, output, arguments_, keys, environment_, out_, err_);
  }
  std::string Write(const std::string& text) {
    const std::string path = (folder_ / "v.yaml").string();
    std::ofstream(path) << text;
    return path;
  }

  test::TempDir folder_;
  ConfigArguments arguments_;
  config::Environment environment_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ConfigCommand, PrintsWithOrigins) {
  arguments_.file = Write("faces: 9\n");
  arguments_.set = {*config::ParseSet("password=hunter2")};
  EXPECT_EQ(Run("print"), kExitOk);
  EXPECT_EQ(out_.str(),
            "faces: 9         # " + arguments_.file + ":1\npassword: \"***\"  # --set\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ConfigCommand, PrintsJson) {
  environment_["VIGIL_FACES"] = "7";
  EXPECT_EQ(Run("print", "json"), kExitOk);
  const auto json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["config"]["faces"], 7);
  EXPECT_EQ(json["origins"]["faces"], "environment VIGIL_FACES");
}

TEST_F(ConfigCommand, TakesTheFileThatTheEnvironmentNames) {
  environment_["VIGIL_CONFIG"] = Write("faces: 9\n");
  EXPECT_EQ(Run("check"), kExitOk);
  EXPECT_EQ(out_.str(), environment_["VIGIL_CONFIG"] + ": fine; 1 set, the rest are defaults\n");
  arguments_.file = (folder_ / "none.yaml").string();  // --config stands above it
  EXPECT_EQ(Run("check"), kExitBadConfiguration);
  EXPECT_EQ(err_.str(), arguments_.file +
                            ": the configuration cannot be read: No such file or directory; check "
                            "the name\n");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ConfigCommand, ChecksWithoutAFile) {
  EXPECT_EQ(Run("check"), kExitOk);
  EXPECT_EQ(out_.str(), "no file: fine; 0 set, the rest are defaults\n");
}

TEST_F(ConfigCommand, ReportsALineForEachProblem) {
  arguments_.file = Write("faces: 0\npasword: hunter2\n");
  for (const char* verb : {"check", "print"}) {
    EXPECT_EQ(Run(verb), kExitBadConfiguration);
    EXPECT_EQ(out_.str(), "");
    EXPECT_EQ(err_.str(), arguments_.file + ":1:8: faces: \"0\" is out of range; 1 to 256\n" +
                              arguments_.file +
                              ":2:1: pasword: unknown key; did you mean password?\n");
  }
}

TEST_F(ConfigCommand, RefusesAFolderAndALargeFile) {
  arguments_.file = folder_.path().string();
  EXPECT_EQ(Run("check"), kExitBadConfiguration);
  EXPECT_NE(err_.str().find("is a folder, not a configuration file"), std::string::npos);
  arguments_.file = Write(std::string(2'000'000, '#'));
  EXPECT_EQ(Run("check"), kExitBadConfiguration);
  EXPECT_NE(err_.str().find("has more than 1048576 bytes"), std::string::npos);
  arguments_.file = "/dev/zero";
  EXPECT_EQ(Run("check"), kExitBadConfiguration);
}

TEST_F(ConfigCommand, WritesSchemaAndReferenceWhateverTheFileSays) {
  arguments_.file = Write("faces: 0\n");
  EXPECT_EQ(Run("schema"), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["properties"]["faces"]["default"], 4);
  EXPECT_EQ(Run("reference"), kExitOk);
  EXPECT_NE(out_.str().find("| `faces` | whole number | `4` | 1 to 256 | `VIGIL_FACES` | restart | "
                            "faces followed at once |"),
            std::string::npos);
}

TEST_F(ConfigCommand, WrongWordsAreUsageErrors) {
  EXPECT_EQ(Run("pritn"), kExitUsage);
  EXPECT_EQ(err_.str(),
            "vigil config: the verb pritn is not one of print, check, schema, reference; did you "
            "mean print?\n");
  EXPECT_EQ(Run("print", "xml"), kExitUsage);
  EXPECT_EQ(err_.str(), "vigil config: the output xml is not one of yaml, json\n");
}

TEST_F(ConfigCommand, AStreamThatTakesNothingIsAFailure) {
  Fields fields;
  std::ostream broken(nullptr);
  EXPECT_EQ(
      RunConfigCommand(
          "print", "yaml", {}, [&](config::Schema& schema) { schema.Key("faces", fields.faces); },
          {}, broken, err_),
      kExitFailed);
}

}  // namespace
}  // namespace vigil::app
