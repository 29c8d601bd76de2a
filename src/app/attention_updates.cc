#include "app/attention_updates.h"

#include <fmt/format.h>

#include <string>

#include "app/result_json.h"

namespace vigil::app {

void AttentionUpdates::Tell(const rpc::StreamFrame& frame, const face::FaceResult& result) {
  if (publisher_ == nullptr || result.faces.empty() || result.failed.has(face::Stage::kAttention))
    return;
  json_.Clear();
  json_.BeginObject()
      .Member("stream_id", frame.stream_id)
      .Member("timestamp_us", frame.timestamp_us)
      .Member("sequence", frame.sequence);
  json_.Key("faces").BeginArray();
  for (const face::Face& face : result.faces) {
    json_.BeginObject().Member("id", face.id);
    json_.Key("attention")
        .BeginObject()
        .Member("score", face.attention.score, 2)
        .Member("confidence", face.attention.confidence, 3)
        .EndObject();
    json_.Key("drowsiness")
        .BeginObject()
        .Member("level", Name(face.drowsiness.level))
        .Member("score", face.drowsiness.score, 2)
        .Member("confidence", face.drowsiness.confidence, 3)
        .EndObject();
    json_.EndObject();
  }
  json_.EndArray().Key("failed_stages").BeginArray();
  for (const face::Stage stage : face::kStages) {
    if (result.failed.has(stage)) json_.Value(NameOf(stage));
  }
  json_.EndArray().EndObject();
  publisher_->Publish(fmt::format("attention:{}", frame.stream_id), std::string(json_.text()));
}

}  // namespace vigil::app
