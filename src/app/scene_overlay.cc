#include "app/scene_overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "app/label_layout.h"

namespace vigil::app {
namespace {

using media::Canvas;
using media::Color;
namespace theme = media::theme;

constexpr std::size_t kMaxSteps = 600;    // of one trail
constexpr std::size_t kMaxTrails = 1000;  // more objects than anybody can tell apart

// Where an object stands: people and cars leave their trail on the ground.
Point2f Foot(const PixelBox& box) { return {box.x + box.width / 2, box.bottom()}; }

float Seconds(std::int64_t us) { return static_cast<float>(us) * 1e-6F; }

Color OfTrack(std::int64_t id) { return theme::OfId(static_cast<std::uint64_t>(id)); }

// A place that would leave the picture is moved into it.
Point2f Inside(Size picture, Point2f at, const PixelBox& text) {
  const auto width = static_cast<float>(picture.width), height = static_cast<float>(picture.height);
  return {std::clamp(at.x, 0.0F, std::max(0.0F, width - text.width)),
          std::clamp(at.y, 0.0F, std::max(0.0F, height - text.height))};
}

// Of capitals, `units` of the canvas high where that can be read.
float TextHeight(const Canvas& canvas, float units) {
  return std::max(media::kLegibleHeight, units * canvas.unit());
}

// The point that lies `part` of the way along.
Point2f Along(std::span<const Point2f> points, float part) {
  float length = 0;
  for (std::size_t i = 1; i < points.size(); ++i)
    length += std::hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y);
  float left = part * length;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point2f a = points[i - 1], b = points[i];
    const float step = std::hypot(b.x - a.x, b.y - a.y);
    if (step > 0 && left <= step)
      return {a.x + (b.x - a.x) * left / step, a.y + (b.y - a.y) * left / step};
    left -= step;
  }
  return points.back();
}

bool Overlap(const PixelBox& a, const PixelBox& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

}  // namespace

void SceneOverlay::Draw(MutableImageView image, const DrawnScene& scene,
                        std::int64_t timestamp_us) {
  Canvas canvas(image);
  Follow(scene.objects, timestamp_us);
  // From the ground up: zones, lines, trails, boxes, and text over all.
  if (options_.zones) {
    for (const DrawnZone& zone : scene.zones)
      DrawZone(canvas, zone, Glow("z" + zone.name, zone.lit, timestamp_us));
  }
  if (options_.lines) {
    for (const DrawnLine& line : scene.lines)
      DrawLine(canvas, line, Glow("l" + line.name, line.lit, timestamp_us));
  }
  if (options_.trails) {
    for (const TrackedObject& object : scene.objects)
      DrawTrail(canvas, object.track_id, timestamp_us);
  }
  if (options_.boxes) {
    for (const TrackedObject& object : scene.objects) {
      if (object.state == TrackState::kConfirmed)
        canvas.Box(object.box, OfTrack(object.track_id), 1.4F * canvas.unit(), 2 * canvas.unit());
    }
  }
  const auto taken = DrawNames(canvas, scene);
  if (options_.labels) DrawLabels(canvas, scene.objects, taken);
}

void SceneOverlay::Reset() {
  trails_.clear();
  label_places_.clear();
}

void SceneOverlay::Follow(std::span<const TrackedObject> objects, std::int64_t now_us) {
  const auto kept_us = static_cast<std::int64_t>(options_.trail_s * 1e6F);
  for (const TrackedObject& object : objects) {
    if (object.state != TrackState::kConfirmed) continue;
    if (!trails_.contains(object.track_id) && trails_.size() >= kMaxTrails) continue;
    auto& trail = trails_[object.track_id];
    trail.push_back({Foot(object.box), now_us});
    if (trail.size() > kMaxSteps) trail.pop_front();
  }
  for (auto& [id, trail] : trails_) {
    while (!trail.empty() && trail.front().time_us < now_us - kept_us) trail.pop_front();
  }
  std::erase_if(trails_, [](const auto& entry) { return entry.second.empty(); });
}

float SceneOverlay::Glow(const std::string& key, bool lit, std::int64_t now_us) {
  if (lit) lit_us_[key] = now_us;
  const auto found = lit_us_.find(key);
  if (found == lit_us_.end() || options_.flash_s <= 0) return lit ? 1.0F : 0.0F;
  return std::clamp(1 - Seconds(now_us - found->second) / options_.flash_s, 0.0F, 1.0F);
}

void SceneOverlay::DrawZone(Canvas& canvas, const DrawnZone& zone, float lit) const {
  if (zone.corners.size() < 3) return;
  const float unit = canvas.unit();
  const Color edge = media::Mix(theme::kSky, theme::kAmber, lit);
  canvas.FillPolygon(zone.corners, edge.WithAlpha(static_cast<std::uint8_t>(28 + 60 * lit)));
  canvas.Polyline(zone.corners, true, edge.WithAlpha(210), (1.2F + lit) * unit);
}

// Each at the first of its places where no other name is; they stand still, as lines and zones do.
std::vector<PixelBox> SceneOverlay::DrawNames(Canvas& canvas, const DrawnScene& scene) const {
  const float unit = canvas.unit();
  const media::TextStyle style{TextHeight(canvas, 9), theme::kPaper, theme::kInk.WithAlpha(190)};
  std::vector<PixelBox> taken;
  // Half the picture, and what any picture has room for.
  const float room = std::max(static_cast<float>(canvas.size().width) / 2, 200.0F);
  const auto fits = [&](const std::string& text) {
    return Canvas::MeasureText(text, style).width <= room;
  };
  const auto draw = [&](const std::string& text, std::span<const Point2f> places) {
    PixelBox box = Canvas::MeasureText(text, style);
    const auto put = [&](Point2f place) {
      const Point2f at = Inside(canvas.size(), place, box);
      box.x = at.x, box.y = at.y;
      return std::ranges::none_of(taken,
                                  [&](const PixelBox& other) { return Overlap(box, other); });
    };
    if (std::ranges::none_of(places, put)) put(places.front());
    taken.push_back(box);
    canvas.Text({box.x, box.y}, text, style);
  };
  std::vector<Point2f> places;
  for (const DrawnLine& line : scene.lines) {
    if (!options_.lines || line.points.size() < 2) continue;
    const std::string text = NameAndCounts(line.name, options_.counts ? line.counts : "", fits);
    const PixelBox box = Canvas::MeasureText(text, style);
    places.clear();
    for (const float part : {0.5F, 0.25F, 0.75F, 0.1F, 0.9F, 0.4F, 0.6F}) {
      const Point2f at = Along(line.points, part);
      places.push_back({at.x - box.width / 2, at.y - box.height - 3 * unit});
    }
    draw(text, places);
  }
  for (const DrawnZone& zone : scene.zones) {
    if (!options_.zones || zone.corners.size() < 3) continue;
    places.assign(zone.corners.begin(), zone.corners.end());
    std::ranges::stable_sort(
        places, [](Point2f a, Point2f b) { return a.y < b.y || (a.y == b.y && a.x < b.x); });
    for (Point2f& place : places) place = {place.x + 2 * unit, place.y + 2 * unit};
    draw(NameAndCounts(zone.name, options_.counts ? std::to_string(zone.inside) : "", fits),
         places);
  }
  return taken;
}

void SceneOverlay::DrawLine(Canvas& canvas, const DrawnLine& line, float lit) const {
  if (line.points.size() < 2) return;
  const float unit = canvas.unit();
  const Color color = media::Mix(theme::kMint, theme::kAmber, lit);
  canvas.Polyline(line.points, false, theme::kInk.WithAlpha(110), (3.4F + 1.5F * lit) * unit);
  canvas.Polyline(line.points, false, color, (1.8F + 1.5F * lit) * unit);
  for (const Point2f end : {line.points.front(), line.points.back()})
    canvas.Disc(end, 3 * unit, color);
}

void SceneOverlay::DrawTrail(Canvas& canvas, std::int64_t id, std::int64_t now_us) const {
  const auto found = trails_.find(id);
  if (found == trails_.end() || found->second.size() < 2) return;
  const auto& trail = found->second;
  const float unit = canvas.unit();
  for (std::size_t i = 1; i < trail.size(); ++i) {
    const float age = Seconds(now_us - trail[i].time_us) / std::max(0.1F, options_.trail_s);
    const auto alpha = static_cast<std::uint8_t>(200 * std::clamp(1 - age, 0.0F, 1.0F));
    if (alpha > 8)
      canvas.Line(trail[i - 1].at, trail[i].at, OfTrack(id).WithAlpha(alpha), 1.6F * unit);
  }
}

// Small objects in a crowd get their number only: a plate would cover their neighbours.
void SceneOverlay::DrawLabels(Canvas& canvas, std::span<const TrackedObject> objects,
                              std::span<const PixelBox> taken) {
  struct Label {
    std::array<std::string, 2> texts;  // by LabelForm
    media::TextStyle style;
  };
  std::vector<Label> labels;
  std::vector<LabelRequest> requests;
  for (const TrackedObject& object : objects) {
    if (object.state != TrackState::kConfirmed) continue;
    const Color own = OfTrack(object.track_id);
    const float height =
        std::clamp(object.box.height / 9, TextHeight(canvas, 6.5F), TextHeight(canvas, 10));
    const Label& label = labels.emplace_back(Label{
        {fmt::format("{} #{} {:.0f}%", object.class_name, object.track_id, object.confidence * 100),
         fmt::format("#{}", object.track_id)},
        {height, theme::TextOn(own), own.WithAlpha(215)}});
    LabelRequest& request = requests.emplace_back();
    request.id = object.track_id;
    request.object = object.box;
    for (std::size_t form = 0; form < request.sizes.size(); ++form)
      request.sizes.at(form) = Canvas::MeasureText(label.texts.at(form), label.style);
    if (request.sizes[0].width > 1.6F * object.box.width) request.sizes[0] = {};
    const auto before = label_places_.find(object.track_id);
    if (before != label_places_.end()) request.before = before->second;
  }
  const auto spots = PlaceLabels(canvas.size(), taken, requests);
  label_places_.clear();
  for (std::size_t i = 0; i < spots.size(); ++i) {
    label_places_[requests[i].id] = spots[i].place;
    canvas.Text({spots[i].box.x, spots[i].box.y},
                labels[i].texts.at(static_cast<std::size_t>(spots[i].form)), labels[i].style);
  }
}

}  // namespace vigil::app
