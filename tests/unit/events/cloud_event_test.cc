#include "events/cloud_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "events/event_json.h"
#include "support/event_samples.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::events {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::Pair;

TEST(CloudEvent, StructuredModeHasAttributesAndTheEvent) {
  const Event event = test::LineCross(5, test::TimeOf("2025-01-15T14:30:22.123Z"));
  const json out = json::parse(CloudEventJson(event));
  EXPECT_EQ(out["specversion"], "1.0");
  EXPECT_EQ(out["id"], "jetson-01/driveway/1/5");
  EXPECT_EQ(out["source"], "/devices/jetson-01/cameras/driveway");
  EXPECT_EQ(out["type"], "vigil.event.line_cross.v1");
  EXPECT_EQ(out["subject"], "track/5");
  EXPECT_EQ(out["time"], "2025-01-15T14:30:22.123Z");
  EXPECT_EQ(out["datacontenttype"], "application/json");
  EXPECT_EQ(out["data"], json::parse(EventJson(event)));
  const json schema =
      json::parse(test::ReadText(test::SourcePath("docs/schema/event.schema.json")));
  EXPECT_EQ(out["dataschema"], schema["$id"]);
}

TEST(CloudEvent, IsTheSameWheneverTheEventIs) {
  const Event event = test::ZoneExit();
  EXPECT_EQ(CloudEventJson(event), CloudEventJson(event));
  Event next = event;
  next.id = "jetson-01/driveway/3/18";
  EXPECT_NE(CloudEventContextOf(next).id, CloudEventContextOf(event).id);
}

TEST(CloudEvent, SubjectIsWhatTheEventIsAbout) {
  Event event = test::ZoneExit();
  EXPECT_EQ(CloudEventContextOf(event).subject, "track/42");
  event.track_id.reset();
  EXPECT_EQ(CloudEventContextOf(event).subject, "zone/garden");
  event.zone.clear();
  EXPECT_EQ(CloudEventContextOf(event).subject, "");
  EXPECT_FALSE(json::parse(CloudEventJson(event)).contains("subject"));  // never an empty one
}

TEST(CloudEvent, BinaryModeIsHeadersAroundTheEvent) {
  const auto headers = CloudEventHeaders(test::ZoneExit());
  EXPECT_THAT(headers, Contains(Pair("ce-specversion", "1.0")));
  EXPECT_THAT(headers, Contains(Pair("ce-id", "jetson-01/driveway/3/17")));
  EXPECT_THAT(headers, Contains(Pair("ce-type", "vigil.event.zone_exit.v1")));
  EXPECT_THAT(headers, Contains(Pair("content-type", "application/json")));
}

TEST(CloudEvent, NamesCannotBreakAHeaderOrTheSource) {
  Event event = test::ZoneExit();
  event.track_id.reset();
  event.device_id = "a/b c";
  event.zone = "Gärten \"x\"\r\nX-Evil: 1";
  EXPECT_EQ(CloudEventContextOf(event).source, "/devices/a%2Fb%20c/cameras/driveway");
  const auto headers = CloudEventHeaders(event);
  EXPECT_THAT(headers, Contains(Pair("ce-subject", "zone/G%C3%A4rten%20%22x%22%0D%0AX-Evil:%201")));
  for (const auto& [name, value] : headers) {
    EXPECT_EQ(value.find_first_of("\r\n"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace vigil::events
