// Placeholders, secrets from files, and that no secret is ever printed.
#include <gtest/gtest.h>

#include <fstream>

#include "core/limits.h"
#include "support/test_data.h"
#include "unit/core/config_test_support.h"

namespace vigil::config {
namespace {

class Secrets : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  std::unique_ptr<test::Loaded> LoadText(const std::string& text) {
    sources_.file = File{"v.yaml", text};
    return test::LoadExample(sources_);
  }

  vigil::test::TempDir folder_;
  Sources sources_;
};

struct PlaceholderCase {
  const char* name;
  const char* yaml;
  const char* mode;     // null: refused
  const char* message;  // of the refusal
};
class Placeholder : public testing::TestWithParam<PlaceholderCase> {};

TEST_P(Placeholder, IsReplaced) {
  Sources sources;
  sources.file = File{"v.yaml", GetParam().yaml};
  sources.environment = {{"NAME", "value"}, {"EMPTY", ""}, {"NESTED", "${NAME}"}, {"BAD", "\xFF"}};
  const auto loaded = test::LoadExample(sources);
  EXPECT_EQ(loaded->resolved.ok(), GetParam().mode != nullptr) << loaded->error();
  if (GetParam().mode != nullptr) {
    EXPECT_EQ(loaded->example.mode, GetParam().mode);
  }
  if (GetParam().message != nullptr) {
    EXPECT_EQ(loaded->error(), GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Placeholder,
    testing::Values(
        PlaceholderCase{"alone", "mode: ${NAME}", "value", nullptr},
        PlaceholderCase{"within", "mode: a${NAME}b${NAME}", "avaluebvalue", nullptr},
        PlaceholderCase{"quoted", "mode: \"${NAME}\"", "value", nullptr},
        PlaceholderCase{"default_unused", "mode: ${NAME:other}", "value", nullptr},
        PlaceholderCase{"default_used", "mode: ${NONE:other}", "other", nullptr},
        PlaceholderCase{"default_with_colons", "mode: ${NONE:rtsp://h:1/x}", "rtsp://h:1/x",
                        nullptr},
        PlaceholderCase{"empty_default", "mode: ${NONE:}", "", nullptr},
        PlaceholderCase{"empty_variable_is_not_set", "mode: ${EMPTY:other}", "other", nullptr},
        PlaceholderCase{"not_expanded_twice", "mode: ${NESTED}", "${NAME}", nullptr},
        PlaceholderCase{"escaped", "mode: a$${NAME}", "a${NAME}", nullptr},
        PlaceholderCase{"other_dollars", "mode: $NAME $ $$ {NAME}", "$NAME $ $$ {NAME}", nullptr},
        PlaceholderCase{
            "not_set", "mode: ${NONE}", nullptr,
            "v.yaml:1:7: the variable NONE is not set; set it, or write ${NONE:default}"},
        PlaceholderCase{"not_closed", "mode: ${NAME", nullptr,
                        "v.yaml:1:7: ${ without }; a plain ${ is written $${"},
        PlaceholderCase{
            "no_name", "mode: ${}", nullptr,
            "v.yaml:1:7: \"\" is not the name of a variable; a plain ${ is written $${"},
        PlaceholderCase{
            "bad_name", "mode: ${A B}", nullptr,
            "v.yaml:1:7: \"A B\" is not the name of a variable; a plain ${ is written $${"},
        PlaceholderCase{"no_text", "mode: ${BAD}", nullptr,
                        "v.yaml:1:7: what a placeholder stands for is not UTF-8 text"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Secrets, PlaceholdersServeEveryType) {
  sources_.environment = {{"N", "9"}, {"RATIO", "30%"}, {"LIST", "a,b"}, {"NULL", "null"}};
  const auto loaded = LoadText(
      "face: {max_faces: \"${N}\", threshold: \"${RATIO}\"}\nclasses: [\"${N}\"]\nlimit: "
      "${NULL}\nnumbers: [1]\n");
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.max_faces, 9);
  EXPECT_EQ(loaded->example.threshold, 0.3F);
  EXPECT_FALSE(loaded->example.limit);
  EXPECT_EQ(loaded->resolved->Origin("face.max_faces"), "v.yaml:1 with ${N}");
}

TEST_F(Secrets, AListMayComeFromOnePlaceholder) {
  sources_.environment = {{"LIST", "a,b"}, {"YAML", "[-1, 2]"}};
  const auto loaded = LoadText("classes: ${LIST}\nnumbers: ${YAML}\n");
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.classes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(loaded->example.numbers, (std::vector<int>{-1, 2}));
}

TEST_F(Secrets, AllPlaceholderProblemsAreReported) {
  EXPECT_EQ(LoadText("mode: ${A}\nsmall: ${B}\nlimit: x\n")->error(),
            "v.yaml:1:7: the variable A is not set; set it, or write ${A:default}\n"
            "v.yaml:2:8: the variable B is not set; set it, or write ${B:default}\n"
            "v.yaml:3:8: limit: \"x\" is not a whole number");
}

TEST_F(Secrets, PlaceholdersCannotMultiplyText) {
  sources_.environment["BIG"] = std::string(60'000, 'x');
  std::string list;
  for (int i = 0; i < 1000; ++i) list += "\"${BIG}\",";
  EXPECT_NE(LoadText("classes: [" + list + "]")
                ->error()
                .find("placeholders expand to more than 4194304 bytes"),
            std::string::npos);
}

struct WayCase {
  const char* name;
  const char* variable;  // of the folder's file `secret`; null: CREDENTIALS_DIRECTORY
  const char* file;
  const char* yaml;
  const char* origin;
};
class SecretWays : public Secrets, public testing::WithParamInterface<WayCase> {};

TEST_P(SecretWays, GiveTheValueAndHideIt) {
  const std::string path = Write(GetParam().file, "hunter2\n");
  if (GetParam().variable != nullptr) {
    sources_.environment[GetParam().variable] = path;
  } else {
    sources_.environment["CREDENTIALS_DIRECTORY"] = folder_.path().string();
  }
  const auto loaded = LoadText(GetParam().yaml);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.token, "hunter2");
  EXPECT_EQ(loaded->resolved->Origin("smtp.token"), GetParam().origin);
  EXPECT_EQ(loaded->resolved->ToYaml().find("hunter2"), std::string::npos);
  EXPECT_EQ(loaded->resolved->ToJson().find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, SecretWays,
    testing::Values(WayCase{"variable_of_a_file", "VIGIL_SMTP_TOKEN_FILE", "secret", "",
                            "environment VIGIL_SMTP_TOKEN_FILE"},
                    WayCase{"credential", nullptr, "smtp.token", "",
                            "environment CREDENTIALS_DIRECTORY/smtp.token"},
                    WayCase{"placeholder_of_a_file", "MAIL_FILE", "secret",
                            "smtp: {token: \"${MAIL}\"}", "v.yaml:1 with ${MAIL}"},
                    WayCase{"placeholder_of_a_credential", nullptr, "MAIL",
                            "smtp: {token: \"${MAIL}\"}", "v.yaml:1 with ${MAIL}"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Secrets, InListsAndItemsCanBeFilesToo) {
  sources_.environment["VIGIL_SOURCES_0_PASSWORD_FILE"] = Write("a", "p1");
  sources_.environment["VIGIL_SMTP_KEYS_0_FILE"] = Write("b", "k1");
  sources_.environment["CREDENTIALS_DIRECTORY"] = folder_.path().string();
  Write("sources.1.password", "p2\r\n");
  Write("unrelated", "x");
  Write("mode", "not a secret, so not read");
  const auto loaded = LoadText("sources: [{url: a}, {url: b}]");
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.sources[0].password, "p1");
  EXPECT_EQ(loaded->example.sources[1].password, "p2");
  EXPECT_EQ(loaded->example.keys, std::vector<std::string>{"k1"});
  EXPECT_EQ(loaded->example.mode, "local");
}

TEST_F(Secrets, VariableStandsAboveCredential) {
  sources_.environment["CREDENTIALS_DIRECTORY"] = folder_.path().string();
  Write("smtp.token", "low");
  sources_.environment["VIGIL_SMTP_TOKEN"] = "high";
  EXPECT_EQ(test::LoadExample(sources_)->example.token, "high");
}

TEST_F(Secrets, BadFilesAreErrors) {
  const auto error = [this](const std::string& path) {
    sources_.environment = {{"VIGIL_SMTP_TOKEN_FILE", path}};
    return test::LoadExample(sources_)->error();
  };
  const std::string missing = (folder_ / "none").string();
  EXPECT_EQ(error(missing), "VIGIL_SMTP_TOKEN_FILE: cannot read the secret in " + missing +
                                ": No such file or directory");
  EXPECT_NE(error(folder_.path().string()).find("is a folder"), std::string::npos);
  EXPECT_NE(error(Write("big", std::string(limits::kMaxSecretBytes + 1, 'x')))
                .find("more than 65536 bytes"),
            std::string::npos);
  EXPECT_NE(error(Write("binary", "\xFF\n")).find("not UTF-8 text"), std::string::npos);
}

TEST_F(Secrets, ValueAndFileTogetherAreAnError) {
  sources_.environment = {{"VIGIL_SMTP_TOKEN", "a"}, {"VIGIL_SMTP_TOKEN_FILE", Write("a", "b")}};
  EXPECT_EQ(test::LoadExample(sources_)->error(),
            "VIGIL_SMTP_TOKEN_FILE: VIGIL_SMTP_TOKEN is set as well; keep one of them");
}

TEST_F(Secrets, AreNeverInOutputOrErrors) {
  struct Numeric {
    int pin = 0;
    std::vector<std::string> list;
    std::optional<std::string> none;
    std::string empty;
    std::string url = "rtsp://me:hunter2@h/x";
  } fields;
  const auto load = [&fields](const std::string& yaml) {
    Schema schema;
    schema.Key("pin", fields.pin).Secret().Range(1, 1'000'000);
    schema.Key("list", fields.list).Secret();
    schema.Key("none", fields.none).Secret();
    schema.Key("empty", fields.empty).Secret();
    schema.Key("url", fields.url);
    Sources sources;
    sources.file = File{"v.yaml", yaml};
    return Load(schema, sources);
  };
  const auto right = load("pin: 424242\nlist: [hunter2, x]\n");
  ASSERT_TRUE(right.ok()) << right.status();
  for (const std::string& output : {right->ToYaml(), right->ToJson()}) {
    EXPECT_EQ(output.find("424242"), std::string::npos) << output;
    EXPECT_EQ(output.find("hunter2"), std::string::npos) << output;
  }
  EXPECT_NE(right->ToYaml().find("none: null"), std::string::npos) << right->ToYaml();
  EXPECT_NE(right->ToYaml().find("empty: \"\""), std::string::npos) << right->ToYaml();
  EXPECT_EQ(load("pin: hunter2").status().message(),
            "v.yaml:1:6: pin: the value is not a whole number");
  EXPECT_EQ(load("pin: 4242424").status().message(),
            "v.yaml:1:6: pin: the value is out of range; 1 to 1000000");
}

TEST_F(Secrets, FromFilesStayHiddenInOrdinaryKeys) {
  sources_.environment["PIN_FILE"] = Write("pin", "4242");
  const auto loaded = LoadText("mode: x${PIN}y\n");
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.mode, "x4242y");
  EXPECT_EQ(loaded->resolved->ToYaml().find("4242"), std::string::npos);
  EXPECT_EQ(LoadText("small: ${PIN}\n")->error(),
            "v.yaml:1:8: small: the value is out of range; 0 to 255");
}

}  // namespace
}  // namespace vigil::config
