// What is printed: the configuration in effect, the JSON Schema, the reference.
#include "core/config/describe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/core/config_test_support.h"

namespace vigil::config {
namespace {

using Json = nlohmann::json;

Schema ExampleSchema(test::Example& example) {
  Schema schema;
  test::Register(schema, example);
  return schema;
}

TEST(Yaml, ShowsEachValueWithItsOrigin) {
  struct {
    std::string mode = "local", odd = "a: b", masked = "rtsp://u:p@h/x", dollar = "${X}";
    int faces = 4;
    std::chrono::milliseconds wait{1500};
    std::optional<double> fps;
    std::vector<std::string> list{"a", "no", "1"};
    std::vector<test::Line> lines{{"door", {0, 0}, {1, 0.25F}}};
    std::vector<test::Line> none;
  } fields;
  Schema schema;
  schema.Key("mode", fields.mode);
  schema.Key("face.max", fields.faces);
  schema.Key("face.wait", fields.wait);
  schema.Key("fps", fields.fps);
  schema.Key("list", fields.list);
  schema.Key("odd", fields.odd);
  schema.Key("masked", fields.masked);
  schema.Key("dollar", fields.dollar);
  const auto line = [](Schema& s, test::Line& l) {
    s.Key("name", l.name);
    s.Key("b", l.b);
  };
  schema.List("lines", fields.lines, line);
  schema.List("none", fields.none, line);
  Sources sources;
  sources.file = File{"v.yaml", "mode: edge\nface:\n  max: 8\n"};
  sources.environment = {{"VIGIL_LIST_2", "z"}};
  sources.flags = {{"fps", "15", "--fps"}};
  const auto resolved = Load(schema, sources);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->ToYaml(),
            "mode: edge                # v.yaml:1\n"
            "face:\n"
            "  max: 8                  # v.yaml:3\n"
            "  wait: 1.5s              # default\n"
            "fps: 15                   # --fps\n"
            "list: [a, \"no\", z]        # default, environment VIGIL_LIST_2\n"
            "odd: \"a: b\"               # default\n"
            "masked: \"rtsp://***@h/x\"  # default\n"
            "dollar: \"$${X}\"           # default\n"
            "lines:\n"
            "  - name: door            # default\n"
            "    b: [1, 0.25]          # default\n"
            "none: []                  # default\n");
}

TEST(Yaml, LoadsBackToTheSameConfiguration) {
  const auto first = test::LoadText(
      "mode: \"q\\\"\\\\ \\n\\t ü ${NONE:d} $${x} # :\"\nlabel: 'null'\nlimit: null\nscale: "
      "0.1\ninterval: 61s\n"
      "face: {threshold: 33%}\nclasses: ['', ' a', 'yes', '1']\nsources: [{url: '~', masks: [[[0, "
      "0], [1, 1%], [1, 1]]]}]\n"
      "devices: {\"10.0.0.5 #\": {lines: [{name: a}, {}]}, on: {}}\n");
  ASSERT_TRUE(first->resolved.ok()) << first->error();
  EXPECT_EQ(first->example.mode, "q\"\\ \n\t ü d ${x} # :");
  const auto second = test::LoadText(first->resolved->ToYaml());
  ASSERT_TRUE(second->resolved.ok()) << second->error() << "\n" << first->resolved->ToYaml();
  EXPECT_EQ(Json::parse(first->resolved->ToJson())["config"],
            Json::parse(second->resolved->ToJson())["config"]);
  EXPECT_EQ(second->example.mode, first->example.mode);
  EXPECT_EQ(second->example.label, "null");
  EXPECT_EQ(second->example.threshold, 0.33F);
}

TEST(JsonOutput, HasValuesAndOrigins) {
  const auto loaded = test::LoadText(
      "face: {max_faces: 9, threshold: 25%}\nsources: [{url: a, timeout: 2s}]\ndevices: {a: {}}\n");
  ASSERT_TRUE(loaded->resolved.ok()) << loaded->error();
  const Json json = Json::parse(loaded->resolved->ToJson());
  EXPECT_EQ(json["config"]["face"]["max_faces"], 9);
  EXPECT_EQ(json["config"]["face"]["threshold"], 0.25);
  EXPECT_EQ(json["config"]["face"]["enabled"], true);
  EXPECT_EQ(json["config"]["face"]["detector"], "auto");
  EXPECT_EQ(json["config"]["sources"][0]["timeout"], "2s");
  EXPECT_EQ(json["config"]["cache"]["size"], "64MiB");
  EXPECT_EQ(json["config"]["label"], nullptr);
  EXPECT_EQ(json["config"]["weights"], Json::array({1, 2, 3}));
  EXPECT_EQ(json["origins"]["face.max_faces"], "v.yaml:1");
  EXPECT_EQ(json["origins"]["sources.0.timeout"], "v.yaml:2");
  EXPECT_EQ(json["origins"]["sources.0.low"], "default");
  EXPECT_EQ(json["origins"]["devices.a.camera_id"], "default");
}

TEST(Keys, AreAllThere) {
  test::Example example;
  const std::vector<KeyInfo> keys = Keys(ExampleSchema(example));
  const auto find = [&keys](std::string_view path) {
    const auto found =
        std::ranges::find_if(keys, [&](const KeyInfo& key) { return key.path == path; });
    return found == keys.end() ? KeyInfo{} : *found;
  };
  EXPECT_EQ(keys.size(), 34);
  const KeyInfo faces = find("face.max_faces");
  EXPECT_EQ(faces.environment, "VIGIL_FACE_MAX_FACES");
  EXPECT_EQ(faces.type, "whole number");
  EXPECT_EQ(faces.default_value, "4");
  EXPECT_EQ(faces.range, "1 to 256");
  EXPECT_EQ(faces.reload, Reload::kLive);
  EXPECT_EQ(faces.doc, "faces followed at once");
  EXPECT_EQ(find("sources.<n>.url").environment, "VIGIL_SOURCES_<N>_URL");
  EXPECT_TRUE(find("sources.<n>.url").required);
  EXPECT_EQ(find("sources.<n>.timeout").range, "100ms to 1m");
  EXPECT_EQ(find("sources.<n>.masks").type, "list of list of point [x, y]");
  EXPECT_EQ(find("devices.<name>.lines.<n>.a").default_value, "[0, 0]");
  EXPECT_TRUE(find("smtp.token").secret);
  EXPECT_EQ(find("limit").type, "whole number or null");
  EXPECT_EQ(find("face.detector").type, "one of auto, yunet, yolo_face");
}

TEST(Keys, SayTheDefaultsAfterALoadToo) {
  int faces = 4;
  Schema schema;
  schema.Key("faces", faces);
  Sources sources;
  sources.set = {{"faces", "9", "--set"}};
  ASSERT_TRUE(Load(schema, sources).ok());
  EXPECT_EQ(faces, 9);
  EXPECT_EQ(Keys(schema)[0].default_value, "4");
}

TEST(Reference, IsATableForEverySection) {
  test::Example example;
  example.token = "hunter2";
  const std::string reference = Reference(ExampleSchema(example));
  EXPECT_NE(reference.find("## `sources.<n>`\n\nwhat is watched\n\n| Key |"), std::string::npos)
      << reference;
  EXPECT_NE(reference.find("| `face.max_faces` | whole number | `4` | 1 to 256 | "
                           "`VIGIL_FACE_MAX_FACES` | live | faces followed at once |\n"),
            std::string::npos)
      << reference;
  EXPECT_NE(
      reference.find(
          "| `sources.<n>.url` | text | required |  | `VIGIL_SOURCES_<N>_URL` | per stream |"),
      std::string::npos);
  EXPECT_EQ(reference.find("hunter2"), std::string::npos);
  EXPECT_LT(reference.find("`mode`"), reference.find("## `face`"));
}

TEST(JsonSchema, DescribesEveryKey) {
  test::Example example;
  example.token = "hunter2";
  const std::string text = JsonSchema(ExampleSchema(example), "Vigil");
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  const Json schema = Json::parse(text);
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["additionalProperties"], false);
  const Json& face = schema["properties"]["face"];
  EXPECT_EQ(face["additionalProperties"], false);
  const Json& faces = face["properties"]["max_faces"];
  EXPECT_EQ(faces["description"], "faces followed at once; 1 to 256");
  EXPECT_EQ(faces["default"], 4);
  EXPECT_EQ(faces["x-reload"], "live");
  EXPECT_EQ(faces["anyOf"][0], (Json{{"type", "integer"}, {"minimum", 1}, {"maximum", 256}}));
  EXPECT_EQ(face["properties"]["detector"]["anyOf"][0]["enum"],
            (Json{"auto", "yunet", "yolo_face"}));
  EXPECT_EQ(schema["properties"]["interval"]["default"], "10s");
  EXPECT_EQ(schema["properties"]["interval"]["anyOf"][0]["$ref"], "#/$defs/duration");
  EXPECT_EQ(schema["properties"]["weights"]["anyOf"][0]["minItems"], 3);
  EXPECT_EQ(schema["properties"]["sources"]["maxItems"], 8);
  EXPECT_EQ(schema["properties"]["sources"]["items"]["properties"]["url"]["description"],
            "file, camera or stream");
  EXPECT_EQ(
      schema["properties"]["devices"]["additionalProperties"]["properties"]["camera_id"]["default"],
      "");
  EXPECT_FALSE(schema["properties"]["smtp"]["properties"]["token"].contains("default"));
  EXPECT_EQ(schema["properties"]["smtp"]["properties"]["token"]["writeOnly"], true);
  for (const auto& [name, definition] : schema["$defs"].items())
    EXPECT_TRUE(definition.contains("pattern")) << name;
}

TEST(SchemaDeathTest, MisuseByTheProgramStopsIt) {
  int a = 0, b = 0;
  Schema schema;
  schema.Key("face.a", a);
  EXPECT_DEATH(schema.Key("face.a", b), "broken invariant");
  EXPECT_DEATH(schema.Key("face", b), "broken invariant");
  EXPECT_DEATH(schema.Key("face.a.b", b), "broken invariant");
  EXPECT_DEATH(schema.Key("", b), "broken invariant");
  EXPECT_DEATH(schema.Key("a b", b), "broken invariant");
}

TEST(Schema, GroupsAndSectionsNest) {
  test::Example example;
  struct Inner {
    int value = 1;
  } inner;
  Schema schema;
  schema.Group("outer.inner", inner, [](Schema& s, Inner& i) { s.Key("value", i.value); });
  schema.Section("outer", "about it").Key("mode", example.mode);
  Sources sources;
  sources.file = File{"v.yaml", "outer: {inner: {value: 2}, mode: x}"};
  ASSERT_TRUE(Load(schema, sources).ok());
  EXPECT_EQ(inner.value, 2);
  EXPECT_EQ(example.mode, "x");
  EXPECT_NE(Reference(schema).find("## `outer`\n\nabout it\n"), std::string::npos);
}

TEST(Schema, RequiredKeysAreAskedForInEverySection) {
  std::string a, b;
  Schema schema;
  schema.Key("a", a).Required();
  schema.Key("x.y.b", b).Required();
  EXPECT_EQ(Load(schema, {}).status().message(),
            "a: is required; set it in the file, as VIGIL_A, or with --set a=…\n"
            "x.y.b: is required; set it in the file, as VIGIL_X_Y_B, or with --set x.y.b=…");
  Sources sources;
  sources.set = {{"a", "1", "--set"}, {"x.y.b", "2", "--set"}};
  EXPECT_TRUE(Load(schema, sources).ok());
  EXPECT_EQ(a + b, "12");
}

}  // namespace
}  // namespace vigil::config
