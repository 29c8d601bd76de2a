#include "media/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "media/internal/ffmpeg.h"

namespace vigil::media {
struct Shrinker::State {
  internal::FfmpegPtr<SwsContext> sws;
  std::vector<std::uint8_t> rows;  // what libswscale writes: it may write past a row's end
  std::vector<std::uint8_t> packed;
};

Shrinker::Shrinker() : state_(std::make_unique<State>()) {}
Shrinker::Shrinker(Shrinker&&) noexcept = default;
Shrinker& Shrinker::operator=(Shrinker&&) noexcept = default;
Shrinker::~Shrinker() = default;

Size ShrunkSize(Size size, int max_side) {
  const int longer = std::max(size.width, size.height);
  if (max_side <= 0 || longer <= max_side) return size;
  const double scale = static_cast<double>(max_side) / longer;
  const auto side = [scale](int pixels) {
    return std::max(1, static_cast<int>(std::lround(pixels * scale)));
  };
  return {side(size.width), side(size.height)};
}

absl::StatusOr<ImageView> Shrinker::Shrink(ImageView image, Size size) {
  if (size.width <= 0 || size.height <= 0 || size.width > image.width || size.height > image.height)
    return absl::InvalidArgumentError(fmt::format("{}x{} is not smaller than {}x{}", size.width,
                                                  size.height, image.width, image.height));
  State& s = *state_;
  constexpr int kFlags = SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT;
  s.sws.reset(sws_getCachedContext(s.sws.release(), image.width, image.height, AV_PIX_FMT_RGB24,
                                   size.width, size.height, AV_PIX_FMT_RGB24, kFlags, nullptr,
                                   nullptr, nullptr));
  if (!s.sws) return absl::ResourceExhaustedError("no memory to make a picture smaller");
  const std::size_t row = 3 * static_cast<std::size_t>(size.width);
  const std::size_t stride = (row + 127) / 64 * 64;
  const auto height = static_cast<std::size_t>(size.height);
  s.rows.resize(stride * (height + 1));
  s.packed.resize(row * height);
  const std::array<const std::uint8_t*, 4> from = {image.data};
  const std::array<int, 4> from_stride = {static_cast<int>(image.stride)};
  const std::array<std::uint8_t*, 4> to = {s.rows.data()};
  const std::array<int, 4> to_stride = {static_cast<int>(stride)};
  if (sws_scale(s.sws.get(), from.data(), from_stride.data(), 0, image.height, to.data(),
                to_stride.data()) != size.height)
    return absl::InternalError("a picture cannot be made smaller");
  for (std::size_t y = 0; y < height; ++y)
    std::memcpy(s.packed.data() + y * row, s.rows.data() + y * stride, row);
  return ImageView{s.packed.data(), size.width, size.height, static_cast<std::ptrdiff_t>(row)};
}

}  // namespace vigil::media
