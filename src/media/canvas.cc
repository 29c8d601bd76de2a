#include "media/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

#include "core/check.h"
#include "media/internal/coverage.h"
#include "media/internal/lettering.h"

namespace vigil::media {
namespace {

using internal::Coverage;

constexpr float kMaxTextHeight = 1000;
constexpr float kMaxTextReach = 1e6F;  // more than the longest text of that height
constexpr float kMargin = 0.55F;       // around text on a plate, in cap heights

bool IsNumber(Point2f p) { return std::isfinite(p.x) && std::isfinite(p.y); }
bool AreNumbers(std::span<const Point2f> points) {
  return std::all_of(points.begin(), points.end(), IsNumber);
}
bool IsBox(const PixelBox& box) {
  return IsNumber({box.x, box.y}) && IsNumber({box.width, box.height}) && box.width > 0 &&
         box.height > 0;
}

// Strokes thinner than a pixel are drawn a pixel wide and fainter: a thinner one would break up.
float Radius(float width) { return std::max(0.5F, width / 2); }
Color Fainter(Color color, float width) {
  return width >= 1 ? color
                    : color.WithAlpha(static_cast<std::uint8_t>(
                          std::lround(static_cast<float>(color.a) * width)));
}

}  // namespace

struct Canvas::Bounds {  // doubles: shapes may reach farther than a float's sum
  explicit Bounds(std::span<const Point2f> points, double margin) {
    for (const Point2f p : points) {
      left = std::min(left, p.x - margin);
      top = std::min(top, p.y - margin);
      right = std::max(right, p.x + margin);
      bottom = std::max(bottom, p.y + margin);
    }
  }
  explicit Bounds(const PixelBox& box, double margin = 1)
      : left(box.x - margin),
        top(box.y - margin),
        right(double{box.x} + box.width + margin),
        bottom(double{box.y} + box.height + margin) {}

  double left = 1e300, top = 1e300, right = -1e300, bottom = -1e300;
};

Color Mix(Color from, Color to, float at) {
  const float t = std::isfinite(at) ? std::clamp(at, 0.0F, 1.0F) : 0.0F;
  const auto mix = [t](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(
        std::lround(static_cast<float>(a) + t * (static_cast<float>(b) - static_cast<float>(a))));
  };
  return {mix(from.r, to.r), mix(from.g, to.g), mix(from.b, to.b), mix(from.a, to.a)};
}

Color theme::OfId(std::uint64_t id) {
  static constexpr std::array<Color, 10> kColors = {{kMint,
                                                     kAmber,
                                                     kSky,
                                                     kCoral,
                                                     kViolet,
                                                     {163, 230, 53},
                                                     {244, 114, 182},
                                                     {45, 156, 219},
                                                     {253, 224, 113},
                                                     {200, 214, 229}}};
  return kColors[id % kColors.size()];
}

Color theme::TextOn(Color plate) {
  // Luma of BT.601; 150 is where ink begins to stand out better than paper does.
  return 299 * plate.r + 587 * plate.g + 114 * plate.b > 150'000 ? kInk : kPaper;
}

Canvas::Canvas(MutableImageView image) : image_(image) {
  VIGIL_CHECK(image.format == PixelFormat::kRgb8 && image.data != nullptr && image.width > 0 &&
              image.height > 0);
}

float Canvas::unit() const {
  return std::max(0.6F, static_cast<float>(std::min(image_.width, image_.height)) / 480.0F);
}

template <typename Draw>
void Canvas::Paint(const Bounds& bounds, Color color, Draw draw) {
  const auto limit = [](double value, int end) {
    return static_cast<int>(std::clamp(value, 0.0, double(end)));
  };
  const int left = limit(std::floor(bounds.left), image_.width),
            right = limit(std::ceil(bounds.right), image_.width);
  const int top = limit(std::floor(bounds.top), image_.height),
            bottom = limit(std::ceil(bounds.bottom), image_.height);
  if (color.a == 0 || left >= right || top >= bottom) return;
  cover_.assign(static_cast<std::size_t>(right - left) * static_cast<std::size_t>(bottom - top), 0);
  const Coverage cover{cover_.data(), left, top, right - left, bottom - top};
  draw(cover);
  for (int y = top; y < bottom; ++y)
    BlendRow(cover.row(y) + left, image_.row(y) + 3 * left, cover.width, color);
}

void Canvas::BlendRow(const std::uint8_t* cover, std::uint8_t* pixel, int width, Color color) {
  for (int x = 0; x < width; ++x, pixel += 3) {
    if (cover[x] == 0) continue;
    const int alpha = cover[x] * color.a;  // of 255²
    const auto blend = [alpha](std::uint8_t below, std::uint8_t above) {
      return static_cast<std::uint8_t>((below * (65025 - alpha) + above * alpha + 32512) / 65025);
    };
    pixel[0] = blend(pixel[0], color.r);
    pixel[1] = blend(pixel[1], color.g);
    pixel[2] = blend(pixel[2], color.b);
  }
}

void Canvas::Line(Point2f from, Point2f to, Color color, float width) {
  const Segment segment{from, to};
  Lines({&segment, 1}, color, width);
}

void Canvas::Lines(std::span<const Segment> segments, Color color, float width) {
  if (!(width > 0)) return;
  std::vector<Point2f> ends;
  ends.reserve(2 * segments.size());
  for (const Segment& s : segments) {
    if (!IsNumber(s.from) || !IsNumber(s.to)) continue;
    ends.push_back(s.from);
    ends.push_back(s.to);
  }
  Paint(Bounds(ends, Radius(width) + 1), Fainter(color, width), [&](const Coverage& cover) {
    for (std::size_t i = 0; i < ends.size(); i += 2)
      internal::CoverStroke(cover, ends[i], ends[i + 1], Radius(width));
  });
}

void Canvas::Polyline(std::span<const Point2f> points, bool closed, Color color, float width) {
  std::vector<Segment> segments;
  for (std::size_t i = 0; i + 1 < points.size(); ++i)
    segments.push_back({points[i], points[i + 1]});
  if (closed && points.size() > 2) segments.push_back({points.back(), points.front()});
  Lines(segments, color, width);
}

void Canvas::FillPolygon(std::span<const Point2f> points, Color color) {
  if (points.size() < 3 || !AreNumbers(points)) return;
  Paint(Bounds(points, 1), color,
        [&](const Coverage& cover) { internal::CoverPolygon(cover, points); });
}

void Canvas::Circle(Point2f center, float radius, Color color, float width) {
  if (!IsNumber(center) || !std::isfinite(radius) || !(radius > 0) || !(width > 0)) return;
  Paint(Bounds({&center, 1}, double{radius} + Radius(width) + 1), Fainter(color, width),
        [&](const Coverage& cover) { internal::CoverRing(cover, center, radius, Radius(width)); });
}

void Canvas::Disc(Point2f center, float radius, Color color) { Discs({&center, 1}, radius, color); }

void Canvas::Discs(std::span<const Point2f> centers, float radius, Color color) {
  if (!AreNumbers(centers) || !std::isfinite(radius) || !(radius > 0)) return;
  Paint(Bounds(centers, double{radius} + 1), color, [&](const Coverage& cover) {
    for (const Point2f center : centers) internal::CoverStroke(cover, center, center, radius);
  });
}

void Canvas::Arrow(Point2f from, Point2f to, Color color, float width, float head) {
  const float length = Distance(from, to);
  if (!IsNumber(from) || !IsNumber(to) || !std::isfinite(length) || !(length > 0) || !(width > 0) ||
      !(head >= 0))
    return;
  head = std::min(head, length / 2);
  const Point2f along{(to.x - from.x) / length, (to.y - from.y) / length};
  const Point2f neck{to.x - along.x * head, to.y - along.y * head};
  const float half = head * 0.55F;
  const std::array<Point2f, 4> corners = {{to,
                                           {neck.x - along.y * half, neck.y + along.x * half},
                                           {neck.x + along.y * half, neck.y - along.x * half},
                                           from}};
  Paint(Bounds(corners, Radius(width) + 1), Fainter(color, width), [&](const Coverage& cover) {
    internal::CoverStroke(cover, from, neck, Radius(width));
    internal::CoverPolygon(cover, std::span(corners).first(3));
  });
}

void Canvas::Box(const PixelBox& box, Color color, float width, float corner_radius) {
  if (!IsBox(box) || !(width > 0)) return;
  Paint(Bounds(box, Radius(width) + 1), Fainter(color, width), [&](const Coverage& cover) {
    internal::CoverBoxEdge(cover, box, corner_radius, Radius(width));
  });
}

void Canvas::FillBox(const PixelBox& box, Color color, float corner_radius) {
  if (!IsBox(box)) return;
  Paint(Bounds(box), color,
        [&](const Coverage& cover) { internal::CoverBox(cover, box, corner_radius); });
}

PixelBox Canvas::MeasureText(std::string_view text, const TextStyle& style) {
  const float margin = style.plate ? kMargin * style.height : 0;
  const float descent = style.plate ? 0 : style.height * internal::kDescent;
  return {0, 0, internal::WidthOfText(text, style.height) + 2 * margin,
          style.height + descent + 2 * margin};
}

PixelBox Canvas::Text(Point2f at, std::string_view text, const TextStyle& style) {
  if (!IsNumber(at) || !(style.height > 0) || style.height > kMaxTextHeight) return {};
  PixelBox box = MeasureText(text, style);
  box.x = at.x;
  box.y = at.y;
  if (style.plate) FillBox(box, *style.plate, style.height * 0.4F);
  if (at.x < -kMaxTextReach || at.y < -kMaxTextReach) return box;  // its end lies outside, too
  const float margin = style.plate ? kMargin * style.height : 0;
  Paint(Bounds(box, 2 + double{style.height} / 16), style.color, [&](const Coverage& cover) {
    internal::CoverText(cover, {at.x + margin, at.y + margin + style.height}, text, style.height,
                        fine_);
  });
  return box;
}

void Canvas::ScoreBar(const PixelBox& box, float fraction, Color fill, Color track) {
  const float radius = box.height / 2;
  FillBox(box, track, radius);
  const float part = std::isfinite(fraction) ? std::clamp(fraction, 0.0F, 1.0F) : 0.0F;
  if (part <= 0) return;
  // Never narrower than its two round ends, or a small score would not be seen.
  const float border = std::min(box.height * 0.15F, 2.0F);
  const PixelBox inner{box.x + border, box.y + border, box.width - 2 * border,
                       box.height - 2 * border};
  FillBox({inner.x, inner.y, std::max(inner.height, inner.width * part), inner.height}, fill,
          inner.height / 2);
}

}  // namespace vigil::media
