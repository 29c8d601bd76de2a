#include "media/internal/rgb_converter.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "media/internal/orientation.h"

namespace vigil::media::internal {
namespace {

bool MarkedFullRange(const AVFrame& picture) {
  switch (picture.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      return picture.color_range == AVCOL_RANGE_JPEG;
  }
}

std::optional<YuvPlanes> PlanesOf(const AVFrame& picture) {
  YuvPlanes planes{picture.data[0],
                   picture.data[1],
                   picture.data[2],
                   picture.linesize[0],
                   picture.linesize[1],
                   picture.linesize[2],
                   1,
                   1,
                   1};
  switch (picture.format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
      return planes;
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
      planes.shift_y = 0;
      return planes;
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
      planes.shift_x = planes.shift_y = 0;
      return planes;
    case AV_PIX_FMT_NV12:
      planes.v = planes.u + 1;
      planes.v_stride = planes.u_stride;
      planes.chroma_step = 2;
      return planes;
    default:
      return std::nullopt;
  }
}

// The same memory layout under its present name: the "J" formats differ only in range, which is
// passed apart.
AVPixelFormat WithoutRange(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    default:
      return static_cast<AVPixelFormat>(format);
  }
}

int SwsMatrix(const YuvColors& colors) {
  if (colors.kr == 0.2126) return SWS_CS_ITU709;
  if (colors.kr == 0.2627) return SWS_CS_BT2020;
  return colors.kr == 0.212 ? SWS_CS_SMPTE240M : SWS_CS_ITU601;
}

}  // namespace

YuvColors ColorsOf(const AVFrame& picture) {
  const bool full = MarkedFullRange(picture);
  const YuvColors bt601{0.299, 0.114, full}, bt709{0.2126, 0.0722, full};
  switch (picture.colorspace) {
    case AVCOL_SPC_BT709:
      return bt709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_FCC:
      return bt601;
    case AVCOL_SPC_SMPTE240M:
      return {0.212, 0.087, full};
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return {0.2627, 0.0593, full};
    default:
      return picture.width >= 1280 || picture.height > 576 ? bt709 : bt601;
  }
}

absl::Status RgbConverter::Scale(const AVFrame& picture, MutableImageView rgb) {
  constexpr int kFlags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT;
  const AVPixelFormat format = WithoutRange(picture.format);
  sws_.reset(sws_getCachedContext(sws_.release(), picture.width, picture.height, format,
                                  picture.width, picture.height, AV_PIX_FMT_RGB24, kFlags, nullptr,
                                  nullptr, nullptr));
  if (!sws_) {
    const char* name = av_get_pix_fmt_name(format);
    return absl::UnimplementedError(
        fmt::format("cannot convert pictures of format {}", name ? name : "unknown"));
  }
  const YuvColors colors = ColorsOf(picture);
  const int* matrix = sws_getCoefficients(SwsMatrix(colors));
  sws_setColorspaceDetails(sws_.get(), matrix, colors.full_range, matrix, 1, 0, 1 << 16, 1 << 16);
  const int stride = (3 * rgb.width + 127) / 64 * 64;
  rows_.resize(static_cast<std::size_t>(stride) * static_cast<std::size_t>(rgb.height + 1));
  std::uint8_t* const out[4] = {rows_.data()};
  const int strides[4] = {stride};
  if (sws_scale(sws_.get(), picture.data, picture.linesize, 0, picture.height, out, strides) !=
      rgb.height) {
    return absl::InternalError("cannot convert the picture");
  }
  for (int y = 0; y < rgb.height; ++y) {
    std::memcpy(rgb.row(y), rows_.data() + static_cast<std::ptrdiff_t>(y) * stride,
                3 * static_cast<std::size_t>(rgb.width));
  }
  return absl::OkStatus();
}

absl::StatusOr<Image> RgbConverter::Convert(const AVFrame& picture, int orientation,
                                            ImagePool& pool) {
  Image stored = pool.Acquire(picture.width, picture.height, PixelFormat::kRgb8);
  if (const auto planes = PlanesOf(picture)) {
    yuv_.Convert(*planes, ColorsOf(picture), stored.mutable_view());
  } else if (auto status = Scale(picture, stored.mutable_view()); !status.ok()) {
    return status;
  }
  if (orientation <= 1 || orientation > 8) return stored;
  const bool sideways = Sideways(orientation);
  Image upright = pool.Acquire(sideways ? stored.height() : stored.width(),
                               sideways ? stored.width() : stored.height(), PixelFormat::kRgb8);
  TurnInto(stored.view(), orientation, upright.mutable_view());
  return upright;
}

}  // namespace vigil::media::internal
