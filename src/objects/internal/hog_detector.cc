#include "objects/internal/hog_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <utility>

#include "core/status.h"
#include "objects/class_names.h"
#include "objects/internal/candidates.h"
#include "objects/internal/finish.h"

namespace vigil::objects {
namespace {

// The window of the training, and the part of it that a person fills (measured on PETS09-S2L1:
// docs/objects.md).
constexpr Size kWindow{64, 128};
constexpr float kPersonWidth = 0.62F;
constexpr float kPersonHeight = 0.76F;
constexpr int kStride = 8;
constexpr int kPadding = 8;
constexpr float kMaxPixels = 8e6F;  // of the enlarged picture: bounds memory and time

// The margin of the support vector machine, made the share of finds that are people. Fitted to
// PETS09-S2L1.
constexpr float kSlope = 3.5F;
constexpr float kMiddle = 0.8F;
float ScoreOf(double margin) {
  return 1 / (1 + std::exp(-kSlope * (static_cast<float>(margin) - kMiddle)));
}
double MarginOf(float score) {
  const double bounded = std::clamp(static_cast<double>(score), 1e-3, 1 - 1e-6);
  return static_cast<double>(kMiddle) + std::log(bounded / (1 - bounded)) / kSlope;
}

class HogDetector final : public Detector {
 public:
  HogDetector(const DetectorOptions& options, bool wanted)
      : options_(options.hog), threshold_(options.confidence_threshold), wanted_(wanted) {
    suppression_.iou = options.iou_threshold;
    suppression_.max_kept = static_cast<std::size_t>(options.max_detections);
    hog_.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
    found_.reserve(suppression_.max_kept);
  }

  absl::StatusOr<std::span<const Detection>> Detect(ImageView image) override {
    if (image.empty()) return absl::InvalidArgumentError("detector: the picture is empty");
    candidates_.clear();
    if (wanted_) {
      try {
        SearchSizes(image);
      } catch (const std::exception& failure) {  // cv::Exception, std::bad_alloc
        return absl::InternalError(fmt::format("person detector: {:.200}", failure.what()));
      }
    }
    ToPicture(candidates_.Best(suppression_), Placement{}, image.size(), found_);
    return found_;
  }

  std::span<const std::string> class_names() const override { return names_; }

 private:
  void SearchSizes(ImageView image);
  void Search(Size picture);

  const HogOptions options_;
  const float threshold_;
  const bool wanted_;
  const std::vector<std::string> names_{std::string(CocoNames()[0])};
  Suppression suppression_;
  cv::HOGDescriptor hog_;
  cv::Mat grey_, resized_;
  std::vector<cv::Point> places_;
  std::vector<double> margins_;
  Candidates candidates_;
  std::vector<Detection> found_;
};

// The window keeps its size, so the picture takes all sizes instead: from the one that makes the
// smallest person fit to the one that the window fills.
void HogDetector::SearchSizes(ImageView image) {
  const cv::Mat pixels(image.height, image.width, CV_8UC(Channels(image.format)),
                       const_cast<std::uint8_t*>(image.data),
                       static_cast<std::size_t>(image.stride));
  const bool color = image.format == PixelFormat::kRgb8;
  if (color) cv::cvtColor(pixels, grey_, cv::COLOR_RGB2GRAY);
  const cv::Mat& grey = color ? grey_ : pixels;
  const auto height = static_cast<float>(image.height);
  const float person = kPersonHeight * static_cast<float>(kWindow.height);  // in the window
  float scale = person / (options_.min_person_height * height);
  const float pixels_scale = std::sqrt(kMaxPixels / (height * static_cast<float>(image.width)));
  scale = std::min(scale, pixels_scale);
  for (;; scale /= options_.scale_step) {
    const cv::Size size(static_cast<int>(std::lround(static_cast<float>(image.width) * scale)),
                        static_cast<int>(std::lround(height * scale)));
    if (size.width < kWindow.width || size.height < kWindow.height) break;
    cv::resize(grey, resized_, size, 0, 0, cv::INTER_LINEAR);
    Search(image.size());
  }
}

void HogDetector::Search(Size picture) {
  places_.clear();
  margins_.clear();
  hog_.detect(resized_, places_, margins_, MarginOf(threshold_), {kStride, kStride},
              {kPadding, kPadding});
  const float x_scale = static_cast<float>(picture.width) / static_cast<float>(resized_.cols);
  const float y_scale = static_cast<float>(picture.height) / static_cast<float>(resized_.rows);
  const float width = kPersonWidth * static_cast<float>(kWindow.width) * x_scale;
  const float height = kPersonHeight * static_cast<float>(kWindow.height) * y_scale;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const float x = (static_cast<float>(places_[i].x) + 0.5F * kWindow.width) * x_scale;
    const float y = (static_cast<float>(places_[i].y) + 0.5F * kWindow.height) * y_scale;
    const float score = ScoreOf(margins_[i]);
    if (score >= threshold_)
      candidates_.Add({{x - width / 2, y - height / 2, width, height}, score, 0});
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Detector>> CreateHogDetector(const DetectorOptions& options) {
  const std::string person(CocoNames()[0]);
  const auto wanted = SelectClasses({&person, 1}, options.classes);
  if (!wanted.ok()) {
    return absl::InvalidArgumentError(fmt::format(
        "person detector: {}; name a model_file for other classes", MessageOf(wanted.status())));
  }
  cv::setNumThreads(1);  // for the process: workers are many, and one order of sums is one result
  return std::make_unique<HogDetector>(options, (*wanted)[0]);
}

}  // namespace vigil::objects
