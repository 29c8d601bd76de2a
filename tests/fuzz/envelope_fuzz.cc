// Any bytes are a message or are refused with a reason; a message is written to JSON that is read
// as the same; and an engine takes it, saves its state and restores it. The same bytes as a saved
// state are restored or refused.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "core/status.h"
#include "events/engine.h"
#include "events/envelope.h"
#include "events/internal/bytes.h"
#include "events/refusal.h"

namespace {

using namespace vigil::events;

SceneOptions Scene() {
  SceneOptions scene;
  LineOptions& line = scene.lines.emplace_back();
  line.description = "door";
  line.type = LineType::kVertical;
  line.position_pct = 50;
  ZoneOptions& zone = scene.zones.emplace_back();
  zone.description = "garden";
  zone.x1_pct = zone.y1_pct = 20;
  zone.x2_pct = zone.y2_pct = 80;
  return scene;
}

bool IsClose(const vigil::PixelBox& a, const vigil::PixelBox& b) {
  const auto close = [](float x, float y) { return std::abs(x - y) < 0.01F; };
  return close(a.x, b.x) && close(a.y, b.y) && close(a.width, b.width) && close(a.height, b.height);
}

// Numbers are rounded when they are written.
void CheckSame(const vigil::DetectionMessage& a, const vigil::DetectionMessage& b) {
  VIGIL_CHECK(a.device_id == b.device_id && a.camera_id == b.camera_id && a.epoch == b.epoch);
  VIGIL_CHECK(a.frame_number == b.frame_number && a.frame_size == b.frame_size);
  VIGIL_CHECK(IsClose(a.roi, b.roi) && a.objects.size() == b.objects.size());
  VIGIL_CHECK(a.frame_data == b.frame_data && a.frame_reference == b.frame_reference);
  for (std::size_t i = 0; i < a.objects.size(); ++i) {
    const vigil::TrackedObject &x = a.objects[i], &y = b.objects[i];
    VIGIL_CHECK(x.track_id == y.track_id && x.class_id == y.class_id && x.state == y.state);
    VIGIL_CHECK(x.class_name == y.class_name && IsClose(x.box, y.box));
    VIGIL_CHECK(x.previous_center.has_value() == y.previous_center.has_value());
  }
}

// A state that begins right and whose checksum is right, whatever is in it.
void CheckState(std::string_view bytes) {
  static const auto engine = EventEngine::Create(Scene(), "jetson-01", "driveway");
  std::string state("VIGILEVT");
  state.append(bytes);
  ByteWriter checksum;
  checksum.Put(Checksum(state));
  state.append(checksum.bytes());
  const auto status = (*engine)->Restore(state);
  VIGIL_CHECK(status.ok() || !vigil::MessageOf(status).empty());
  (void)(*engine)->Finish();
}

// The state of an engine that has seen the message, one byte of it changed.
void CheckDamagedState(const EventEngine& from, std::string_view bytes) {
  std::string state = from.Save();
  const std::size_t body = state.size() - 16;  // without mark and checksum
  state[8 + (bytes.size() * 7919U) % body] ^= bytes.empty() ? 1 : bytes.back();
  CheckState(std::string_view(state).substr(8, body));
}

void CheckEngine(const vigil::DetectionMessage& message, std::string_view bytes) {
  const auto engine = EventEngine::Create(Scene(), message.device_id, message.camera_id);
  VIGIL_CHECK(engine.ok());
  VIGIL_CHECK((*engine)->Process(message).ok());
  VIGIL_CHECK(!(*engine)->Process(message).ok());  // repeated
  const std::string state = (*engine)->Save();
  VIGIL_CHECK((*engine)->Restore(state).ok());
  VIGIL_CHECK((*engine)->Save() == state);
  if (message.device_id == "jetson-01" && message.camera_id == "driveway") {
    CheckDamagedState(**engine, bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static EnvelopeReader reader;
  const auto message = reader.Read(bytes);
  if (message.ok()) {
    const auto again = ParseEnvelope(ToJson(**message));
    VIGIL_CHECK(again.ok());
    CheckSame(**message, *again);
    CheckEngine(*again, bytes);
  } else {
    VIGIL_CHECK(RefusalReasonOf(message.status()).has_value());
  }
  CheckState(bytes);
  return 0;
}
