// The decoders of YuNet and YOLOv8-face on tensors made by hand: known finds, and garbage.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "face/internal/five_points.h"
#include "face/internal/yolo_face.h"
#include "face/internal/yunet.h"

namespace vigil::face {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                kInf = std::numeric_limits<float>::infinity();
constexpr int kColumns = 6, kRows = 4, kStride = 16;
constexpr std::size_t kCells = kColumns * kRows;
constexpr std::size_t kCell = 2 * kColumns + 3;  // row 2, column 3

void ExpectNear(Point2f point, Point2f expected) {
  EXPECT_NEAR(point.x, expected.x, 1e-3);
  EXPECT_NEAR(point.y, expected.y, 1e-3);
}
void ExpectBoxNear(const PixelBox& box, const PixelBox& expected) {
  ExpectNear(Point2f{box.x, box.y}, {expected.x, expected.y});
  ExpectNear(Point2f{box.right(), box.bottom()}, {expected.right(), expected.bottom()});
}

struct YuNetTensors {
  std::vector<float> face = std::vector<float>(kCells), object = face,
                     box = std::vector<float>(4 * kCells),
                     key_points = std::vector<float>(10 * kCells);
  std::vector<Detection> Decode(float threshold) const {
    std::vector<Detection> found;
    DecodeYuNet({kStride, kColumns, kRows, face, object, box, key_points}, threshold, found);
    return found;
  }
};

TEST(DecodeYuNet, ReadsOneCell) {
  YuNetTensors tensors;
  tensors.face[kCell] = 0.9F;
  tensors.object[kCell] = 0.4F;
  const float box[] = {0.5F, -0.25F, std::log(2.0F), std::log(3.0F)};
  std::copy_n(box, 4, &tensors.box[4 * kCell]);
  for (std::size_t i = 0; i < 10; ++i)
    tensors.key_points[10 * kCell + i] = 0.1F * static_cast<float>(i);
  EXPECT_TRUE(tensors.Decode(0.61F).empty());
  const auto found = tensors.Decode(0.59F);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].score, 0.6F, 1e-5);  // sqrt(0.9 × 0.4)
  ExpectBoxNear(found[0].box, {56 - 16, 28 - 24, 32, 48});
  ExpectNear(found[0].key_points[Detection::kLeftEye], {48, 33.6F});
  ExpectNear(found[0].key_points[Detection::kRightEye], {51.2F, 36.8F});
  ExpectNear(found[0].key_points[Detection::kNoseTip], {54.4F, 40});
  ExpectNear(found[0].key_points[Detection::kMouth], {59.2F, 44.8F});
}

TEST(DecodeYuNet, ScoresAboveOneAreCut) {
  YuNetTensors tensors;
  tensors.face[kCell] = 7;
  tensors.object[kCell] = 3;
  ASSERT_EQ(tensors.Decode(0.5F).size(), 1U);
  EXPECT_EQ(tensors.Decode(0.5F)[0].score, 1.0F);
}

struct YoloTensor {
  std::vector<float> values = std::vector<float>(kYoloChannels * kCells, -20);
  float& at(int channel) { return values[static_cast<std::size_t>(channel) * kCells + kCell]; }
  std::vector<Detection> Decode(float threshold) const {
    std::vector<Detection> found;
    DecodeYoloFace({kStride, kColumns, kRows, values}, threshold, found);
    return found;
  }
};

TEST(DecodeYoloFace, ReadsOneCell) {
  YoloTensor tensor;
  tensor.at(64) = std::log(0.7F / 0.3F);
  tensor.at(0 + 1) = 20;   // left: 1 cell, certain
  tensor.at(16 + 2) = 20;  // top: 2 cells
  tensor.at(32 + 1) = 20;  // right: between 1 and 2
  tensor.at(32 + 2) = 20;
  tensor.at(48 + 0) = 20;  // bottom: at the cell's centre
  for (int i = 0; i < 5; ++i) {
    tensor.at(65 + 3 * i) = 0.1F * static_cast<float>(i);
    tensor.at(66 + 3 * i) = 0.5F;
  }
  EXPECT_TRUE(tensor.Decode(0.71F).empty());
  const auto found = tensor.Decode(0.69F);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].score, 0.7F, 1e-5);
  ExpectBoxNear(found[0].box, {56 - 16, 40 - 32, 16 + 24, 32});
  ExpectNear(found[0].key_points[Detection::kLeftEye], {48, 48});
  ExpectNear(found[0].key_points[Detection::kRightEye], {51.2F, 48});
  ExpectNear(found[0].key_points[Detection::kMouth], {48 + 0.7F * 16, 48});
}

// Whatever a network says, what comes out can be used: finite, sized, in the picture.
void ExpectAllPlausible(const std::vector<Detection>& found, std::size_t at_most) {
  EXPECT_LE(found.size(), at_most);
  for (const auto& detection : found) {
    EXPECT_TRUE(IsPlausible(detection, {kColumns * kStride, kRows * kStride}));
    EXPECT_GE(detection.score, 0);
    EXPECT_LE(detection.score, 1);
  }
}

TEST(DetectorDecoders, OneBadValueDropsItsCellAlone) {
  for (const float bad : {kNan, kInf, -kInf, std::numeric_limits<float>::max()}) {
    for (std::size_t i = 0; i < 10; ++i) {
      YuNetTensors tensors;
      std::fill(tensors.face.begin(), tensors.face.end(), 1.0F);
      std::fill(tensors.object.begin(), tensors.object.end(), 1.0F);
      if (i < 2) tensors.box[4 * kCell + i] = bad;
      tensors.key_points[10 * kCell + i] = bad;
      const auto found = tensors.Decode(0.5F);
      EXPECT_EQ(found.size(), kCells - 1);
      ExpectAllPlausible(found, kCells);
    }
  }
}

TEST(DetectorDecoders, SurviveAnyBits) {
  std::mt19937 random(1);
  const auto fill = [&](std::vector<float>& values, bool any_bits) {
    for (float& value : values) {
      value = any_bits ? std::bit_cast<float>(static_cast<std::uint32_t>(random()))
                       : static_cast<float>(random() % 4000) / 100 - 20;
    }
  };
  std::size_t finds = 0;
  for (int round = 0; round < 200; ++round) {
    const bool any_bits = round % 2 == 0;
    YuNetTensors yunet;
    for (auto* values : {&yunet.face, &yunet.object, &yunet.box, &yunet.key_points})
      fill(*values, any_bits);
    YoloTensor yolo;
    fill(yolo.values, any_bits);
    for (const auto& found :
         {yunet.Decode(0.5F), yolo.Decode(0.5F), yunet.Decode(0), yolo.Decode(0)}) {
      ExpectAllPlausible(found, kCells);
      finds += found.size();
    }
  }
  EXPECT_GT(finds, 0U);
}

TEST(DetectorDecoders, NanScoresFindNothing) {
  YuNetTensors yunet;
  std::fill(yunet.face.begin(), yunet.face.end(), kNan);
  EXPECT_TRUE(yunet.Decode(0).empty());
  YoloTensor yolo;
  std::fill(yolo.values.begin(), yolo.values.end(), kNan);
  EXPECT_TRUE(yolo.Decode(0).empty());
}

}  // namespace
}  // namespace vigil::face
