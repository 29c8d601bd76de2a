// Files made to hurt: each is one clear message, and takes no memory to speak of.
#include <gtest/gtest.h>

#include <random>

#include "core/limits.h"
#include "unit/core/config_test_support.h"

namespace vigil::config {
namespace {

std::string Repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string Deep() {
  std::string text;
  for (std::size_t i = 0; i < 1400; ++i) text += std::string(i, ' ') + "a:\n";
  return text;
}

// Ten lists, each of ten of the one before: a hundred million texts of 500 kB in a file of a few lines.
std::string Bomb() {
  std::string text = "x-0: &a0 \"" + std::string(1000, 'x') + "\"\n";
  for (int i = 1; i < 9; ++i) {
    text += "x-" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            Repeat("*a" + std::to_string(i - 1) + ",", 10) + "]\n";
  }
  return text;
}

struct HostileCase {
  const char* name;
  std::string text;
  const char* message;  // what the error has in it
};
class Hostile : public testing::TestWithParam<HostileCase> {};

TEST_P(Hostile, IsOneClearError) {
  const auto loaded = test::LoadText(GetParam().text);
  EXPECT_NE(loaded->error().find(GetParam().message), std::string::npos) << loaded->error();
  EXPECT_EQ(std::ranges::count(loaded->error(), '\n'), 0) << loaded->error();
  EXPECT_LT(loaded->error().size(), 500);
}

INSTANTIATE_TEST_SUITE_P(
    Files, Hostile,
    testing::Values(
        HostileCase{"brackets", std::string(1'000'000, '['),
                    "v.yaml:1:1: nested more than 32 deep"},
        HostileCase{"braces", std::string(1'000'000, '{'), "v.yaml:1:1: nested more than 32 deep"},
        HostileCase{"brackets_in_lines", Repeat("[\n", 500'000),
                    "v.yaml:1001:1: nested more than 32 deep"},
        HostileCase{"brackets_just_below_the_first_look", std::string(900, '['), "v.yaml:1:"},
        HostileCase{"closed_brackets", "mode: " + std::string(40, '[') + std::string(40, ']'),
                    "v.yaml:1:38: nested more than 32 deep"},
        HostileCase{"dashes", Repeat("- ", 500'000), "nested more than 32 deep"},
        HostileCase{"question_marks", Repeat("? ", 500'000), "a list or section cannot be a name"},
        HostileCase{"blocks", Deep(), "v.yaml:33:33: nested more than 32 deep"},
        HostileCase{"alias_bomb", Bomb(), "too much: more than 65536 values or 4194304 bytes"},
        HostileCase{"anchors_without_aliases", Repeat("- &a " + std::string(1000, 'x') + "\n", 900),
                    "expected names"},
        HostileCase{"recursive_alias", "mode: &a [*a]",
                    "v.yaml:1:11: this alias lies inside what it stands for"},
        HostileCase{"unknown_alias", "mode: *nobody", "the referenced anchor is not defined"},
        HostileCase{"alias_as_name", "x-a: &a b\n*a : c\n",
                    "v.yaml:2:1: an alias cannot be a name"},
        HostileCase{"merge_of_a_text", "<<: 4", "<< takes sections"},
        HostileCase{"too_many_items", "classes: [" + Repeat("a,", 2000) + "]",
                    "more than 1024 items in one list or section"},
        HostileCase{"flat_lists", "x-a: [" + Repeat("[],", 300'000) + "]", "more than 1024 items"},
        HostileCase{"too_large", std::string(limits::kMaxConfigBytes + 1, ' '),
                    "v.yaml: 1048577 bytes; at most 1048576 are read"},
        HostileCase{"huge_number", "small: " + std::string(100'000, '9'), "is not a whole number"},
        HostileCase{"huge_name", std::string(1000, 'k') + ": 1", "unknown key"},
        HostileCase{"duplicate", "mode: a\nsmall: 1\nmode: b\n",
                    "v.yaml:3:1: \"mode\" is there twice, first in line 1"},
        HostileCase{"duplicate_in_json", "{\"mode\": \"a\", \"mode\": \"b\"}",
                    "v.yaml:1:15: \"mode\" is there twice"},
        HostileCase{"tab", "face:\n\tmax_faces: 1\n",
                    "v.yaml:2:11: a tab cannot indent YAML; use spaces"},
        HostileCase{"tag", "mode: !!str a",
                    "v.yaml:1:7: the tag \"tag:yaml.org,2002:str\" has no meaning here"},
        HostileCase{"python_tag", "mode: !!python/object:os.system [a]", "has no meaning here"},
        HostileCase{"tag_on_section", "face: !x {}", "has no meaning here"},
        HostileCase{"second_document", "mode: a\n---\nmode: b\n",
                    "v.yaml:2:1: a second document begins here"},
        HostileCase{"nul", std::string("mode: a\0b\n", 10), "v.yaml:1:1: not UTF-8 text"},
        HostileCase{"nul_escaped", "mode: \"a\\0b\"", "must not contain the character NUL"},
        HostileCase{"latin1", "small: 1\nmode: Gr\xF6\xDF\n", "v.yaml:2:1: not UTF-8 text"},
        HostileCase{"overlong_utf8", "mode: \xC0\xAF", "not UTF-8 text"},
        HostileCase{"surrogate_utf8", "mode: \xED\xA0\x80", "not UTF-8 text"},
        HostileCase{"beyond_unicode", "mode: \xF4\x90\x80\x80", "not UTF-8 text"},
        HostileCase{"cut_utf8", "mode: \xE2\x82", "not UTF-8 text"},
        HostileCase{"utf16", std::string("\xFF\xFEm\0o\0", 6), "not UTF-8 text"},
        HostileCase{"png", "\x89PNG\r\n\x1a\n", "not UTF-8 text"},
        HostileCase{"escape_sequence", "mode: \x1b[2J",
                    "not UTF-8 text, or it has control characters"},
        HostileCase{"unclosed_quote", "mode: \"abc", "not valid YAML: illegal EOF in scalar"},
        HostileCase{"unclosed_list", "classes: [a", "not valid YAML"},
        HostileCase{"bad_indentation", "face:\n  max_faces: 1\n enabled: true\n", "v.yaml:3:"},
        HostileCase{"colon_in_text", "mode: a: b", "check the indentation"},
        HostileCase{"list_as_name", "[a]: b", "a list or section cannot be a name"},
        HostileCase{"null_as_name", "~: b", "nothing cannot be a name"},
        HostileCase{"empty_name", "'': b", "a name cannot be empty"},
        HostileCase{"bad_escape", "mode: \"\\q\"", "not valid YAML"},
        HostileCase{"directives", Repeat("%TAG !a b\n", 1000), "not valid YAML"}),
    [](const auto& test) { return std::string(test.param.name); });

// Any text is either loaded or refused; what is loaded prints to a file that loads to the same.
TEST(Hostile, MangledFilesAreRefusedOrRoundTrip) {
  const std::string seed =
      "mode: &m edge\nface: {max_faces: 9, threshold: 25%, detector: yunet}\nclasses: [a, 'b c', "
      "\"d\\n\"]\n"
      "sources:\n  - url: *m\n    masks: [[[0%, 0.5], [1, 1], [0, 1]]]\ndevices:\n  a-1: {lines: "
      "[{name: x, a: [0, 1]}]}\n";
  std::mt19937 random(11);
  int loaded_count = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = seed;
    for (unsigned edits = random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char byte = " \n:-[]{},&*'\"%#|>!?a0\xC3"[random() % 22];
      if (random() % 2 == 0)
        text[at] = byte;
      else
        text.insert(at, 1, byte);
    }
    const auto loaded = test::LoadText(text);
    if (!loaded->resolved.ok()) continue;
    ++loaded_count;
    const auto again = test::LoadText(loaded->resolved->ToYaml());
    ASSERT_TRUE(again->resolved.ok()) << again->error() << "\n" << loaded->resolved->ToYaml();
    const std::string json = loaded->resolved->ToJson(), json_again = again->resolved->ToJson();
    ASSERT_EQ(json.substr(0, json.find("\"origins\"")),
              json_again.substr(0, json_again.find("\"origins\"")));
  }
  EXPECT_GT(loaded_count, 100);
}

}  // namespace
}  // namespace vigil::config
