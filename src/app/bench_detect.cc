#include "app/bench_detect.h"

#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <system_error>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "core/status.h"
#include "media/picture.h"
#include "media/picture_writer.h"
#include "objects/average_precision.h"
#include "objects/detector_options.h"
#include "objects/label_file.h"

namespace vigil::app {
namespace {

namespace fs = std::filesystem;

constexpr float kLowestScore = 0.001F;  // precision at all recalls needs all finds
constexpr int kStopped = 130;

absl::StatusOr<std::vector<fs::path>> FilesOf(const std::string& dir, auto wanted) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(dir, error), end; !error && entry != end;
       entry.increment(error)) {
    if (wanted(entry->path())) files.push_back(entry->path());
    if (files.size() > limits::kMaxInputs)
      return absl::ResourceExhaustedError(fmt::format("{}: too many files", dir));
  }
  if (error) return absl::NotFoundError(fmt::format("{}: {}", dir, error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

struct Outcome {
  objects::AveragePrecision quality;
  double median_ms = 0;
  std::size_t without_labels = 0;  // pictures
};

class Bench {
 public:
  Bench(const BenchDetectArguments& arguments, std::ostream& err, std::stop_token stop)
      : arguments_(arguments), err_(err), stop_(std::move(stop)) {}

  absl::StatusOr<Outcome> Measure(const fs::path& model, objects::Detector& detector,
                                  const std::vector<fs::path>& pictures);

 private:
  void Show(const fs::path& model, std::size_t done, std::size_t all) const;

  const BenchDetectArguments& arguments_;
  std::ostream& err_;
  const std::stop_token stop_;
};

void Bench::Show(const fs::path& model, std::size_t done, std::size_t all) const {
  if (!arguments_.progress) return;
  if (done == all) {
    err_ << "\r\033[K" << std::flush;
  } else {
    err_ << fmt::format("\r\033[K{}  {}/{} pictures", model.filename().string(), done, all)
         << std::flush;
  }
}

absl::StatusOr<Outcome> Bench::Measure(const fs::path& model, objects::Detector& detector,
                                       const std::vector<fs::path>& pictures) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  objects::PrecisionMeter meter(static_cast<int>(detector.class_names().size()));
  Outcome outcome;
  std::vector<double> times;
  for (const fs::path& path : pictures) {
    if (stop_.stop_requested()) return absl::CancelledError("stopped");
    Show(model, times.size(), pictures.size());
    const auto picture = media::ReadPicture(path);
    if (!picture.ok()) return picture.status();
    const auto label_path =
        fs::path(arguments_.labels_dir) / path.filename().replace_extension(".txt");
    auto labels = objects::ReadLabels(label_path, picture->size());
    if (absl::IsNotFound(labels.status())) {  // by YOLO's convention there is nothing to see
      labels = std::vector<objects::Label>();
      ++outcome.without_labels;
    }
    if (!labels.ok()) return labels.status();
    const auto start = std::chrono::steady_clock::now();
    const auto finds = detector.Detect(picture->view());
    times.push_back(Milliseconds(std::chrono::steady_clock::now() - start).count());
    if (!finds.ok()) return finds.status();
    meter.AddPicture(*finds, *labels);
  }
  Show(model, pictures.size(), pictures.size());
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  if (outcome.without_labels == pictures.size())
    return absl::NotFoundError(fmt::format("{}: no label files", arguments_.labels_dir));
  outcome.quality = meter.Measure(arguments_.score);
  outcome.median_ms = *middle;
  return outcome;
}

}  // namespace

int BenchDetect(const BenchDetectArguments& arguments, std::ostream& out, std::ostream& err,
                std::stop_token stop) {
  const auto fail = [&](const absl::Status& status) {
    err << "vigil: " << MessageOf(status) << '\n';
    return absl::IsCancelled(status) ? kStopped : 1;
  };
  const auto models = FilesOf(arguments.models_dir,
                              [](const fs::path& path) { return path.extension() == ".onnx"; });
  if (!models.ok()) return fail(models.status());
  const auto pictures = FilesOf(arguments.images_dir, [](const fs::path& path) {
    return media::CanWritePicture(path);  // the endings of pictures
  });
  if (!pictures.ok()) return fail(pictures.status());
  if (pictures->empty())
    return fail(absl::NotFoundError(fmt::format("{}: no pictures", arguments.images_dir)));

  out << fmt::format("{} pictures; precision and recall at score {}, IoU 0.5; suppression {}\n",
                     pictures->size(), arguments.score, arguments.iou_threshold);
  out << fmt::format("{:<28} {:>9} {:>7} {:>8} {:>12} {:>9}\n", "model", "precision", "recall",
                     "mAP@0.5", "mAP@0.5:0.95", "ms median");
  Bench bench(arguments, err, std::move(stop));
  std::size_t measured = 0, without_labels = 0;
  for (const fs::path& model : *models) {
    objects::DetectorOptions options;
    options.model_file = model.string();
    options.confidence_threshold = kLowestScore;
    options.iou_threshold = arguments.iou_threshold;
    options.engine.runtime_library = arguments.runtime_library;
    const auto detector = objects::CreateDetector(options);
    if (!detector.ok()) {
      err << "left out: " << MessageOf(detector.status()) << '\n';
      continue;
    }
    const auto outcome = bench.Measure(model, **detector, *pictures);
    if (!outcome.ok()) return fail(outcome.status());
    const auto& quality = outcome->quality;
    out << fmt::format("{:<28} {:>9.3f} {:>7.3f} {:>8.3f} {:>12.3f} {:>9.1f}\n",
                       model.filename().string(), quality.precision, quality.recall, quality.map_50,
                       quality.map_50_95, outcome->median_ms)
        << std::flush;
    ++measured;
    without_labels = outcome->without_labels;
  }
  if (measured == 0)
    return fail(absl::NotFoundError(fmt::format("{}: no detectors", arguments.models_dir)));
  if (without_labels > 0) {
    out << fmt::format("{} pictures have no label file and count as pictures without objects\n",
                       without_labels);
  }
  return 0;
}

}  // namespace vigil::app
