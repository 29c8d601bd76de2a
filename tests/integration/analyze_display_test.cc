// `vigil analyze --display` as a whole, on an X server that draws into memory (Xvfb).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <thread>

#include "analyze_fixture.h"

namespace vigil {
namespace {

using namespace std::chrono_literals;

#ifdef VIGIL_WITH_DISPLAY

// The screen as Xvfb keeps it in a file: X11's window dump format, 32 bits a pixel, BGRX.
Image Screen(const std::filesystem::path& dump) {
  const std::string bytes = test::ReadText(dump);
  const auto number = [&](std::size_t index) {  // big endian
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<std::uint8_t>(bytes[4 * index + i]);
    return value;
  };
  constexpr std::size_t kHeader = 100;
  if (bytes.size() < kHeader) return {};
  const std::size_t pixels = number(0) + std::size_t{12} * number(19), stride = number(12);
  Image screen(static_cast<int>(number(4)), static_cast<int>(number(5)), PixelFormat::kRgb8);
  if (bytes.size() < pixels + stride * number(5)) return {};
  for (int y = 0; y < screen.height(); ++y) {
    const char* from = bytes.data() + pixels + stride * static_cast<std::size_t>(y);
    std::uint8_t* to = screen.mutable_view().row(y);
    for (int x = 0; x < screen.width(); ++x) {
      for (int c = 0; c < 3; ++c) to[3 * x + c] = static_cast<std::uint8_t>(from[4 * x + 2 - c]);
    }
  }
  return screen;
}

// Where on the screen all of `picture` stands, if it does.
std::optional<Point2f> Find(const Image& picture, const Image& screen) {
  const auto same_row = [&](int row, int x, int y) {
    return std::equal(picture.view().row(row), picture.view().row(row) + 3 * picture.width(),
                      screen.view().row(y + row) + 3 * x);
  };
  for (int y = 0; y + picture.height() <= screen.height(); ++y) {
    for (int x = 0; x + picture.width() <= screen.width(); ++x) {
      int row = 0;
      while (row < picture.height() && same_row(row, x, y)) ++row;
      if (row == picture.height()) return Point2f{static_cast<float>(x), static_cast<float>(y)};
    }
  }
  return std::nullopt;
}

// For a program with a window on that display. In sanitizer builds its leaks are not looked at: SDL
// and D-Bus keep memory to the end, in libraries unloaded by then, which no suppression can name.
std::vector<std::string> WindowEnvironment(const std::string& display) {
  return {"DISPLAY=" + display, "SDL_VIDEODRIVER=x11", "ASAN_OPTIONS=detect_leaks=0"};
}

TEST_F(AnalyzeTest, DisplayShowsTheAnnotatedPictureUntilItIsClosed) {
  test::Program server({"Xvfb", "-displayfd", "1", "-screen", "0", "900x700x24", "-nolisten", "tcp",
                        "-fbdir", dir_.path().string()});
  const std::string display = server.ReadLine();
  if (display.empty()) GTEST_SKIP() << "needs Xvfb";
  test::Program run(AnalyzeCommand({kPortrait, "--display", "--save", Path("saved.png")}),
                    WindowEnvironment(":" + display));
  std::optional<Point2f> place;
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!place && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(20ms);  // the screen says nothing when it changes
    const auto saved = media::ReadPicture(Path("saved.png"));
    const Image screen = Screen(Path("Xvfb_screen0"));
    if (saved.ok() && !screen.empty()) place = Find(*saved, screen);
  }
  EXPECT_TRUE(place.has_value()) << "the screen never showed the annotated picture";
  run.Signal(SIGINT);  // the picture stays until somebody closes the window
  const auto outcome = run.Wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::HasSubstr("1 face"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait().exit_code, 0);
}

TEST_F(AnalyzeTest, DisplayWithoutAScreenIsOneLine) {
  const auto run = Analyze({kPortrait, "--display", "-q"}, WindowEnvironment(":999"));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
  EXPECT_THAT(run.err, testing::HasSubstr("no display for a window"));
}

// SDL, and the libraries under it, keep what they think of that to themselves.
TEST_F(AnalyzeTest, WithoutADesktopDisplayIsOneLine) {
  const auto run = test::RunProgram({"/usr/bin/env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY", "-u",
                                     "XDG_RUNTIME_DIR", "-u", "SDL_VIDEODRIVER", VIGIL_BINARY,
                                     "analyze", kPortrait, "--display", "-q"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, testing::StartsWith("vigil: no display for a window"));
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
}

#else

TEST_F(AnalyzeTest, ABuildWithoutAWindowSaysSo) {
  const auto run = Analyze({kPortrait, "--display", "-q"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, testing::HasSubstr("VIGIL_WITH_DISPLAY"));
}

#endif

}  // namespace
}  // namespace vigil
