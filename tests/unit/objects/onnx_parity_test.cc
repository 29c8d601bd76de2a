// Our detectors against a plain reading of the same tensors, written here without any code of
// theirs: cv::resize, double arithmetic, every candidate against every other.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "nn/onnx_model.h"
#include "objects/average_precision.h"
#include "objects/detector_options.h"
#include "objects/label_file.h"
#include "support/read_jpeg.h"
#include "support/test_data.h"

namespace vigil::objects {
namespace {

constexpr double kIou = 0.45;

struct Find {
  double left, top, right, bottom, score;
  int class_id;
};
using Finds = std::vector<Find>;

// Where the picture lies in the input.
struct Fitted {
  int width, height, left, top;
};

struct Reference {
  const char* name;
  const char* file;
  bool bgr;
  double mean[3], deviation[3];  // of the tensor's planes
  double padding;
  std::function<Fitted(Size picture, int side)> fit;
  std::function<Finds(const nn::Model& model, int side, double threshold)> decode;
};

double Value(const nn::Model& model, std::size_t output, std::size_t at) {
  return static_cast<double>(model.output(output)[at]);
}
double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Find Middle(double x, double y, double w, double h, double score, int class_id) {
  return {x - w / 2, y - h / 2, x + w / 2, y + h / 2, score, class_id};
}

Finds DecodeYoloV8(const nn::Model& model, int, double threshold) {
  constexpr std::size_t kCount = 8400;
  Finds finds;
  for (std::size_t i = 0; i < kCount; ++i) {
    std::size_t best = 0;
    for (std::size_t c = 1; c < 80; ++c) {
      if (Value(model, 0, (4 + c) * kCount + i) > Value(model, 0, (4 + best) * kCount + i))
        best = c;
    }
    const double score = Value(model, 0, (4 + best) * kCount + i);
    if (score < threshold) continue;
    finds.push_back(Middle(Value(model, 0, i), Value(model, 0, kCount + i),
                           Value(model, 0, 2 * kCount + i), Value(model, 0, 3 * kCount + i), score,
                           static_cast<int>(best)));
  }
  return finds;
}

Finds DecodeYoloX(const nn::Model& model, int side, double threshold) {
  Finds finds;
  std::size_t row = 0;
  for (const int stride : {8, 16, 32}) {
    for (int y = 0; y < side / stride; ++y) {
      for (int x = 0; x < side / stride; ++x, row += 85) {
        std::size_t best = 0;
        for (std::size_t c = 1; c < 80; ++c) {
          if (Value(model, 0, row + 5 + c) > Value(model, 0, row + 5 + best)) best = c;
        }
        const double score = Value(model, 0, row + 4) * Value(model, 0, row + 5 + best);
        if (score < threshold) continue;
        finds.push_back(
            Middle((x + Value(model, 0, row)) * stride, (y + Value(model, 0, row + 1)) * stride,
                   std::exp(Value(model, 0, row + 2)) * stride,
                   std::exp(Value(model, 0, row + 3)) * stride, score, static_cast<int>(best)));
      }
    }
  }
  return finds;
}

Finds DecodeFastestDet(const nn::Model& model, int side, double threshold) {
  constexpr std::size_t kCells = 22 * 22;
  Finds finds;
  for (std::size_t y = 0; y < 22; ++y) {
    for (std::size_t x = 0; x < 22; ++x) {
      const auto at = [&](std::size_t channel) {
        return Value(model, 0, channel * kCells + y * 22 + x);
      };
      std::size_t best = 0;
      for (std::size_t c = 1; c < 80; ++c) {
        if (at(5 + c) > at(5 + best)) best = c;
      }
      const double score = std::pow(at(0), 0.6) * std::pow(at(5 + best), 0.4);
      if (score < threshold) continue;
      finds.push_back(Middle((static_cast<double>(x) + std::tanh(at(1))) / 22 * side,
                             (static_cast<double>(y) + std::tanh(at(2))) / 22 * side,
                             Sigmoid(at(3)) * side, Sigmoid(at(4)) * side, score,
                             static_cast<int>(best)));
    }
  }
  return finds;
}

// The file's outputs, by their order: scores of the strides 8, 16, 32, then their sides.
Finds DecodeNanoDet(const nn::Model& model, int side, double threshold) {
  constexpr std::size_t kScores[] = {0, 1, 2}, kSides[] = {3, 4, 5};
  Finds finds;
  for (std::size_t level = 0; level < 3; ++level) {
    const int stride = 8 << level, columns = side / stride;
    for (int y = 0; y < columns; ++y) {
      for (int x = 0; x < columns; ++x) {
        const auto cell = static_cast<std::size_t>(y * columns + x);
        std::size_t best = 0;
        for (std::size_t c = 1; c < 80; ++c) {
          if (Value(model, kScores[level], cell * 80 + c) >
              Value(model, kScores[level], cell * 80 + best))
            best = c;
        }
        const double score = Value(model, kScores[level], cell * 80 + best);
        if (score < threshold) continue;
        double distance[4];
        for (std::size_t i = 0; i < 4; ++i) {
          double sum = 0, weighted = 0;
          for (std::size_t bin = 0; bin < 8; ++bin) {
            const double weight = std::exp(Value(model, kSides[level], cell * 32 + i * 8 + bin));
            sum += weight;
            weighted += weight * static_cast<double>(bin);
          }
          distance[i] = stride * weighted / sum;
        }
        const double middle_x = (x + 0.5) * stride, middle_y = (y + 0.5) * stride;
        finds.push_back({middle_x - distance[0], middle_y - distance[1], middle_x + distance[2],
                         middle_y + distance[3], score, static_cast<int>(best)});
      }
    }
  }
  return finds;
}

double Overlap(const Find& a, const Find& b) {
  const double w = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double h = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (w <= 0 || h <= 0) return 0;
  const double both =
      (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - w * h;
  return w * h / both;
}

Finds Suppress(Finds finds) {
  std::stable_sort(finds.begin(), finds.end(),
                   [](const Find& a, const Find& b) { return a.score > b.score; });
  Finds kept;
  for (const Find& find : finds) {
    bool shown = false;
    for (const Find& better : kept)
      shown = shown || (better.class_id == find.class_id && Overlap(better, find) > kIou);
    if (!shown && kept.size() < 300) kept.push_back(find);
  }
  return kept;
}

Fitted Letterbox(Size picture, int side) {
  const double ratio = std::min(side / static_cast<double>(picture.width),
                                side / static_cast<double>(picture.height));
  const int width = static_cast<int>(std::lrint(picture.width * ratio));
  const int height = static_cast<int>(std::lrint(picture.height * ratio));
  return {width, height, (side - width) / 2, (side - height) / 2};
}
Fitted LetterboxTopLeft(Size picture, int side) {
  const double ratio = std::min(side / static_cast<double>(picture.width),
                                side / static_cast<double>(picture.height));
  return {static_cast<int>(picture.width * ratio), static_cast<int>(picture.height * ratio), 0, 0};
}
Fitted Stretch(Size, int side) { return {side, side, 0, 0}; }

std::vector<Reference> References() {
  const Reference nanodet{
      "nanodet", "nanodet_320.onnx", true, {103.53, 116.28, 123.675}, {57.375, 57.12, 58.395}, 0,
      Letterbox, DecodeNanoDet};
  return {
      {"yolov8",
       "yolov8n_int8.onnx",
       false,
       {0, 0, 0},
       {255, 255, 255},
       114,
       Letterbox,
       DecodeYoloV8},
      {"yolox", "yolox_nano.onnx", true, {0, 0, 0}, {1, 1, 1}, 114, LetterboxTopLeft, DecodeYoloX},
      {"fastestdet",
       "FastestDet.onnx",
       true,
       {0, 0, 0},
       {255, 255, 255},
       0,
       Stretch,
       DecodeFastestDet},
      nanodet};
}

// The whole way from a picture to finds in its pixels.
class ReferenceDetector {
 public:
  explicit ReferenceDetector(const Reference& reference)
      : reference_(reference),
        model_(nn::OnnxModel::Create(test::SharedPath("models") / reference.file, {}).value()) {}

  Finds Detect(const Image& image, double threshold) {
    const int side = static_cast<int>(model_->inputs()[0].shape[2]);
    const Fitted at = reference_.fit(image.size(), side);
    cv::Mat resized;
    cv::resize(cv::Mat(image.height(), image.width(), CV_8UC3,
                       const_cast<std::uint8_t*>(image.view().data)),
               resized, cv::Size(at.width, at.height));
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
          const int px = x - at.left, py = y - at.top;
          const bool inside = px >= 0 && py >= 0 && px < at.width && py < at.height;
          const double pixel = inside ? resized.at<cv::Vec3b>(py, px)[reference_.bgr ? 2 - c : c]
                                      : reference_.padding;
          model_->input(0)[static_cast<std::size_t>((c * side + y) * side + x)] =
              static_cast<float>((pixel - reference_.mean[c]) / reference_.deviation[c]);
        }
      }
    }
    EXPECT_EQ(model_->Run(), absl::OkStatus());
    Finds finds;
    for (Find find : Suppress(reference_.decode(*model_, side, threshold))) {
      const double sx = at.width / static_cast<double>(image.width());
      const double sy = at.height / static_cast<double>(image.height());
      find.left = std::clamp((find.left - at.left) / sx, 0.0, image.width() * 1.0);
      find.right = std::clamp((find.right - at.left) / sx, 0.0, image.width() * 1.0);
      find.top = std::clamp((find.top - at.top) / sy, 0.0, image.height() * 1.0);
      find.bottom = std::clamp((find.bottom - at.top) / sy, 0.0, image.height() * 1.0);
      if (find.right > find.left && find.bottom > find.top) finds.push_back(find);
    }
    return finds;
  }

 private:
  const Reference& reference_;
  std::unique_ptr<nn::Model> model_;
};

std::unique_ptr<Detector> Ours(const Reference& reference, float threshold) {
  DetectorOptions options;
  options.model_file = test::SharedPath("models") / reference.file;
  options.confidence_threshold = threshold;
  auto detector = CreateDetector(options);
  EXPECT_TRUE(detector.ok()) << detector.status();
  return *std::move(detector);
}

std::vector<std::filesystem::path> CocoPictures(std::size_t count) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::SharedPath("images/coco_train2017/images")))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  paths.resize(std::min(count, paths.size()));
  return paths;
}

class DetectorParity : public testing::TestWithParam<Reference> {};

TEST_P(DetectorParity, FindsAreThoseOfThePlainReading) {
  VIGIL_NEEDS_SHARED_DATA();
  constexpr float kThreshold = 0.25F;
  const auto ours = Ours(GetParam(), kThreshold);
  ReferenceDetector reference(GetParam());
  auto pictures = CocoPictures(4);
  for (const char* file : {"images/dog.jpg", "images/horses.jpg"})
    pictures.push_back(test::SharedPath(file));
  std::size_t finds = 0;
  double worst_box = 0, worst_score = 0;
  for (const auto& path : pictures) {
    const Image image = test::ReadJpeg(path);
    const auto found = ours->Detect(image.view());
    ASSERT_TRUE(found.ok()) << found.status();
    Finds expected = reference.Detect(image, static_cast<double>(kThreshold));
    ASSERT_EQ(found->size(), expected.size()) << path;
    for (const Detection& find : *found) {
      // The nearest of its class: equal scores may stand in another order.
      const auto distance = [&](const Find& other) {
        if (other.class_id != find.class_id) return 1e9;
        return std::max({std::abs(other.left - static_cast<double>(find.box.x)),
                         std::abs(other.top - static_cast<double>(find.box.y)),
                         std::abs(other.right - static_cast<double>(find.box.right())),
                         std::abs(other.bottom - static_cast<double>(find.box.bottom()))});
      };
      const auto nearest =
          std::min_element(expected.begin(), expected.end(),
                           [&](const Find& a, const Find& b) { return distance(a) < distance(b); });
      ASSERT_NE(nearest, expected.end());
      worst_box = std::max(worst_box, distance(*nearest));
      worst_score =
          std::max(worst_score, std::abs(nearest->score - static_cast<double>(find.score)));
      expected.erase(nearest);
      ++finds;
    }
  }
  std::fputs(fmt::format("{:<12} {} finds on {} pictures: boxes within {:.4f} px, scores within "
                         "{:.6f} of the plain reading\n",
                         GetParam().name, finds, pictures.size(), worst_box, worst_score)
                 .c_str(),
             stdout);
  EXPECT_GE(finds, 15U);
  EXPECT_LE(worst_box, 0.5);
  EXPECT_LE(worst_score, 1e-3);
}

// `vigil bench detect` prints this for all 128.
TEST_P(DetectorParity, NothingIsLostAgainstLabels) {
  VIGIL_NEEDS_SHARED_DATA();
  constexpr float kLowest = 0.001F;
  const auto ours = Ours(GetParam(), kLowest);
  ReferenceDetector reference(GetParam());
  PrecisionMeter our_meter(80), reference_meter(80);
  for (const auto& path : CocoPictures(10)) {
    const Image image = test::ReadJpeg(path);
    const auto labels = ReadLabels(
        path.parent_path().parent_path() / "labels" / path.filename().replace_extension(".txt"),
        image.size());
    ASSERT_TRUE(labels.ok()) << labels.status();
    const auto found = ours->Detect(image.view());
    ASSERT_TRUE(found.ok()) << found.status();
    our_meter.AddPicture(*found, *labels);
    std::vector<Detection> expected;
    for (const Find& find : reference.Detect(image, static_cast<double>(kLowest))) {
      expected.push_back(
          {{static_cast<float>(find.left), static_cast<float>(find.top),
            static_cast<float>(find.right - find.left), static_cast<float>(find.bottom - find.top)},
           static_cast<float>(find.score),
           find.class_id});
    }
    reference_meter.AddPicture(expected, *labels);
  }
  const auto our = our_meter.Measure(0.25F), plain = reference_meter.Measure(0.25F);
  std::fputs(fmt::format("{:<12} precision {:.3f} recall {:.3f} mAP@0.5 {:.3f} mAP@0.5:0.95 {:.3f} "
                         "| plain reading {:.3f} {:.3f} {:.3f} {:.3f}\n",
                         GetParam().name, our.precision, our.recall, our.map_50, our.map_50_95,
                         plain.precision, plain.recall, plain.map_50, plain.map_50_95)
                 .c_str(),
             stdout);
  EXPECT_GT(our.map_50, 0.2);
  EXPECT_GE(our.map_50, plain.map_50 - 1e-3);
  EXPECT_GE(our.map_50_95, plain.map_50_95 - 1e-3);
  EXPECT_GE(our.recall, plain.recall - 1e-3);
  EXPECT_GE(our.precision, plain.precision - 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Models, DetectorParity, testing::ValuesIn(References()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::objects
