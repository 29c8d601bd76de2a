#include "face/face_finder.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vigil::face {
namespace {

// When to look at a video frame.
class Pace {
 public:
  explicit Pace(std::int64_t interval_us) : interval_us_(interval_us) {}
  bool Due(std::int64_t now_us, int followed) {
    const bool due = !started_ || followed == 0 || hurry_ || now_us - last_us_ >= interval_us_ || now_us < last_us_;
    if (due) {
      started_ = true;
      hurry_ = false;
      last_us_ = now_us;
    }
    return due;
  }
  void Hurry() { hurry_ = true; }
  void Reset() { started_ = false; }

 private:
  const std::int64_t interval_us_;
  bool started_ = false;
  bool hurry_ = false;
  std::int64_t last_us_ = 0;
};

class BlazeFinder final : public FaceFinder {
 public:
  BlazeFinder(BlazeFace& detector, const FinderOptions& options) : detector_(detector), options_(options), pace_(options.interval_us) {}

  absl::StatusOr<std::span<const Detection>> FindAll(ImageView image) override {
    found_.clear();
    if (auto status = AddWhole(image); !status.ok()) return status;
    if (options_.mode != FinderMode::kWhole) {
      PrepareTiles(image.size());
      if (auto status = AddTiles(image, 0, tiles_.size()); !status.ok()) return status;
    }
    return std::span<const Detection>(found_);
  }

  absl::StatusOr<std::span<const Detection>> FindNew(ImageView image, std::int64_t timestamp_us, int followed) override {
    if (options_.mode == FinderMode::kTiles) return FindAll(image);
    found_.clear();
    if (pace_.Due(timestamp_us, followed)) {
      if (auto status = AddWhole(image); !status.ok()) return status;
    }
    if (options_.mode == FinderMode::kAuto) {
      if (auto status = Sweep(image, timestamp_us); !status.ok()) return status;
    }
    return std::span<const Detection>(found_);
  }

  void FaceLost() override { pace_.Hurry(); }

  void Reset() override {
    pace_.Reset();
    next_tile_ = 0;
    sweep_started_ = false;
  }

 private:
  absl::Status AddWhole(ImageView image) {
    const auto side = static_cast<float>(std::max(image.width, image.height));
    const auto faces = detector_.DetectIn(image, {(static_cast<float>(image.width) - side) / 2, (static_cast<float>(image.height) - side) / 2, side, side});
    if (!faces.ok()) return faces.status();
    for (const Detection& face : *faces) {
      if (face.score >= options_.min_score) found_.push_back(face);
    }
    return absl::OkStatus();
  }

  void PrepareTiles(Size size) {
    if (size == tiled_) return;
    tiled_ = size;
    tiles_ = TilePyramid(size, options_.tile_levels, options_.min_tile);
  }

  // Overlapping tiles find a face several times; the caller keeps the best that the mesh confirms.
  absl::Status AddTiles(ImageView image, std::size_t first, std::size_t last) {
    const std::size_t others = found_.size();
    for (std::size_t i = first; i < last; ++i) {
      const auto faces = detector_.DetectIn(image, tiles_[i]);
      if (!faces.ok()) return faces.status();
      for (const Detection& face : *faces) {
        if (face.score >= options_.min_tile_score) found_.push_back(face);
      }
    }
    std::sort(found_.begin() + static_cast<std::ptrdiff_t>(others), found_.end(), [](const Detection& a, const Detection& b) { return a.score > b.score; });
    return absl::OkStatus();
  }

  // A sweep goes over all tiles, a few a frame, so that no frame takes long.
  absl::Status Sweep(ImageView image, std::int64_t timestamp_us) {
    PrepareTiles(image.size());
    const bool due = !sweep_started_ || timestamp_us - sweep_us_ >= options_.sweep_us || timestamp_us < sweep_us_;
    if (next_tile_ == 0 && !due) return absl::OkStatus();
    if (next_tile_ == 0) {
      sweep_us_ = timestamp_us;
      sweep_started_ = true;
    }
    const std::size_t first = std::min(next_tile_, tiles_.size());
    const std::size_t last = std::min(tiles_.size(), first + static_cast<std::size_t>(options_.tiles_per_frame));
    next_tile_ = last == tiles_.size() ? 0 : last;
    return AddTiles(image, first, last);
  }

  BlazeFace& detector_;
  const FinderOptions options_;
  Pace pace_;
  Size tiled_;                          // the picture size that tiles_ is for
  std::vector<PixelBox> tiles_;
  std::size_t next_tile_ = 0;           // of the sweep under way; 0: none is
  bool sweep_started_ = false;
  std::int64_t sweep_us_ = 0;           // when the last sweep began
  std::vector<Detection> found_;
};

class PlainFinder final : public FaceFinder {
 public:
  PlainFinder(Detector& detector, const FinderOptions& options) : detector_(detector), pace_(options.interval_us) {}

  absl::StatusOr<std::span<const Detection>> FindAll(ImageView image) override {
    auto found = detector_.Detect(image);
    if (!found.ok()) return found.status();
    found_ = *std::move(found);
    return std::span<const Detection>(found_);
  }
  absl::StatusOr<std::span<const Detection>> FindNew(ImageView image, std::int64_t timestamp_us, int followed) override {
    if (!pace_.Due(timestamp_us, followed)) return std::span<const Detection>();
    return FindAll(image);
  }
  void FaceLost() override { pace_.Hurry(); }
  void Reset() override { pace_.Reset(); }

 private:
  Detector& detector_;
  Pace pace_;
  std::vector<Detection> found_;
};

}  // namespace

std::unique_ptr<FaceFinder> MakeBlazeFinder(BlazeFace& detector, const FinderOptions& options) {
  return std::make_unique<BlazeFinder>(detector, options);
}

std::unique_ptr<FaceFinder> MakePlainFinder(Detector& detector, const FinderOptions& options) {
  return std::make_unique<PlainFinder>(detector, options);
}

std::vector<PixelBox> TilePyramid(Size picture, int levels, int min_tile) {
  std::vector<PixelBox> tiles;
  int side = std::max(picture.width, picture.height) / 2;
  for (int level = 0; level < levels && side >= min_tile; ++level, side /= 2) {
    const auto count = [&](int length) { return length <= side ? 1 : 1 + static_cast<int>(std::ceil(static_cast<float>(length - side) / (static_cast<float>(side) / 2))); };
    const int columns = count(picture.width), rows = count(picture.height);
    const auto start = [&](int i, int n, int length) {
      const auto room = static_cast<float>(length - side);
      return n == 1 ? room / 2 : room * static_cast<float>(i) / static_cast<float>(n - 1);
    };
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        tiles.push_back({start(column, columns, picture.width), start(row, rows, picture.height), static_cast<float>(side), static_cast<float>(side)});
      }
    }
  }
  return tiles;
}

}  // namespace vigil::face
