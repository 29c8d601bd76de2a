#include "app/show_frames.h"

#include <chrono>
#include <memory>
#include <utility>

#include "core/time.h"
#include "media/window.h"

namespace vigil::app {

absl::Status ShowFrames(LatestSlot<Image>& frames, const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kLook{50};  // at what the user does
  std::unique_ptr<media::Window> window;
  Image image;
  while (!stop.stop_requested()) {
    if (auto newer = frames.Take(After(kLook), stop)) image = *std::move(newer);
    if (image.empty()) {
      if (frames.closed()) return absl::OkStatus();  // nothing came that could be shown
      continue;
    }
    if (!window) {
      auto created = media::Window::Create("vigil", image.size());
      if (!created.ok()) return created.status();
      window = *std::move(created);
    }
    const auto open = window->Show(image.view());
    if (!open.ok()) return open.status();
    if (!*open) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace vigil::app
