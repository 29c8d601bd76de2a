#include "events/envelope.h"

#include <absl/status/status.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "core/base64.h"
#include "core/limits.h"
#include "core/status.h"
#include "events/internal/object_reader.h"
#include "events/message_check.h"
#include "events/refusal.h"

namespace vigil::events {
namespace {

using simdjson::dom::element;

// The fields of an object that mean something, the necessary ones first.
template <std::size_t N>
using NameArray = std::array<std::string_view, N>;
constexpr NameArray<6> kDocument = {"version",    "source",     "frame",
                                    "detections", "frame_data", "frame_ref"};
constexpr NameArray<4> kSource = {"device_id", "camera_id", "timestamp", "epoch"};
constexpr NameArray<4> kFrame = {"number", "width", "height", "roi_applied"};
constexpr NameArray<8> kDetection = {"track_id", "class_id", "class_name",      "confidence",
                                     "bbox",     "center",   "previous_center", "state"};
constexpr NameArray<3> kFrameData = {"encoding", "base64", "quality"};
constexpr NameArray<3> kFrameReference = {"type", "bucket", "key"};

std::optional<TrackState> StateNamed(std::string_view name) {
  for (const TrackState state :
       {TrackState::kTentative, TrackState::kConfirmed, TrackState::kLost, TrackState::kEnded}) {
    if (NameOf(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace

struct EnvelopeReader::Impl {
  absl::Status Parse(std::string_view json);
  bool TakeRoom(std::size_t bytes);
  void ReadDocument(const element& root);
  void ReadSource(const element& value, const Where& where);
  void ReadFrame(const element& value, const Where& where);
  void ReadDetections(const element& value, const Where& where);
  void ReadDetection(const element& value, const Where& where, TrackedObject& object);
  void ReadFrameData(const element& value, const Where& where);
  void ReadFrameReference(const element& value, const Where& where);
  void ResizeObjects(std::size_t count);

  simdjson::dom::parser parser;
  std::vector<char> padded;  // the document and the bytes behind it that the parser may look at
  std::string timestamp, state;
  std::size_t json_bytes = 0;
  absl::Status fault;
  DetectionMessage message;
  std::vector<TrackedObject> spare;  // objects of larger messages, for the memory of their names
  MessageCheck check;
};

absl::Status EnvelopeReader::Impl::Parse(std::string_view json) {
  if (json.size() > MaxEnvelopeJsonBytes()) {
    return Refuse(RefusalReason::kTooLarge,
                  fmt::format("a message of {} bytes; at most {} are possible", json.size(),
                              MaxEnvelopeJsonBytes()));
  }
  if (!TakeRoom(json.size())) return absl::ResourceExhaustedError("no memory for a message");
  if (!json.empty()) std::memcpy(padded.data(), json.data(), json.size());
  json_bytes = json.size();
  element root;
  if (const auto error = parser.parse(padded.data(), json.size(), false).get(root)) {
    return Refuse(RefusalReason::kBadJson, simdjson::error_message(error));
  }
  fault = absl::OkStatus();
  ReadDocument(root);
  if (!fault.ok()) return fault;
  return check.Check(message);
}

// In steps of two, so that texts of about one length take memory once.
bool EnvelopeReader::Impl::TakeRoom(std::size_t bytes) {
  const std::size_t room = std::bit_ceil(std::max<std::size_t>(bytes, 4096));
  if (padded.size() < bytes + simdjson::SIMDJSON_PADDING) {
    padded.resize(room + simdjson::SIMDJSON_PADDING);
  }
  if (parser.capacity() >= bytes && parser.doc.capacity() >= bytes) return true;
  return parser.allocate(room, limits::kMaxJsonDepth) == simdjson::SUCCESS &&
         parser.doc.allocate(room) == simdjson::SUCCESS;
}

void EnvelopeReader::Impl::ReadDocument(const element& root) {
  const Where where;
  ObjectReader document(root, where, kDocument, fault);
  message.frame_data.reset();
  message.frame_reference.reset();
  // The version first: what else there is depends on it.
  std::int64_t version = kEnvelopeVersion;
  if (fault.ok() && root["version"].get(version) == simdjson::SUCCESS &&
      version != kEnvelopeVersion) {
    fault =
        Refuse(RefusalReason::kBadVersion,
               fmt::format("version {}; this program reads version {}", version, kEnvelopeVersion));
    return;
  }
  document.Each([&](std::size_t i, const element& value) {
    const Where inside{nullptr, document.name(), {}};
    if (i == 0) document.Integer(value, version);
    if (i == 1) ReadSource(value, inside);
    if (i == 2) ReadFrame(value, inside);
    if (i == 3) ReadDetections(value, inside);
    if (i == 4) ReadFrameData(value, inside);
    if (i == 5) ReadFrameReference(value, inside);
  });
  document.Require(4);
  if (!fault.ok()) return;
  const std::size_t picture =
      message.frame_data ? Base64Length(message.frame_data->bytes.size()) : 0;
  if (json_bytes - picture > limits::kMaxEnvelopeBytes) {
    fault = Refuse(RefusalReason::kTooLarge,
                   fmt::format("a message of {} bytes without its picture; at most {} are possible",
                               json_bytes - picture, limits::kMaxEnvelopeBytes));
  }
}

void EnvelopeReader::Impl::ReadSource(const element& value, const Where& where) {
  ObjectReader source(value, where, kSource, fault);
  message.epoch = 0;
  source.Each([&](std::size_t i, const element& v) {
    if (i == 0) source.Text(v, message.device_id);
    if (i == 1) source.Text(v, message.camera_id);
    if (i == 2) source.Text(v, timestamp);
    if (i == 3) source.Integer(v, message.epoch);
  });
  source.Require(3);
  if (!fault.ok()) return;
  if (const auto time = ParseIso8601(timestamp); time.ok()) {
    message.timestamp = *time;
  } else {
    source.Fail(RefusalReason::kBadTime, "timestamp", MessageOf(time.status()));
  }
}

void EnvelopeReader::Impl::ReadFrame(const element& value, const Where& where) {
  ObjectReader frame(value, where, kFrame, fault);
  frame.Each([&](std::size_t i, const element& v) {
    if (i == 0) frame.Integer(v, message.frame_number);
    if (i == 1) frame.Integer(v, message.frame_size.width);
    if (i == 2) frame.Integer(v, message.frame_size.height);
    if (i == 3) frame.Box(v, message.roi);
  });
  frame.Require(3);
  if (!frame.Has(3)) {
    message.roi = {0, 0, static_cast<float>(message.frame_size.width),
                   static_cast<float>(message.frame_size.height)};
  }
}

void EnvelopeReader::Impl::ReadDetections(const element& value, const Where& where) {
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    fault = Refuse(RefusalReason::kWrongType, "detections is no list");
    return;
  }
  if (array.size() > static_cast<std::size_t>(limits::kMaxDetections)) {
    fault = Refuse(RefusalReason::kTooManyObjects,
                   fmt::format("more than {} detections", limits::kMaxDetections));
    return;
  }
  ResizeObjects(array.size());
  std::size_t index = 0;
  for (const element item : array) {
    ReadDetection(item, Where{&where, {}, index}, message.objects[index]);
    if (!fault.ok()) return;
    ++index;
  }
}

// Objects that are not needed now are put aside instead of destroyed: their names keep their
// memory.
void EnvelopeReader::Impl::ResizeObjects(std::size_t count) {
  while (message.objects.size() > count) {
    spare.push_back(std::move(message.objects.back()));
    message.objects.pop_back();
  }
  while (message.objects.size() < count) {
    if (spare.empty()) {
      message.objects.emplace_back();
    } else {
      message.objects.push_back(std::move(spare.back()));
      spare.pop_back();
    }
  }
}

void EnvelopeReader::Impl::ReadDetection(const element& value, const Where& where,
                                         TrackedObject& object) {
  ObjectReader detection(value, where, kDetection, fault);
  object.previous_center.reset();
  object.state = TrackState::kConfirmed;
  detection.Each([&](std::size_t i, const element& v) {
    if (i == 0) detection.Integer(v, object.track_id);
    if (i == 1) detection.Integer(v, object.class_id);
    if (i == 2) detection.Text(v, object.class_name);
    if (i == 3) detection.Number(v, object.confidence);
    if (i == 4) detection.Box(v, object.box);
    if (i == 5) detection.Point(v, object.center);
    if (i == 6 && !v.is_null()) detection.Point(v, object.previous_center.emplace());
    if (i == 7) detection.Text(v, state);
  });
  detection.Require(6);
  if (!fault.ok() || !detection.Has(7)) return;
  if (const auto known = StateNamed(state)) {
    object.state = *known;
  } else {
    detection.Fail(RefusalReason::kBadState, "state",
                   "is none of tentative, confirmed, lost, ended");
  }
}

void EnvelopeReader::Impl::ReadFrameData(const element& value, const Where& where) {
  if (value.is_null()) return;
  ObjectReader data(value, where, kFrameData, fault);
  FrameData& frame = message.frame_data.emplace();
  std::string_view base64;
  data.Each([&](std::size_t i, const element& v) {
    if (i == 0) data.Text(v, frame.encoding);
    if (i == 1 && v.get(base64) != simdjson::SUCCESS) {
      data.Fail(RefusalReason::kWrongType, "base64", "is no text");
    }
    if (i == 2) data.Integer(v, frame.quality);
  });
  data.Require(2);
  if (!fault.ok()) return;
  if (frame.encoding != "jpeg") {
    return data.Fail(RefusalReason::kBadPicture, "encoding", "is not jpeg");
  }
  if (frame.quality < 1 || frame.quality > 100) {
    return data.Fail(RefusalReason::kBadPicture, "quality", "is not 1 to 100");
  }
  if (base64.size() > Base64Length(limits::kMaxPictureBytes)) {
    return data.Fail(RefusalReason::kTooLarge, "base64", "is larger than a picture may be");
  }
  auto bytes = DecodeBase64(base64);
  if (!bytes || bytes->empty()) {
    return data.Fail(RefusalReason::kBadPicture, "base64", "is not base64 of anything");
  }
  frame.bytes = *std::move(bytes);
}

void EnvelopeReader::Impl::ReadFrameReference(const element& value, const Where& where) {
  if (value.is_null()) return;
  ObjectReader reference(value, where, kFrameReference, fault);
  FrameReference& to = message.frame_reference.emplace();
  reference.Each([&](std::size_t i, const element& v) {
    std::string& text = i == 0 ? to.type : i == 1 ? to.bucket : to.key;
    reference.Text(v, text);
    if (fault.ok() && text.empty()) {
      reference.Fail(RefusalReason::kBadPicture, reference.name(), "is empty");
    }
  });
  reference.Require(3);
}

EnvelopeReader::EnvelopeReader() : impl_(std::make_unique<Impl>()) {
  impl_->TakeRoom(1);  // and sets the depth; without memory, the first message says so
}
EnvelopeReader::~EnvelopeReader() = default;

absl::StatusOr<const DetectionMessage*> EnvelopeReader::Read(std::string_view json) {
  if (auto status = impl_->Parse(json); !status.ok()) return status;
  return &impl_->message;
}

std::size_t MaxEnvelopeJsonBytes() {
  return limits::kMaxEnvelopeBytes + Base64Length(limits::kMaxPictureBytes);
}

absl::StatusOr<DetectionMessage> ParseEnvelope(std::string_view json) {
  EnvelopeReader reader;
  const auto message = reader.Read(json);
  if (!message.ok()) return message.status();
  return **message;
}

}  // namespace vigil::events
