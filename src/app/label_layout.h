// Where the labels of objects go: at their boxes, over no name of a line or zone and over no other label.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"

namespace vigil::app {

/// What a label says, most first.
enum class LabelForm : std::uint8_t { kWhole, kNumber };

/// One object that wants a label.
struct LabelRequest {
  std::int64_t id = 0;
  PixelBox object;
  /// Width and height of kWhole and kNumber, pixels; 0, 0: that form is not wanted.
  std::array<PixelBox, 2> sizes{};
  int before = 0;  ///< its place in the frame before; places are numbered around an object
};

struct LabelSpot {
  LabelForm form = LabelForm::kWhole;
  int place = 0;
  PixelBox box;  ///< inside the picture, as far as it fits
  friend bool operator==(const LabelSpot&, const LabelSpot&) = default;
};

/// One spot a request, in their order.
///
/// The object with the lowest id, which is there for longest, chooses first: the place of the frame before while it is
/// free, else above the box, in its upper corner, below it, beside it; else the same with the number alone. Where nothing
/// is free, the number goes where it covers least. `taken` is where other text is. Pure.
std::vector<LabelSpot> PlaceLabels(Size picture, std::span<const PixelBox> taken,
                                   std::span<const LabelRequest> requests);

/// "path  to the right 2 / to the left 1": a name and what was counted there, which may be empty. Of a text that does not
/// fit, the name is cut first, whole characters from its end, with ".." for them; counts alone if need be. Pure.
std::string NameAndCounts(std::string_view name, std::string_view counts,
                          const std::function<bool(const std::string&)>& fits);

}  // namespace vigil::app
