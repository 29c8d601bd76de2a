#include "face/onnx_detectors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "core/status.h"
#include "support/face_labels.h"
#include "support/read_jpeg.h"
#include "support/test_data.h"

namespace vigil::face {
namespace {

using testing::HasSubstr;

absl::StatusOr<std::unique_ptr<Detector>> Open(const std::string& file,
                                               const OnnxDetectorOptions& options = {}) {
  const auto path = test::SharedPath("models") / file;
  return file.starts_with("yunet") ? CreateYuNet(path, options) : CreateYoloFace(path, options);
}

std::vector<Detection> Find(Detector& detector, const std::filesystem::path& picture) {
  const Image image = test::ReadJpeg(picture);
  auto found = detector.Detect(image.view());
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? *std::move(found) : std::vector<Detection>();
}

// How a detector does on labelled pictures.
struct Tally {
  int labelled = 0;  // faces at least 40 px wide
  int found = 0;     // of these
  int others = 0;    // finds that fit no label of any size
  int eyes_swapped = 0;
  std::vector<float>
      eye_error;  // mean of both eyes, of their distance; where that is at least 10 px
};

// The find that overlaps a label best, taken out of `finds`; nothing below an intersection over
// union of 0.5.
std::optional<Detection> TakeMatch(const PixelBox& label, std::vector<Detection>& finds) {
  const auto best = std::max_element(finds.begin(), finds.end(), [&](const auto& a, const auto& b) {
    return IoU(a.box, label) < IoU(b.box, label);
  });
  if (best == finds.end() || IoU(best->box, label) <= 0.5F) return std::nullopt;
  const Detection match = *best;
  finds.erase(best);
  return match;
}

void CompareEyes(const std::array<Point2f, 5>& label, const Detection& find, Tally& tally) {
  const auto& points = find.key_points;
  const float apart = Distance(label[0], label[1]);
  if (apart < 10) return;
  const float error = Distance(label[0], points[Detection::kLeftEye]) +
                      Distance(label[1], points[Detection::kRightEye]);
  const float swapped = Distance(label[1], points[Detection::kLeftEye]) +
                        Distance(label[0], points[Detection::kRightEye]);
  tally.eye_error.push_back(error / 2 / apart);
  if (swapped < error) ++tally.eyes_swapped;
}

Tally Measure(Detector& detector, const std::vector<test::LabelledPicture>& pictures) {
  Tally tally;
  for (const auto& picture : pictures) {
    auto finds = Find(detector, picture.path);
    for (const auto& face : picture.faces) {
      const auto match = TakeMatch(face.box, finds);
      if (match && face.points) CompareEyes(*face.points, *match, tally);
      if (face.box.width < 40) continue;
      ++tally.labelled;
      if (match) ++tally.found;
    }
    tally.others += static_cast<int>(finds.size());
  }
  return tally;
}

float Median(std::vector<float> values) {
  if (values.empty()) return -1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

struct MeasuredCase {
  const char* name;
  const char* file;
  float score;
  int at_least_found;  // measured less 2
  int at_most_others;  // measured plus 2
  int at_most_dogs;    // measured plus 1
  float eye_error;     // measured plus 0.02
};
class OnnxDetectorOnLabelledFaces : public testing::TestWithParam<MeasuredCase> {};

TEST_P(OnnxDetectorOnLabelledFaces, FindsThemAndLittleElse) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto detector = Open(GetParam().file, {.score = GetParam().score});
  ASSERT_TRUE(detector.ok()) << detector.status();
  auto pictures = test::DlibTrainFaces();
  for (auto& picture : test::WiderFaces()) pictures.push_back(std::move(picture));
  ASSERT_EQ(pictures.size(), 10U);

  const Tally tally = Measure(**detector, pictures);
  const auto dogs = Find(**detector, test::SharedPath("faces/negative/dogs.jpg")).size();
  const float eye_error = Median(tally.eye_error);
  std::fputs(
      fmt::format("{:<28} score {:.1f} | found {}/{} faces from 40 px, {} unlabelled finds in {} "
                  "pictures, {} on "
                  "dogs | eyes: median {:.3f} of their distance, {} of {} swapped\n",
                  GetParam().file, GetParam().score, tally.found, tally.labelled, tally.others,
                  pictures.size(), dogs, eye_error, tally.eyes_swapped, tally.eye_error.size())
          .c_str(),
      stdout);
  EXPECT_EQ(tally.labelled, 80);
  EXPECT_GE(tally.found, GetParam().at_least_found);
  EXPECT_LE(tally.others, GetParam().at_most_others);
  EXPECT_LE(dogs, static_cast<std::size_t>(GetParam().at_most_dogs));
  EXPECT_GT(tally.eye_error.size(), 50U);
  EXPECT_LE(eye_error, GetParam().eye_error);
  EXPECT_EQ(tally.eyes_swapped, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Models, OnnxDetectorOnLabelledFaces,
    testing::Values(MeasuredCase{"yunet_640", "yunet_n_640_640.onnx", 0.6F, 78, 6, 4, 0.12F},
                    MeasuredCase{"yunet_640_strict", "yunet_n_640_640.onnx", 0.8F, 78, 3, 2, 0.12F},
                    MeasuredCase{"yunet_320", "yunet_n_320_320.onnx", 0.6F, 77, 7, 3, 0.16F},
                    MeasuredCase{"yunet_open_sides", "yunet_n_dynamic.onnx", 0.6F, 78, 6, 4, 0.12F},
                    MeasuredCase{"yolo_face", "yolov8-lite-t-face.onnx", 0.6F, 78, 2, 1, 0.1F}),
    [](const auto& test) { return std::string(test.param.name); });

struct PhotoCase {
  const char* name;
  const char* file;
  std::size_t faces;
};
class OnnxDetectorsOnPhotos : public testing::TestWithParam<PhotoCase> {};

TEST_P(OnnxDetectorsOnPhotos, CountTheFaces) {
  VIGIL_NEEDS_SHARED_DATA();
  for (const char* model : {"yunet_n_640_640.onnx", "yolov8-lite-t-face.onnx"}) {
    const auto detector = Open(model);
    ASSERT_TRUE(detector.ok()) << detector.status();
    const auto found = Find(**detector, test::SharedPath("faces/photos") / GetParam().file);
    EXPECT_EQ(found.size(), GetParam().faces) << model;
    for (const auto& face : found) {
      EXPECT_LT(face.key_points[Detection::kLeftEye].x, face.key_points[Detection::kRightEye].x)
          << model;
      EXPECT_GE(face.score, 0.6F);
    }
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(),
                               [](auto& a, auto& b) { return a.score > b.score; }));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Photos, OnnxDetectorsOnPhotos,
    testing::Values(
        PhotoCase{"portrait", "obama.jpg", 1}, PhotoCase{"small_480p", "obama-480p.jpg", 1},
        PhotoCase{"small_1080p", "obama-1080p.jpg", 1}, PhotoCase{"tiny_240p", "obama-240p.jpg", 1},
        PhotoCase{"cut_by_the_border", "obama_partial_face.jpg", 1},
        PhotoCase{"full_figure", "biden.jpg", 1}, PhotoCase{"dim_room", "two_people.jpg", 2},
        PhotoCase{"four", "pexels_image02.jpg", 4}, PhotoCase{"sunglasses", "prnet_2.jpg", 1}),
    [](const auto& test) { return std::string(test.param.name); });

// A picture and the same picture twice as large must show the same faces at twice the place.
TEST(OnnxDetectors, GiveBoxesInThePicturesOwnPixels) {
  VIGIL_NEEDS_SHARED_DATA();
  const Image image = test::ReadJpeg(test::SharedPath("faces/photos/two_people.jpg"));
  Image doubled(2 * image.width(), 2 * image.height(), PixelFormat::kRgb8);
  for (int y = 0; y < doubled.height(); ++y) {
    for (int x = 0; x < doubled.width(); ++x) {
      std::copy_n(image.view().row(y / 2) + 3 * (x / 2), 3, doubled.mutable_view().row(y) + 3 * x);
    }
  }
  for (const char* model : {"yunet_n_320_320.onnx", "yolov8-lite-t-face.onnx"}) {
    const auto detector = Open(model);
    ASSERT_TRUE(detector.ok()) << detector.status();
    const auto once = (*detector)->Detect(image.view()),
               twice = (*detector)->Detect(doubled.view());
    ASSERT_TRUE(once.ok() && twice.ok());
    ASSERT_EQ(once->size(), twice->size()) << model;
    for (std::size_t i = 0; i < once->size(); ++i) {
      const auto& box = (*once)[i].box;
      const PixelBox expected{2 * box.x, 2 * box.y, 2 * box.width, 2 * box.height};
      EXPECT_GT(IoU((*twice)[i].box, expected), 0.95F) << model;
    }
  }
}

TEST(OnnxDetectors, EmptyAndTinyPictures) {
  VIGIL_NEEDS_SHARED_DATA();
  for (const char* model : {"yunet_n_320_320.onnx", "yolov8-lite-t-face.onnx"}) {
    const auto detector = Open(model);
    ASSERT_TRUE(detector.ok()) << detector.status();
    EXPECT_EQ((*detector)->Detect({}).status().code(), absl::StatusCode::kInvalidArgument);
    for (const PixelFormat format : {PixelFormat::kRgb8, PixelFormat::kGray8}) {
      Image pixel(1, 1, format);
      std::fill_n(pixel.mutable_view().data, pixel.bytes(), std::uint8_t{128});
      const auto found = (*detector)->Detect(pixel.view());
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_TRUE(found->empty());
    }
  }
}

struct RefusedCase {
  const char* name;
  const char* file;  // of the shared models
  bool yunet;        // which detector it is opened as
  OnnxDetectorOptions options;
  const char* message;
};
class OnnxDetectorRefuses : public testing::TestWithParam<RefusedCase> {};

TEST_P(OnnxDetectorRefuses, WithAReason) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto path = test::SharedPath("models") / GetParam().file;
  const auto detector = GetParam().yunet ? CreateYuNet(path, GetParam().options)
                                         : CreateYoloFace(path, GetParam().options);
  EXPECT_EQ(detector.status().code(), absl::StatusCode::kInvalidArgument) << detector.status();
  const std::string message(MessageOf(detector.status()));
  EXPECT_THAT(message, HasSubstr(GetParam().file));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Models, OnnxDetectorRefuses,
    testing::Values(
        RefusedCase{"yolo_as_yunet",
                    "yolov8-lite-t-face.onnx",
                    true,
                    {},
                    "is not YuNet: no output cls_8 of 6400 values"},
        RefusedCase{"yunet_as_yolo", "yunet_n_640_640.onnx", false, {}, "no output 1x80x80x80"},
        RefusedCase{"other_input", "pfld_68.onnx", true, {}, "its input is not"},
        RefusedCase{"sides_no_stride_divides",
                    "yunet_n_dynamic.onnx",
                    true,
                    {.engine = {.input_shape = {1, 3, 100, 100}}},
                    "multiples of 32"},
        RefusedCase{"score_above_one", "yunet_n_320_320.onnx", true, {.score = 1.5F}, "score 1.5"},
        RefusedCase{"negative_iou", "yunet_n_320_320.onnx", true, {.iou = -1}, "iou -1"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::face
