#include "face/landmarker.h"

#include <algorithm>
#include <utility>

#include "core/time.h"
#include "face/region.h"

namespace vigil::face {
namespace {

// A find that lies on a face already confirmed. What a small tile takes for a face inside a large one (an eye, a mouth)
// lies mostly inside it.
bool SameFace(const PixelBox& a, const PixelBox& b) {
  return IoU(a, b) > 0.3F || Intersect(a, b).area() > 0.6F * std::min(a.area(), b.area());
}

// Two faces followed apart that have come to lie on one.
constexpr float kMergedIou = 0.5F;

}  // namespace

struct Landmarker::Track {
  std::int64_t id = 0;
  RotatedBox region;  // where to look in the next frame
  PixelBox box;       // around the mesh as measured
  OneEuroMesh filter;
  Mesh measured;
  Mesh mesh;  // smoothed where asked for
};

Landmarker::Landmarker(const LandmarkerOptions& options)
    : options_(options), finder_(options.finder) {}
Landmarker::~Landmarker() = default;

void Landmarker::Reset() {
  for (auto& track : tracks_) spare_.push_back(std::move(track));
  tracks_.clear();
  finder_.Reset();
}

absl::StatusOr<std::span<const TrackedFace>> Landmarker::Still(FaceModels& models,
                                                               ImageView image) {
  Reset();
  timing_ = {};
  const auto start = Clock::now();
  const auto found = finder_.FindAll(models, image);
  timing_.detect_us = MicrosBetween(start, Clock::now());
  if (!found.ok()) return found.status();
  if (auto status = Confirm(models, image, *found); !status.ok()) return status;
  return Result();
}

absl::StatusOr<std::span<const TrackedFace>> Landmarker::Next(FaceModels& models, ImageView image,
                                                              std::int64_t timestamp_us) {
  timing_ = {};
  if (auto status = Follow(models, image); !status.ok()) return status;
  if (tracks_.size() < static_cast<std::size_t>(options_.max_faces)) {
    const auto start = Clock::now();
    const auto found =
        finder_.FindNew(models, image, timestamp_us, static_cast<int>(tracks_.size()));
    timing_.detect_us = MicrosBetween(start, Clock::now());
    if (!found.ok()) return found.status();
    if (auto status = Confirm(models, image, *found); !status.ok()) return status;
  }
  if (options_.smooth) {
    for (auto& track : tracks_) track->filter.Apply(track->mesh, timestamp_us, options_.smoothing);
  }
  return Result();
}

std::span<const TrackedFace> Landmarker::Result() {
  faces_.clear();
  for (const auto& track : tracks_) faces_.push_back({track->id, track->mesh, track->measured});
  return faces_;
}

// The next region comes from the points as measured: smoothing must not make it lag behind the face.
absl::Status Landmarker::RunMesh(FaceModels& models, ImageView image, Track& track) {
  auto mesh = models.mesh->Run(image, track.region);
  if (!mesh.ok()) return mesh.status();
  timing_.mesh_us += models.mesh->model_us();
  track.measured = track.mesh = *mesh;
  track.box = BoundingBox(track.mesh.span());
  track.region = RegionFromLandmarks(track.mesh.span());
  return absl::OkStatus();
}

absl::Status Landmarker::Follow(FaceModels& models, ImageView image) {
  std::size_t kept = 0;  // tracks_ stays in the order of ids: the older of two on one face stays
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    if (auto status = RunMesh(models, image, *tracks_[i]); !status.ok()) return status;
    const bool lost = !(tracks_[i]->mesh.score > options_.min_mesh_score);
    const bool merged = std::any_of(
        tracks_.begin(), tracks_.begin() + static_cast<std::ptrdiff_t>(kept),
        [&](const auto& other) { return IoU(other->box, tracks_[i]->box) > kMergedIou; });
    if (!lost && !merged) std::swap(tracks_[kept++], tracks_[i]);
  }
  while (tracks_.size() > kept) {
    finder_.FaceLost();
    spare_.push_back(std::move(tracks_.back()));
    tracks_.pop_back();
  }
  return absl::OkStatus();
}

// Finds become faces in their order, each unless it lies on a face that is there, and only if the mesh sees one too. So
// a find of the whole picture keeps its region, and one that the mesh refuses does not hide a better one of a tile.
absl::Status Landmarker::Confirm(FaceModels& models, ImageView image,
                                 std::span<const Detection> found) {
  for (const Detection& detection : found) {
    if (tracks_.size() >= static_cast<std::size_t>(options_.max_faces)) break;
    const auto on = [&](const PixelBox& box) {
      return std::ranges::any_of(tracks_,
                                 [&](const auto& track) { return SameFace(track->box, box); });
    };
    if (on(detection.box)) continue;
    if (spare_.empty()) spare_.push_back(std::make_unique<Track>());
    Track& track = *spare_.back();
    track.region = RegionFromDetection(detection);
    track.filter.Reset();
    if (auto status = RunMesh(models, image, track); !status.ok()) return status;
    if (!(track.mesh.score > options_.min_mesh_score) || on(track.box)) continue;
    track.id = next_id_++;
    tracks_.push_back(std::move(spare_.back()));
    spare_.pop_back();
  }
  return absl::OkStatus();
}

}  // namespace vigil::face
