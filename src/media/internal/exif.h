// The one thing wanted of EXIF: which way up the camera was held.
#pragma once

#include "core/image.h"
#include "media/internal/bytes.h"

namespace vigil::media::internal {

/// Tag 0x0112 of the first directory of a TIFF structure ("II*\0" or "MM\0*" …); an "Exif\0\0"
/// before it is skipped. 1 (upright) where there is none, or where it is damaged. Source:
/// EXIF 2.32, 4.6.4 A.
int ExifOrientation(Bytes exif);

/// An RGB picture turned upright; orientation 1 and unknown values give it back as it is.
Image TurnUpright(Image stored, int orientation);

}  // namespace vigil::media::internal
