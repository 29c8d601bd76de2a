#include "face/face_finder.h"

#include <algorithm>
#include <cmath>

namespace vigil::face {
namespace {

// A doubtful find, and a place where a face was, is looked at in a square so many times its size.
constexpr float kNearView = 3;

PixelBox NearView(const PixelBox& box) {
  const float side = kNearView * std::max(box.width, box.height);
  return {box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side};
}

}  // namespace

absl::StatusOr<std::span<const Detection>> FaceFinder::FindAll(FaceModels& models,
                                                               ImageView image) {
  found_.clear();
  if (auto status = AddWhole(models, image); !status.ok()) return status;
  if (models.blaze && options_.mode != FinderMode::kWhole) {
    PrepareTiles(image.size());
    if (auto status = AddTiles(models, image, 0, tiles_.size()); !status.ok()) return status;
  }
  return std::span<const Detection>(found_);
}

absl::StatusOr<std::span<const Detection>> FaceFinder::FindNew(FaceModels& models, ImageView image,
                                                               std::int64_t timestamp_us,
                                                               int followed,
                                                               std::span<const PixelBox> missing) {
  if (options_.mode == FinderMode::kTiles) return FindAll(models, image);
  found_.clear();
  if (Due(timestamp_us, followed)) {
    if (auto status = AddWhole(models, image); !status.ok()) return status;
    if (models.blaze && options_.mode == FinderMode::kAuto) {
      if (auto status = DropDoubtful(models, image); !status.ok()) return status;
    }
  }
  if (models.blaze && options_.mode == FinderMode::kAuto) {
    if (auto status = AddMissing(models, image, missing); !status.ok()) return status;
    if (auto status = Sweep(models, image, timestamp_us); !status.ok()) return status;
  }
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

absl::Status FaceFinder::AddWhole(FaceModels& models, ImageView image) {
  const auto add = [&](std::span<const Detection> faces) {
    for (const Detection& face : faces) {
      if (face.score >= options_.min_score) found_.push_back(face);
    }
    return absl::OkStatus();
  };
  if (models.blaze) {
    const auto faces = models.blaze->DetectIn(image, BlazeFace::WholeOf(image.size()));
    return faces.ok() ? add(*faces) : faces.status();
  }
  const auto faces = models.other->Detect(image);
  return faces.ok() ? add(*faces) : faces.status();
}

// A weak find is looked at again from near by: of a face, that gives a strong one. A video has many frames, and hands or
// clothes that pass for a face in one of them would be followed from then on.
absl::Status FaceFinder::DropDoubtful(FaceModels& models, ImageView image) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const Detection candidate = found_[i];
    bool sure = candidate.score >= options_.min_tile_score;
    if (!sure) {
      const auto seen = models.blaze->DetectIn(image, NearView(candidate.box));
      if (!seen.ok()) return seen.status();
      sure = std::ranges::any_of(*seen, [&](const Detection& d) {
        return d.score >= options_.min_tile_score && IoU(d.box, candidate.box) > 0.3F;
      });
    }
    if (sure) found_[kept++] = candidate;
  }
  found_.resize(kept);
  return absl::OkStatus();
}

absl::Status FaceFinder::AddMissing(FaceModels& models, ImageView image,
                                    std::span<const PixelBox> missing) {
  for (const PixelBox& box : missing) {
    const auto faces = models.blaze->DetectIn(image, NearView(box));
    if (!faces.ok()) return faces.status();
    for (const Detection& face : *faces) {
      if (face.score >= options_.min_tile_score) found_.push_back(face);
    }
  }
  return absl::OkStatus();
}

void FaceFinder::PrepareTiles(Size size) {
  if (size == tiled_) return;
  tiled_ = size;
  tiles_ = TilePyramid(size, options_.tile_levels, options_.min_tile);
}

// Overlapping tiles find a face several times; the caller keeps the best that the mesh confirms.
absl::Status FaceFinder::AddTiles(FaceModels& models, ImageView image, std::size_t first,
                                  std::size_t last) {
  const auto others = static_cast<std::ptrdiff_t>(found_.size());
  for (std::size_t i = first; i < last; ++i) {
    const auto faces = models.blaze->DetectIn(image, tiles_[i]);
    if (!faces.ok()) return faces.status();
    for (const Detection& face : *faces) {
      if (face.score >= options_.min_tile_score) found_.push_back(face);
    }
  }
  std::sort(found_.begin() + others, found_.end(),
            [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return absl::OkStatus();
}

// A sweep goes over all tiles, a few a frame, so that no frame takes long.
absl::Status FaceFinder::Sweep(FaceModels& models, ImageView image, std::int64_t now_us) {
  PrepareTiles(image.size());
  const bool due = !sweep_us_ || now_us - *sweep_us_ >= options_.sweep_us || now_us < *sweep_us_;
  if (next_tile_ == 0 && !due) return absl::OkStatus();
  if (next_tile_ == 0) sweep_us_ = now_us;
  const std::size_t first = std::min(next_tile_, tiles_.size());
  const std::size_t last =
      std::min(tiles_.size(), first + static_cast<std::size_t>(options_.tiles_per_frame));
  next_tile_ = last == tiles_.size() ? 0 : last;
  return AddTiles(models, image, first, last);
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
