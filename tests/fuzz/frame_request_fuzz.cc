// What a client of StreamGaze and StreamInfer sends, up to the picture: the message taken apart, its picture decoded. The first
// byte says into which pieces the rest is cut, as a network would. Holds under -rss_limit_mb=1024 -malloc_limit_mb=200.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/limits.h"
#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/split_message.h"
#include "vigil/v1/gaze.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil;
  using namespace vigil::rpc::internal;
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  std::vector<FieldBytes::Piece> pieces;
  for (std::size_t at = 1; at < size; at += piece)
    pieces.emplace_back(data + at, std::min(piece, size - at));

  static SplitMessage split;  // kept, as in a stream
  const auto status = Split(pieces, v1::VideoFrame::kFrameDataFieldNumber,
                            v1::VideoFrame::kBudgetUsFieldNumber, split);
  v1::VideoFrame whole;
  const bool whole_ok = whole.ParseFromArray(data + 1, static_cast<int>(size - 1));
  if (!status.ok()) return 0;
  v1::VideoFrame rest;
  if (!rest.ParseFromString(split.rest)) return 0;
  // Both readers agree on what they both take.
  std::vector<std::uint8_t> scratch;
  const auto bytes = split.bytes.Joined(scratch);
  if (whole_ok) {
    VIGIL_CHECK(std::ranges::equal(bytes, whole.frame_data(), [](std::uint8_t a, char b) {
      return a == static_cast<std::uint8_t>(b);
    }));
    VIGIL_CHECK(rest.timestamp_us() == whole.timestamp_us() && rest.width() == whole.width() &&
                rest.stream_id() == whole.stream_id());
  }

  static FrameDecoder decoder;
  for (const auto encoding : {FrameEncoding::kJpeg, FrameEncoding::kRgb24, FrameEncoding::kBgr24}) {
    const auto image = decoder.Decode(split.bytes, encoding, {rest.width(), rest.height()});
    if (!image.ok()) continue;
    VIGIL_CHECK(std::int64_t{image->width} * image->height <= limits::kMaxPicturePixels);
    std::uint32_t sum = 0;  // every pixel can be read
    for (int y = 0; y < image->height; ++y)
      for (int x = 0; x < 3 * image->width; ++x) sum += image->row(y)[x];
    VIGIL_CHECK(sum <= 0xFFFFFFFF);
  }
  return 0;
}
