#include "objects/class_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/status.h"
#include "support/test_data.h"

namespace vigil::objects {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CocoNames, AreEightyDifferentInTheOrderOfTheDataSet) {
  const auto names = CocoNames();
  ASSERT_EQ(names.size(), 80U);
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(), 80U);
  EXPECT_EQ(names[0], "person");
  EXPECT_EQ(names[4], "airplane");
  EXPECT_EQ(names[57], "couch");
  EXPECT_EQ(names[62], "tv");
  EXPECT_EQ(names[79], "toothbrush");
}

// The data set's own list spells some in the way of PASCAL VOC; all others are alike.
TEST(CocoNames, AgreeWithTheListOfTheDataSet) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto listed = ReadClassNames(test::SharedPath("models/coco.names"));
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->size(), 80U);
  std::set<std::string> different;
  for (std::size_t i = 0; i < 80; ++i) {
    if ((*listed)[i] != CocoNames()[i]) different.insert((*listed)[i]);
  }
  EXPECT_THAT(different, testing::IsSubsetOf({"motorbike", "aeroplane", "sofa", "pottedplant",
                                              "diningtable", "tvmonitor"}));
}

TEST(ParseClassNames, TakesOneALine) {
  for (const char* text :
       {"cat\nbig dog", "cat\nbig dog\n", "\xEF\xBB\xBF cat \r\nbig dog\r\n\n\n"}) {
    const auto names = ParseClassNames(text);
    ASSERT_TRUE(names.ok()) << names.status();
    EXPECT_THAT(*names, ElementsAre("cat", "big dog"));
  }
  EXPECT_EQ(ParseClassNames("gar\xC3\xA7on").value()[0], "gar\xC3\xA7on");
}

struct BadNames {
  const char* name;
  std::string text;
  const char* message;
};
class ClassNamesRefused : public testing::TestWithParam<BadNames> {};

TEST_P(ClassNamesRefused, WithTheLine) {
  const auto names = ParseClassNames(GetParam().text);
  ASSERT_EQ(names.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(names.status())), HasSubstr(GetParam().message));
}

std::string ManyLines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "n\n";
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ClassNamesRefused,
    testing::Values(BadNames{"empty", "", "no class names"}, BadNames{"blank", "\n \n", "no class"},
                    BadNames{"gap", "a\n\nb", "line 2: the name is empty"},
                    BadNames{"too_long", "a\n" + std::string(129, 'x'), "line 2: the name is too"},
                    BadNames{"control", "a\x01", "line 1: the name has control"},
                    BadNames{"zero_byte", std::string("a\0b", 3), "control"},
                    BadNames{"latin1", "gar\xE7on", "not UTF-8"},
                    BadNames{"surrogate", "\xED\xA0\x80", "not UTF-8"},
                    BadNames{"overlong", "\xC0\xAF", "not UTF-8"},
                    BadNames{"cut", "\xE2\x82", "not UTF-8"},
                    BadNames{"too_many", ManyLines(10'001), "more than 10000"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ReadClassNames, NamesTheFile) {
  const test::TempDir dir;
  EXPECT_EQ(ReadClassNames(dir / "none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadClassNames(dir.path()).status().code(), absl::StatusCode::kInvalidArgument);
  test::WriteFile(dir / "big", std::string((1U << 20) + 1, 'x'));
  EXPECT_EQ(ReadClassNames(dir / "big").status().code(), absl::StatusCode::kResourceExhausted);
  test::WriteFile(dir / "bad", "a\n\nb");
  EXPECT_THAT(std::string(MessageOf(ReadClassNames(dir / "bad").status())),
              HasSubstr((dir / "bad").string()));
}

TEST(ParseNamesMetadata, ReadsWhatUltralyticsWrites) {
  EXPECT_THAT(ParseNamesMetadata("{0: 'person', 1: \"driver's cab\", 2: 'a\\'b'}"),
              ElementsAre("person", "driver's cab", "a'b"));
  EXPECT_THAT(ParseNamesMetadata(" { 0 : 'x' } "), ElementsAre("x"));
}

TEST(ParseNamesMetadata, IsEmptyForAllElse) {
  for (const char* text : {"", "{", "{}", "{0}", "{0: }", "{0: 'a'", "{0: 'a}", "{1: 'a'}",
                           "{0: 'a', 2: 'b'}", "{0: 'a'} x", "['a', 'b']", "{0: 'a',}", "{-1: 'a'}",
                           "{0: ''}", "{0: 'a\x01'}", "{0: 'a\\", "{99999999999999999999: 'a'}"}) {
    EXPECT_THAT(ParseNamesMetadata(text), IsEmpty()) << text;
  }
}

TEST(SelectClasses, TakesNamesAndNumbers) {
  const std::vector<std::string> names{"person", "traffic light", "3"};
  EXPECT_THAT(*SelectClasses(names, {}), ElementsAre(true, true, true));
  EXPECT_THAT(*SelectClasses(names, std::vector<std::string>{"Traffic Light", "0"}),
              ElementsAre(true, true, false));
  for (const char* unknown : {"3", "-1", "persons", "", "1x", "99999999999999999999"}) {
    const auto wanted = SelectClasses(names, std::vector<std::string>{unknown});
    ASSERT_EQ(wanted.status().code(), absl::StatusCode::kInvalidArgument) << unknown;
    EXPECT_THAT(std::string(MessageOf(wanted.status())), HasSubstr("person, traffic light"));
  }
}

}  // namespace
}  // namespace vigil::objects
