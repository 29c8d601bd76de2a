// Where the panels of faces go: beside their faces, over nobody's face and over no other panel.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry.h"

namespace vigil::face {

/// What a face's panel shows, most first.
enum class PanelForm : std::uint8_t {
  kWhole,    ///< number, angles, three gauges
  kCompact,  ///< number and attention
  kTag,      ///< number
  kNone
};

/// A panel's form and place. Places are numbered around a face; a face that moves takes its panel
/// along at the same place.
struct PanelSpot {
  PanelForm form = PanelForm::kNone;
  int place = 0;
  PixelBox box;         ///< whole pixels, inside the picture
  bool leader = false;  ///< lies apart from its face: a line should join them
  friend bool operator==(const PanelSpot&, const PanelSpot&) = default;
};

/// One face that wants a panel.
struct PanelRequest {
  std::int64_t id = 0;
  PixelBox face;  ///< around the mesh; may reach outside the picture
  /// Width and height of kWhole, kCompact, kTag, in pixels; 0, 0: that form is not wanted.
  std::array<Size, 3> sizes{};
  PanelSpot before;  ///< what the previous picture of a video had; kNone: nothing
};

/// One spot a request, in their order.
///
/// A panel goes to the right of its face, else left, below, above, else to an edge of the picture
/// that is not far, else takes the next smaller form. Whole and compact panels keep clear of every
/// face with some hair around it, tags of the faces alone; none leaves the picture. Only a tag that
/// is small against its face may lie in a corner of that face, where nothing else is free.
///
/// The largest face chooses first; but whoever had a place keeps it while it is free, and goes to a
/// better one only where that is free with room to spare, so that panels do not jump to and fro.
/// Pure: the same requests, whatever their order, get the same spots.
std::vector<PanelSpot> PlacePanels(Size picture, std::span<const PanelRequest> requests);

/// The line from a panel to its face.
struct Leader {
  Point2f from;
  Point2f to;
};
Leader LeaderOf(const PixelBox& panel, const PixelBox& face);

}  // namespace vigil::face
