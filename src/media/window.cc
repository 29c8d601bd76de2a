#include "media/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#ifdef VIGIL_WITH_DISPLAY
#include <SDL.h>
#endif

#include "core/log.h"

namespace vigil::media {

#ifdef VIGIL_WITH_DISPLAY
namespace {

struct SdlDeleter {
  void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
  void operator()(SDL_Renderer* renderer) const { SDL_DestroyRenderer(renderer); }
  void operator()(SDL_Texture* texture) const { SDL_DestroyTexture(texture); }
};
template <typename T>
using SdlPtr = std::unique_ptr<T, SdlDeleter>;

void Log(void*, int, SDL_LogPriority, const char* text) { log::Debug("sdl: {}", text); }

struct SdlVideo {  // the library's own state, given back last
  SdlVideo() {
    SDL_LogSetOutputFunction(Log, nullptr);
    // Without the folder its socket is in there is no Wayland, which its library prints on stderr.
    if (SDL_getenv("XDG_RUNTIME_DIR") == nullptr && SDL_getenv("SDL_VIDEODRIVER") == nullptr)
      SDL_SetHint(SDL_HINT_VIDEODRIVER, "x11,kmsdrm");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    ok = SDL_InitSubSystem(SDL_INIT_VIDEO) == 0;
  }
  SdlVideo(const SdlVideo&) = delete;
  SdlVideo& operator=(const SdlVideo&) = delete;
  ~SdlVideo() {
    if (ok) SDL_QuitSubSystem(SDL_INIT_VIDEO);
  }
  bool ok = false;
};

bool Closes(const SDL_Event& event) {
  if (event.type == SDL_QUIT) return true;
  return event.type == SDL_KEYDOWN &&
         (event.key.keysym.sym == SDLK_q || event.key.keysym.sym == SDLK_ESCAPE);
}

// Where there is no display, SDL falls back to a driver that shows nothing to anybody, and says
// nothing. Tests ask for one by name.
bool DrawsNowhere() {
  const char* driver = SDL_GetCurrentVideoDriver();
  const std::string_view name = driver == nullptr ? "" : driver;
  return (name == "offscreen" || name == "dummy") && SDL_getenv("SDL_VIDEODRIVER") == nullptr;
}

class SdlWindow final : public Window {
 public:
  absl::Status Open(const std::string& title, Size size);
  absl::StatusOr<bool> Show(ImageView image) override;

 private:
  SdlVideo video_;
  SdlPtr<SDL_Window> window_;
  SdlPtr<SDL_Renderer> renderer_;
  SdlPtr<SDL_Texture> texture_;
  Size texture_size_;
};

absl::Status SdlWindow::Open(const std::string& title, Size size) {
  if (!video_.ok || DrawsNowhere()) {
    const std::string reason = video_.ok ? "" : fmt::format(" ({})", SDL_GetError());
    return absl::FailedPreconditionError(fmt::format(
        "no display for a window{}; run it on a desktop, or leave --display out", reason));
  }
  SDL_Rect usable{0, 0, size.width, size.height};
  SDL_GetDisplayUsableBounds(0, &usable);
  window_.reset(SDL_CreateWindow(title.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                 std::min(size.width, usable.w), std::min(size.height, usable.h),
                                 SDL_WINDOW_RESIZABLE));
  if (window_) renderer_.reset(SDL_CreateRenderer(window_.get(), -1, 0));
  if (renderer_) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("cannot open a window: {}", SDL_GetError()));
}

absl::StatusOr<bool> SdlWindow::Show(ImageView image) {
  if (image.empty() || image.format != PixelFormat::kRgb8) {
    return absl::InvalidArgumentError("a window shows RGB pictures that are not empty");
  }
  if (!texture_ || texture_size_ != image.size()) {
    texture_.reset(SDL_CreateTexture(renderer_.get(), SDL_PIXELFORMAT_RGB24,
                                     SDL_TEXTUREACCESS_STREAMING, image.width, image.height));
    if (!texture_)
      return absl::InternalError(fmt::format("cannot show the picture: {}", SDL_GetError()));
    texture_size_ = image.size();
    SDL_RenderSetLogicalSize(renderer_.get(), image.width, image.height);
  }
  SDL_UpdateTexture(texture_.get(), nullptr, image.data, static_cast<int>(image.stride));
  SDL_RenderClear(renderer_.get());
  SDL_RenderCopy(renderer_.get(), texture_.get(), nullptr, nullptr);
  SDL_RenderPresent(renderer_.get());
  bool open = true;
  for (SDL_Event event; SDL_PollEvent(&event) != 0;) open = open && !Closes(event);
  return open;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Window>> Window::Create(const std::string& title, Size size) {
  if (size.width <= 0 || size.height <= 0) {
    return absl::InvalidArgumentError(
        fmt::format("a window of {}x{} cannot be", size.width, size.height));
  }
  auto window = std::make_unique<SdlWindow>();
  if (auto status = window->Open(title, size); !status.ok()) return status;
  return window;
}

#else

absl::StatusOr<std::unique_ptr<Window>> Window::Create(const std::string&, Size) {
  return absl::UnimplementedError(
      "this build has no window: build with VIGIL_WITH_DISPLAY, or leave --display out");
}

#endif

}  // namespace vigil::media
