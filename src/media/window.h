// A window on the screen.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "core/geometry.h"
#include "core/image.h"

namespace vigil::media {

/// Shows pictures, scaled to the window with their shape kept. Made, used and destroyed by one and
/// the same thread, the program's first where the desktop asks for that (macOS); one at a time.
/// Signals stay with the program.
class Window {
 public:
  /// FailedPrecondition: there is no display. Unimplemented: built without VIGIL_WITH_DISPLAY.
  static absl::StatusOr<std::unique_ptr<Window>> Create(const std::string& title, Size size);
  virtual ~Window() = default;

  /// Draws the picture (RGB) and looks at what the user did. False: the window was closed, or q or
  /// Esc pressed.
  virtual absl::StatusOr<bool> Show(ImageView image) = 0;
};

}  // namespace vigil::media
