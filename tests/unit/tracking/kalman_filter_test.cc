#include "tracking/kalman_filter.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <random>

namespace vigil::tracking {
namespace {

Point2f Center(const PixelBox& b) { return {b.x + b.width / 2, b.y + b.height / 2}; }

TEST(BoxFilter, BeginsAtTheBoxAndAtRest) {
  const PixelBox box{10, 20, 30, 60};
  BoxFilter filter(box);
  EXPECT_EQ(filter.box(), box);
  filter.Predict(1);
  EXPECT_EQ(filter.box(), box);
}

TEST(BoxFilter, LearnsAConstantSpeedAtUnevenTimes) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> step(0.01, 0.12);
  const auto at = [](double t) {
    return PixelBox{static_cast<float>(100 + 50 * t), static_cast<float>(200 - 20 * t), 40, 90};
  };
  BoxFilter filter(at(0));
  double time = 0;
  for (int i = 0; i < 200; ++i) {
    const double seconds = step(random);
    time += seconds;
    filter.Predict(seconds);
    filter.Correct(at(time));
  }
  filter.Predict(1);
  const Point2f expected = Center(at(time + 1)), is = Center(filter.box());
  EXPECT_NEAR(is.x, expected.x, 0.5);
  EXPECT_NEAR(is.y, expected.y, 0.5);
}

// A second in one step or in thirty: the same place, and nearly the same belief.
TEST(BoxFilter, LostFramesAreTheSamePhysics) {
  BoxFilter one({0, 0, 40, 80});
  for (int i = 1; i < 30; ++i) {
    one.Predict(1.0 / 30);
    one.Correct({static_cast<float>(3 * i), 0, 40, 80});
  }
  BoxFilter many = one;
  one.Predict(1);
  for (int i = 0; i < 30; ++i) many.Predict(1.0 / 30);
  EXPECT_NEAR(one.box().x, many.box().x, 1e-3);
  one.Correct({200, 0, 40, 80});
  many.Correct({200, 0, 40, 80});
  EXPECT_NEAR(one.box().x, many.box().x, 2);
}

// The eight-dimensional filter that it stands for, written out.
TEST(BoxFilter, EqualsTheFullFilter) {
  using Vector8 = Eigen::Matrix<double, 8, 1>;
  using Matrix8 = Eigen::Matrix<double, 8, 8>;
  constexpr double kDt = 1.0 / 30;
  const auto measured = [](const PixelBox& b) {
    return Eigen::Vector4d(b.x + b.width / 2, b.y + b.height / 2, b.width, b.height);
  };
  std::mt19937 random(3);
  std::normal_distribution<float> jitter(0, 4);
  const PixelBox first{300, 200, 60, 120};
  BoxFilter filter(first);

  const Eigen::Vector4d sighting(0.1, 0.1, 0.2, 0.2);
  Vector8 mean = Vector8::Zero();
  mean.head<4>() = measured(first);
  Vector8 deviation;
  deviation << 2 * 120 * sighting, Eigen::Vector4d::Constant(120 * 10.0 / 160 * 30);
  Matrix8 covariance = deviation.cwiseAbs2().asDiagonal();
  Matrix8 motion = Matrix8::Identity();
  motion.topRightCorner<4, 4>() = kDt * Eigen::Matrix4d::Identity();

  for (int i = 0; i < 100; ++i) {
    Vector8 noise;
    noise << Eigen::Vector4d::Constant(0.02 * mean(3)), Eigen::Vector4d::Constant(0.09 * mean(3));
    mean = motion * mean;
    covariance = motion * covariance * motion.transpose();
    covariance.diagonal() += noise.cwiseAbs2();
    const PixelBox seen{static_cast<float>(300 + 2 * i) + jitter(random), 200 + jitter(random),
                        60 + jitter(random), 120 + jitter(random)};
    Eigen::Matrix4d innovation = covariance.topLeftCorner<4, 4>();
    innovation.diagonal() += (mean(3) * sighting).cwiseAbs2();
    const Eigen::Matrix<double, 8, 4> gain = covariance.leftCols<4>() * innovation.inverse();
    mean += gain * (measured(seen) - mean.head<4>());
    covariance -= gain * innovation * gain.transpose();

    filter.Predict(kDt);
    filter.Correct(seen);
    const PixelBox box = filter.box();
    ASSERT_NEAR(Center(box).x, mean(0), 1e-3);
    ASSERT_NEAR(Center(box).y, mean(1), 1e-3);
    ASSERT_NEAR(box.width, mean(2), 1e-3);
    ASSERT_NEAR(box.height, mean(3), 1e-3);
  }
}

TEST(BoxFilter, ASizeNeverFallsBelowAPixel) {
  BoxFilter filter({0, 0, 100, 100});
  for (int i = 1; i < 10; ++i) {
    filter.Predict(0.1);
    filter.Correct(
        {0, 0, 100.0F - 10 * static_cast<float>(i), 100.0F - 10 * static_cast<float>(i)});
  }
  filter.Predict(60);
  EXPECT_EQ(filter.box().width, 1);
  EXPECT_EQ(filter.box().height, 1);
}

}  // namespace
}  // namespace vigil::tracking
