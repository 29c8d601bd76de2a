// The picture decoders on hostile bytes. Holds under -rss_limit_mb=1024 -malloc_limit_mb=200: what is taken is bounded by
// the limits, not by what a header claims.
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/check.h"
#include "media/jpeg.h"
#include "media/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil;
  const std::span<const std::uint8_t> bytes(data, size);
  const auto info = media::ProbePicture(bytes);

  // Most pictures small, so that the fuzzer gets many tries a second; some up to what the network may send.
  media::DecodeOptions options;
  if (size % 16 != 0) options.limits.max_pixels = 65'536;
  const auto image = media::DecodePicture(bytes, options);
  if (image.ok()) {
    VIGIL_CHECK(info.ok());
    VIGIL_CHECK(image->size() == info->size());
    VIGIL_CHECK(image->width() <= options.limits.max_side &&
                image->height() <= options.limits.max_side);
    VIGIL_CHECK(std::int64_t{image->width()} * image->height() <= options.limits.max_pixels);
  }

  static media::JpegDecoder decoder;  // kept, as in a stream
  static ImagePool pool;
  options.min_size = {8, 8};
  const auto frame = decoder.Decode(bytes, pool, options);
  VIGIL_CHECK(!frame.ok() || image.ok());
  return 0;
}
