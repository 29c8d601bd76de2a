// One picture of a stream, with when and where it comes from.
#pragma once

#include <cstdint>

#include "core/image.h"
#include "core/stream_id.h"
#include "core/time.h"

namespace vigil {

/// RGB pixels after rotation, EXIF orientation and privacy masks: nothing later sees what was
/// masked.
struct Frame {
  StreamId stream_id;        ///< which source: the configured id, or the input's name
  std::uint64_t number = 0;  ///< counts the source's frames from 0; a gap means frames were dropped
  std::int64_t timestamp_us =
      0;  ///< capture time: the presentation time stamp of files (0 at the first frame),
          ///< microseconds since the stream was opened for live sources. Rises strictly.
  std::int64_t decode_us = 0;  ///< what decoding and conversion took, in microseconds
  Clock::time_point captured;  ///< of live sources: when it arrived, before it was decoded
  Image image;
};

}  // namespace vigil
