#include "face/face_finder.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "face/blaze_face.h"

namespace vigil::face {
namespace {

// A doubtful find, and a place where a face was, is looked at in a square so many times its size.
constexpr float kNearView = 3;

PixelBox NearView(const PixelBox& box) {
  const float side = kNearView * std::max(box.width, box.height);
  return {box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side};
}

bool BetterScore(const Detection& a, const Detection& b) { return a.score > b.score; }

}  // namespace

// Overlapping tiles find a face several times; the caller keeps the best that the mesh confirms.
absl::StatusOr<std::span<const Detection>> FaceFinder::FindAll(DetectionStage& detector,
                                                               ImageView image) {
  found_.clear();
  squares_.clear();
  if (detector.looks_in_squares()) {
    squares_.push_back(BlazeFace::WholeOf(image.size()));
    if (options_.mode != FinderMode::kWhole) {
      PrepareTiles(image.size());
      squares_.insert(squares_.end(), tiles_.begin(), tiles_.end());
    }
  }
  const auto finds = detector.Detect(image, squares_);
  if (!finds.ok()) return finds.status();
  for (const auto& [face, square] : *finds) {
    if (face.score >= (square == 0 ? options_.min_score : options_.min_tile_score))
      found_.push_back(face);
  }
  const auto tiles = std::ranges::count_if(*finds, [this](const Find& find) {
    return find.square > 0 && find.face.score >= options_.min_tile_score;
  });
  std::sort(found_.end() - tiles, found_.end(), BetterScore);
  return std::span<const Detection>(found_);
}

absl::StatusOr<std::span<const Detection>> FaceFinder::FindNew(DetectionStage& detector,
                                                               ImageView image,
                                                               std::int64_t timestamp_us,
                                                               int followed,
                                                               std::span<const PixelBox> missing) {
  if (options_.mode == FinderMode::kTiles) return FindAll(detector, image);
  found_.clear();
  near_.clear();
  squares_.clear();
  const bool whole = Due(timestamp_us, followed);
  const bool in_squares = detector.looks_in_squares();
  const bool closely = in_squares && options_.mode == FinderMode::kAuto;
  if (whole && in_squares) squares_.push_back(BlazeFace::WholeOf(image.size()));
  if (closely) {
    for (const PixelBox& box : missing) squares_.push_back(NearView(box));
    PlanSweep(image.size(), timestamp_us);
  }
  if (!whole && squares_.empty()) return std::span<const Detection>(found_);
  const auto finds = detector.Detect(image, squares_);
  if (!finds.ok()) return finds.status();

  const int first_missing = whole ? 1 : 0;
  const int first_tile = first_missing + static_cast<int>(missing.size());
  std::ptrdiff_t tiles = 0;
  for (const auto& [face, square] : *finds) {
    if (square < first_missing) {
      if (face.score >= options_.min_score) found_.push_back(face);
    } else if (face.score >= options_.min_tile_score) {
      near_.push_back(face);
      tiles += square >= first_tile;
    }
  }
  std::sort(near_.end() - tiles, near_.end(), BetterScore);
  if (closely) {
    if (auto status = DropDoubtful(detector, image); !status.ok()) return status;
  }
  found_.insert(found_.end(), near_.begin(), near_.end());
  return std::span<const Detection>(found_);
}

void FaceFinder::Reset() {
  looked_us_.reset();
  sweep_us_.reset();
  next_tile_ = 0;
  look_soon_ = false;
}

bool FaceFinder::Due(std::int64_t now_us, int followed) {
  const bool due = followed == 0 || look_soon_ || !looked_us_ ||
                   now_us - *looked_us_ >= options_.interval_us || now_us < *looked_us_;
  if (due) {
    looked_us_ = now_us;
    look_soon_ = false;
  }
  return due;
}

// A weak find is looked at again from near by: of a face, that gives a strong one. A video has many frames, and hands or
// clothes that pass for a face in one of them would be followed from then on.
absl::Status FaceFinder::DropDoubtful(DetectionStage& detector, ImageView image) {
  const auto is_sure = [this](const Detection& face) {
    return face.score >= options_.min_tile_score;
  };
  squares_.clear();
  for (const Detection& candidate : found_) {
    if (!is_sure(candidate)) squares_.push_back(NearView(candidate.box));
  }
  if (squares_.empty()) return absl::OkStatus();
  const auto finds = detector.Detect(image, squares_);
  if (!finds.ok()) return finds.status();
  std::size_t kept = 0;
  int doubtful = 0;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const Detection candidate = found_[i];
    bool sure = is_sure(candidate);
    if (!sure) {
      const int square = doubtful++;
      sure = std::ranges::any_of(*finds, [&](const Find& find) {
        return find.square == square && is_sure(find.face) &&
               IoU(find.face.box, candidate.box) > 0.3F;
      });
    }
    if (sure) found_[kept++] = candidate;
  }
  found_.resize(kept);
  return absl::OkStatus();
}

void FaceFinder::PrepareTiles(Size size) {
  if (size == tiled_) return;
  tiled_ = size;
  tiles_ = TilePyramid(size, options_.tile_levels, options_.min_tile);
}

// A sweep goes over all tiles, a few a frame, so that no frame takes long.
void FaceFinder::PlanSweep(Size size, std::int64_t now_us) {
  PrepareTiles(size);
  const bool due = !sweep_us_ || now_us - *sweep_us_ >= options_.sweep_us || now_us < *sweep_us_;
  if (next_tile_ == 0 && !due) return;
  if (next_tile_ == 0) sweep_us_ = now_us;
  const std::size_t first = std::min(next_tile_, tiles_.size());
  const std::size_t last =
      std::min(tiles_.size(), first + static_cast<std::size_t>(options_.tiles_per_frame));
  next_tile_ = last == tiles_.size() ? 0 : last;
  for (std::size_t i = first; i < last; ++i) squares_.push_back(tiles_[i]);
}

std::vector<PixelBox> TilePyramid(Size picture, int levels, int min_tile) {
  std::vector<PixelBox> tiles;
  int side = std::max(picture.width, picture.height) / 2;
  for (int level = 0; level < levels && side >= min_tile; ++level, side /= 2) {
    const auto count = [&](int length) {
      return length <= side ? 1
                            : 1 + static_cast<int>(std::ceil(static_cast<float>(length - side) /
                                                             (static_cast<float>(side) / 2)));
    };
    const int columns = count(picture.width), rows = count(picture.height);
    const auto start = [&](int i, int n, int length) {
      const auto room = static_cast<float>(length - side);
      return n == 1 ? room / 2 : room * static_cast<float>(i) / static_cast<float>(n - 1);
    };
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        tiles.push_back({start(column, columns, picture.width), start(row, rows, picture.height),
                         static_cast<float>(side), static_cast<float>(side)});
      }
    }
  }
  return tiles;
}

}  // namespace vigil::face
