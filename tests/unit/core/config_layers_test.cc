// Which layer wins, how each names a key, and where a value is said to be from.
#include <gtest/gtest.h>

#include "unit/core/config_test_support.h"

namespace vigil::config {
namespace {

using test::Detector;
using test::Example;
using namespace std::chrono_literals;

// A source set from each of the layers that are named, `d` default, `f` file, `e` environment, `s` --set, `a` flag.
Sources From(std::string_view layers) {
  Sources sources;
  if (layers.find('f') != std::string_view::npos)
    sources.file = File{"v.yaml", "face: {max_faces: 10}"};
  if (layers.find('e') != std::string_view::npos)
    sources.environment["VIGIL_FACE_MAX_FACES"] = "20";
  if (layers.find('s') != std::string_view::npos)
    sources.set.push_back({"face.max_faces", "30", "--set"});
  if (layers.find('a') != std::string_view::npos)
    sources.flags.push_back({"face.max_faces", "40", "--max-faces"});
  return sources;
}

struct PrecedenceCase {
  const char* layers;
  int expected;
  const char* origin;
};
class Precedence : public testing::TestWithParam<PrecedenceCase> {};

TEST_P(Precedence, HigherLayerWins) {
  const auto loaded = test::LoadExample(From(GetParam().layers));
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.max_faces, GetParam().expected);
  EXPECT_EQ(loaded->resolved->Origin("face.max_faces"), GetParam().origin);
  EXPECT_EQ(loaded->resolved->Origin("face"), GetParam().origin);
  EXPECT_EQ(loaded->resolved->Origin("face.detector"), "default");
  EXPECT_EQ(loaded->resolved->count_set(), std::string_view(GetParam().layers) == "d" ? 0 : 1);
}

INSTANTIATE_TEST_SUITE_P(
    Layers, Precedence,
    testing::Values(PrecedenceCase{"d", 4, "default"}, PrecedenceCase{"f", 10, "v.yaml:1"},
                    PrecedenceCase{"e", 20, "environment VIGIL_FACE_MAX_FACES"},
                    PrecedenceCase{"s", 30, "--set"}, PrecedenceCase{"a", 40, "--max-faces"},
                    PrecedenceCase{"fe", 20, "environment VIGIL_FACE_MAX_FACES"},
                    PrecedenceCase{"fs", 30, "--set"}, PrecedenceCase{"fa", 40, "--max-faces"},
                    PrecedenceCase{"es", 30, "--set"}, PrecedenceCase{"ea", 40, "--max-faces"},
                    PrecedenceCase{"sa", 40, "--max-faces"},
                    PrecedenceCase{"fesa", 40, "--max-faces"}),
    [](const auto& test) { return std::string(test.param.layers); });

TEST(Layers, LaterAssignmentOfALayerWins) {
  Sources sources;
  sources.set = {{"small", "1", "--set"}, {"small", "2", "--set"}};
  EXPECT_EQ(test::LoadExample(sources)->example.small, 2);
}

constexpr const char* kFile =
    "classes: [person, car]\n"
    "sources:\n  - url: first\n    low: 1\n  - url: second\n"
    "devices:\n  jetson-01: {camera_id: driveway}\n  jetson-01-b: {lines: [{name: door}]}\n";

struct TextCase {
  const char* name;
  const char* variable;  // also run as --set with `path`
  const char* path;
  const char* text;
  bool (*holds)(const Example&);
};
class GivenAsText : public testing::TestWithParam<TextCase> {};

TEST_P(GivenAsText, InTheEnvironment) {
  Sources sources;
  sources.file = File{"v.yaml", kFile};
  sources.environment[GetParam().variable] = GetParam().text;
  const auto loaded = test::LoadExample(sources);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_TRUE(GetParam().holds(loaded->example)) << loaded->resolved->ToYaml();
  EXPECT_EQ(loaded->resolved->Origin(GetParam().path),
            std::string("environment ") + GetParam().variable);
}

TEST_P(GivenAsText, WithSet) {
  Sources sources;
  sources.file = File{"v.yaml", kFile};
  const auto assignment = ParseSet(std::string(GetParam().path) + "=" + GetParam().text);
  ASSERT_TRUE(assignment.ok());
  sources.set = {*assignment};
  const auto loaded = test::LoadExample(sources);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_TRUE(GetParam().holds(loaded->example)) << loaded->resolved->ToYaml();
  EXPECT_EQ(loaded->resolved->Origin(GetParam().path), "--set");
}

INSTANTIATE_TEST_SUITE_P(
    Keys, GivenAsText,
    testing::Values(
        TextCase{"top", "VIGIL_MODE", "mode", "edge",
                 [](const Example& e) { return e.mode == "edge"; }},
        TextCase{"text_is_not_yaml", "VIGIL_MODE", "mode", "a: [b #c",
                 [](const Example& e) { return e.mode == "a: [b #c"; }},
        TextCase{"text_with_equals", "VIGIL_MODE", "mode", "a=b",
                 [](const Example& e) { return e.mode == "a=b"; }},
        TextCase{"text_keeps_placeholders", "VIGIL_MODE", "mode", "${HOME}",
                 [](const Example& e) { return e.mode == "${HOME}"; }},
        TextCase{"underscores", "VIGIL_DETECTOR_MODEL_FILE", "detector.model_file", "x.tflite",
                 [](const Example& e) { return e.model == "x.tflite"; }},
        TextCase{"number", "VIGIL_SMALL", "small", "9",
                 [](const Example& e) { return e.small == 9; }},
        TextCase{"percent", "VIGIL_FACE_THRESHOLD", "face.threshold", "30%",
                 [](const Example& e) { return e.threshold == 0.3F; }},
        TextCase{"bool_as_digit", "VIGIL_FACE_ENABLED", "face.enabled", "0",
                 [](const Example& e) { return !e.enabled; }},
        TextCase{"enum_", "VIGIL_FACE_DETECTOR", "face.detector", "yunet",
                 [](const Example& e) { return e.detector == Detector::kYuNet; }},
        TextCase{"duration", "VIGIL_INTERVAL", "interval", "1m",
                 [](const Example& e) { return e.interval == 1min; }},
        TextCase{"null", "VIGIL_LIMIT", "limit", "null", [](const Example& e) { return !e.limit; }},
        TextCase{"list_by_commas", "VIGIL_CLASSES", "classes", "a, b,c",
                 [](const Example& e) {
                   return e.classes == std::vector<std::string>{"a", "b", "c"};
                 }},
        TextCase{"list_as_yaml", "VIGIL_CLASSES", "classes", "[a, 'b, c']",
                 [](const Example& e) {
                   return e.classes == std::vector<std::string>{"a", "b, c"};
                 }},
        TextCase{"list_of_one", "VIGIL_NUMBERS", "numbers", "3",
                 [](const Example& e) { return e.numbers == std::vector<int>{3}; }},
        TextCase{"item_of_a_list", "VIGIL_CLASSES_1", "classes.1", "dog",
                 [](const Example& e) {
                   return e.classes == std::vector<std::string>{"person", "dog"};
                 }},
        TextCase{"next_item_of_a_list", "VIGIL_CLASSES_2", "classes.2", "dog",
                 [](const Example& e) { return e.classes.size() == 3 && e.classes[2] == "dog"; }},
        TextCase{"item_of_a_default_list", "VIGIL_WEIGHTS_0", "weights.0", "9",
                 [](const Example& e) {
                   return e.weights == std::array<float, 3>{9, 2, 3};
                 }},
        TextCase{"point", "VIGIL_CENTRE", "centre", "10%, 1",
                 [](const Example& e) {
                   return e.centre == Point2f{0.1F, 1};
                 }},
        TextCase{"half_a_point", "VIGIL_CENTRE_0", "centre.0", "10%",
                 [](const Example& e) {
                   return e.centre == Point2f{0.1F, 0.5F};
                 }},
        TextCase{"field_of_a_struct", "VIGIL_SOURCES_0_URL", "sources.0.url", "other",
                 [](const Example& e) {
                   return e.sources[0].url == "other" && e.sources[0].low == 1 &&
                          e.sources[1].url == "second";
                 }},
        TextCase{
            "field_of_a_new_struct", "VIGIL_SOURCES_2_URL", "sources.2.url", "third",
            [](const Example& e) { return e.sources.size() == 3 && e.sources[2].url == "third"; }},
        TextCase{"polygon", "VIGIL_SOURCES_1_MASKS", "sources.1.masks",
                 "[[[0, 0], [1, 0], [50%, 1]]]",
                 [](const Example& e) {
                   return e.sources[1].masks[0][2] == Point2f{0.5F, 1};
                 }},
        TextCase{"all_structs", "VIGIL_SOURCES", "sources", "[{url: x}]",
                 [](const Example& e) { return e.sources.size() == 1 && e.sources[0].url == "x"; }},
        TextCase{"in_a_map", "VIGIL_DEVICES_JETSON_01_CAMERA_ID", "devices.jetson-01.camera_id",
                 "yard",
                 [](const Example& e) { return e.devices.at("jetson-01").camera_id == "yard"; }},
        TextCase{
            "list_in_a_map", "VIGIL_DEVICES_JETSON_01_B_LINES_0_NAME",
            "devices.jetson-01-b.lines.0.name", "gate",
            [](const Example& e) { return e.devices.at("jetson-01-b").lines[0].name == "gate"; }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Set, TakesWholeSectionsAndNewNames) {
  Sources sources;
  sources.set = {*ParseSet("face={max_faces: 9, enabled: no}"),
                 *ParseSet("devices.\"10.0.0.5\".camera_id=yard"),
                 *ParseSet("devices.new.camera_id=gate"), *ParseSet("mode=")};
  const auto loaded = test::LoadExample(sources);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.max_faces, 9);
  EXPECT_FALSE(loaded->example.enabled);
  EXPECT_EQ(loaded->example.threshold, 0.1F);
  EXPECT_EQ(loaded->example.devices.at("10.0.0.5").camera_id, "yard");
  EXPECT_EQ(loaded->resolved->Origin("devices.\"10.0.0.5\".camera_id"), "--set");
  EXPECT_EQ(loaded->example.mode, "");
}

TEST(Set, NeedsAKeyAndAValue) {
  for (const char* text : {"", "mode", "=x", "a..b=1", ".a=1", "a.=1", "\"a=1"})
    EXPECT_FALSE(ParseSet(text).ok()) << text;
  EXPECT_EQ(ParseSet("a=b=c")->text, "b=c");
}

TEST(Flags, WriteIntoTheirLayer) {
  Sources sources;
  FlagInto(sources.flags, "face.max_faces", "--max-faces")("300");
  EXPECT_EQ(test::LoadExample(sources)->error(),
            "--max-faces: face.max_faces: \"300\" is out of range; 1 to 256");
  FlagInto(sources.flags, "face.max_faces", "--max-faces")("8");
  EXPECT_EQ(test::LoadExample(sources)->example.max_faces, 8);
}

TEST(Environment, EmptyVariablesCountAsNotSet) {
  Sources sources;
  sources.environment = {{"VIGIL_SMALL", ""}, {"VIGIL_MODE", ""}};
  const auto loaded = test::LoadExample(sources);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.mode, "local");
}

TEST(Environment, OthersAndReservedOnesAreLeftAlone) {
  Sources sources;
  sources.environment = {{"VIGIL_CONFIG", "x"}, {"VIGILANT", "x"}, {"PATH", "\xFF"}, {"VIGI", "x"}};
  EXPECT_TRUE(test::LoadExample(sources)->resolved.ok());
}

// The pod of a Deployment behind Services named vigil, vigil-web and vigil-face: none of this is meant for us.
TEST(Environment, ServiceLinksOfKubernetesAreLeftAlone) {
  Sources sources;
  for (const std::string service : {"VIGIL", "VIGIL_WEB", "VIGIL_SMALL"}) {
    sources.environment[service + "_SERVICE_HOST"] = "10.0.0.1";
    sources.environment[service + "_SERVICE_PORT"] = "80";
    sources.environment[service + "_SERVICE_PORT_HTTP"] = "80";
    sources.environment[service + "_PORT"] = "tcp://10.0.0.1:80";
    sources.environment[service + "_PORT_80_TCP"] = "tcp://10.0.0.1:80";
    for (const char* part : {"PROTO", "PORT", "ADDR"})
      sources.environment[service + "_PORT_80_TCP_" + part] = "x";
  }
  sources.environment["VIGIL_SMALL"] = "9";
  const auto loaded = test::LoadExample(sources);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.small, 9);
}

TEST(Environment, WithoutAServiceAPortIsAnUnknownVariable) {
  Sources sources;
  sources.environment["VIGIL_WEB_PORT"] = "tcp://10.0.0.1:80";
  EXPECT_EQ(test::LoadExample(sources)->error(), "VIGIL_WEB_PORT: unknown variable");
}

struct ErrorCase {
  const char* name;
  const char* variable;
  const char* text;
  const char* message;
};
class EnvironmentError : public testing::TestWithParam<ErrorCase> {};

TEST_P(EnvironmentError, NamesTheVariable) {
  Sources sources;
  sources.environment[GetParam().variable] = GetParam().text;
  EXPECT_EQ(test::LoadExample(sources)->error(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Variables, EnvironmentError,
    testing::Values(
        ErrorCase{"misspelt", "VIGIL_FACE_MAX_FACS", "1",
                  "VIGIL_FACE_MAX_FACS: unknown variable; did you mean VIGIL_FACE_MAX_FACES?"},
        ErrorCase{"nothing_alike", "VIGIL_QUALITY", "1", "VIGIL_QUALITY: unknown variable"},
        ErrorCase{"empty_and_unknown", "VIGIL_QUALITY", "", "VIGIL_QUALITY: unknown variable"},
        ErrorCase{"only_the_prefix", "VIGIL_", "1", "VIGIL_: unknown variable"},
        ErrorCase{"a_section", "VIGIL_FACE", "1",
                  "VIGIL_FACE: unknown variable; did you mean VIGIL_FACE_ENABLED?"},
        ErrorCase{"in_a_list", "VIGIL_SOURCES_0_URI", "x",
                  "VIGIL_SOURCES_0_URI: unknown variable; did you mean VIGIL_SOURCES_<N>_URL?"},
        ErrorCase{"unknown_name_of_a_map", "VIGIL_DEVICES_X_CAMERA_ID", "x",
                  "VIGIL_DEVICES_X_CAMERA_ID: unknown variable; did you mean "
                  "VIGIL_DEVICES_<NAME>_CAMERA_ID?"},
        ErrorCase{"wrong_value", "VIGIL_SMALL", "x",
                  "VIGIL_SMALL: small: \"x\" is not a whole number"},
        ErrorCase{
            "gap", "VIGIL_SOURCES_3_URL", "x",
            "VIGIL_SOURCES_3_URL: sources.3: leaves a gap; the list has 0 items, so the next is 0"},
        ErrorCase{"broken_yaml", "VIGIL_CLASSES", "[a",
                  "VIGIL_CLASSES: a list or section cannot be a name; is a bracket not closed?"},
        ErrorCase{"one_text_for_structs", "VIGIL_SOURCES", "rtsp://x",
                  "VIGIL_SOURCES: sources: expected a list of sections"},
        ErrorCase{"one_text_for_polygons", "VIGIL_SOURCES_0_MASKS", "1,2",
                  "VIGIL_SOURCES_0_MASKS: sources.0.url: is required; set it in the file, as "
                  "VIGIL_SOURCES_0_URL, or with "
                  "--set sources.0.url=…\n"
                  "VIGIL_SOURCES_0_MASKS: sources.0.masks: expected a list, each item a list, each "
                  "item a point [x, y] such as "
                  "[25%, 0.5], found one value"},
        ErrorCase{"no_text", "VIGIL_MODE", "\xFF\xFE",
                  "VIGIL_MODE: mode: not UTF-8 text of at most 1048576 bytes"},
        ErrorCase{"index_too_large", "VIGIL_CLASSES_99999", "x",
                  "VIGIL_CLASSES_99999: unknown variable"},
        ErrorCase{"file_of_no_secret", "VIGIL_MODE_FILE", "x",
                  "VIGIL_MODE_FILE: only a secret can be read from a file; set VIGIL_MODE"}),
    [](const auto& test) { return std::string(test.param.name); });

struct SetErrorCase {
  const char* name;
  const char* text;
  const char* message;
};
class SetError : public testing::TestWithParam<SetErrorCase> {};

TEST_P(SetError, NamesTheKey) {
  Sources sources;
  sources.set = {*ParseSet(GetParam().text)};
  EXPECT_EQ(test::LoadExample(sources)->error(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Assignments, SetError,
    testing::Values(
        SetErrorCase{"misspelt", "face.max_facs=1",
                     "--set: face.max_facs: unknown key; did you mean face.max_faces?"},
        SetErrorCase{"elsewhere", "max_faces=1",
                     "--set: max_faces: unknown key; did you mean face.max_faces?"},
        SetErrorCase{"below_a_key", "small.x=1", "--set: small.x: unknown key"},
        SetErrorCase{"no_index", "classes.first=1", "--set: classes.first: unknown key"},
        SetErrorCase{"no_index_of_structs", "sources.first.url=1",
                     "--set: sources.first.url: unknown key"},
        SetErrorCase{"negative_index", "classes.-1=1", "--set: classes.-1: unknown key"},
        SetErrorCase{"gap", "classes.7=1",
                     "--set: classes.7: leaves a gap; the list has 2 items, so the next is 2"},
        SetErrorCase{"section_as_text", "face=1", "--set: face: expected a section"},
        SetErrorCase{"wrong_in_section", "face={max_faces: 0}",
                     "--set: face.max_faces: \"0\" is out of range; 1 to 256"},
        SetErrorCase{"element_as_text", "sources.0=x", "--set: sources.0: expected a section"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Environment, AnAmbiguousNameIsAnError) {
  int a = 0, b = 0;
  Schema schema;
  schema.Key("a.b_c", a);
  schema.Key("a_b.c", b);
  Sources sources;
  sources.environment["VIGIL_A_B_C"] = "1";
  EXPECT_EQ(Load(schema, sources).status().message(),
            "VIGIL_A_B_C: may stand for a.b_c or a_b.c; use --set");
}

TEST(Environment, OfThisProcessIsRead) {
  ASSERT_EQ(setenv("VIGIL_TEST_OF_ENVIRONMENT", "a=b", 1), 0);
  EXPECT_EQ(ProcessEnvironment().at("VIGIL_TEST_OF_ENVIRONMENT"), "a=b");
  unsetenv("VIGIL_TEST_OF_ENVIRONMENT");
}

TEST(Layers, ListsAreReplacedAsAWholeAndSectionsKeyByKey) {
  Sources sources;
  sources.file =
      File{"v.yaml", "classes: [x]\nface: {max_faces: 9}\nsources: [{url: a, low: 3}]\n"};
  const auto loaded = test::LoadExample(sources);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_EQ(loaded->example.classes, std::vector<std::string>{"x"});
  EXPECT_EQ(loaded->resolved->Origin("sources.0.low"), "v.yaml:3");
  EXPECT_EQ(loaded->resolved->Origin("sources.0.high"), "default");
  EXPECT_EQ(loaded->resolved->Origin("sources.1.low"), "");
  EXPECT_EQ(loaded->resolved->Origin("nothing"), "");
}

TEST(Layers, DefaultsOfListsOfStructsStandUntilReplaced) {
  std::vector<test::Source> list(2);
  list[0].url = "a";
  list[1].url = "b";
  Schema schema;
  schema.List("sources", list, [](Schema& s, test::Source& source) { test::Register(s, source); });
  Sources sources;
  sources.environment["VIGIL_SOURCES_1_LOW"] = "2";
  const auto resolved = Load(schema, sources);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  ASSERT_EQ(list.size(), 2);
  EXPECT_EQ(list[0].url, "a");
  EXPECT_EQ(list[1].low, 2);
  EXPECT_EQ(resolved->Origin("sources.1.url"), "default");
}

}  // namespace
}  // namespace vigil::config
