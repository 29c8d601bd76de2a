// Which mesh points are the eyes and the mouth, and the ratios that tell how far they are open.
//
// "left" is the image's left, as MediaPipe names it (types.h). Pure functions, safe from any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/geometry.h"
#include "face/canonical_face.h"
#include "face/types.h"

namespace vigil::face {

enum class EyeSide : std::uint8_t { kLeft, kRight };

/// The mesh points of one eye.
struct EyeIndices {
  int outer;               ///< corner towards the ear
  int inner;               ///< corner towards the nose
  std::array<int, 6> ear;  ///< p1..p6 of the eye aspect ratio
  std::array<int, 16>
      contour;  ///< the lids' edge as a closed ring, outer corner first, lower lid first
  int iris;     ///< centre; the next four are the iris's edge (refined meshes)
};

inline constexpr EyeIndices kLeftEye{
    .outer = 33,
    .inner = 133,
    .ear = {33, 160, 158, 133, 153, 144},
    .contour = {33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246},
    .iris = kLeftIris};
inline constexpr EyeIndices kRightEye{
    .outer = 263,
    .inner = 362,
    .ear = {362, 385, 387, 263, 373, 380},
    .contour = {263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466},
    .iris = kRightIris};

constexpr const EyeIndices& IndicesOf(EyeSide side) {
  return side == EyeSide::kLeft ? kLeftEye : kRightEye;
}

/// Eye aspect ratio (EAR): eyelid opening over eye width.
///
/// @param eye  p1..p6 in image pixels: p1, p4 corners; p2, p3 upper lid; p6, p5 lower lid.
/// @return     about 0.3 open, near 0 closed; free of scale and in-plane rotation. 0 if the corners
///             coincide or a coordinate is not finite. Source: Soukupová and Čech, "Real-Time Eye
///             Blink Detection using Facial Landmarks", CVWW 2016, eq. 1.
[[nodiscard]] float EyeAspectRatio(std::span<const Point2f, 6> eye);

/// The same from a mesh of at least kMeshPoints points (fewer: 0).
[[nodiscard]] float EyeAspectRatio(std::span<const Point3f> mesh, EyeSide side);

/// The eye aspect ratio as a camera straight in front of the face would see it. A turned head
/// shortens the eye's width (the plain ratio of the far eye doubles at 45° yaw) and a nodding one
/// its height; both lengths are divided by what the pose makes of them. 0 where the plain ratio is.
/// Without a known pose the plain ratio.
///
/// Believable while the eye is seen: no length is stretched more than fourfold, and past about 60°
/// the far eye is guesswork.
[[nodiscard]] float FrontalEyeAspectRatio(std::span<const Point3f> mesh, EyeSide side,
                                          const HeadPose& pose, const CanonicalFace& face);

/// Mouth aspect ratio: gap between the inner lips (13, 14) over the distance of the inner corners
/// (78, 308). About 0 to 0.15 closed, above 0.5 wide open, 0.13 in the canonical face. 0 for fewer
/// than kMeshPoints points, corners that coincide, or a coordinate that is not finite.
[[nodiscard]] float MouthAspectRatio(std::span<const Point3f> mesh);

}  // namespace vigil::face
