// A picture made a network's input tensor.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/image.h"

namespace vigil::objects {

/// How a picture fits an input of other proportions.
enum class Fit : std::uint8_t {
  kCenter,   ///< aspect kept, in the middle of the padding
  kTopLeft,  ///< aspect kept, padding at the right and below
  kStretch,  ///< each side by itself, no padding
};
enum class ChannelOrder : std::uint8_t { kRgb, kBgr };

/// What a family of networks was trained on. Tensor value = (pixel 0..255 - mean) / deviation, by
/// plane of the tensor.
struct Preprocessing {
  Fit fit = Fit::kCenter;
  ChannelOrder order = ChannelOrder::kRgb;
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> deviation{1, 1, 1};
  float padding = 0;  ///< as a pixel, 0..255
};

/// Where a picture lies in the tensor: tensor point = picture point × scale + offset.
struct Placement {
  float scale_x = 1;
  float scale_y = 1;
  float offset_x = 0;
  float offset_y = 0;

  PixelBox ToPicture(const PixelBox& box) const {
    return {(box.x - offset_x) / scale_x, (box.y - offset_y) / scale_y, box.width / scale_x,
            box.height / scale_y};
  }
};

/// Fills float32 NCHW tensors in one pass over the picture. Resizes as cv::resize does with
/// INTER_LINEAR on bytes, to the bit (weights of 11 bits, results rounded to 8): that is what the
/// reference pipelines feed their networks, and quantised ones answer to small differences.
///
/// Keeps its memory: no heap use while pictures keep their size. One thread at a time.
class PictureTensor {
 public:
  /// @param input  size of the tensor, at least 1 × 1
  PictureTensor(Size input, const Preprocessing& preprocessing);

  /// @param image   RGB or grey (three equal planes), not empty
  /// @param planes  3 × height × width values
  Placement Fill(ImageView image, std::span<float> planes);

 private:
  // One output column or row: the first of its two source pixels, and their weights in 2048ths.
  struct Tap {
    int first = 0;
    int second = 0;
    std::int16_t first_weight = 0;
    std::int16_t second_weight = 0;
  };
  // A source row at the output's width, channels apart.
  struct Row {
    int source = -1;
    std::vector<std::int16_t> values;  // pixel × 128
  };

  static void FillTaps(std::vector<Tap>& taps, int source, int target, bool merge_at_edges);
  void Prepare(Size picture);
  const std::int16_t* Resized(ImageView image, int source);
  void WriteRow(const std::int16_t* upper, const std::int16_t* lower, const Tap& tap, int channels,
                float* out) const;
  void Pad(std::span<float> planes) const;

  const Size input_;
  const Preprocessing preprocessing_;
  Size picture_{};  // that the following are for
  Size resized_{};
  int left_ = 0, top_ = 0;
  std::vector<Tap> columns_, rows_;
  std::array<Row, 2> cache_;
};

}  // namespace vigil::objects
