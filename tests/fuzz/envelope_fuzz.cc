// Any bytes are a message or are refused with a reason; a message is written to JSON that is read
// as the same; and an engine takes it, saves its state and restores it. The same bytes as a saved
// state are restored or refused.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "core/status.h"
#include "events/engine.h"
#include "events/envelope.h"
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

void CheckEngine(const vigil::DetectionMessage& message) {
  const auto engine = EventEngine::Create(Scene(), message.device_id, message.camera_id);
  VIGIL_CHECK(engine.ok());
  VIGIL_CHECK((*engine)->Process(message).ok());
  VIGIL_CHECK(!(*engine)->Process(message).ok());  // repeated
  const std::string state = (*engine)->Save();
  VIGIL_CHECK((*engine)->Restore(state).ok());
  VIGIL_CHECK((*engine)->Save() == state);
}

void CheckState(std::string_view bytes) {
  static const auto engine = EventEngine::Create(Scene(), "jetson-01", "driveway");
  const vigil::events::EventEngine* before = engine->get();
  const auto status = (*engine)->Restore(bytes);
  VIGIL_CHECK(engine->get() == before && (status.ok() || !vigil::MessageOf(status).empty()));
  (void)(*engine)->Finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static EnvelopeReader reader;
  const auto message = reader.Read(bytes);
  if (message.ok()) {
    const std::string json = ToJson(**message);
    const auto again = ParseEnvelope(json);
    VIGIL_CHECK(again.ok());
    VIGIL_CHECK(ToJson(*again) == json);
    CheckEngine(**message);
  } else {
    VIGIL_CHECK(RefusalReasonOf(message.status()).has_value());
  }
  CheckState(bytes);
  return 0;
}
