// The envelope: the document's JSON to the letter, our additions, and everything that can be wrong.
#include "events/envelope.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "core/limits.h"
#include "core/status.h"
#include "events/message_check.h"
#include "events/refusal.h"
#include "support/process.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::events {
namespace {

using testing::HasSubstr;

const std::string kSample = test::ReadText(test::SourcePath("tests/data/events/envelope_v1.json"));

// The sample of the document.
DetectionMessage Sample() {
  DetectionMessage message;
  message.device_id = "jetson-01";
  message.camera_id = "driveway";
  message.timestamp = *ParseIso8601("2025-01-15T14:30:22.123Z");
  message.frame_number = 12345;
  message.frame_size = {1920, 1080};
  message.roi = {0, 0, 1920, 1080};
  TrackedObject car;
  car.track_id = 42;
  car.class_id = 2;
  car.class_name = "car";
  car.confidence = 0.87F;
  car.box = {100, 200, 300, 300};
  car.center = {250, 350};
  car.previous_center = Point2f{240, 340};
  message.objects = {car};
  return message;
}

// With everything that may be there.
DetectionMessage Full() {
  DetectionMessage message = Sample();
  message.epoch = 1'736'951'400'000;
  message.roi = {100, 50, 1700, 900};
  TrackedObject person = message.objects[0];
  person.track_id = 7;
  person.class_id = 0;
  person.class_name = "Fußgänger \"eilig\"";
  person.box = {-3.5F, 12.125F, 40.25F, 80.5F};
  person.center = {16.625F, 52.375F};
  person.previous_center.reset();
  person.state = TrackState::kTentative;
  message.objects.push_back(person);
  person.track_id = -1;
  person.state = TrackState::kLost;
  message.objects.push_back(person);
  message.objects.push_back(person);
  message.objects.back().state = TrackState::kEnded;
  message.frame_data = FrameData{"jpeg", 85, std::string("\xFF\xD8\xFF\x00 no picture", 15)};
  message.frame_reference =
      FrameReference{"s3", "detection-frames", "jetson-01/2025-01-15/frame-12345.jpg"};
  return message;
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(Envelope, TheDocumentsSampleIsRead) {
  const auto message = ParseEnvelope(kSample);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(*message, Sample());
}

TEST(Envelope, TheDocumentsSampleIsWrittenAgain) {
  std::string dense;
  std::ranges::copy_if(kSample, std::back_inserter(dense),
                       [](char c) { return c != ' ' && c != '\n'; });
  EXPECT_EQ(ToJson(Sample()), dense);
}

TEST(Envelope, EverythingComesBackAsItWas) {
  const auto message = ParseEnvelope(ToJson(Full()));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(*message, Full());
}

TEST(Envelope, IsWrittenAsRecorded) {
  EXPECT_EQ(ToJson(Full()) + "\n",
            test::ReadText(test::SourcePath("tests/data/events/envelope_full.json")));
}

TEST(Envelope, FollowsItsSchema) {
  const std::string script = R"(
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
  message = json.load(open(path))
  validator.validate(message)
  for break_it in (lambda m: m.update(version=2), lambda m: m['source'].pop('device_id'),
                   lambda m: m['detections'][0].update(confidence=1.5),
                   lambda m: m['detections'][0].update(state='gone'),
                   lambda m: m['detections'][0]['bbox'].update(x1='100'),
                   lambda m: m['frame'].update(number=-1),
                   lambda m: m['source'].update(camera_id='a\nb'),
                   lambda m: m['source'].update(timestamp='yesterday')):
    broken = json.loads(json.dumps(message)); break_it(broken)
    assert not validator.is_valid(broken), broken
print('fine')
)";
  const auto check =
      test::RunProgram({"/usr/bin/python3", "-c", script,
                        test::SourcePath("docs/schema/detection-message.schema.json").string(),
                        test::SourcePath("tests/data/events/envelope_v1.json").string(),
                        test::SourcePath("tests/data/events/envelope_full.json").string()},
                       {});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_EQ(check.out, "fine\n");
}

TEST(Envelope, UnknownFieldsAreSkipped) {
  std::string json =
      Replaced(kSample, "\"version\": 1,", "\"version\": 1, \"trace\": {\"id\": [1, {}]},");
  json = Replaced(json, "\"track_id\": 42,", "\"track_id\": 42, \"embedding\": [0.1, 0.2],");
  const auto message = ParseEnvelope(json);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(*message, Sample());
}

TEST(Envelope, WhatMayBeAbsentHasItsDefault) {
  std::string json = Replaced(kSample, R"(,
    "roi_applied": {
      "x1": 0, "y1": 0,
      "x2": 1920, "y2": 1080
    })",
                              "");
  json = Replaced(json, R"(,
      "previous_center": {"x": 240, "y": 340})",
                  R"(, "previous_center": null)");
  json =
      Replaced(json, R"("detections")", R"("frame_data": null, "frame_ref": null, "detections")");
  DetectionMessage expected = Sample();
  expected.objects[0].previous_center.reset();
  const auto message = ParseEnvelope(json);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(*message, expected);
}

TEST(Envelope, AReaderForgetsTheMessageBefore) {
  EnvelopeReader reader;
  for (const DetectionMessage& expected : {Full(), Sample(), Full(), Sample()}) {
    const auto message = reader.Read(ToJson(expected));
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(**message, expected);
    EXPECT_FALSE(reader.Read("{").ok());
  }
}

struct RefusalCase {
  const char* name;
  std::string what, with;  // replaced in the sample; an empty `what` replaces all of it
  RefusalReason reason;
  const char* text;  // part of the message
};

class Refused : public testing::TestWithParam<RefusalCase> {};

TEST_P(Refused, WithReasonAndText) {
  const auto& [name, what, with, reason, text] = GetParam();
  const auto message = ParseEnvelope(what.empty() ? with : Replaced(kSample, what, with));
  ASSERT_FALSE(message.ok());
  EXPECT_EQ(RefusalReasonOf(message.status()), reason) << message.status();
  EXPECT_THAT(std::string(MessageOf(message.status())), HasSubstr(text));
  RefusalCounts counts;
  counts.Add(message.status());
  EXPECT_EQ(counts.of(reason), 1);
  EXPECT_EQ(counts.total(), 1);
}

const std::string kBox = R"("x1": 100, "y1": 200,
        "x2": 400, "y2": 500)";

INSTANTIATE_TEST_SUITE_P(
    Envelopes, Refused,
    testing::Values(
        RefusalCase{"empty", "", "", RefusalReason::kBadJson, ""},
        RefusalCase{"cut_off", "", kSample.substr(0, 200), RefusalReason::kBadJson, ""},
        RefusalCase{"trailing", "", kSample + "x", RefusalReason::kBadJson, ""},
        RefusalCase{"a_list", "", "[]", RefusalReason::kWrongType, "the document"},
        RefusalCase{"not_utf8", "driveway", "drive\xFFway", RefusalReason::kBadJson, "UTF"},
        RefusalCase{"nan", "0.87", "NaN", RefusalReason::kBadJson, ""},
        RefusalCase{"infinite", "0.87", "1e999", RefusalReason::kBadJson, "number"},
        RefusalCase{"version_2", "\"version\": 1", "\"version\": 2", RefusalReason::kBadVersion,
                    "version 2"},
        RefusalCase{"version_text", "\"version\": 1", "\"version\": \"1\"",
                    RefusalReason::kWrongType, "version"},
        RefusalCase{"no_version", "\"version\": 1,", "", RefusalReason::kMissingField,
                    "version is missing"},
        RefusalCase{"no_device", "\"device_id\": \"jetson-01\",", "", RefusalReason::kMissingField,
                    "source.device_id is missing"},
        RefusalCase{"no_center", ",\n      \"center\": {\"x\": 250, \"y\": 350}", "",
                    RefusalReason::kMissingField, "detections[0].center is missing"},
        RefusalCase{"no_x", "\"x\": 250, ", "", RefusalReason::kMissingField,
                    "detections[0].center.x is missing"},
        RefusalCase{"twice", "\"track_id\": 42", "\"track_id\": 41, \"track_id\": 42",
                    RefusalReason::kRepeatedField, "detections[0].track_id is there twice"},
        RefusalCase{"source_is_text", "\"detections\": [", "\"source\": \"x\", \"detections\": [",
                    RefusalReason::kRepeatedField, "source"},
        RefusalCase{"detections_object", "\"detections\": [", "\"detections\": {}, \"x\": [",
                    RefusalReason::kWrongType, "detections is no list"},
        RefusalCase{"detection_number", "\"detections\": [", "\"detections\": [3,",
                    RefusalReason::kWrongType, "detections[0] no object"},
        RefusalCase{"text_for_number", "\"x\": 250", "\"x\": \"250\"", RefusalReason::kWrongType,
                    "detections[0].center.x is no number"},
        RefusalCase{"fraction_for_id", "\"track_id\": 42", "\"track_id\": 42.5",
                    RefusalReason::kBadNumber, "detections[0].track_id"},
        RefusalCase{"huge_id", "\"track_id\": 42", "\"track_id\": 18446744073709551615",
                    RefusalReason::kBadNumber, "detections[0].track_id"},
        RefusalCase{"huge_class", "\"class_id\": 2", "\"class_id\": 99999999999",
                    RefusalReason::kBadNumber, "detections[0].class_id"},
        RefusalCase{"negative_class", "\"class_id\": 2", "\"class_id\": -2",
                    RefusalReason::kBadNumber, "class_id"},
        RefusalCase{"negative_frame", "12345", "-1", RefusalReason::kBadNumber, "frame.number"},
        RefusalCase{"huge_frame", "12345", "9007199254740993", RefusalReason::kBadNumber,
                    "frame.number is larger"},
        RefusalCase{"negative_width", "\"width\": 1920", "\"width\": -1920",
                    RefusalReason::kBadNumber, "-1920"},
        RefusalCase{"huge_width", "\"width\": 1920", "\"width\": 8193", RefusalReason::kBadNumber,
                    "8193"},
        RefusalCase{"huge_coordinate", "\"x\": 250", "\"x\": 1e30", RefusalReason::kBadNumber,
                    "detections[0].center.x is too large"},
        RefusalCase{"far_coordinate", "\"x\": 250", "\"x\": 3841", RefusalReason::kBadBox,
                    "detections[0].center is far outside"},
        RefusalCase{"far_negative", "\"x\": 240", "\"x\": -1921", RefusalReason::kBadBox,
                    "detections[0].previous_center is far outside"},
        RefusalCase{"inside_out", kBox, R"("x1": 400, "y1": 200, "x2": 100, "y2": 500)",
                    RefusalReason::kBadBox, "x2 < x1"},
        RefusalCase{"upside_down", kBox, R"("x1": 100, "y1": 500, "x2": 400, "y2": 200)",
                    RefusalReason::kBadBox, "y2 < y1"},
        RefusalCase{"far_box", kBox, R"("x1": 100, "y1": 200, "x2": 400, "y2": 5000)",
                    RefusalReason::kBadBox, "bbox is far outside"},
        RefusalCase{"roi_outside", "\"x2\": 1920", "\"x2\": 1922", RefusalReason::kBadBox,
                    "roi_applied"},
        RefusalCase{"roi_empty", "\"x2\": 1920", "\"x2\": 0", RefusalReason::kBadBox,
                    "roi_applied"},
        RefusalCase{"confidence_above_1", "0.87", "1.01", RefusalReason::kBadConfidence,
                    "confidence"},
        RefusalCase{"confidence_negative", "0.87", "-0.1", RefusalReason::kBadConfidence,
                    "confidence"},
        RefusalCase{"empty_device", "\"jetson-01\"", "\"\"", RefusalReason::kBadId,
                    "source.device_id is empty"},
        RefusalCase{"long_camera", "\"driveway\"", '"' + std::string(129, 'x') + '"',
                    RefusalReason::kBadId, "source.camera_id is longer"},
        RefusalCase{"very_long_camera", "\"driveway\"", '"' + std::string(12'900, 'x') + '"',
                    RefusalReason::kBadId, "source.camera_id is too long"},
        RefusalCase{"control_character", "\"driveway\"", "\"drive\\nway\"", RefusalReason::kBadId,
                    "control characters"},
        RefusalCase{"escape_in_class", "\"car\"", "\"c\\u001bar\"", RefusalReason::kBadId,
                    "detections[0].class_name has control characters"},
        RefusalCase{"bad_time", "2025-01-15T14:30:22.123Z", "2025-13-15T14:30:22.123Z",
                    RefusalReason::kBadTime, "source.timestamp"},
        RefusalCase{"time_as_number", "\"2025-01-15T14:30:22.123Z\"", "1736951422",
                    RefusalReason::kWrongType, "source.timestamp is no text"},
        RefusalCase{"before_1970", "2025-01-15", "1969-01-15", RefusalReason::kBadTime,
                    "timestamp"},
        RefusalCase{"negative_epoch", "\"device_id\"", "\"epoch\": -1, \"device_id\"",
                    RefusalReason::kBadNumber, "source.epoch"},
        RefusalCase{"unknown_state", "\"track_id\"", "\"state\": \"gone\", \"track_id\"",
                    RefusalReason::kBadState, "detections[0].state"},
        RefusalCase{"not_base64", "\"detections\"",
                    R"("frame_data": {"encoding": "jpeg", "base64": "a b="}, "detections")",
                    RefusalReason::kBadPicture, "frame_data.base64"},
        RefusalCase{"empty_picture", "\"detections\"",
                    R"("frame_data": {"encoding": "jpeg", "base64": ""}, "detections")",
                    RefusalReason::kBadPicture, "frame_data.base64"},
        RefusalCase{"other_encoding", "\"detections\"",
                    R"("frame_data": {"encoding": "png", "base64": "AAAA"}, "detections")",
                    RefusalReason::kBadPicture, "frame_data.encoding"},
        RefusalCase{
            "quality_0", "\"detections\"",
            R"("frame_data": {"encoding": "jpeg", "quality": 0, "base64": "AAAA"}, "detections")",
            RefusalReason::kBadPicture, "frame_data.quality"},
        RefusalCase{"reference_without_key", "\"detections\"",
                    R"("frame_ref": {"type": "s3", "bucket": "b"}, "detections")",
                    RefusalReason::kMissingField, "frame_ref.key"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Refusals, EachHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kRefusalReasons; ++i) {
    names.push_back(NameOf(static_cast<RefusalReason>(i)));
    EXPECT_FALSE(names.back().empty());
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_EQ(RefusalReasonOf(absl::InvalidArgumentError("other")), std::nullopt);
}

std::string WithObjects(std::size_t count, bool same_id) {
  DetectionMessage message = Sample();
  message.objects.resize(count, message.objects[0]);
  for (std::size_t i = 0; i < count; ++i)
    message.objects[i].track_id = same_id ? -1 : 1000 - static_cast<int>(i);
  return ToJson(message);
}

TEST(EnvelopeLimits, DetectionsOfAFrame) {
  EXPECT_TRUE(ParseEnvelope(WithObjects(limits::kMaxDetections, false)).ok());
  for (const std::size_t count : {limits::kMaxDetections + 1, limits::kMaxDetections * 2}) {
    const auto message = ParseEnvelope(WithObjects(count, true));
    EXPECT_EQ(RefusalReasonOf(message.status()), RefusalReason::kTooManyObjects);
  }
}

TEST(EnvelopeLimits, Depth) {
  const auto nested = [](int depth) {  // of the whole document
    const auto levels = static_cast<std::size_t>(depth - 1);
    return Replaced(
        kSample, "\"version\"",
        "\"x\": " + std::string(levels, '[') + std::string(levels, ']') + ", \"version\"");
  };
  EXPECT_TRUE(ParseEnvelope(nested(limits::kMaxJsonDepth - 1)).ok());
  for (const int depth : {limits::kMaxJsonDepth + 1, limits::kMaxJsonDepth * 100}) {
    EXPECT_EQ(RefusalReasonOf(ParseEnvelope(nested(depth)).status()), RefusalReason::kBadJson);
  }
}

TEST(EnvelopeLimits, BytesWithoutThePicture) {
  const auto padded = [](std::size_t bytes) {
    std::string json = kSample;
    return json.insert(1, bytes - kSample.size(), ' ');
  };
  EXPECT_TRUE(ParseEnvelope(padded(limits::kMaxEnvelopeBytes)).ok());
  for (const std::size_t bytes : {limits::kMaxEnvelopeBytes + 1, limits::kMaxEnvelopeBytes * 100}) {
    EXPECT_EQ(RefusalReasonOf(ParseEnvelope(padded(bytes)).status()), RefusalReason::kTooLarge);
  }
}

TEST(EnvelopeLimits, ThePictureHasItsOwn) {
  DetectionMessage message = Sample();
  message.frame_data = FrameData{"jpeg", 85, std::string(limits::kMaxPictureBytes, 'x')};
  const auto read = ParseEnvelope(ToJson(message));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, message);
  message.frame_data->bytes.append(3, 'x');
  EXPECT_EQ(RefusalReasonOf(ParseEnvelope(ToJson(message)).status()), RefusalReason::kTooLarge);
}

// What JSON cannot say, a tracker in the same process can.
TEST(MessageChecks, NumbersThatAreNone) {
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(),
                       std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity(), 1e38F};
  MessageCheck check;
  for (const float value : bad) {
    std::vector<DetectionMessage> messages(9, Sample());
    messages[0].objects[0].box.x = value;
    messages[1].objects[0].box.height = value;
    messages[2].objects[0].center.y = value;
    messages[3].objects[0].previous_center->x = value;
    messages[4].objects[0].confidence = value;
    messages[5].roi.x = value;
    messages[6].roi.width = value;
    messages[7].roi.y = value;
    messages[8].objects[0].box.y = value;
    for (const DetectionMessage& message : messages) {
      EXPECT_TRUE(RefusalReasonOf(check.Check(message)).has_value()) << value;
    }
  }
  EXPECT_TRUE(check.Check(Sample()).ok());
}

TEST(MessageChecks, ATrackTwice) {
  DetectionMessage message = Sample();
  for (const std::int64_t id : {9, 3, 42, 7}) {
    message.objects.push_back(message.objects[0]);
    message.objects.back().track_id = id;
  }
  MessageCheck check;
  EXPECT_EQ(RefusalReasonOf(check.Check(message)), RefusalReason::kDuplicateTrack);
  message.objects[3].track_id = 43;
  EXPECT_TRUE(check.Check(message).ok());
  for (TrackedObject& object : message.objects) object.track_id = -1;  // not tracked
  EXPECT_TRUE(check.Check(message).ok());
}

}  // namespace
}  // namespace vigil::events
