// Lines of the mesh that people recognise: face outline, brows, eyes, lips.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace vigil::face {

/// A line through mesh points; closed ones come back to their first.
struct Contour {
  std::span<const std::int16_t> points;
  bool closed = false;
};

inline constexpr std::int16_t kFaceOutline[] = {
    10,  338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58,  132, 93,  234, 127, 162, 21,  54,  103, 67,  109};
inline constexpr std::int16_t kLeftBrow[] = {70, 63, 105, 66, 107, 55, 65, 52, 53, 46};
inline constexpr std::int16_t kRightBrow[] = {300, 293, 334, 296, 336, 285, 295, 282, 283, 276};
inline constexpr std::int16_t kLeftEyeOutline[] = {33,  7,   163, 144, 145, 153, 154, 155,
                                                   133, 173, 157, 158, 159, 160, 161, 246};
inline constexpr std::int16_t kRightEyeOutline[] = {263, 249, 390, 373, 374, 380, 381, 382,
                                                    362, 398, 384, 385, 386, 387, 388, 466};
inline constexpr std::int16_t kOuterLips[] = {61,  146, 91,  181, 84,  17, 314, 405, 321, 375,
                                              291, 409, 270, 269, 267, 0,  37,  39,  40,  185};
inline constexpr std::int16_t kInnerLips[] = {78,  95,  88,  178, 87,  14, 317, 402, 318, 324,
                                              308, 415, 310, 311, 312, 13, 82,  81,  80,  191};
inline constexpr std::int16_t kNoseBridge[] = {168, 6, 197, 195, 5, 4, 1};

inline constexpr Contour kContours[] = {
    {kFaceOutline, true},     {kLeftBrow, true},  {kRightBrow, true}, {kLeftEyeOutline, true},
    {kRightEyeOutline, true}, {kOuterLips, true}, {kInnerLips, true}, {kNoseBridge, false}};

}  // namespace vigil::face
