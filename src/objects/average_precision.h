// How good finds are against labels: precision, recall, and COCO's average precision.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/detection.h"

namespace vigil::objects {

/// An object that is in a picture.
struct Label {
  PixelBox box;
  int class_id = 0;
};

struct AveragePrecision {
  double map_50 = 0;     ///< mean over classes at IoU 0.5, 0..1
  double map_50_95 = 0;  ///< mean over classes and the IoUs 0.5, 0.55 … 0.95
  double precision = 0;  ///< finds that are right, of those at or above the score; 1 where none is
  double recall = 0;     ///< labels found by these; 1 where there is no label
  int labels = 0;
  int finds = 0;  ///< at or above the score
};

/// Collects pictures, then tells. Matching and averaging are COCO's (Lin et al. 2014; cocoeval): in
/// every picture, class by class, finds take the labels they overlap most, best score first, each
/// label once; precision is interpolated at 101 recalls; classes without labels do not count. At
/// most `max_finds` a picture are looked at (COCO: 100). There are no crowd or difficult labels.
class PrecisionMeter {
 public:
  explicit PrecisionMeter(int classes, std::size_t max_finds = 100);

  /// Finds and labels of classes that do not exist are ignored.
  void AddPicture(std::span<const Detection> finds, std::span<const Label> labels);

  /// `score`: for precision and recall, at IoU 0.5.
  AveragePrecision Measure(float score) const;

  /// Average precision of one class at IoU 0.5 + 0.05 × `threshold` (0..9); 0 without labels.
  double OfClass(int class_id, std::size_t threshold) const;

  static constexpr std::size_t kThresholds = 10;

 private:
  struct Find {
    float score = 0;
    std::array<bool, kThresholds> right{};
  };
  struct PerClass {
    int labels = 0;
    std::vector<Find> finds;
  };
  static double Average(const PerClass& of_class, std::size_t threshold);

  std::size_t max_finds_;
  std::vector<PerClass> classes_;
};

}  // namespace vigil::objects
