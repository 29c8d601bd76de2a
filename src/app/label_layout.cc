#include "app/label_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

namespace vigil::app {
namespace {

constexpr int kPlaces = 8;

// Of a label of that size at the object, moved into the picture where it would leave it.
PixelBox BoxAt(int place, const PixelBox& size, const PixelBox& object, Size picture) {
  const float left = object.x, right = object.right() - size.width;
  const float above = object.y - size.height, below = object.bottom();
  const std::array<Point2f, kPlaces> corners = {{{left, above},
                                                 {right, above},
                                                 {left, object.y},
                                                 {right, object.y},
                                                 {left, below},
                                                 {right, below},
                                                 {object.right(), object.y},
                                                 {left - size.width, object.y}}};
  const Point2f at = corners.at(static_cast<std::size_t>(place));
  const auto width = static_cast<float>(picture.width), height = static_cast<float>(picture.height);
  return {std::clamp(at.x, 0.0F, std::max(0.0F, width - size.width)),
          std::clamp(at.y, 0.0F, std::max(0.0F, height - size.height)), size.width, size.height};
}

float Shared(const PixelBox& a, const PixelBox& b) {
  const float width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const float height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

// No further than `enough`.
float Covered(const PixelBox& box, std::span<const PixelBox> taken, float enough) {
  float sum = 0;
  for (const PixelBox& other : taken) {
    sum += Shared(box, other);
    if (sum >= enough) break;
  }
  return sum;
}

LabelSpot Place(const LabelRequest& request, Size picture, std::span<const PixelBox> taken) {
  LabelSpot best;
  float least = std::numeric_limits<float>::max();
  for (const LabelForm form : {LabelForm::kWhole, LabelForm::kNumber}) {
    const PixelBox& size = request.sizes.at(static_cast<std::size_t>(form));
    if (size.width <= 0) continue;
    least = std::numeric_limits<float>::max();  // the smaller form covers less wherever it goes
    for (int i = -1; i < kPlaces; ++i) {
      const int place = i < 0 ? std::clamp(request.before, 0, kPlaces - 1) : i;
      const PixelBox box = BoxAt(place, size, request.object, picture);
      const float covered = Covered(box, taken, least);
      if (covered < least) best = {form, place, box}, least = covered;
      if (covered <= 0) return best;
    }
  }
  return best;
}

}  // namespace

std::vector<LabelSpot> PlaceLabels(Size picture, std::span<const PixelBox> taken,
                                   std::span<const LabelRequest> requests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return requests[i].id; });
  std::vector<PixelBox> all(taken.begin(), taken.end());
  all.reserve(taken.size() + requests.size());
  std::vector<LabelSpot> spots(requests.size());
  for (const std::size_t i : order) {
    spots[i] = Place(requests[i], picture, all);
    all.push_back(spots[i].box);
  }
  return spots;
}

std::string NameAndCounts(std::string_view name, std::string_view counts,
                          const std::function<bool(const std::string&)>& fits) {
  const std::string tail = counts.empty() ? "" : fmt::format("  {}", counts);
  std::string text = fmt::format("{}{}", name, tail);
  while (!name.empty() && !fits(text)) {
    unsigned char last = 0x80;
    while (!name.empty() && (last & 0xC0U) == 0x80U) {  // to the first byte of a character
      last = static_cast<unsigned char>(name.back());
      name.remove_suffix(1);
    }
    text = fmt::format("{}..{}", name, tail);
  }
  return name.empty() && !counts.empty() ? std::string(counts) : text;
}

}  // namespace vigil::app
