#include "media/window.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "test_video.h"

#ifdef VIGIL_WITH_DISPLAY
#include <SDL.h>
#endif

namespace vigil::media {
namespace {

#ifdef VIGIL_WITH_DISPLAY

// SDL's own driver that draws into memory.
class DummyDisplay : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(setenv("SDL_VIDEODRIVER", "dummy", 1), 0);
  }                                                          // NOLINT(concurrency-mt-unsafe)
  void TearDown() override { unsetenv("SDL_VIDEODRIVER"); }  // NOLINT(concurrency-mt-unsafe)
};

void Press(SDL_Keycode key) {
  SDL_Event event{};
  event.type = SDL_KEYDOWN;
  event.key.keysym.sym = key;
  ASSERT_EQ(SDL_PushEvent(&event), 1);
}

TEST_F(DummyDisplay, ShowsPicturesOfAnySizeUntilItIsClosed) {
  auto window = Window::Create("test", {64, 48});
  ASSERT_TRUE(window.ok()) << window.status().message();
  EXPECT_EQ(*(*window)->Show(test::NumberedPicture({64, 48}, 1).view()), true);
  EXPECT_EQ(*(*window)->Show(test::NumberedPicture({63, 31}, 2).view()), true);
  Press(SDLK_a);
  EXPECT_EQ(*(*window)->Show(test::NumberedPicture({64, 48}, 3).view()), true);
  for (const SDL_Keycode key : {SDLK_q, SDLK_ESCAPE}) {
    Press(key);
    EXPECT_EQ(*(*window)->Show(test::NumberedPicture({64, 48}, 4).view()), false);
  }
  SDL_Event close{};
  close.type = SDL_QUIT;
  SDL_PushEvent(&close);
  EXPECT_EQ(*(*window)->Show(test::NumberedPicture({64, 48}, 5).view()), false);
}

TEST_F(DummyDisplay, RefusesWhatCannotBeShown) {
  EXPECT_EQ(Window::Create("test", {0, 48}).status().code(), absl::StatusCode::kInvalidArgument);
  auto window = Window::Create("test", {64, 48});
  ASSERT_TRUE(window.ok());
  EXPECT_EQ((*window)->Show({}).status().code(), absl::StatusCode::kInvalidArgument);
  const Image grey(8, 8, PixelFormat::kGray8);
  EXPECT_EQ((*window)->Show(grey.view()).status().code(), absl::StatusCode::kInvalidArgument);
}

class WithoutADisplay : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"})
      unsetenv(name);  // NOLINT
    if (std::filesystem::exists("/dev/dri"))
      GTEST_SKIP() << "SDL can draw on this machine's console";
  }
};

TEST_F(WithoutADisplay, SaysSo) {
  for (const char* driver : {"", "x11", "no-such-driver"}) {
    if (*driver != '\0') setenv("SDL_VIDEODRIVER", driver, 1);  // NOLINT(concurrency-mt-unsafe)
    const auto window = Window::Create("test", {64, 48});
    unsetenv("SDL_VIDEODRIVER");  // NOLINT(concurrency-mt-unsafe)
    EXPECT_EQ(window.status().code(), absl::StatusCode::kFailedPrecondition) << driver;
    EXPECT_TRUE(window.status().message().find("no display for a window") == 0) << window.status();
  }
}

#else

TEST(Window, ABuildWithoutItSaysSo) {
  const auto window = Window::Create("test", {64, 48});
  EXPECT_EQ(window.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(window.status().message().find("VIGIL_WITH_DISPLAY"), std::string::npos);
}

#endif

}  // namespace
}  // namespace vigil::media
