// The JSON of events, both ways.
#include "events/event_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/limits.h"
#include "core/status.h"
#include "support/event_samples.h"
#include "support/process.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::events {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(EventJson, SaysAllThatTheEventHas) {
  const json out = json::parse(EventJson(test::ZoneExit()));
  const json expected = json::parse(R"({
    "id": "jetson-01/driveway/3/17", "type": "ZONE_EXIT",
    "device_id": "jetson-01", "camera_id": "driveway",
    "time": "2025-01-15T14:30:22.123Z", "epoch": 3, "sequence": 17, "frame_number": 4711,
    "zone": "garden", "track_id": 42, "track_age_s": 12.5, "class_id": 2, "class_name": "car",
    "confidence": 0.875, "bbox": {"x1": 10.5, "y1": 20.25, "x2": 110.5, "y2": 70.25},
    "point": {"x": 60.5, "y": 70.25}, "frame_size": {"width": 1920, "height": 1080},
    "entered": "2025-01-15T14:30:10.023Z", "left": "2025-01-15T14:30:22.123Z", "dwell_s": 12.1,
    "reason": "left"})");
  EXPECT_EQ(out, expected);
}

TEST(EventJson, ReadsBackToTheSameEvent) {
  for (const Event& event : test::EventSamples()) {
    const auto read = ReadEvent(EventJson(event));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, event) << EventJson(event);
  }
}

TEST(EventJson, KeepsMicroseconds) {
  Event event = test::ZoneExit();
  event.time += std::chrono::microseconds(7);
  EXPECT_THAT(EventJson(event), HasSubstr("\"time\":\"2025-01-15T14:30:22.123007Z\""));
  EXPECT_EQ(ReadEvent(EventJson(event))->time, event.time);
}

TEST(EventJson, HostileNamesStayText) {
  Event event = test::ZoneExit();
  event.zone = "a\"b\\c\n\x1b[2J</script>";
  const std::string text = EventJson(event);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(ReadEvent(text)->zone, event.zone);
}

TEST(EventJson, AConfidenceThatIsNoNumberIsLeftOut) {
  Event event = test::ZoneExit();
  event.confidence = std::numeric_limits<float>::quiet_NaN();
  const json out = json::parse(EventJson(event));
  EXPECT_FALSE(out.contains("confidence"));
}

struct BadCase {
  const char* name;
  const char* member;
  const char* value;  // JSON; empty: the member is left out
  const char* message;
};
class EventJsonRefuses : public testing::TestWithParam<BadCase> {};
TEST_P(EventJsonRefuses, WithTheMembersName) {
  json object = json::parse(EventJson(test::ZoneExit()));
  const BadCase& c = GetParam();
  if (*c.value == '\0') {
    object.erase(c.member);
  } else {
    object[c.member] = json::parse(c.value);
  }
  const auto read = ReadEvent(object.dump());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(read.status()), HasSubstr(c.message));
}
INSTANTIATE_TEST_SUITE_P(
    Members, EventJsonRefuses,
    testing::Values(BadCase{"no_id", "id", "", "id is missing"},
                    BadCase{"no_type", "type", "", "type is missing"},
                    BadCase{"type", "type", "\"TELEPORT\"", "'TELEPORT' is not known"},
                    BadCase{"time", "time", "\"yesterday\"", "time 'yesterday' is not a time"},
                    BadCase{"sequence", "sequence", "-3", "sequence is out of range"},
                    BadCase{"wide", "epoch", "18446744073709551615", "epoch is out of range"},
                    BadCase{"fraction", "epoch", "1.5", "epoch is not a whole number"},
                    BadCase{"confidence", "confidence", "1.01", "confidence is out of range"},
                    BadCase{"zone", "zone", "7", "zone is not a text"},
                    BadCase{"bbox", "bbox", "[1,2,3,4]", "bbox is not an object"},
                    BadCase{"bbox_x1", "bbox", "{\"x1\":1e300}", "bbox.x1 is out of range"},
                    BadCase{"dwell", "dwell_s", "-0.5", "dwell_s is out of range"},
                    BadCase{"count", "count", "null", "count is not a whole number"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(EventJson, RefusesWhatIsTooLargeOrNoObject) {
  EXPECT_FALSE(ReadEvent("").ok());
  EXPECT_FALSE(ReadEvent("[]").ok());
  EXPECT_FALSE(ReadEvent("{\"id\":").ok());
  EXPECT_FALSE(ReadEvent(std::string(60'000, '[')).ok());
  Event event = test::ZoneExit();
  event.zone = std::string(limits::kMaxIdBytes + 1, 'z');
  EXPECT_THAT(MessageOf(ReadEvent(EventJson(event)).status()), HasSubstr("zone is longer than"));
  event.zone = std::string(limits::kMaxEventBytes, 'z');
  EXPECT_THAT(MessageOf(ReadEvent(EventJson(event)).status()), HasSubstr("at most 65536"));
}

TEST(EventJson, FollowsItsSchema) {
  const test::TempDir dir;
  std::string lines;
  for (const Event& event : test::EventSamples()) lines += EventJson(event) + "\n";
  test::WriteText(dir / "events.jsonl", lines);
  // Consumers may meet members of later versions; ours must all be described, so the test closes
  // the schema before it looks.
  const std::string script = R"(
import json, sys, jsonschema
def close(schema):
    if isinstance(schema, dict):
        if 'properties' in schema: schema['additionalProperties'] = False
        for value in schema.values(): close(value)
    return schema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
open_validator = jsonschema.Draft202012Validator(schema)
lines = [json.loads(line) for line in open(sys.argv[2])]
types = set(schema['properties']['type']['enum'])
validator = jsonschema.Draft202012Validator(close(schema))
for line in lines: validator.validate(line)
assert types == {line['type'] for line in lines}, types
for member, value in [('confidence', 1.1), ('type', 'TELEPORT'), ('time', '2025-01-15'), ('sequence', -3)]:
    broken = dict(lines[0]); broken[member] = value
    assert not open_validator.is_valid(broken), member
broken = dict(lines[0]); del broken['id']
assert not open_validator.is_valid(broken)
print(len(lines))
)";
  const auto check = test::RunProgram({"/usr/bin/python3", "-c", script,
                                       test::SourcePath("docs/schema/event.schema.json").string(),
                                       (dir / "events.jsonl").string()});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_EQ(check.out, std::to_string(test::EventSamples().size()) + "\n");
}

}  // namespace
}  // namespace vigil::events
