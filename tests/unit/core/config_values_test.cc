// Every type: what is accepted, what it becomes, and what the refusal says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/core/config_test_support.h"

namespace vigil::config {
namespace {

using test::Detector;
using test::Example;
using namespace std::chrono_literals;

struct ValueCase {
  const char* name;
  const char* yaml;
  bool (*holds)(const Example&);
};
class Accepted : public testing::TestWithParam<ValueCase> {};

TEST_P(Accepted, IsBound) {
  const auto loaded = test::LoadText(GetParam().yaml);
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  EXPECT_TRUE(GetParam().holds(loaded->example)) << loaded->resolved->ToYaml();
}

INSTANTIATE_TEST_SUITE_P(
    Scalars, Accepted,
    testing::Values(
        ValueCase{"text", "mode: edge", [](const Example& e) { return e.mode == "edge"; }},
        ValueCase{"text_that_looks_like_a_number", "mode: 012",
                  [](const Example& e) { return e.mode == "012"; }},
        ValueCase{"text_that_looks_like_a_bool", "mode: no",
                  [](const Example& e) { return e.mode == "no"; }},
        ValueCase{"quoted_null", "mode: 'null'", [](const Example& e) { return e.mode == "null"; }},
        ValueCase{"empty_text", "mode: ''", [](const Example& e) { return e.mode.empty(); }},
        ValueCase{"text_of_lines", "mode: |\n  a\n  b\n",
                  [](const Example& e) { return e.mode == "a\nb\n"; }},
        ValueCase{"unicode", "mode: Größe 😀", [](const Example& e) { return e.mode == "Größe 😀"; }},
        ValueCase{"path", "detector: {model_file: a/b.tflite}",
                  [](const Example& e) { return e.model == "a/b.tflite"; }},
        ValueCase{"integer", "face: {max_faces: 256}",
                  [](const Example& e) { return e.max_faces == 256; }},
        ValueCase{"quoted_integer", "face: {max_faces: '9'}",
                  [](const Example& e) { return e.max_faces == 9; }},
        ValueCase{"smallest_int64", "large: -9223372036854775808",
                  [](const Example& e) { return e.large == INT64_MIN; }},
        ValueCase{"largest_int64", "huge: 9223372036854775807",
                  [](const Example& e) { return e.huge == INT64_MAX; }},
        ValueCase{"byte", "small: 255", [](const Example& e) { return e.small == 255; }},
        ValueCase{"number", "scale: 1e3", [](const Example& e) { return e.scale == 1000; }},
        ValueCase{"ratio", "face: {threshold: 0.25}",
                  [](const Example& e) { return e.threshold == 0.25F; }},
        ValueCase{"percent", "face: {threshold: 25%}",
                  [](const Example& e) { return e.threshold == 0.25F; }},
        ValueCase{"float_at_its_bound", "face: {threshold: 0.1}",
                  [](const Example& e) { return e.threshold == 0.1F; }},
        ValueCase{"percent_at_its_bound", "face: {threshold: 90%}",
                  [](const Example& e) { return e.threshold == 0.9F; }},
        ValueCase{"yes", "face: {enabled: yes}", [](const Example& e) { return e.enabled; }},
        ValueCase{"off", "face: {enabled: Off}", [](const Example& e) { return !e.enabled; }},
        ValueCase{"false_", "face: {enabled: FALSE}", [](const Example& e) { return !e.enabled; }},
        ValueCase{"enum_", "face: {detector: yolo_face}",
                  [](const Example& e) { return e.detector == Detector::kYoloFace; }},
        ValueCase{"duration", "interval: 2m", [](const Example& e) { return e.interval == 2min; }},
        ValueCase{"duration_zero", "interval: 0",
                  [](const Example& e) { return e.interval == 0s; }},
        ValueCase{"duration_of_double", "window: 2.25s",
                  [](const Example& e) { return e.window.count() == 2.25; }},
        ValueCase{"microseconds", "blink: 1.5ms",
                  [](const Example& e) { return e.blink_us == 1500; }},
        ValueCase{"size", "cache: {size: 1MiB}",
                  [](const Example& e) { return e.cache == MiB(1); }},
        ValueCase{"optional_value", "limit: 5", [](const Example& e) { return e.limit == 5; }},
        ValueCase{"optional_null", "limit: null", [](const Example& e) { return !e.limit; }},
        ValueCase{"optional_nothing", "limit:\n", [](const Example& e) { return !e.limit; }},
        ValueCase{"optional_text", "label: x", [](const Example& e) { return e.label == "x"; }},
        ValueCase{"optional_quoted_null", "label: '~'",
                  [](const Example& e) { return e.label == "~"; }}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Lists, Accepted,
    testing::Values(
        ValueCase{"flow", "classes: [a, b]",
                  [](const Example& e) {
                    return e.classes == std::vector<std::string>{"a", "b"};
                  }},
        ValueCase{"block", "classes:\n  - a\n",
                  [](const Example& e) { return e.classes == std::vector<std::string>{"a"}; }},
        ValueCase{"empty", "classes: []", [](const Example& e) { return e.classes.empty(); }},
        ValueCase{"integers", "numbers: [-5, 5]",
                  [](const Example& e) {
                    return e.numbers == std::vector<int>{-5, 5};
                  }},
        ValueCase{"fixed", "weights: [4, 5, 6]",
                  [](const Example& e) {
                    return e.weights == std::array<float, 3>{4, 5, 6};
                  }},
        ValueCase{"enums", "detectors: [yunet, auto]",
                  [](const Example& e) {
                    return e.detectors.size() == 2 && e.detectors[0] == Detector::kYuNet;
                  }},
        ValueCase{"point", "centre: [25%, 0.75]",
                  [](const Example& e) {
                    return e.centre == Point2f{0.25F, 0.75F};
                  }},
        ValueCase{"structs", "sources: [{url: a}, {url: b, timeout: 1.5s}]",
                  [](const Example& e) {
                    return e.sources.size() == 2 && e.sources[0].timeout == 5s &&
                           e.sources[1].timeout == 1500ms;
                  }},
        ValueCase{
            "polygons",
            "sources:\n  - url: a\n    masks: [[[0%, 0%], [1, 0], [50%, 1]], [[0, 0], [1, 1], [0, "
            "1]]]\n",
            [](const Example& e) {
              return e.sources[0].masks.size() == 2 && e.sources[0].masks[0][2] == Point2f{0.5F, 1};
            }},
        ValueCase{"map",
                  "devices:\n  jetson-01: {camera_id: driveway}\n  10.0.0.5: {camera_id: yard}\n",
                  [](const Example& e) {
                    return e.devices.at("jetson-01").camera_id == "driveway" &&
                           e.devices.at("10.0.0.5").camera_id == "yard";
                  }},
        ValueCase{"list_in_map", "devices: {a: {lines: [{name: door, b: [50%, 50%]}]}}",
                  [](const Example& e) {
                    return e.devices.at("a").lines.at(0).b == Point2f{0.5F, 0.5F};
                  }}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Files, Accepted,
    testing::Values(
        ValueCase{"empty_file", "", [](const Example& e) { return e.max_faces == 4; }},
        ValueCase{"comments_only", "# nothing\n",
                  [](const Example& e) { return e.max_faces == 4; }},
        ValueCase{"section_commented_out", "face:\n#  max_faces: 9\nsources:\ndevices:\n",
                  [](const Example& e) { return e.max_faces == 4 && e.sources.empty(); }},
        ValueCase{"byte_order_mark", "\xEF\xBB\xBFmode: x\n",
                  [](const Example& e) { return e.mode == "x"; }},
        ValueCase{"crlf", "mode: x\r\nsmall: 1\r\n",
                  [](const Example& e) { return e.mode == "x" && e.small == 1; }},
        ValueCase{"json",
                  "{\n\t\"mode\": "
                  "\"\\u00e4\\/"
                  "\",\n\t\"face\":{\"max_faces\":3,\"enabled\":false},\"classes\":[\"a\"],"
                  "\"limit\":null}\n",
                  [](const Example& e) {
                    return e.mode == "ä/" && e.max_faces == 3 && !e.enabled &&
                           e.classes.size() == 1 && !e.limit;
                  }},
        ValueCase{"schema_reference", "{\"$schema\": \"vigil.schema.json\", \"mode\": \"x\"}",
                  [](const Example& e) { return e.mode == "x"; }},
        ValueCase{"merge_key",
                  "x-base: &base {timeout: 7s, low: 1}\nsources:\n  - {<<: *base, url: a}\n  - "
                  "{url: b, low: 2, <<: [*base]}\n",
                  [](const Example& e) {
                    return e.sources[0].timeout == 7s && e.sources[0].low == 1 &&
                           e.sources[1].low == 2;
                  }},
        ValueCase{"alias", "classes: &c [a]\nsmtp: {keys: *c}\n",
                  [](const Example& e) { return e.keys == e.classes; }}),
    [](const auto& test) { return std::string(test.param.name); });

struct RefusedCase {
  const char* name;
  const char* yaml;
  const char* message;  // all of it, a line each
};
class Refused : public testing::TestWithParam<RefusedCase> {};

TEST_P(Refused, SaysWhereAndWhy) {
  const auto loaded = test::LoadText(GetParam().yaml);
  EXPECT_EQ(loaded->error(), GetParam().message);
  EXPECT_EQ(loaded->resolved.status().code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Values, Refused,
    testing::Values(
        RefusedCase{"not_an_integer", "small: four",
                    "v.yaml:1:8: small: \"four\" is not a whole number"},
        RefusedCase{"decimals", "small: 4.0", "v.yaml:1:8: small: \"4.0\" is not a whole number"},
        RefusedCase{"octal", "small: 010", "v.yaml:1:8: small: \"010\" is not a whole number"},
        RefusedCase{"hexadecimal", "small: 0x10",
                    "v.yaml:1:8: small: \"0x10\" is not a whole number"},
        RefusedCase{"beyond_int64", "large: 9223372036854775808",
                    "v.yaml:1:8: large: \"9223372036854775808\" is not a whole number"},
        RefusedCase{"beyond_the_field", "small: 256",
                    "v.yaml:1:8: small: \"256\" is out of range; 0 to 255"},
        RefusedCase{"negative_unsigned", "huge: -1",
                    "v.yaml:1:7: huge: \"-1\" is out of range; 0 to 9223372036854775807"},
        RefusedCase{"above", "face:\n  max_faces: 300",
                    "v.yaml:2:14: face.max_faces: \"300\" is out of range; 1 to 256"},
        RefusedCase{"below", "face: {max_faces: 0}",
                    "v.yaml:1:19: face.max_faces: \"0\" is out of range; 1 to 256"},
        RefusedCase{"at_least", "scale: -1",
                    "v.yaml:1:8: scale: \"-1\" is out of range; at least 0"},
        RefusedCase{"ratio_range", "face: {threshold: 95%}",
                    "v.yaml:1:19: face.threshold: \"95%\" is out of range; 0.1 to 0.9"},
        RefusedCase{"not_a_ratio", "face: {threshold: half}",
                    "v.yaml:1:19: face.threshold: \"half\" is not a ratio such as 0.25 or 25%"},
        RefusedCase{"percent_of_a_number", "scale: 10%",
                    "v.yaml:1:8: scale: \"10%\" is not a number"},
        RefusedCase{"infinity", "scale: inf", "v.yaml:1:8: scale: \"inf\" is not a number"},
        RefusedCase{"nan", "scale: nan", "v.yaml:1:8: scale: \"nan\" is not a number"},
        RefusedCase{"beyond_double", "scale: 1e400",
                    "v.yaml:1:8: scale: \"1e400\" is not a number"},
        RefusedCase{"beyond_float", "weights: [1e39, 0, 0]",
                    "v.yaml:1:11: weights.0: \"1e39\" is not a number"},
        RefusedCase{"not_a_bool", "face: {enabled: maybe}",
                    "v.yaml:1:17: face.enabled: \"maybe\" is not true or false"},
        RefusedCase{"not_of_the_enum", "face: {detector: yunot}",
                    "v.yaml:1:18: face.detector: \"yunot\" is not one of auto, yunet, yolo_face; "
                    "did you mean yunet?"},
        RefusedCase{"beginning_of_one_name", "face: {detector: yu}",
                    "v.yaml:1:18: face.detector: \"yu\" is not one of auto, yunet, yolo_face; did "
                    "you mean yunet?"},
        RefusedCase{"beginning_of_several", "face: {detector: y}",
                    "v.yaml:1:18: face.detector: \"y\" is not one of auto, yunet, yolo_face"},
        RefusedCase{"no_unit", "interval: 10",
                    "v.yaml:1:11: interval: \"10\" is not a duration such as 10s, 500ms or 1m30s"},
        RefusedCase{"too_fine", "interval: 1500ms",
                    "v.yaml:1:11: interval: \"1500ms\" is not a whole multiple of 1s"},
        RefusedCase{"too_long", "interval: 2h",
                    "v.yaml:1:11: interval: \"2h\" is out of range; at most 1h"},
        RefusedCase{"microseconds_too_long", "blink: 2m",
                    "v.yaml:1:8: blink: \"2m\" is out of range; at most 1m"},
        RefusedCase{"microseconds_too_fine", "blink: 1ns",
                    "v.yaml:1:8: blink: \"1ns\" is not a whole multiple of 1us"},
        RefusedCase{"microseconds_checked", "blink: 3us",
                    "v.yaml:1:8: blink: an odd number of microseconds"},
        RefusedCase{"not_a_size", "cache: {size: big}",
                    "v.yaml:1:15: cache.size: \"big\" is not a size such as 64MiB, 10MB or 4096"},
        RefusedCase{"too_small", "cache: {size: 1}",
                    "v.yaml:1:15: cache.size: \"1\" is out of range; at least 1KiB"},
        RefusedCase{"check_of_a_key", "detector: {model_file: a.txt}",
                    "v.yaml:1:24: detector.model_file: not a .tflite file"},
        RefusedCase{
            "long_text_is_cut",
            "small: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg",
            "v.yaml:1:8: small: \"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff…\" "
            "is not a whole number"},
        RefusedCase{"control_characters", "small: \"a\\r\\n\\e[2J\"",
                    "v.yaml:1:8: small: \"a\\x0d\\x0a\\x1b[2J\" is not a whole number"},
        RefusedCase{"credentials", "small: rtsp://me:secret@host/x",
                    "v.yaml:1:8: small: \"rtsp://***@host/x\" is not a whole number"}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Structure, Refused,
    testing::Values(
        RefusedCase{"no_value", "mode:\n",
                    "v.yaml:2:1: mode: no value is given; an empty text is written ''"},
        RefusedCase{"null_list", "classes: null",
                    "v.yaml:1:10: classes: no value is given; an empty list is written []"},
        RefusedCase{"list_for_text", "mode: [a]",
                    "v.yaml:1:7: mode: expected a text, found a list"},
        RefusedCase{"section_for_number", "small: {a: 1}",
                    "v.yaml:1:8: small: expected a whole number, found a section"},
        RefusedCase{"text_for_list", "classes: a,b",
                    "v.yaml:1:10: classes: expected a list, each item a text, found one value"},
        RefusedCase{"text_for_section", "face: 4", "v.yaml:1:7: face: expected a section"},
        RefusedCase{"list_for_section", "face: [4]", "v.yaml:1:7: face: expected a section"},
        RefusedCase{"section_for_structs", "sources: {url: a}",
                    "v.yaml:1:10: sources: expected a list of sections"},
        RefusedCase{"texts_for_structs", "sources: [a]",
                    "v.yaml:1:11: sources.0: expected a section"},
        RefusedCase{"list_for_map", "devices: [a]", "v.yaml:1:10: devices: expected a section"},
        RefusedCase{"text_in_map", "devices: {a: b}", "v.yaml:1:14: devices.a: expected a section"},
        RefusedCase{"too_many_items", "classes: [a, b, c, d, e]",
                    "v.yaml:1:10: classes: a list of 5; it has to have 0 to 4"},
        RefusedCase{"too_few_items", "detectors: []",
                    "v.yaml:1:12: detectors: a list of 0; it has to have 1 to 3"},
        RefusedCase{"not_fixed_length", "weights: [1, 2]",
                    "v.yaml:1:10: weights: a list of 2; it has to have 3"},
        RefusedCase{"item", "numbers: [1, 9]",
                    "v.yaml:1:14: numbers.1: \"9\" is out of range; -5 to 5"},
        RefusedCase{"point_of_three", "centre: [0, 0, 0]",
                    "v.yaml:1:9: centre: a list of 3; it has to have 2"},
        RefusedCase{"point_outside", "centre: [0, 120%]",
                    "v.yaml:1:13: centre.1: \"120%\" is out of range; 0 to 1"},
        RefusedCase{"percent_without_its_sign", "centre: [0, 10]",
                    "v.yaml:1:13: centre.1: \"10\" is out of range; 0 to 1; write percent as 10%"},
        RefusedCase{"one_bracket_short", "sources: [{url: a, masks: [[0, 0], [1, 0], [1, 1]]}]",
                    "v.yaml:1:27: sources.0.masks: expected a list, each item a list, each item a "
                    "point [x, y] such as [25%, 0.5]; one pair of brackets is missing around it"},
        RefusedCase{"triangle_short", "sources: [{url: a, masks: [[[0, 0], [1, 1]]]}]",
                    "v.yaml:1:28: sources.0.masks.0: a list of 2; it has to have 3 to 64"},
        RefusedCase{"too_many_structs",
                    "sources: [{url: a}, {url: a}, {url: a}, {url: a}, {url: a}, {url: a}, {url: "
                    "a}, {url: a}, {url: a}]",
                    "v.yaml:1:10: sources: 9 items; at most 8 are allowed"},
        RefusedCase{"required", "sources:\n  - timeout: 1s\n",
                    "v.yaml:2:5: sources.0.url: is required; set it in the file, as "
                    "VIGIL_SOURCES_0_URL, or with --set sources.0.url=…"},
        RefusedCase{"check_of_a_section", "sources:\n  - {url: a, low: 11}",
                    "v.yaml:2:5: sources.0: low has to be at most high"},
        RefusedCase{"not_a_section_at_all", "just text",
                    "v.yaml:1:1: expected names and values, as in `mode: local`"}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, Refused,
    testing::Values(
        RefusedCase{"misspelt", "face:\n    max_facs: 4",
                    "v.yaml:2:5: face.max_facs: unknown key; did you mean face.max_faces?"},
        RefusedCase{"swapped", "smtp: {tokne: a}",
                    "v.yaml:1:8: smtp.tokne: unknown key; did you mean smtp.token?"},
        RefusedCase{"end_of_a_name", "face: {faces: 3}",
                    "v.yaml:1:8: face.faces: unknown key; did you mean face.max_faces?"},
        RefusedCase{
            "what_others_call_it", "sources: [{url: a, Patience: 1s}]",
            "v.yaml:1:20: sources.0.Patience: unknown key; did you mean sources.0.timeout?"},
        RefusedCase{"in_another_section", "max_faces: 4",
                    "v.yaml:1:1: max_faces: unknown key; did you mean face.max_faces?"},
        RefusedCase{"section_misspelt", "fcae: {max_faces: 4}",
                    "v.yaml:1:1: fcae: unknown key; did you mean face?"},
        RefusedCase{
            "in_a_list", "sources: [{url: a, time_out: 1s}]",
            "v.yaml:1:20: sources.0.time_out: unknown key; did you mean sources.0.timeout?"},
        RefusedCase{
            "in_a_map", "devices: {a: {camera: x}}",
            "v.yaml:1:15: devices.a.camera: unknown key; did you mean devices.a.camera_id?"},
        RefusedCase{"with_dots", "face.max_faces: 4",
                    "v.yaml:1:1: \"face.max_faces\": unknown key; did you mean face.max_faces?"},
        RefusedCase{"nothing_alike", "quality: 4", "v.yaml:1:1: quality: unknown key"},
        RefusedCase{"extension_below_the_top", "face: {x-note: 1}",
                    "v.yaml:1:8: face.x-note: unknown key"},
        RefusedCase{"several_in_their_order",
                    "small: x\nface:\n  max_faces: 0\n  maxfaces: 1\nmoda: y\n",
                    "v.yaml:1:8: small: \"x\" is not a whole number\n"
                    "v.yaml:3:14: face.max_faces: \"0\" is out of range; 1 to 256\n"
                    "v.yaml:4:3: face.maxfaces: unknown key; did you mean face.max_faces?\n"
                    "v.yaml:5:1: moda: unknown key; did you mean mode?"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Problems, AreCutAfterTwenty) {
  std::string yaml;
  for (int i = 0; i < 500; ++i) yaml += "unknown" + std::to_string(i) + ": 1\n";
  const std::string error = test::LoadText(yaml)->error();
  EXPECT_EQ(std::ranges::count(error, '\n'), 20);
  EXPECT_TRUE(error.starts_with("v.yaml:1:1: unknown0: unknown key\n")) << error;
  EXPECT_TRUE(error.ends_with("\nand 480 more")) << error;
}

TEST(Problems, OfADefaultAreReportedToo) {
  int wrong = 300;
  Schema schema;
  schema.Key("wrong", wrong).Range(1, 256);
  EXPECT_EQ(Load(schema, {}).status().message(), "wrong: \"300\" is out of range; 1 to 256");
}

TEST(OneOrAList, TakesBoth) {
  const auto read = [](const char* yaml) {
    std::vector<std::string> lines;
    Schema schema;
    schema.Key("line", lines).Items(0, 2).OrOne();
    Sources sources;
    sources.file = File{"v.yaml", yaml};
    const auto resolved = Load(schema, sources);
    return resolved.ok() ? lines
                         : std::vector<std::string>{std::string(resolved.status().message())};
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(read("line: driveway entry"), Texts{"driveway entry"});
  EXPECT_EQ(read("line: 'in, out'"), Texts{"in, out"});
  EXPECT_EQ(read("line: [a, b]"), (Texts{"a", "b"}));
  EXPECT_EQ(
      read("line: {a: b}"),
      Texts{"v.yaml:1:7: line: expected one value or a list, each item a text, found a section"});
}

// A condition that can do with refused keys is asked all the same; what it says of those is not told twice.
TEST(ConditionsOfAllKeys, AreToldBesideRefusedValues) {
  struct {
    int low = 1, high = 10, other = 0;
    std::vector<test::Line> lines;
  } fields;
  std::vector<std::string> refused;
  Schema schema;
  schema.Key("low", fields.low).Range(0, 5);
  schema.Key("high", fields.high).Range(0, 50);
  schema.Key("other", fields.other);
  schema.List("lines", fields.lines, [](Schema& s, test::Line& line) {
    s.Key("name", line.name);
    s.Key("a", line.a);
  });
  schema.CheckAll([&](const Refusals& refusals) {
    for (const char* path :
         {"low", "high", "lines", "lines.0", "lines.0.a", "lines.1", "lines.1.a"}) {
      if (refusals.Any(path)) refused.emplace_back(path);
    }
    return absl::InvalidArgumentError(
        "low: is not right\nhigh: is not high\nlines.0: is not straight\nlines.1.name: is "
        "taken\nlines: are not enough");
  });
  Sources sources;
  sources.file = File{"v.yaml", "low: 9\nlines:\n  - {name: x}\n  - {a: 3}\nhigh: 7\n"};
  const auto loaded = Load(schema, sources);
  ASSERT_FALSE(loaded.ok());
  const std::string told(loaded.status().message());
  EXPECT_THAT(refused, testing::ElementsAre("low", "lines", "lines.1", "lines.1.a"));
  EXPECT_THAT(told, testing::HasSubstr("v.yaml:1:6: low: "));
  EXPECT_THAT(told, testing::Not(testing::HasSubstr("is not right")));
  EXPECT_THAT(told, testing::HasSubstr("v.yaml:5:7: high: is not high"));
  EXPECT_THAT(told, testing::HasSubstr("v.yaml:3:5: lines.0: is not straight"));
  EXPECT_THAT(told, testing::HasSubstr("lines.1.name: is taken"));
  EXPECT_THAT(told, testing::Not(testing::HasSubstr("are not enough")));
}

}  // namespace
}  // namespace vigil::config
