#include "face/letterbox.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"

namespace vigil::face {

Letterbox::Letterbox(Size input, ChannelOrder order, float scale, float padding)
    : input_(input), order_(order), scale_(scale), padding_(padding) {
  VIGIL_CHECK(input.width > 0 && input.height > 0);
}

void Letterbox::Prepare(Axis& axis, int source, int target, double scale) {
  if (axis.source == source && axis.target == target) return;
  axis.source = source;
  axis.target = target;
  axis.taps.clear();
  axis.weights.clear();
  const double step = 1 / scale;  // source pixels an output pixel
  const double reach = std::max(1.0, step);
  for (int i = 0; i < target; ++i) {
    const double center = (i + 0.5) * step - 0.5;  // in source pixel indices
    const int first = std::clamp(static_cast<int>(std::ceil(center - reach)), 0, source - 1);
    const int last = std::clamp(static_cast<int>(std::floor(center + reach)), first, source - 1);
    const std::size_t first_weight = axis.weights.size();
    double sum = 0;
    for (int j = first; j <= last; ++j) {
      const double weight =
          std::max(1e-6, 1 - std::abs(j - center) / reach);  // never nothing at all
      axis.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (std::size_t k = first_weight; k < axis.weights.size(); ++k)
      axis.weights[k] /= static_cast<float>(sum);
    axis.taps.push_back({first, last - first + 1, first_weight});
  }
}

// Rows first: they are contiguous, so the compiler uses vectors, and most of the work is done
// before columns are mixed.
void Letterbox::MixRows(ImageView image, const Tap& tap, const float* weights) {
  const std::size_t values = row_.size();
  std::fill(row_.begin(), row_.end(), 0.0F);
  for (int k = 0; k < tap.count; ++k) {
    const std::uint8_t* source = image.row(tap.first + k);
    const float weight = weights[k];
    for (std::size_t i = 0; i < values; ++i) row_[i] += weight * static_cast<float>(source[i]);
  }
}

void Letterbox::WriteRow(int channels, int y, std::span<float> planes) {
  const auto width = static_cast<std::size_t>(input_.width);
  const std::size_t plane = width * static_cast<std::size_t>(input_.height);
  float* out = planes.data() + static_cast<std::size_t>(y) * width;
  float* const first = order_ == ChannelOrder::kRgb ? out : out + 2 * plane;
  float* const last = order_ == ChannelOrder::kRgb ? out + 2 * plane : out;
  for (std::size_t x = 0; x < columns_.taps.size(); ++x) {
    const Tap& tap = columns_.taps[x];
    const float* source = row_.data() + tap.first * channels;
    const float* weights = columns_.weights.data() + tap.first_weight;
    const int green = channels == 3 ? 1 : 0, blue = channels == 3 ? 2 : 0;
    float r = 0, g = 0, b = 0;
    for (int k = 0; k < tap.count; ++k, source += channels) {
      r += weights[k] * source[0];
      g += weights[k] * source[green];
      b += weights[k] * source[blue];
    }
    first[x] = r * scale_;
    out[plane + x] = g * scale_;
    last[x] = b * scale_;
  }
  for (float* row : {out, out + plane, out + 2 * plane})
    std::fill(row + columns_.taps.size(), row + width, padding_);
}

float Letterbox::Fill(ImageView image, std::span<float> planes) {
  VIGIL_CHECK(!image.empty());
  VIGIL_CHECK(planes.size() ==
              3 * static_cast<std::size_t>(input_.width) * static_cast<std::size_t>(input_.height));
  const double scale = std::min(static_cast<double>(input_.width) / image.width,
                                static_cast<double>(input_.height) / image.height);
  const int width = std::clamp(static_cast<int>(std::lround(image.width * scale)), 1, input_.width);
  const int height =
      std::clamp(static_cast<int>(std::lround(image.height * scale)), 1, input_.height);
  Prepare(columns_, image.width, width, scale);
  Prepare(rows_, image.height, height, scale);
  const int channels = Channels(image.format);
  row_.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(channels));
  for (int y = 0; y < height; ++y) {
    const Tap& tap = rows_.taps[static_cast<std::size_t>(y)];
    MixRows(image, tap, rows_.weights.data() + tap.first_weight);
    WriteRow(channels, y, planes);
  }
  const std::size_t plane = planes.size() / 3, rest = static_cast<std::size_t>(height) *
                                                      static_cast<std::size_t>(input_.width);
  for (std::size_t c = 0; c < 3; ++c)
    std::fill(planes.begin() + static_cast<std::ptrdiff_t>(c * plane + rest),
              planes.begin() + static_cast<std::ptrdiff_t>((c + 1) * plane), padding_);
  return static_cast<float>(scale);
}

}  // namespace vigil::face
