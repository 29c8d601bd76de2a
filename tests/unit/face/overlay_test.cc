#include "face/overlay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "support/face_scene.h"

namespace vigil::face {
namespace {

constexpr std::uint8_t kGrey = 96;

Image Grey(Size size) {
  Image image(size.width, size.height, PixelFormat::kRgb8);
  std::memset(image.mutable_view().data, kGrey, image.bytes());
  return image;
}

int Painted(const Image& image, const PixelBox& box) {
  int count = 0;
  for (int y = std::max(0, static_cast<int>(box.y));
       y < std::min<int>(image.height(), static_cast<int>(box.bottom())); ++y) {
    for (int x = std::max(0, static_cast<int>(box.x));
         x < std::min<int>(image.width(), static_cast<int>(box.right())); ++x) {
      const std::uint8_t* pixel = image.view().row(y) + 3 * x;
      count += pixel[0] != kGrey || pixel[1] != kGrey || pixel[2] != kGrey;
    }
  }
  return count;
}

// The canonical face, looking at us, `width` pixels wide, its box at `at`.
Face FaceAt(std::int64_t id, Point2f at, float width) {
  Face face;
  face.id = id;
  const auto& vertices = test::Canonical().vertices_cm;
  float left = 1e9F, right = -1e9F, top = -1e9F, bottom = 1e9F;
  for (const Point3f& v : vertices) {
    left = std::min(left, v.x), right = std::max(right, v.x);
    bottom = std::min(bottom, v.y), top = std::max(top, v.y);
  }
  const float scale = width / (right - left);
  face.mesh.count = kMeshPoints;
  for (std::size_t i = 0; i < vertices.size(); ++i)
    face.mesh.points[i] = {at.x + (vertices[i].x - left) * scale,
                           at.y + (top - vertices[i].y) * scale, 0};
  face.box = {at.x, at.y, width, (top - bottom) * scale};
  face.head_pose.translation_cm = {0, 0, -60};
  return face;
}

FaceResult Result(std::vector<Face> faces) { return {std::move(faces), {}}; }

OverlayOptions PanelsOnly() {
  return {.mesh = MeshStyle::kNone, .irises = false, .axes = false, .gaze = false, .panel = true};
}

struct DetailCase {
  const char* name;
  float width;
  MeshStyle style;
  double least, most;  // share of the middle of the face that is drawn on
};
class FaceDetailOf : public testing::TestWithParam<DetailCase> {};

// A face of which little is seen under its drawing is a mask.
TEST_P(FaceDetailOf, LeavesSmallFacesVisible) {
  const DetailCase& c = GetParam();
  Overlay overlay(test::Canonical(),
                  {.mesh = c.style, .irises = true, .axes = false, .gaze = false, .panel = false});
  Image image = Grey({400, 400});
  const Face face = FaceAt(1, {100, 100}, c.width);
  overlay.Draw(image.mutable_view(), Result({face}));
  const PixelBox middle{face.box.x + 0.2F * face.box.width, face.box.y + 0.2F * face.box.height,
                        0.6F * face.box.width, 0.6F * face.box.height};
  const double share = Painted(image, middle) / static_cast<double>(middle.area());
  EXPECT_GE(share, c.least);
  EXPECT_LE(share, c.most);
  EXPECT_GT(Painted(image, {0, 0, 400, 400}), 10) << "something shows where the face is";
}

INSTANTIATE_TEST_SUITE_P(
    Widths, FaceDetailOf,
    testing::Values(DetailCase{"tiny", 30, MeshStyle::kTesselation, 0, 0},
                    DetailCase{"tiny_points", 30, MeshStyle::kPoints, 0, 0},
                    DetailCase{"small", 60, MeshStyle::kTesselation, 0.1, 0.6},
                    DetailCase{"small_points", 60, MeshStyle::kPoints, 0.1, 0.6},
                    DetailCase{"large_contours", 250, MeshStyle::kContours, 0.02, 0.3},
                    DetailCase{"large", 250, MeshStyle::kTesselation, 0.3, 1}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(FaceDetail, DoesNotFlickerAtItsLimits) {
  using enum FaceDetail;
  EXPECT_EQ(DetailOf(39), kCorners);
  EXPECT_EQ(DetailOf(40), kContours);
  EXPECT_EQ(DetailOf(79), kContours);
  EXPECT_EQ(DetailOf(80), kAll);
  EXPECT_EQ(DetailOf(79, kAll), kAll);
  EXPECT_EQ(DetailOf(71, kAll), kContours);
  EXPECT_EQ(DetailOf(39, kContours), kContours);
  EXPECT_EQ(DetailOf(35, kAll), kCorners);
}

TEST(Overlay, PanelsLeaveEveryFaceFree) {
  // A row of people and two behind them.
  std::vector<Face> faces;
  for (int i = 0; i < 5; ++i)
    faces.push_back(FaceAt(i + 1, {20 + 125 * static_cast<float>(i), 220}, 70));
  faces.push_back(FaceAt(6, {90, 60}, 60));
  faces.push_back(FaceAt(7, {330, 60}, 90));
  Overlay overlay(test::Canonical(), PanelsOnly());
  Image image = Grey({640, 480});
  overlay.Draw(image.mutable_view(), Result(faces));
  EXPECT_GT(Painted(image, {0, 0, 640, 480}), 7 * 500) << "panels are there";
  for (const Face& face : faces) {
    // Leaders end at the outline.
    const PixelBox inside{face.box.x + 0.15F * face.box.width, face.box.y + 0.15F * face.box.height,
                          0.7F * face.box.width, 0.7F * face.box.height};
    EXPECT_EQ(Painted(image, inside), 0) << "#" << face.id;
  }
}

TEST(Overlay, SaysZeroWithoutASign) {
  const auto drawn = [](float yaw) {
    Overlay overlay(test::Canonical(), PanelsOnly());
    Image image = Grey({640, 480});
    Face face = FaceAt(1, {200, 150}, 120);
    face.head_pose.to_camera.yaw_deg = yaw;
    overlay.Draw(image.mutable_view(), Result({face}));
    return std::vector<std::uint8_t>(image.view().data, image.view().data + image.bytes());
  };
  EXPECT_EQ(drawn(-0.4F), drawn(0.4F));
  EXPECT_NE(drawn(-0.6F), drawn(0.4F));
}

TEST(Overlay, SaysScoresInNumbers) {
  const auto drawn = [](float score) {
    Overlay overlay(test::Canonical(), PanelsOnly());
    Image image = Grey({640, 480});
    Face face = FaceAt(1, {200, 150}, 120);
    face.attention.score = score;
    face.attention.confidence = 1;
    overlay.Draw(image.mutable_view(), Result({face}));
    return image;
  };
  // 57 and 58 differ by half a pixel of the bar, but by many of the number.
  const Image a = drawn(57), b = drawn(58);
  int differing = 0;
  for (std::size_t i = 0; i < a.bytes(); i += 3) {
    differing += std::abs(a.view().data[i] - b.view().data[i]) > 60;
  }
  EXPECT_GT(differing, 6);
}

// Of a face that was turned away all the time nothing is known; after a moment, little is.
TEST(Overlay, ScoresThatLittleIsKnownOfArePale) {
  const auto drawn = [](float score, float confidence) {
    Overlay overlay(test::Canonical(), PanelsOnly());
    Image image = Grey({640, 480});
    Face face = FaceAt(1, {200, 150}, 120);
    face.attention.score = score;
    face.attention.confidence = confidence;
    overlay.Draw(image.mutable_view(), Result({face}));
    return image;
  };
  const auto same = [](const Image& a, const Image& b) {
    return std::equal(a.view().data, a.view().data + a.bytes(), b.view().data);
  };
  EXPECT_TRUE(same(drawn(8, 0), drawn(90, 0))) << "not known: no number";
  EXPECT_FALSE(same(drawn(8, 0.04F), drawn(90, 0.04F)));
  EXPECT_FALSE(same(drawn(8, 0.04F), drawn(8, 0.9F)));
  EXPECT_TRUE(same(drawn(8, 0.5F), drawn(8, 0.9F)));
}

TEST(Overlay, PanelsStayWhereTheyWereUntilReset) {
  // To the right of the face there is just no room, then a little.
  const auto drawn = [](Overlay& overlay, float x) {
    Image image = Grey({640, 480});
    overlay.Draw(image.mutable_view(), Result({FaceAt(1, {x, 150}, 120)}));
    return Painted(image, {0, 0, x, 480}) > 0;  // to the left
  };
  Overlay overlay(test::Canonical(), PanelsOnly());
  float x = 500;
  ASSERT_TRUE(drawn(overlay, x));
  for (; x > 0; x -= 5) {
    Overlay fresh(test::Canonical(), PanelsOnly());
    if (!drawn(fresh, x)) break;
    (void)drawn(overlay, x);
  }
  ASSERT_GT(x, 200);
  EXPECT_TRUE(drawn(overlay, x)) << "it stays on the left";
  overlay.Reset();
  EXPECT_FALSE(drawn(overlay, x));
}

}  // namespace
}  // namespace vigil::face
