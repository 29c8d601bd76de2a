// A file that is played as a camera would give it: each picture when its time has come.
#pragma once

#include <memory>

#include "media/source.h"

namespace vigil::media {

/// The same source; Read() waits until a frame's time since the first one has passed. One that is read late is given at
/// once, and those after it keep their times. Cancelled while it waits, as soon as `stop` is asked for.
std::unique_ptr<FrameSource> Paced(std::unique_ptr<FrameSource> source);

}  // namespace vigil::media
