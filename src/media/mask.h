// Privacy masks: the parts of a camera's picture that nobody may see, painted over right after
// decoding.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <vector>

#include "core/geometry.h"
#include "core/image.h"

namespace vigil::media {

/// Corners in fractions of the frame (0, 0: top left; 1, 1: bottom right), in order, closed by
/// itself. May reach outside the frame.
using MaskPolygon = std::vector<Point2f>;

/// InvalidArgument: fewer than 3 or more than limits::kMaxPolygonVertices corners, a corner that is
/// not a number, corners that all lie on one line (they would hide nothing, unnoticed), more than
/// limits::kMaxMasks polygons.
absl::Status Validate(const std::vector<MaskPolygon>& polygons);

/// Paints polygons black. Where in doubt it hides: every pixel of which a polygon covers any part
/// is painted, and the inside of a polygon that crosses itself is every point it winds around
/// (non-zero rule). Edges that lie exactly between two pixels hide the inner one only.
///
/// One thread at a time. A call takes memory only when the frame's size is another than the last
/// one's.
class PrivacyMask {
 public:
  /// InvalidArgument: see Validate. No polygon at all is a mask that hides nothing.
  static absl::StatusOr<PrivacyMask> Create(std::vector<MaskPolygon> polygons);

  void Apply(MutableImageView frame);

  bool empty() const { return polygons_.empty(); }

 private:
  struct Span {  // pixels [begin, end) of a row
    int y;
    int begin;
    int end;
  };

  explicit PrivacyMask(std::vector<MaskPolygon> polygons) : polygons_(std::move(polygons)) {}
  void Prepare(Size size);

  std::vector<MaskPolygon> polygons_;
  Size prepared_;            // what spans_ was made for
  std::vector<Span> spans_;  // by row, then from the left; none touch
};

}  // namespace vigil::media
