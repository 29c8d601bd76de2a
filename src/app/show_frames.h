// The window that --display opens.
#pragma once

#include <absl/status/status.h>

#include <stop_token>

#include "core/image.h"
#include "core/latest_slot.h"

namespace vigil::app {

/// Shows what comes into the slot until the user closes the window or `stop` is asked for; the last picture stays. Returns
/// at once where the slot is closed before any came. In the main thread. Errors: there is no display.
absl::Status ShowFrames(LatestSlot<Image>& frames, const std::stop_token& stop);

}  // namespace vigil::app
