#include "face/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "face/camera.h"
#include "face/contours.h"

namespace vigil::face {
namespace {

using media::Canvas;
using media::Color;
namespace theme = media::theme;

Point2f At(const Face& face, int index) {
  const Point3f& point = face.mesh.points[static_cast<std::size_t>(index)];
  return {point.x, point.y};
}

// Good is mint, then amber, then coral.
Color Grade(float badness) {
  return badness < 0.5F ? media::Mix(theme::kMint, theme::kAmber, badness * 2)
                        : media::Mix(theme::kAmber, theme::kCoral, badness * 2 - 1);
}

// Lines of a face this large: a hair on small ones, never thick.
float LineWidth(const Face& face) { return std::clamp(face.box.width / 260, 0.5F, 2.5F); }

}  // namespace

Overlay::Overlay(const CanonicalFace& canonical, const OverlayOptions& options)
    : options_(options) {
  for (const auto& triangle : canonical.triangles) {
    for (std::size_t i = 0; i < 3; ++i) {
      const auto a = triangle[i], b = triangle[(i + 1) % 3];
      edges_.push_back({std::min(a, b), std::max(a, b)});
    }
  }
  std::sort(edges_.begin(), edges_.end());
  edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
}

void Overlay::Draw(MutableImageView image, const FaceResult& result) {
  Canvas canvas(image);
  for (const Face& face : result.faces) {
    DrawMesh(canvas, face);
    if (options_.irises && face.mesh.has_irises()) DrawIrises(canvas, face);
    if (options_.axes) DrawAxes(canvas, face);
    if (options_.gaze && face.gaze.combined.confidence > 0.2F) DrawGaze(canvas, face);
  }
  // Panels last: nothing is drawn over text.
  for (const Face& face : result.faces) {
    if (options_.panel) DrawPanel(canvas, face);
  }
}

void Overlay::DrawMesh(Canvas& canvas, const Face& face) {
  const Color color = theme::kMint;
  const float width = LineWidth(face);
  if (options_.mesh == MeshStyle::kNone) return;
  if (options_.mesh == MeshStyle::kPoints) {
    dots_.clear();
    for (const Point3f& point : face.mesh.span()) dots_.push_back({point.x, point.y});
    canvas.Discs(dots_, std::max(0.8F, width), color.WithAlpha(200));
    return;
  }
  if (options_.mesh == MeshStyle::kTesselation) {
    segments_.clear();
    for (const Edge& edge : edges_) segments_.push_back({At(face, edge[0]), At(face, edge[1])});
    canvas.Lines(segments_, color.WithAlpha(120), std::max(0.6F, width * 0.6F));
  }
  segments_.clear();
  for (const Contour& contour : kContours) {
    for (std::size_t i = 0; i + 1 < contour.points.size() + (contour.closed ? 1 : 0); ++i) {
      segments_.push_back(
          {At(face, contour.points[i]), At(face, contour.points[(i + 1) % contour.points.size()])});
    }
  }
  canvas.Lines(segments_, color.WithAlpha(210), width);
}

void Overlay::DrawIrises(Canvas& canvas, const Face& face) const {
  for (const int first : {kLeftIris, kRightIris}) {
    const Point2f center = At(face, first);
    float radius = 0;
    for (int i = 1; i <= 4; ++i) radius += Distance(center, At(face, first + i)) / 4;
    canvas.Circle(center, radius, theme::kSky, std::max(1.0F, LineWidth(face)));
    canvas.Disc(center, std::max(1.0F, radius * 0.22F), theme::kSky);
  }
}

// The head's own axes, length of half the face, foreshortened as they are seen: along the line of
// sight, so that who faces the lens shows a point in the middle of the face wherever that is.
void Overlay::DrawAxes(Canvas& canvas, const Face& face) const {
  constexpr int kNoseTip = 1;
  const Point2f origin = At(face, kNoseTip);
  const float length = face.box.width * 0.45F, width = std::clamp(face.box.width / 110, 1.0F, 5.0F);
  const auto& r = face.head_pose.rotation;
  const auto tip = [&](std::size_t axis) {
    const Angles seen = RelativeToCamera(AnglesOf({r[axis], r[3 + axis], r[6 + axis]}),
                                         face.head_pose.translation_cm);
    const Point3f d = DirectionOf(seen);
    return Point2f{origin.x + length * d.x, origin.y - length * d.y};
  };
  canvas.Arrow(origin, tip(0), theme::kAxisX, width, width * 4);
  canvas.Arrow(origin, tip(1), theme::kAxisY, width, width * 4);
  canvas.Arrow(origin, tip(2), theme::kAxisZ, width, width * 4);
}

void Overlay::DrawGaze(Canvas& canvas, const Face& face) const {
  const float length = face.box.width * 0.8F, width = std::clamp(face.box.width / 90, 1.2F, 6.0F);
  const Point3f gaze = DirectionOf(face.gaze.combined.to_camera);
  for (const int iris : {kLeftIris, kRightIris}) {
    const Point2f from = At(face, iris);
    const Point2f to{from.x + length * gaze.x, from.y - length * gaze.y};
    canvas.Arrow(from, to, theme::kSky.WithAlpha(230), width, width * 4);
  }
}

// A plate beside the face, kept inside the picture: where the head points, and three gauges.
void Overlay::DrawPanel(Canvas& canvas, const Face& face) const {
  const float unit = canvas.unit();
  const float text = std::clamp(face.box.width / 20, 6.5F * unit, 11 * unit);
  const Color own = theme::OfId(static_cast<std::uint64_t>(face.id));
  const std::string id = fmt::format("#{}", face.id);
  // Small faces in a crowd get their number only: a plate would cover their neighbours.
  if (face.box.width < 10 * text) {
    const media::TextStyle tag{text, theme::kPaper, own.WithAlpha(190)};
    const PixelBox box = Canvas::MeasureText(id, tag);
    canvas.Text({face.box.x + (face.box.width - box.width) / 2,
                 std::max(0.0F, face.box.y - box.height - unit)},
                id, tag);
    return;
  }
  const media::TextStyle label{text, theme::kPaper, {}}, muted{text * 0.85F, theme::kMuted, {}};
  const bool known = face.eyes.state != EyeState::kUnknown;
  struct Gauge {
    const char* name;
    float fraction;
    Color color;
  };
  const Gauge gauges[] = {
      {"attention", face.attention.score / 100, Grade(1 - face.attention.score / 100)},
      {"drowsiness", face.drowsiness.score / 100, Grade(face.drowsiness.score / 100)},
      {known ? "eyes open" : "eyes ?", known ? face.eyes.openness : 0, theme::kSky}};
  const std::string angles =
      fmt::format("yaw {:+.0f}  pitch {:+.0f}", face.head_pose.to_camera.yaw_deg,
                  face.head_pose.to_camera.pitch_deg);
  const float pad = text, row = text * 2, bar = text * 7;
  const float labels = Canvas::MeasureText("drowsiness", label).width + text;
  const float head = Canvas::MeasureText(id, label).width + text;
  const float width =
      2 * pad + std::max(labels + bar, head + Canvas::MeasureText(angles, muted).width);
  const float height = 2 * pad + 3 * row + Canvas::MeasureText(id, label).height;

  const Size frame = canvas.size();
  float x = face.box.right() + pad;
  if (x + width > static_cast<float>(frame.width)) x = face.box.x - width - pad;
  x = std::clamp(x, 0.0F, std::max(0.0F, static_cast<float>(frame.width) - width));
  const float y =
      std::clamp(face.box.y, 0.0F, std::max(0.0F, static_cast<float>(frame.height) - height));
  canvas.FillBox({x, y, width, height}, theme::kInk.WithAlpha(190), text * 0.8F);
  canvas.FillBox({x, y, text * 0.4F, height}, own, text * 0.2F);

  float line = y + pad;
  canvas.Text({x + pad, line}, id, label);
  canvas.Text({x + pad + head, line + text * 0.1F}, angles, muted);
  for (const Gauge& gauge : gauges) {
    line += row;
    canvas.Text({x + pad, line}, gauge.name, label);
    canvas.ScoreBar({x + pad + labels, line + text * 0.15F, bar, text * 0.85F}, gauge.fraction,
                    gauge.color);
  }
}

}  // namespace vigil::face
