#include "actions/internal/digest_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "media/canvas.h"

namespace vigil::actions::internal {
namespace {

using media::Canvas;
using media::Color;

constexpr int kWidth = 1280, kHeight = 400;
constexpr float kLeft = 84, kRight = 24, kTop = 28, kBottom = 56;
constexpr Color kBackground{250, 251, 253}, kGrid{221, 227, 235}, kText{84, 98, 116},
    kBar{14, 116, 186};

std::int64_t Largest(std::span<const TimeBin> bins) {
  std::int64_t largest = 0;
  for (const TimeBin& bin : bins) largest = std::max(largest, bin.count);
  return largest;
}

// A round step such that about four of them reach `largest`.
std::int64_t Step(std::int64_t largest) {
  for (std::int64_t power = 1;; power *= 10) {
    for (const std::int64_t factor : {1, 2, 5}) {
      if (power * factor * 4 >= largest) return power * factor;
    }
  }
}

void TextCentred(Canvas& canvas, float x, float y, const std::string& text) {
  const media::TextStyle style{16, kText, {}};
  const PixelBox box = Canvas::MeasureText(text, style);
  canvas.Text({x - box.width / 2, y}, text, style);
}

}  // namespace

Image DrawChart(std::span<const TimeBin> bins) {
  Image image(kWidth, kHeight, PixelFormat::kRgb8);
  Canvas canvas(image.mutable_view());
  std::memset(image.mutable_view().data, 0, image.bytes());
  canvas.FillBox({0, 0, kWidth, kHeight}, kBackground);
  const std::int64_t step = Step(std::max<std::int64_t>(1, Largest(bins)));
  const std::int64_t top = (std::max<std::int64_t>(1, Largest(bins)) + step - 1) / step * step;
  const float height = kHeight - kTop - kBottom, width = kWidth - kLeft - kRight;
  const auto y_of = [&](std::int64_t count) {
    return kTop + height * (1 - static_cast<float>(count) / static_cast<float>(top));
  };
  for (std::int64_t count = 0; count <= top; count += step) {
    canvas.Line({kLeft, y_of(count)}, {kWidth - kRight, y_of(count)}, kGrid, 2);
    const std::string text = std::to_string(count);
    const media::TextStyle style{16, kText, {}};
    const PixelBox box = Canvas::MeasureText(text, style);
    canvas.Text({kLeft - 14 - box.width, y_of(count) - box.height / 2}, text, style);
  }
  if (bins.empty()) return image;
  const float slot = width / static_cast<float>(bins.size());
  // Labels that have room: every one, every second …
  std::size_t widest = 1;
  for (const TimeBin& bin : bins) widest = std::max(widest, bin.label.size());
  const auto every =
      static_cast<std::size_t>(std::ceil((static_cast<float>(widest) * 16 + 14) / slot));
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const float x = kLeft + slot * static_cast<float>(i);
    if (bins[i].count > 0) {
      const float y = y_of(bins[i].count);
      canvas.FillBox({x + slot * 0.12F, y, slot * 0.76F, y_of(0) - y}, kBar, 3);
    }
    if (i % every == 0) TextCentred(canvas, x + slot / 2, kHeight - kBottom + 16, bins[i].label);
  }
  return image;
}

std::string Sparkline(std::span<const TimeBin> bins) {
  static constexpr std::array kLevels = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::int64_t largest = std::max<std::int64_t>(1, Largest(bins));
  std::string line;
  for (const TimeBin& bin : bins) {
    // The least that is not nothing is seen.
    const std::int64_t level =
        bin.count == 0 ? 0 : std::max<std::int64_t>(1, (bin.count * 8 + largest / 2) / largest);
    line += kLevels.at(static_cast<std::size_t>(level));
  }
  return line;
}

}  // namespace vigil::actions::internal
