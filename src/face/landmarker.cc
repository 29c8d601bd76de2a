#include "face/landmarker.h"

#include <algorithm>
#include <utility>

#include "core/time.h"
#include "face/region.h"

namespace vigil::face {
namespace {

// Regions that overlap by more than this are the same face (MediaPipe's association).
constexpr float kSameRegionIou = 0.5F;
// Two meshes of different regions that have come to lie on one face.
constexpr float kSameFaceIou = 0.5F;

}  // namespace

struct Landmarker::Track {
  std::int64_t id = 0;          // 0: seen by the detector, not yet confirmed by the mesh
  RotatedBox region;            // where to look in the frame at hand
  PixelBox box;                 // around the mesh of the last frame
  OneEuroMesh filter;
  Mesh mesh;                    // smoothed
};

Landmarker::Landmarker(FaceFinder& finder, MeshModel& mesh, const LandmarkerOptions& options)
    : finder_(finder), mesh_(mesh), options_(options) {}
Landmarker::~Landmarker() = default;

void Landmarker::Reset() {
  for (auto& track : tracks_) spare_.push_back(std::move(track));
  tracks_.clear();
  finder_.Reset();
}

absl::StatusOr<std::span<const TrackedFace>> Landmarker::Still(ImageView image) {
  Reset();
  timing_ = {};
  const auto start = Clock::now();
  const auto found = finder_.FindAll(image);
  timing_.detect_us = MicrosBetween(start, Clock::now());
  if (!found.ok()) return found.status();
  Associate(*found);
  if (auto status = MeshAll(image, 0, /*smooth=*/false); !status.ok()) return status;
  return std::span<const TrackedFace>(faces_);
}

absl::StatusOr<std::span<const TrackedFace>> Landmarker::Next(ImageView image, std::int64_t timestamp_us) {
  timing_ = {};
  if (tracks_.size() < static_cast<std::size_t>(options_.max_faces)) {
    const auto start = Clock::now();
    const auto found = finder_.FindNew(image, timestamp_us, static_cast<int>(tracks_.size()));
    timing_.detect_us = MicrosBetween(start, Clock::now());
    if (!found.ok()) return found.status();
    Associate(*found);
  }
  if (auto status = MeshAll(image, timestamp_us, options_.smooth); !status.ok()) return status;
  return std::span<const TrackedFace>(faces_);
}

// A detection that overlaps a face being followed is that face; the others become new tracks, best first.
void Landmarker::Associate(std::span<const Detection> found) {
  for (const Detection& detection : found) {
    if (tracks_.size() >= static_cast<std::size_t>(options_.max_faces)) return;
    const RotatedBox region = RegionFromDetection(detection);
    const bool known = std::ranges::any_of(tracks_, [&](const auto& track) {
      return IoU(UprightBox(track->region), UprightBox(region)) > kSameRegionIou;
    });
    if (known) continue;
    if (spare_.empty()) spare_.push_back(std::make_unique<Track>());
    auto track = std::move(spare_.back());
    spare_.pop_back();
    track->id = 0;
    track->region = region;
    track->filter.Reset();
    tracks_.push_back(std::move(track));
  }
}

absl::Status Landmarker::MeshAll(ImageView image, std::int64_t timestamp_us, bool smooth) {
  for (auto& track : tracks_) {
    auto mesh = mesh_.Run(image, track->region);
    if (!mesh.ok()) return mesh.status();
    timing_.mesh_us += mesh_.model_us();
    track->mesh = *std::move(mesh);
    // The next region comes from the points as measured: smoothing must not make the crop lag behind the face.
    track->box = BoundingBox(track->mesh.span());
    track->region = RegionFromLandmarks(track->mesh.span());
  }
  DropDuplicates();
  // stable_partition would take memory: lost tracks move behind by hand.
  std::size_t kept = 0;
  for (auto& track : tracks_) {
    if (track->mesh.score > options_.min_mesh_score) std::swap(tracks_[kept++], track);
  }
  while (tracks_.size() > kept) {
    if (tracks_.back()->id != 0) finder_.FaceLost();
    spare_.push_back(std::move(tracks_.back()));
    tracks_.pop_back();
  }
  faces_.clear();
  for (auto& track : tracks_) {
    if (track->id == 0) track->id = next_id_++;
    if (smooth) track->filter.Apply(track->mesh, timestamp_us, options_.smoothing);
    faces_.push_back({track->id, track->mesh});
  }
  return absl::OkStatus();
}

// Two regions can end on one face. The one followed longer stays; among new ones, the better.
void Landmarker::DropDuplicates() {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    for (std::size_t j = i + 1; j < tracks_.size(); ++j) {
      Track &a = *tracks_[i], &b = *tracks_[j];
      if (a.mesh.score <= options_.min_mesh_score || b.mesh.score <= options_.min_mesh_score) continue;
      if (IoU(a.box, b.box) <= kSameFaceIou) continue;
      const bool b_older = b.id != 0 && (a.id == 0 || b.id < a.id);
      (b_older ? a : b).mesh.score = 0;
    }
  }
}

}  // namespace vigil::face
