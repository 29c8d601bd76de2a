#include "face/panel_layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace vigil::face {
namespace {

// Around a face's box, as shares of its width and height: hair, and the nose of who is seen from
// the side, which the mesh does not always reach. Tags may lie on hair.
struct Surround {
  float side, above, below;
};
constexpr std::array<Surround, 3> kSurrounds = {
    {{0.15F, 0.25F, 0.08F}, {0.12F, 0.1F, 0.06F}, {0.02F, 0.02F, 0.02F}}};

// Five steps along each of four sides, then the edges and corners of the picture, then the corners
// of the face itself.
constexpr int kSteps = 5, kBeside = 4 * kSteps, kEdges = 8, kOwnCorners = 4;
constexpr int kOwnCornersBegin = kBeside + kEdges, kPlaces = kOwnCornersBegin + kOwnCorners;
constexpr float kReach = 0.8F;           // how far an edge may be, in longer sides of the face
constexpr float kRoom = 0.12F;           // to spare before a panel moves, of its face's width
constexpr float kOwnCornerShare = 0.3F;  // of the face's width, for a tag that lies on it

PixelBox Grown(const PixelBox& box, float by) {
  return {box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by};
}

PixelBox HeadOf(const PixelBox& face, PanelForm form) {
  const Surround& s = kSurrounds[static_cast<std::size_t>(form)];
  return {face.x - s.side * face.width, face.y - s.above * face.height,
          face.width * (1 + 2 * s.side), face.height * (1 + s.above + s.below)};
}

bool Overlap(const PixelBox& a, const PixelBox& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

bool IsUsable(const PixelBox& box) {
  return std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.width) &&
         std::isfinite(box.height) && box.width > 0 && box.height > 0;
}

float AreaOf(const PixelBox& box) { return IsUsable(box) ? box.area() : 0; }

// Where [a, a + length) and [b, b + other) are nearest: one coordinate of each.
void Nearest(float a, float length, float b, float other, float& on_a, float& on_b) {
  const float low = std::max(a, b), high = std::min(a + length, b + other);
  if (low <= high) {
    on_a = on_b = (low + high) / 2;
  } else {
    on_a = a > b ? a : a + length;
    on_b = a > b ? b + other : b;
  }
}

// Whether the segment passes through the box (Liang and Barsky, "A New Concept and Method for Line
// Clipping", 1984).
bool Crosses(const Leader& line, const PixelBox& box) {
  float begin = 0, end = 1;
  const auto clip = [&](float from, float step, float low, float high) {
    if (step == 0) return from > low && from < high;
    const float t0 = (low - from) / step, t1 = (high - from) / step;
    begin = std::max(begin, std::min(t0, t1));
    end = std::min(end, std::max(t0, t1));
    return begin < end;
  };
  return clip(line.from.x, line.to.x - line.from.x, box.x, box.right()) &&
         clip(line.from.y, line.to.y - line.from.y, box.y, box.bottom());
}

// Where along a side of `length` something of `size` starts: at its beginning, middle, end, and half
// over either end.
float Along(int step, float start, float length, float size) {
  switch (step) {
    case 0:
      return start;
    case 1:
      return start + (length - size) / 2;
    case 2:
      return start + length - size;
    case 3:
      return start - size / 2;
    default:
      return start + length - size / 2;
  }
}

class Layout {
 public:
  Layout(Size picture, std::span<const PanelRequest> requests)
      : width_(static_cast<float>(picture.width)),
        height_(static_cast<float>(picture.height)),
        gap_(std::max(2.0F, std::min(width_, height_) / 120)),
        requests_(requests),
        spots_(requests.size()) {}

  std::vector<PanelSpot> Place() {
    std::vector<std::size_t> order(requests_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      const float area_a = AreaOf(requests_[a].face), area_b = AreaOf(requests_[b].face);
      return area_a > area_b || (area_a == area_b && requests_[a].id < requests_[b].id);
    });
    for (const std::size_t i : order) Keep(i);
    for (const std::size_t i : order) Improve(i);
    return std::move(spots_);
  }

 private:
  // Lower is better.
  static int Rank(const PanelSpot& spot) {
    return static_cast<int>(spot.form) * 2 + (spot.leader ? 1 : 0);
  }

  void Keep(std::size_t i) {
    const PanelSpot& before = requests_[i].before;
    if (before.form == PanelForm::kNone || before.place < 0 || before.place >= kPlaces) return;
    if (const auto spot = At(i, requests_[i].face, before.form, before.place)) spots_[i] = *spot;
  }

  void Improve(std::size_t i) {
    const PanelSpot kept = spots_[i];
    for (const PanelForm form : {PanelForm::kWhole, PanelForm::kCompact, PanelForm::kTag}) {
      for (int n = 0; n < kPlaces; ++n) {
        const int place = Preferred(form, n);
        const auto spot = At(i, requests_[i].face, form, place);
        if (!spot) continue;
        if (Rank(*spot) >= Rank(kept)) return;
        if (kept.form != PanelForm::kNone && !HasRoom(i, form, place)) continue;
        spots_[i] = *spot;
        return;
      }
    }
  }

  // Whether the place would stay free if the face went a little to any side.
  bool HasRoom(std::size_t i, PanelForm form, int place) const {
    const PixelBox& face = requests_[i].face;
    const float room = std::max(gap_, kRoom * face.width);
    for (const Point2f step : {Point2f{room, 0}, {-room, 0}, {0, room}, {0, -room}}) {
      const PixelBox moved{face.x + step.x, face.y + step.y, face.width, face.height};
      if (!At(i, moved, form, place)) return false;
    }
    return true;
  }

  // Panels go to the right first; tags above.
  static int Preferred(PanelForm form, int n) {
    if (n >= kBeside || form != PanelForm::kTag) return n;
    constexpr std::array<int, 4> kSides = {3, 2, 0, 1};
    return kSides[static_cast<std::size_t>(n / kSteps)] * kSteps + n % kSteps;
  }

  // The spot, if it is one and free, were the face of that request at `face`.
  std::optional<PanelSpot> At(std::size_t i, const PixelBox& face, PanelForm form,
                              int place) const {
    const Size size = requests_[i].sizes[static_cast<std::size_t>(form)];
    if (size.width <= 0 || size.height <= 0 || !IsUsable(face)) return std::nullopt;
    if (Intersect(face, {0, 0, width_, height_}).area() <= 0) return std::nullopt;
    PanelSpot spot{form, place, {}, false};
    if (!Locate(face, size, spot) || !IsFree(i, face, spot)) return std::nullopt;
    return spot;
  }

  // Sets the box; false where the place is none for this form.
  bool Locate(const PixelBox& face, Size size, PanelSpot& spot) const {
    PixelBox& box = spot.box;
    box.width = static_cast<float>(size.width), box.height = static_cast<float>(size.height);
    if (spot.place < kBeside) {
      LocateBeside(face, HeadOf(face, spot.form), spot.place, box);
    } else if (spot.place < kOwnCornersBegin) {
      if (spot.form == PanelForm::kTag) return false;
      LocateAtEdge(spot.place - kBeside, box);
      const Leader line = LeaderOf(box, face);
      if (!(Distance(line.from, line.to) <= kReach * std::max(face.width, face.height)))
        return false;
      spot.leader = true;
    } else {
      if (spot.form != PanelForm::kTag || box.width > kOwnCornerShare * face.width) return false;
      LocateInCorner(Intersect(face, {0, 0, width_, height_}), spot.place - kOwnCornersBegin, box);
    }
    box.x = std::round(box.x), box.y = std::round(box.y);
    return box.x >= 0 && box.y >= 0 && box.right() <= width_ && box.bottom() <= height_;
  }

  // Slides along the side to stay in the picture, but never away from the face.
  void LocateBeside(const PixelBox& face, const PixelBox& head, int place, PixelBox& box) const {
    const int side = place / kSteps, step = place % kSteps;
    if (side < 2) {
      box.x = side == 0 ? std::ceil(head.right() + gap_) : std::floor(head.x - gap_ - box.width);
      box.y = std::clamp(Along(step, face.y, face.height, box.height), 0.0F,
                         std::max(0.0F, height_ - box.height));
    } else {
      box.y = side == 2 ? std::ceil(head.bottom() + gap_) : std::floor(head.y - gap_ - box.height);
      // Below and above, the middle comes first.
      constexpr std::array<int, kSteps> kMiddleFirst = {1, 0, 2, 3, 4};
      box.x = std::clamp(
          Along(kMiddleFirst[static_cast<std::size_t>(step)], face.x, face.width, box.width), 0.0F,
          std::max(0.0F, width_ - box.width));
    }
  }

  // Top right, top left, bottom right, bottom left, then the middles of right, left, bottom, top.
  void LocateAtEdge(int edge, PixelBox& box) const {
    const float right = width_ - gap_ - box.width, bottom = height_ - gap_ - box.height;
    const float middle = (width_ - box.width) / 2, centre = (height_ - box.height) / 2;
    const std::array<Point2f, kEdges> places = {{{right, gap_},
                                                 {gap_, gap_},
                                                 {right, bottom},
                                                 {gap_, bottom},
                                                 {right, centre},
                                                 {gap_, centre},
                                                 {middle, bottom},
                                                 {middle, gap_}}};
    box.x = places[static_cast<std::size_t>(edge)].x;
    box.y = places[static_cast<std::size_t>(edge)].y;
  }

  static void LocateInCorner(const PixelBox& seen, int corner, PixelBox& box) {
    box.x = corner % 2 == 0 ? seen.x : seen.right() - box.width;
    box.y = corner < 2 ? seen.y : seen.bottom() - box.height;
  }

  bool IsFree(std::size_t i, const PixelBox& own, const PanelSpot& spot) const {
    const PixelBox apart = Grown(spot.box, gap_ / 2);
    const Leader line = LeaderOf(spot.box, own);
    if (spot.place < kOwnCornersBegin && Overlap(spot.box, HeadOf(own, spot.form))) return false;
    for (std::size_t other = 0; other < requests_.size(); ++other) {
      const PixelBox& face = requests_[other].face;
      if (other == i || !IsUsable(face)) continue;
      if (Overlap(spot.box, HeadOf(face, spot.form))) return false;
      if (spot.leader && Crosses(line, face)) return false;
      const PanelSpot& theirs = spots_[other];
      if (theirs.form == PanelForm::kNone) continue;
      if (Overlap(apart, theirs.box)) return false;
      if (spot.leader && Crosses(line, theirs.box)) return false;
      if (theirs.leader && Crosses(LeaderOf(theirs.box, face), apart)) return false;
    }
    return true;
  }

  const float width_, height_;
  const float gap_;  // between a panel and what it keeps clear of
  const std::span<const PanelRequest> requests_;
  std::vector<PanelSpot> spots_;
};

}  // namespace

std::vector<PanelSpot> PlacePanels(Size picture, std::span<const PanelRequest> requests) {
  return Layout(picture, requests).Place();
}

Leader LeaderOf(const PixelBox& panel, const PixelBox& face) {
  Leader line;
  Nearest(panel.x, panel.width, face.x, face.width, line.from.x, line.to.x);
  Nearest(panel.y, panel.height, face.y, face.height, line.from.y, line.to.y);
  return line;
}

}  // namespace vigil::face
