#include "face/internal/face_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "face/degrees.h"

namespace vigil::face::internal {
namespace {

using media::Canvas;
using media::Color;
using media::TextStyle;
namespace theme = media::theme;

// Lengths in heights of capitals.
constexpr float kAccent = 0.4F;  // the stripe in the face's own colour
constexpr float kPad = 0.9F, kRow = 1.85F, kGap = 0.8F;
constexpr float kBar = 4, kCompactBar = 3, kBarHeight = 0.8F, kCompactPad = 0.6F, kTagPad = 0.35F;
constexpr const char* kWidestName = "drowsiness";
constexpr const char* kWidestValue = "100%";
constexpr const char* kWidestAngles = "yaw -88°  pitch -88°";

std::string NumberOf(const Face& face) { return fmt::format("#{}", face.id); }

Color OwnColor(const Face& face) { return theme::OfId(static_cast<std::uint64_t>(face.id)); }

float WidthOf(std::string_view what, float text) {
  return Canvas::MeasureText(what, {text, {}, {}}).width;
}

// Good is mint, then amber, then coral.
Color Grade(float badness) {
  return badness < 0.5F ? media::Mix(theme::kMint, theme::kAmber, badness * 2)
                        : media::Mix(theme::kAmber, theme::kCoral, badness * 2 - 1);
}

struct Gauge {
  const char* name;
  float fraction;  // 0..1
  std::string value;
  Color color;
  Color text = theme::kPaper;  // of the value
};

// Less is a picture alone, the first seconds of a video, or a face that was away most of the time.
constexpr float kSure = 0.2F;

// A score of 0..100 whose good end is at `best`. One that little is known of is pale.
Gauge ScoreGauge(const char* name, float score, float best, float confidence) {
  if (confidence <= 0) return {name, 0, "?", theme::kMuted, theme::kMuted};
  const Color grade = Grade(std::abs(best - score) / 100);
  const bool sure = confidence >= kSure;
  return {name, score / 100, fmt::format("{}", std::lround(std::clamp(score, 0.0F, 100.0F))),
          sure ? grade : grade.WithAlpha(150), sure ? theme::kPaper : theme::kMuted};
}

Gauge EyesGauge(const Eyes& eyes) {
  if (eyes.state == EyeState::kUnknown) return {"eyes", 0, "?", theme::kSky};
  return {"eyes open", eyes.openness, fmt::format("{}%", std::lround(100 * eyes.openness)),
          theme::kSky};
}

void TextToTheRight(Canvas& canvas, float right, float y, const std::string& what,
                    const TextStyle& style) {
  canvas.Text({right - Canvas::MeasureText(what, style).width, y}, what, style);
}

void DrawPlate(Canvas& canvas, const Face& face, const PixelBox& box, float text) {
  canvas.FillBox(box, theme::kInk.WithAlpha(205), text * 0.6F);
  canvas.FillBox({box.x, box.y, text * kAccent, box.height}, OwnColor(face), text * 0.2F);
}

void DrawWhole(Canvas& canvas, const Face& face, const PixelBox& box, float text) {
  const TextStyle label{text, theme::kPaper, {}}, muted{text, theme::kMuted, {}};
  DrawPlate(canvas, face, box, text);
  const float left = box.x + (kAccent + kPad) * text, right = box.right() - kPad * text;
  float y = box.y + kPad * text;
  canvas.Text({left, y}, NumberOf(face), label);
  const Angles& head = face.head_pose.to_camera;
  TextToTheRight(
      canvas, right, y,
      fmt::format("yaw {}  pitch {}", SignedDegrees(head.yaw_deg), SignedDegrees(head.pitch_deg)),
      muted);
  const float bar = left + WidthOf(kWidestName, text) + kGap * text;
  const float bar_end = right - WidthOf(kWidestValue, text) - kGap * text / 2;
  const std::array<Gauge, 3> gauges = {
      ScoreGauge("attention", face.attention.score, 100, face.attention.confidence),
      ScoreGauge("drowsiness", face.drowsiness.score, 0, face.drowsiness.confidence),
      EyesGauge(face.eyes)};
  for (const Gauge& gauge : gauges) {
    y = std::round(y + kRow * text);
    canvas.Text({left, y}, gauge.name, label);
    canvas.ScoreBar({bar, y + text * (1 - kBarHeight) / 2, bar_end - bar, text * kBarHeight},
                    gauge.fraction, gauge.color, theme::kMuted.WithAlpha(70));
    TextToTheRight(canvas, right, y, gauge.value, {text, gauge.text, {}});
  }
}

void DrawCompact(Canvas& canvas, const Face& face, const PixelBox& box, float text) {
  const TextStyle label{text, theme::kPaper, {}};
  DrawPlate(canvas, face, box, text);
  const float left = box.x + (kAccent + kCompactPad) * text,
              right = box.right() - kCompactPad * text;
  const float y = box.y + kCompactPad * text;
  canvas.Text({left, y}, NumberOf(face), label);
  const Gauge attention =
      ScoreGauge("attention", face.attention.score, 100, face.attention.confidence);
  const float bar = left + WidthOf(NumberOf(face), text) + kGap * text / 2;
  canvas.ScoreBar({bar, y + text * (1 - kBarHeight) / 2, kCompactBar * text, text * kBarHeight},
                  attention.fraction, attention.color, theme::kMuted.WithAlpha(70));
  TextToTheRight(canvas, right, y, attention.value, {text, attention.text, {}});
}

void DrawTag(Canvas& canvas, const Face& face, const PixelBox& box, float text) {
  canvas.FillBox(box, OwnColor(face).WithAlpha(225), text * 0.3F);
  canvas.Text({box.x + kTagPad * text, box.y + kTagPad * text}, NumberOf(face),
              {text, theme::TextOn(OwnColor(face)), {}});
}

}  // namespace

Size PanelSize(const Face& face, PanelForm form, float text) {
  const auto pixels = [](float width, float height) {
    return Size{static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height))};
  };
  const float number = WidthOf(NumberOf(face), text);
  switch (form) {
    case PanelForm::kWhole: {
      const float gauges =
          WidthOf(kWidestName, text) + WidthOf(kWidestValue, text) + (kBar + 1.5F * kGap) * text;
      const float title = number + 1.5F * kGap * text + WidthOf(kWidestAngles, text);
      return pixels((kAccent + 2 * kPad) * text + std::max(gauges, title),
                    (2 * kPad + 1 + 3 * kRow) * text);
    }
    case PanelForm::kCompact:
      return pixels(
          number + WidthOf("100", text) + (kAccent + 2 * kCompactPad + kCompactBar + kGap) * text,
          (2 * kCompactPad + 1) * text);
    case PanelForm::kTag:
      return pixels(number + 2 * kTagPad * text, (1 + 2 * kTagPad) * text);
    case PanelForm::kNone:
      break;
  }
  return {};
}

void DrawLeader(Canvas& canvas, const Face& face, const PixelBox& panel, float text) {
  // To the point of the face that is nearest.
  Leader line = LeaderOf(panel, face.box);
  float nearest = std::numeric_limits<float>::infinity();
  const Point2f start = line.from;
  for (const Point3f& point : face.mesh.span()) {
    const float distance = Distance(start, {point.x, point.y});
    if (distance >= nearest) continue;
    nearest = distance;
    line.to = {point.x, point.y};
  }
  line.from = LeaderOf(panel, {line.to.x, line.to.y, 0, 0}).from;
  const Color color = OwnColor(face).WithAlpha(230);
  canvas.Line(line.from, line.to, color, std::max(1.0F, text / 9));
  canvas.Disc(line.to, std::max(1.5F, text / 5), color);
}

void DrawPanel(Canvas& canvas, const Face& face, const PanelSpot& spot, float text) {
  switch (spot.form) {
    case PanelForm::kWhole:
      return DrawWhole(canvas, face, spot.box, text);
    case PanelForm::kCompact:
      return DrawCompact(canvas, face, spot.box, text);
    case PanelForm::kTag:
      return DrawTag(canvas, face, spot.box, text);
    case PanelForm::kNone:
      return;
  }
}

}  // namespace vigil::face::internal
