#include "face/one_euro.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace vigil::face {
namespace {

// A square face of `size` pixels whose first point is at x.
Mesh FaceAt(float x, float size) {
  Mesh mesh;
  mesh.count = kMeshPoints;
  for (std::size_t i = 0; i < kMeshPoints; ++i)
    mesh.points[i] = {x + (i % 2 == 0 ? 0 : size), i % 3 == 0 ? 0 : size, 0};
  return mesh;
}

TEST(OneEuro, FirstSamplePassesThrough) {
  OneEuroMesh filter;
  Mesh mesh = FaceAt(10, 100);
  filter.Apply(mesh, 0, {});
  EXPECT_EQ(mesh.points, FaceAt(10, 100).points);
}

TEST(OneEuro, CalmsAFaceAtRest) {
  OneEuroMesh filter;
  std::mt19937 random(3);
  std::normal_distribution<float> noise(0, 0.5F);
  double raw = 0, smooth = 0;
  for (int i = 0; i < 300; ++i) {
    const float x = 100 + noise(random);
    Mesh mesh = FaceAt(x, 200);
    filter.Apply(mesh, i * 33'333, {});
    if (i < 100) continue;
    raw += std::pow(x - 100, 2);
    smooth += std::pow(mesh.points[0].x - 100, 2);
  }
  EXPECT_LT(smooth, raw * 0.5);
}

TEST(OneEuro, FollowsAFastFace) {
  OneEuroMesh filter;
  float lag = 0;
  for (int i = 0; i < 30; ++i) {
    const float x = 20.0F * static_cast<float>(i);  // three face widths a second
    Mesh mesh = FaceAt(x, 200);
    filter.Apply(mesh, i * 33'333, {});
    lag = x - mesh.points[0].x;
  }
  EXPECT_LT(lag, 2);  // pixels: a hundredth of the face
}

// The same movement at another distance is smoothed the same: speeds are in face sizes.
TEST(OneEuro, DoesTheSameNearAndFar) {
  OneEuroMesh near, far;
  for (int i = 0; i < 50; ++i) {
    const float x = 10 * std::sin(static_cast<float>(i) / 5);
    Mesh large = FaceAt(4 * x, 400), small = FaceAt(x, 100);
    near.Apply(large, i * 40'000, {});
    far.Apply(small, i * 40'000, {});
    EXPECT_NEAR(large.points[0].x, 4 * small.points[0].x, 1e-2);
  }
}

TEST(OneEuro, RepeatedTimeStampChangesNothing) {
  OneEuroMesh filter;
  Mesh mesh = FaceAt(0, 100);
  filter.Apply(mesh, 1000, {});
  Mesh again = FaceAt(50, 100);
  filter.Apply(again, 1000, {});
  EXPECT_EQ(again.points, FaceAt(50, 100).points);
}

}  // namespace
}  // namespace vigil::face
