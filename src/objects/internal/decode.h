// A network's outputs made detections.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "nn/model.h"
#include "objects/internal/candidates.h"
#include "objects/internal/family.h"

namespace vigil::objects {

/// Reads one head. Takes any values: what is not finite, has no area or is of a class that does not
/// exist is left out. Keeps its memory. One thread at a time.
class Decoder {
 public:
  /// @param head     of FindHead on these `outputs`
  /// @param input    size of the network's picture
  /// @param wanted   one flag a class, at least one; finds of other classes are left out
  Decoder(Head head, std::span<const nn::TensorInfo> outputs, Size input, float threshold,
          std::vector<bool> wanted);

  /// Adds the finds that score at least the threshold, boxes in input pixels. Internal where an
  /// output's shape is no longer what it was.
  absl::Status Decode(const nn::Model& model, Candidates& out);

 private:
  struct Best {
    float score = 0;
    int class_id = -1;
  };
  struct Table {
    std::span<const float> values;
    std::size_t rows = 0;
    std::size_t columns = 0;
  };
  struct Rows {  // part of a table
    const float* first;
    std::size_t step;
  };

  absl::Status CheckShapes(const nn::Model& model) const;
  Table TableOf(const nn::Model& model, std::size_t which) const;
  bool IsWanted(int class_id) const;
  Best BestClass(const float* scores) const;
  void BestClasses(std::span<const float> planes, std::size_t candidates);

  void DecodeYoloV5(const Table& table, Candidates& out) const;
  void DecodeYoloV8Rows(const Table& table, Candidates& out) const;
  void DecodeYoloV8Planes(const Table& table, Candidates& out);
  void DecodeYoloX(const Table& table, Candidates& out) const;
  void DecodeFastestDet(std::span<const float> values, Candidates& out);
  void DecodeNanoDet(Rows scores, Rows sides, int stride, float middle, Candidates& out) const;
  void DecodeNanoDetPlus(const Table& table, Candidates& out) const;
  void DecodeFinds(const Table& table, Candidates& out) const;
  absl::Status DecodeLists(const nn::Model& model, Candidates& out) const;
  void AddFind(const float* corners, float score, float class_id, Candidates& out) const;

  const Head head_;
  const Size input_;
  const float threshold_;
  const std::vector<bool> wanted_;
  const bool all_wanted_;
  std::vector<std::vector<std::int64_t>> shapes_;  // of the head's outputs
  std::vector<float> best_score_;                  // by candidate, where classes lie in planes
  std::vector<int> best_class_;
};

}  // namespace vigil::objects
