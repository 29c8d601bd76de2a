// What listeners are told of attention: a JSON object a frame, on a channel a stream.
#pragma once

#include <string_view>

#include "bus/publisher.h"
#include "core/json_writer.h"
#include "face/types.h"
#include "rpc/backends.h"

namespace vigil::app {

/// Of one stream. One thread at a time.
class AttentionUpdates {
 public:
  /// `publisher` outlives it; null: nothing is published.
  explicit AttentionUpdates(bus::Publisher* publisher) : publisher_(publisher) {}

  /// Publishes to "attention:{stream_id}", unless nobody was scored in this frame:
  ///   {"stream_id", "timestamp_us", "sequence",
  ///    "faces": [{"id", "attention": {"score", "confidence"}, "drowsiness": {"level", "score", "confidence"}}],
  ///    "failed_stages": ["gaze", …]}
  void Tell(const rpc::StreamFrame& frame, const face::FaceResult& result);

 private:
  bus::Publisher* const publisher_;
  JsonWriter json_;
};

}  // namespace vigil::app
