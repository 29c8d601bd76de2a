#include "face/overlay.h"

#include <algorithm>
#include <cmath>

#include "face/camera.h"
#include "face/contours.h"
#include "face/internal/face_panel.h"

namespace vigil::face {
namespace {

using media::Canvas;
using media::Color;
namespace theme = media::theme;

Point2f At(const Face& face, int index) {
  const Point3f& point = face.mesh.points[static_cast<std::size_t>(index)];
  return {point.x, point.y};
}

// Lines of a face this large: a hair on small ones, never thick.
float LineWidth(const Face& face) { return std::clamp(face.box.width / 260, 0.5F, 2.5F); }

// Panels need faces that are not small against them; in a crowd they would cover everything else.
constexpr float kWholePerFace = 3.2F, kCompactPerFace = 2.0F;

// How high the capitals of a face's panel would best be.
float BestText(const Canvas& canvas, const Face& face) {
  const float unit = canvas.unit();
  const float smallest = std::max(media::kLegibleHeight, 6.5F * unit);
  return std::clamp(face.box.width / 14, smallest, std::max(smallest, 11 * unit));
}

}  // namespace

FaceDetail DetailOf(float face_width, FaceDetail before) {
  // What was drawn is drawn on a little below its limit: a face there does not flicker.
  const auto reaches = [&](FaceDetail detail, float limit) {
    return face_width >= (before >= detail ? 0.9F * limit : limit);
  };
  if (reaches(FaceDetail::kAll, 80)) return FaceDetail::kAll;
  return reaches(FaceDetail::kContours, 40) ? FaceDetail::kContours : FaceDetail::kCorners;
}

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
  std::vector<Drawn> drawn;
  for (const Face& face : result.faces) {
    drawn.push_back(Before(face.id));
    FaceDetail& detail = drawn.back().detail;
    detail = DetailOf(face.box.width, detail);
    if (detail == FaceDetail::kCorners) {
      DrawCorners(canvas, face);
      continue;
    }
    DrawMesh(canvas, face, detail);
    if (options_.irises && face.mesh.has_irises()) DrawIrises(canvas, face);
    if (options_.axes) DrawAxes(canvas, face);
    if (options_.gaze && face.gaze.combined.confidence > 0.2F) DrawGaze(canvas, face);
  }
  drawn_ = std::move(drawn);
  // Panels last: nothing is drawn over text.
  if (options_.panel) DrawPanels(canvas, result);
}

void Overlay::Reset() { drawn_.clear(); }

// How a face was drawn in the last picture.
Overlay::Drawn Overlay::Before(std::int64_t id) const {
  const auto at =
      std::lower_bound(drawn_.begin(), drawn_.end(), id,
                       [](const Drawn& drawn, std::int64_t of) { return drawn.id < of; });
  return at != drawn_.end() && at->id == id ? *at : Drawn{id, FaceDetail::kCorners, 0, {}};
}

// Which panels the face may have. Updates the height of its text.
PanelRequest Overlay::RequestFor(const Canvas& canvas, const Face& face, Drawn& drawn) {
  // Whole pixels, and those of before unless the face has really become another size.
  const float best = BestText(canvas, face);
  if (std::abs(drawn.text - best) > 0.8F)
    drawn.text = std::max(std::round(best), media::kLegibleHeight);
  PanelRequest request{face.id, face.box, {}, drawn.spot};
  for (const PanelForm form : {PanelForm::kWhole, PanelForm::kCompact, PanelForm::kTag}) {
    const Size size = internal::PanelSize(face, form, drawn.text);
    const float most = (form == PanelForm::kWhole ? kWholePerFace : kCompactPerFace) *
                       (form == drawn.spot.form ? 1.15F : 1.0F);
    if (form == PanelForm::kTag || static_cast<float>(size.width) <= most * face.box.width)
      request.sizes[static_cast<std::size_t>(form)] = size;
  }
  return request;
}

void Overlay::DrawPanels(Canvas& canvas, const FaceResult& result) {
  std::vector<PanelRequest> requests;
  for (std::size_t i = 0; i < drawn_.size(); ++i)
    requests.push_back(RequestFor(canvas, result.faces[i], drawn_[i]));
  const std::vector<PanelSpot> spots = PlacePanels(canvas.size(), requests);
  for (std::size_t i = 0; i < spots.size(); ++i) {
    drawn_[i].spot = spots[i];
    // Whose panel it is goes without saying where there is only one, and of tags, which touch.
    const bool beside = spots[i].form == PanelForm::kWhole || spots[i].form == PanelForm::kCompact;
    if (spots[i].leader || (beside && spots.size() > 1))
      internal::DrawLeader(canvas, result.faces[i], spots[i].box, drawn_[i].text);
  }
  for (std::size_t i = 0; i < spots.size(); ++i)
    internal::DrawPanel(canvas, result.faces[i], spots[i], drawn_[i].text);
}

// Of a face whose mesh would be a mask: what it is, and not more.
void Overlay::DrawCorners(Canvas& canvas, const Face& face) {
  const PixelBox& box = face.box;
  const float length = std::min(box.width, box.height) / 4;
  segments_.clear();
  for (const float x : {box.x, box.right()}) {
    for (const float y : {box.y, box.bottom()}) {
      const float dx = x > box.x ? -length : length, dy = y > box.y ? -length : length;
      segments_.push_back({{x, y}, {x + dx, y}});
      segments_.push_back({{x, y}, {x, y + dy}});
    }
  }
  canvas.Lines(segments_, theme::OfId(static_cast<std::uint64_t>(face.id)), 1);
}

void Overlay::DrawMesh(Canvas& canvas, const Face& face, FaceDetail detail) {
  const Color color = theme::kMint;
  const float width = LineWidth(face);
  const bool all = detail == FaceDetail::kAll;
  if (options_.mesh == MeshStyle::kNone) return;
  if (all && options_.mesh == MeshStyle::kPoints) {
    dots_.clear();
    for (const Point3f& point : face.mesh.span()) dots_.push_back({point.x, point.y});
    canvas.Discs(dots_, std::max(0.8F, width), color.WithAlpha(200));
    return;
  }
  if (all && options_.mesh == MeshStyle::kTesselation) {
    segments_.clear();
    for (const Edge& edge : edges_) segments_.push_back({At(face, edge[0]), At(face, edge[1])});
    const auto alpha = static_cast<std::uint8_t>(std::clamp(face.box.width * 0.8F, 60.0F, 120.0F));
    canvas.Lines(segments_, color.WithAlpha(alpha), std::max(0.6F, width * 0.6F));
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
    // Of small eyes something is to be left.
    canvas.Circle(center, radius, theme::kSky,
                  std::clamp(radius / 5, 0.6F, LineWidth(face) + 0.5F));
    if (radius > 4) canvas.Disc(center, radius * 0.22F, theme::kSky);
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

}  // namespace vigil::face
