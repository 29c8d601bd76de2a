// vigil bench detect: how good and how fast detectors are on labelled pictures.
#pragma once

#include <iosfwd>
#include <stop_token>
#include <string>

namespace vigil::app {

struct BenchDetectArguments {
  std::string models_dir{};  ///< its .onnx files are measured, those that are detectors
  std::string images_dir{};  ///< pictures
  std::string
      labels_dir{};  ///< YOLO label files, named as the pictures with .txt; none: an empty picture
  float score = 0.25F;            ///< for precision and recall, 0..1
  float iou_threshold = 0.45F;    ///< of suppression, 0..1
  std::string runtime_library{};  ///< see nn::OnnxOptions
  bool progress = false;          ///< on `err`, a line that is drawn again and again
};

/// Writes a table to `out`, a line a model as it is done: precision and recall at the score, mAP at
/// IoU 0.5 and 0.5:0.95 (finds from 0.001 on), and the median time of a picture. Models that are no
/// detectors are named on `err` with the reason. Class numbers of labels are those of the models.
/// Returns the exit code: 0; 1 where there is no picture, no label file, a wrong one, or no
/// detector; 130 when stopped.
int BenchDetect(const BenchDetectArguments& arguments, std::ostream& out, std::ostream& err,
                std::stop_token stop);

}  // namespace vigil::app
