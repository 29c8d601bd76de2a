#include "objects/internal/picture_tensor.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/check.h"

namespace vigil::objects {
namespace {

constexpr int kWeightBits = 11;

std::int16_t Weight(float part) {
  return static_cast<std::int16_t>(std::lrint(part * static_cast<float>(1 << kWeightBits)));
}

}  // namespace

PictureTensor::PictureTensor(Size input, const Preprocessing& preprocessing)
    : input_(input), preprocessing_(preprocessing) {
  VIGIL_CHECK(input.width > 0 && input.height > 0);
}

void PictureTensor::Prepare(Size picture) {
  if (picture == picture_) return;
  picture_ = picture;
  const double ratio = std::min(static_cast<double>(input_.width) / picture.width,
                                static_cast<double>(input_.height) / picture.height);
  const auto side = [&](int of_picture, int of_input) {
    const double exact = of_picture * ratio;
    switch (preprocessing_.fit) {
      case Fit::kStretch:
        return of_input;
      case Fit::kTopLeft:  // YOLOX cuts off
        return std::clamp(static_cast<int>(exact), 1, of_input);
      case Fit::kCenter:
        break;
    }
    return std::clamp(static_cast<int>(std::lrint(exact)), 1, of_input);
  };
  resized_ = {side(picture.width, input_.width), side(picture.height, input_.height)};
  const bool centered = preprocessing_.fit == Fit::kCenter;
  left_ = centered ? (input_.width - resized_.width) / 2 : 0;
  top_ = centered ? (input_.height - resized_.height) / 2 : 0;

  FillTaps(columns_, picture.width, resized_.width, true);
  FillTaps(rows_, picture.height, resized_.height, false);
  for (Row& row : cache_) row.values.resize(3 * static_cast<std::size_t>(resized_.width));
}

// `merge_at_edges`: beyond the outermost pixel's centre that pixel alone counts. cv::resize does so
// by columns; by rows it mixes the pixel with itself, which rounds otherwise.
void PictureTensor::FillTaps(std::vector<Tap>& taps, int source, int target, bool merge_at_edges) {
  taps.resize(static_cast<std::size_t>(target));
  const double step = 1.0 / (static_cast<double>(target) / source);
  for (int i = 0; i < target; ++i) {
    const auto at = static_cast<float>((i + 0.5) * step - 0.5);
    const int first = static_cast<int>(std::floor(at));
    float part = at - static_cast<float>(first);
    if (merge_at_edges && (first < 0 || first >= source - 1)) part = 0;
    taps[static_cast<std::size_t>(i)] = {std::clamp(first, 0, source - 1),
                                         std::clamp(first + 1, 0, source - 1), Weight(1 - part),
                                         Weight(part)};
  }
}

// Source row `source` at the output's width. The last two asked for stay valid.
const std::int16_t* PictureTensor::Resized(ImageView image, int source) {
  for (const Row& row : cache_) {
    if (row.source == source) return row.values.data();
  }
  Row& row = cache_[0].source < cache_[1].source ? cache_[0] : cache_[1];
  row.source = source;
  const std::uint8_t* pixels = image.row(source);
  const int channels = Channels(image.format);
  const std::size_t width = columns_.size();
  std::int16_t* out = row.values.data();
  for (std::size_t x = 0; x < width; ++x) {
    const Tap& tap = columns_[x];
    const std::uint8_t* first = pixels + tap.first * channels;
    const std::uint8_t* second = pixels + tap.second * channels;
    for (int c = 0; c < channels; ++c) {
      const int sum = first[c] * tap.first_weight + second[c] * tap.second_weight;
      out[static_cast<std::size_t>(c) * width + x] = static_cast<std::int16_t>(sum >> 4);
    }
  }
  return row.values.data();
}

void PictureTensor::WriteRow(const std::int16_t* upper, const std::int16_t* lower, const Tap& tap,
                             int channels, float* out) const {
  const std::size_t plane =
      static_cast<std::size_t>(input_.width) * static_cast<std::size_t>(input_.height);
  const std::size_t width = columns_.size();
  for (std::size_t c = 0; c < 3; ++c) {
    const std::size_t source = channels == 1                                ? 0
                               : preprocessing_.order == ChannelOrder::kRgb ? c
                                                                            : 2 - c;
    const std::int16_t* a = upper + source * width;
    const std::int16_t* b = lower + source * width;
    float* target = out + c * plane;
    const float mean = preprocessing_.mean[c], deviation = preprocessing_.deviation[c];
    for (std::size_t x = 0; x < width; ++x) {
      const int mixed = ((a[x] * tap.first_weight) >> 16) + ((b[x] * tap.second_weight) >> 16);
      target[x] = (static_cast<float>((mixed + 2) >> 2) - mean) / deviation;  // rounded as theirs
    }
  }
}

void PictureTensor::Pad(std::span<float> planes) const {
  const auto width = static_cast<std::size_t>(input_.width);
  const auto height = static_cast<std::size_t>(input_.height);
  const auto left = static_cast<std::size_t>(left_), top = static_cast<std::size_t>(top_);
  const std::size_t right = left + static_cast<std::size_t>(resized_.width);
  const std::size_t bottom = top + static_cast<std::size_t>(resized_.height);
  for (std::size_t c = 0; c < 3; ++c) {
    const float value =
        (preprocessing_.padding - preprocessing_.mean[c]) / preprocessing_.deviation[c];
    float* plane = planes.data() + c * width * height;
    std::fill(plane, plane + top * width, value);
    std::fill(plane + bottom * width, plane + height * width, value);
    if (left == 0 && right == width) continue;
    for (std::size_t y = top; y < bottom; ++y) {
      std::fill(plane + y * width, plane + y * width + left, value);
      std::fill(plane + y * width + right, plane + (y + 1) * width, value);
    }
  }
}

Placement PictureTensor::Fill(ImageView image, std::span<float> planes) {
  VIGIL_CHECK(!image.empty());
  VIGIL_CHECK(planes.size() ==
              3 * static_cast<std::size_t>(input_.width) * static_cast<std::size_t>(input_.height));
  Prepare(image.size());
  for (Row& row : cache_) row.source = -1;
  const int channels = Channels(image.format);
  for (int y = 0; y < resized_.height; ++y) {
    const Tap& tap = rows_[static_cast<std::size_t>(y)];
    const std::int16_t* upper = Resized(image, tap.first);
    const std::int16_t* lower = Resized(image, tap.second);
    WriteRow(upper, lower, tap, channels,
             planes.data() + static_cast<std::ptrdiff_t>(top_ + y) * input_.width + left_);
  }
  Pad(planes);
  return {static_cast<float>(resized_.width) / static_cast<float>(image.width),
          static_cast<float>(resized_.height) / static_cast<float>(image.height),
          static_cast<float>(left_), static_cast<float>(top_)};
}

}  // namespace vigil::objects
