#include "media/canvas.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "picture_samples.h"

namespace vigil::media {
namespace {

using samples::PixelAt;
using samples::Rgb;

constexpr Color kRed{255, 0, 0};

Image Black(int width = 100, int height = 80) {
  Image image(width, height, PixelFormat::kRgb8);
  std::fill_n(image.mutable_view().data, image.bytes(), std::uint8_t{0});
  return image;
}

// The sum of red over the picture in pixels, and where its middle is.
struct Ink {
  double amount = 0;
  Point2f center;
};
Ink InkOf(const Image& image) {
  double sum = 0, x_sum = 0, y_sum = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const double ink = PixelAt(image, x, y)[0] / 255.0;
      sum += ink, x_sum += ink * (x + 0.5), y_sum += ink * (y + 0.5);
    }
  }
  if (sum == 0) return {};
  return {sum, {static_cast<float>(x_sum / sum), static_cast<float>(y_sum / sum)}};
}

struct ShapeCase {
  const char* name;
  std::function<void(Canvas&)> draw;
  double area, tolerance;
  Point2f center;
};
class CanvasShapes : public testing::TestWithParam<ShapeCase> {};

TEST_P(CanvasShapes, LieWhereTheyShouldAndAreAsLarge) {
  Image image = Black();
  Canvas canvas(image.mutable_view());
  GetParam().draw(canvas);
  const Ink ink = InkOf(image);
  EXPECT_NEAR(ink.amount, GetParam().area, GetParam().tolerance);
  EXPECT_NEAR(ink.center.x, GetParam().center.x, 0.6);
  EXPECT_NEAR(ink.center.y, GetParam().center.y, 0.6);
  for (std::size_t i = 0; i < image.bytes(); i += 3)
    EXPECT_EQ(image.view().data[i + 1], 0) << "only red";
}

const std::vector<Point2f> kTriangle = {{20, 20}, {60, 20}, {20, 50}};
INSTANTIATE_TEST_SUITE_P(
    Canvas, CanvasShapes,
    testing::Values(
        ShapeCase{"line",
                  [](Canvas& c) {
                    c.Line({10.5F, 10.5F}, {90.5F, 10.5F}, kRed, 1);
                  },
                  81,
                  6,
                  {50.5F, 10.5F}},
        ShapeCase{"thick_line",
                  [](Canvas& c) {
                    c.Line({20, 40}, {80, 40}, kRed, 5);
                  },
                  330,
                  60,
                  {50, 40}},
        ShapeCase{"fainter_line",
                  [](Canvas& c) {
                    c.Line({10.5F, 10.5F}, {90.5F, 10.5F}, kRed, 0.5F);
                  },
                  40,
                  5,
                  {50.5F, 10.5F}},
        ShapeCase{
            "polygon", [](Canvas& c) { c.FillPolygon(kTriangle, kRed); }, 600, 40, {33.3F, 30}},
        ShapeCase{"disc",
                  [](Canvas& c) {
                    c.Disc({50, 40}, 20, kRed);
                  },
                  1257,
                  60,
                  {50, 40}},
        ShapeCase{"circle",
                  [](Canvas& c) {
                    c.Circle({50, 40}, 20, kRed, 1);
                  },
                  126,
                  15,
                  {50, 40}},
        ShapeCase{"filled_box",
                  [](Canvas& c) {
                    c.FillBox({20, 20, 40, 30}, kRed);
                  },
                  1200,
                  75,
                  {40, 35}},
        ShapeCase{"rounded_box",
                  [](Canvas& c) {
                    c.FillBox({20, 20, 40, 30}, kRed, 10);
                  },
                  1200 - 86,
                  75,
                  {40, 35}},
        ShapeCase{"box",
                  [](Canvas& c) {
                    c.Box({20, 20, 40, 30}, kRed, 1);
                  },
                  140,
                  15,
                  {40, 35}},
        ShapeCase{"half_outside",
                  [](Canvas& c) {
                    c.FillBox({60, -40, 80, 80}, kRed);
                  },
                  1600,
                  60,
                  {80, 20}},
        ShapeCase{"half_transparent",
                  [](Canvas& c) {
                    c.FillBox({20, 20, 40, 30}, kRed.WithAlpha(128));
                  },
                  602,
                  40,
                  {40, 35}},
        ShapeCase{"full_bar",
                  [](Canvas& c) {
                    c.ScoreBar({10, 10, 80, 10}, 1, kRed, {});
                  },
                  72.0 * 8,
                  90,
                  {50, 15}},
        ShapeCase{"bar_above_1",
                  [](Canvas& c) {
                    c.ScoreBar({10, 10, 80, 10}, 7, kRed, {});
                  },
                  72.0 * 8,
                  90,
                  {50, 15}},
        ShapeCase{"empty_bar",
                  [](Canvas& c) {
                    c.ScoreBar({10, 10, 80, 10}, 0, kRed, {});
                  },
                  0,
                  0,
                  {0, 0}},
        ShapeCase{"outside",
                  [](Canvas& c) {
                    c.FillBox({200, 20, 40, 30}, kRed);
                  },
                  0,
                  0,
                  {0, 0}}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Canvas, CrossingLinesOfOneCallAreEven) {
  Image image = Black();
  Canvas canvas(image.mutable_view());
  const std::vector<Segment> cross = {{{10.5F, 40.5F}, {90.5F, 40.5F}},
                                      {{50.5F, 10.5F}, {50.5F, 70.5F}}};
  canvas.Lines(cross, kRed.WithAlpha(100), 1);
  EXPECT_EQ(PixelAt(image, 50, 40), PixelAt(image, 30, 40));
  EXPECT_NEAR(PixelAt(image, 30, 40)[0], 100, 3);
}

TEST(Canvas, ArrowsEndAtTheirTip) {
  Image image = Black();
  Canvas canvas(image.mutable_view());
  canvas.Arrow({20, 40}, {80, 40}, kRed, 2, 12);
  int right = 0;
  for (int x = 0; x < 100; ++x) {
    for (int y = 0; y < 80; ++y) {
      if (PixelAt(image, x, y)[0] > 100) right = x;
    }
  }
  EXPECT_NEAR(right, 79, 1);
  EXPECT_GT(PixelAt(image, 70, 44)[0], 100) << "the head is wider than the line";
  EXPECT_EQ(PixelAt(image, 50, 44)[0], 0);
}

TEST(Canvas, TextStaysInItsBox) {
  for (const float height : {7.0F, 12.0F, 24.0F}) {
    Image image = Black(400, 120);
    Canvas canvas(image.mutable_view());
    const TextStyle style{height, kRed, {}};
    const PixelBox box = canvas.Text({20, 30}, "Agpq 42", style);
    const PixelBox measured = Canvas::MeasureText("Agpq 42", style);
    EXPECT_EQ(box.width, measured.width);
    EXPECT_GT(InkOf(image).amount, height * height);
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        const bool inside =
            x >= box.x - 2 && x <= box.right() + 2 && y >= box.y - 2 && y <= box.bottom() + 2;
        if (!inside) {
          ASSERT_EQ(PixelAt(image, x, y)[0], 0) << x << "," << y << " height " << height;
        }
      }
    }
  }
}

// How many strokes a line through a letter meets: bright, with clearly darker between them.
int Strokes(const std::vector<int>& line) {
  int strokes = 0;
  bool within = false;
  for (const int value : line) {
    if (!within && value >= 140) ++strokes, within = true;
    if (value <= 100) within = false;
  }
  return strokes;
}

struct LetterCase {
  const char* name;
  const char* letter;
  bool across;  // a row; else a column
  float at;     // share of the letter's height or width
  int strokes;
};
class SmallLetters : public testing::TestWithParam<LetterCase> {};

// Strokes that run together make "#1" an "@1" and an 8 a blot.
TEST_P(SmallLetters, KeepTheirStrokesApart) {
  const LetterCase& c = GetParam();
  for (const float offset : {0.0F, 0.25F, 0.5F, 0.75F}) {
    Image image = Black(40, 30);
    Canvas canvas(image.mutable_view());
    const TextStyle style{kLegibleHeight, kRed, {}};
    const PixelBox box = canvas.Text({10 + offset, 10}, c.letter, style);
    std::vector<int> line;
    if (c.across) {
      const int y = static_cast<int>(std::lround(10 + c.at * (kLegibleHeight - 1)));
      for (int x = 0; x < image.width(); ++x) line.push_back(PixelAt(image, x, y)[0]);
    } else {
      const int x = static_cast<int>(box.x + c.at * box.width);
      for (int y = 0; y < image.height(); ++y) line.push_back(PixelAt(image, x, y)[0]);
    }
    EXPECT_EQ(Strokes(line), c.strokes)
        << "offset " << offset << ": " << testing::PrintToString(line);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Canvas, SmallLetters,
    testing::Values(LetterCase{"hash", "#", true, 0, 2},
                    LetterCase{"hash_middle", "#", true, 0.5F, 2},
                    LetterCase{"hash_upright", "#", false, 0.5F, 2},
                    LetterCase{"eight", "8", false, 0.5F, 3}, LetterCase{"e", "e", false, 0.5F, 3},
                    LetterCase{"zero", "0", true, 0.5F, 2}, LetterCase{"m", "m", true, 0.9F, 3},
                    LetterCase{"n", "n", true, 0.9F, 2}, LetterCase{"one", "1", true, 0.6F, 1},
                    LetterCase{"two_ones", "11", true, 0.6F, 2}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Canvas, WritesDegreeSigns) {
  const TextStyle style{12, kRed, {}};
  const float eight = Canvas::MeasureText("8", style).width;
  const float degrees = Canvas::MeasureText("8°", style).width;
  EXPECT_GT(degrees, eight);
  EXPECT_LT(degrees, Canvas::MeasureText("8?", style).width);
  Image image = Black();
  Canvas canvas(image.mutable_view());
  canvas.Text({10, 10}, "°", style);
  const Ink ink = InkOf(image);
  EXPECT_GT(ink.amount, 8);
  EXPECT_LT(ink.center.y, 15) << "at the top of the line";
  EXPECT_EQ(Canvas::MeasureText("\xC2", style).width, Canvas::MeasureText("?", style).width);
}

TEST(Canvas, TextOnAPlate) {
  Image image = Black(200, 60);
  Canvas canvas(image.mutable_view());
  const PixelBox box = canvas.Text({10, 10}, "face 3", {12, {255, 255, 255}, Color{0, 0, 200}});
  const int middle = static_cast<int>(box.y + box.height / 2);
  EXPECT_EQ(PixelAt(image, static_cast<int>(box.x) + 2, middle), (Rgb{0, 0, 200}));
  EXPECT_EQ(PixelAt(image, static_cast<int>(box.right()) + 2, middle), (Rgb{0, 0, 0}));
  EXPECT_GT(InkOf(image).amount, 50);
}

TEST(Canvas, WhatIsNoNumberDrawsNothing) {
  Image image = Black();
  Canvas canvas(image.mutable_view());
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              inf = std::numeric_limits<float>::infinity();
  canvas.Line({nan, 1}, {5, 5}, kRed);
  canvas.Line({inf, 1}, {5, 5}, kRed);
  canvas.Disc({nan, 1}, 5, kRed);
  canvas.Disc({1, 1}, nan, kRed);
  canvas.FillBox({nan, 1, 5, 5}, kRed);
  canvas.FillBox({1, 1, nan, 5}, kRed);
  canvas.Box({1, 1, inf, 5}, kRed);
  canvas.Arrow({1, 1}, {1, 1}, kRed, 2, 5);
  canvas.Arrow({1, 1}, {nan, 1}, kRed, 2, 5);
  canvas.ScoreBar({10, 10, 50, 5}, nan, kRed, {0, 0, 0});
  canvas.Text({nan, 0}, "text", {});
  canvas.Text({0, 0}, "text", {nan, kRed, {}});
  canvas.Line({1, 1}, {5, 5}, kRed, nan);
  canvas.Circle({50, 50}, 10, kRed, nan);
  EXPECT_EQ(InkOf(image).amount, 0);
}

TEST(Canvas, FarPointsAreHarmless) {
  Image image = Black();
  Canvas canvas(image.mutable_view());
  canvas.Line({-1e30F, 40.5F}, {1e30F, 40.5F}, kRed, 1);
  EXPECT_GT(PixelAt(image, 50, 40)[0], 200);
  canvas.FillBox({-1e9F, -1e9F, 4e9F, 4e9F}, kRed);
  EXPECT_EQ(PixelAt(image, 0, 0)[0], 255);
  canvas.Circle({1e9F, 0}, 1e5F, kRed, 3);
  canvas.Text({1e30F, 0}, std::string(10000, 'x'), {});
}

TEST(Canvas, DrawsIntoAPart) {
  Image image = Black();
  MutableImageView part = image.mutable_view();
  part.width = 50;
  Canvas canvas(part);
  canvas.FillBox({0, 0, 100, 80}, kRed);
  EXPECT_EQ(PixelAt(image, 49, 40)[0], 255);
  EXPECT_EQ(PixelAt(image, 50, 40)[0], 0);
}

TEST(Color, MixesAndClamps) {
  EXPECT_EQ(Mix({0, 0, 0}, {200, 100, 50, 255}, 0.5F), (Color{100, 50, 25, 255}));
  EXPECT_EQ(Mix({1, 2, 3}, {4, 5, 6}, -3), (Color{1, 2, 3}));
  EXPECT_EQ(Mix({1, 2, 3}, {4, 5, 6}, 3), (Color{4, 5, 6}));
}

TEST(Theme, TextStandsOutFromItsPlate) {
  const auto luma = [](Color c) { return (299 * c.r + 587 * c.g + 114 * c.b) / 1000; };
  for (std::uint64_t id = 0; id < 10; ++id) {
    const Color plate = theme::OfId(id);
    EXPECT_GT(std::abs(luma(plate) - luma(theme::TextOn(plate))), 90) << id;
  }
  EXPECT_EQ(theme::TextOn(theme::kInk), theme::kPaper);
  EXPECT_EQ(theme::TextOn(theme::kPaper), theme::kInk);
}

TEST(Theme, NeighboursDiffer) {
  for (std::uint64_t id = 0; id < 30; ++id) EXPECT_NE(theme::OfId(id), theme::OfId(id + 1));
}

}  // namespace
}  // namespace vigil::media
