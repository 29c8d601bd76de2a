// A source whose frames have their private parts painted over before anybody else sees them.
#pragma once

#include <memory>

#include "media/mask.h"
#include "media/source.h"

namespace vigil::media {

/// The same source, each frame masked as soon as it is decoded.
std::unique_ptr<FrameSource> WithMask(std::unique_ptr<FrameSource> source, PrivacyMask mask);

}  // namespace vigil::media
