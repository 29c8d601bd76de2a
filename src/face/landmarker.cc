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

// How far a face may have moved while it was not seen, in sides of its box, and how much it may have grown or shrunk. The
// faces of two people side by side are further apart.
constexpr float kReturnReach = 0.75F;
constexpr float kReturnGrowth = 2;

float Side(const PixelBox& box) { return std::max(box.width, box.height); }

Point2f Centre(const PixelBox& box) { return {box.x + box.width / 2, box.y + box.height / 2}; }

float CentreDistance(const PixelBox& a, const PixelBox& b) {
  return Distance(Centre(a), Centre(b));
}

bool MayBeSame(const PixelBox& before, const PixelBox& now) {
  const float ratio = Side(now) / std::max(1.0F, Side(before));
  return ratio <= kReturnGrowth && ratio >= 1 / kReturnGrowth &&
         CentreDistance(before, now) <= kReturnReach * std::max(Side(before), Side(now));
}

}  // namespace

struct Landmarker::Track {
  std::int64_t id = 0;
  bool seen = false;  // in this frame
  bool seen_last_frame = false;
  std::int64_t last_seen_us = 0;
  RotatedBox region;          // where to look next
  PixelBox box;               // around the mesh as measured when last seen
  Point2f velocity{};         // of its centre, pixels a microsecond
  std::optional<Mesh> found;  // in this frame, not yet believed
  OneEuroMesh filter;
  Mesh measured;
  Mesh mesh;  // smoothed where asked for

  void Begin() {
    filter.Reset();
    velocity = {};
  }

  // The next region comes from the points as measured: smoothing must not make it lag behind the face.
  void See(const Mesh& mesh_found, std::int64_t now_us) {
    const PixelBox now = BoundingBox(mesh_found.span());
    if (seen_last_frame && now_us > last_seen_us) {
      const auto elapsed = static_cast<float>(now_us - last_seen_us);
      const Point2f from = Centre(box), to = Centre(now);
      velocity = {(velocity.x + (to.x - from.x) / elapsed) / 2,
                  (velocity.y + (to.y - from.y) / elapsed) / 2};
    }
    seen = true;
    last_seen_us = now_us;
    measured = mesh = mesh_found;
    box = now;
    region = RegionFromLandmarks(mesh_found.span());
  }

  // How far `now` is from where the face was going.
  float Surprise(const PixelBox& now, std::int64_t now_us) const {
    const auto elapsed = static_cast<float>(now_us - last_seen_us);
    const Point2f at = Centre(box);
    return Distance({at.x + velocity.x * elapsed, at.y + velocity.y * elapsed}, Centre(now));
  }
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
  if (auto status = Confirm(models, image, 0, *found); !status.ok()) return status;
  return Result();
}

absl::StatusOr<std::span<const TrackedFace>> Landmarker::Next(FaceModels& models, ImageView image,
                                                              std::int64_t timestamp_us) {
  timing_ = {};
  if (auto status = Follow(models, image, timestamp_us); !status.ok()) return status;
  if (const auto seen = Seen(); seen < static_cast<std::size_t>(options_.max_faces)) {
    missing_.clear();
    for (const auto& track : tracks_) {
      if (!track->seen) missing_.push_back(track->box);
    }
    const auto start = Clock::now();
    const auto found =
        finder_.FindNew(models, image, timestamp_us, static_cast<int>(seen), missing_);
    timing_.detect_us = MicrosBetween(start, Clock::now());
    if (!found.ok()) return found.status();
    if (auto status = Confirm(models, image, timestamp_us, *found); !status.ok()) return status;
  }
  if (options_.smooth) {
    for (auto& track : tracks_) {
      if (track->seen) track->filter.Apply(track->mesh, timestamp_us, options_.smoothing);
    }
  }
  return Result();
}

std::span<const TrackedFace> Landmarker::Result() {
  faces_.clear();
  unseen_.clear();
  for (const auto& track : tracks_) {
    if (track->seen) {
      faces_.push_back({track->id, track->mesh, track->measured});
    } else {
      unseen_.push_back(track->id);
    }
  }
  return faces_;
}

std::size_t Landmarker::Seen() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(tracks_, [](const auto& track) { return track->seen; }));
}

// What the mesh network makes of a region; nothing where it sees no face.
absl::StatusOr<std::optional<Mesh>> Landmarker::LookAt(FaceModels& models, ImageView image,
                                                       const RotatedBox& region) {
  auto mesh = models.mesh->Run(image, region);
  if (!mesh.ok()) return mesh.status();
  timing_.mesh_us += models.mesh->model_us();
  if (!(mesh->score > options_.min_mesh_score)) return std::nullopt;
  return *std::move(mesh);
}

// Those seen in the last frame come first. One that was not seen may be where it was, but does not take a face that another
// follows.
absl::Status Landmarker::Follow(FaceModels& models, ImageView image, std::int64_t now_us) {
  EndOfTheLongUnseen(now_us);
  for (auto& track : tracks_) track->seen_last_frame = std::exchange(track->seen, false);
  for (const bool seen_last_frame : {true, false}) {
    for (auto& track : tracks_) {
      if (track->seen_last_frame != seen_last_frame) continue;
      auto mesh = LookAt(models, image, track->region);
      if (!mesh.ok()) return mesh.status();
      track->found = *std::move(mesh);
      if (!track->found && seen_last_frame) finder_.FaceLost();
    }
    if (seen_last_frame) OneFaceEach(now_us);
    for (auto& track : tracks_) {
      if (!track->found) continue;
      const bool taken = std::ranges::any_of(tracks_, [&](const auto& other) {
        return other->seen && IoU(other->box, BoundingBox(track->found->span())) > kMergedIou;
      });
      if (!taken) {
        if (!seen_last_frame) track->Begin();
        track->See(*track->found, now_us);
      }
      track->found.reset();
    }
  }
  EndOfTheLongUnseen(now_us);
  return absl::OkStatus();
}

// Of two that have come to lie on one face, as somebody passes before somebody else, it is that of whom it surprises less.
// The other is out of sight from now on, where it was before.
void Landmarker::OneFaceEach(std::int64_t now_us) {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    for (std::size_t j = i + 1; j < tracks_.size() && tracks_[i]->found; ++j) {
      if (!tracks_[j]->found) continue;
      const PixelBox a = BoundingBox(tracks_[i]->found->span());
      const PixelBox b = BoundingBox(tracks_[j]->found->span());
      if (!(IoU(a, b) > kMergedIou)) continue;
      const bool first = tracks_[i]->Surprise(a, now_us) <= tracks_[j]->Surprise(b, now_us);
      tracks_[first ? j : i]->found.reset();
      finder_.FaceLost();
    }
  }
}

void Landmarker::EndOfTheLongUnseen(std::int64_t now_us) {
  for (std::size_t i = tracks_.size(); i-- > 0;) {
    const Track& track = *tracks_[i];
    if (!track.seen && now_us - track.last_seen_us > options_.lost_after_us) End(i);
  }
}

void Landmarker::End(std::size_t index) {
  const auto at = tracks_.begin() + static_cast<std::ptrdiff_t>(index);
  spare_.push_back(std::move(*at));
  tracks_.erase(at);
}

// Finds become faces in their order, each unless it lies on a face that is there, and only if the mesh sees one too. So
// a find of the whole picture keeps its region, and one that the mesh refuses does not hide a better one of a tile.
absl::Status Landmarker::Confirm(FaceModels& models, ImageView image, std::int64_t now_us,
                                 std::span<const Detection> found) {
  const auto on_a_face = [&](const PixelBox& box) {
    return std::ranges::any_of(
        tracks_, [&](const auto& track) { return track->seen && SameFace(track->box, box); });
  };
  for (const Detection& detection : found) {
    if (Seen() >= static_cast<std::size_t>(options_.max_faces)) break;
    if (on_a_face(detection.box)) continue;
    const auto mesh = LookAt(models, image, RegionFromDetection(detection));
    if (!mesh.ok()) return mesh.status();
    if (!*mesh) continue;
    const PixelBox box = BoundingBox((*mesh)->span());
    if (on_a_face(box)) continue;
    Track& track = TrackFor(box);
    track.Begin();
    track.See(**mesh, now_us);
  }
  return absl::OkStatus();
}

// The face that went unseen nearest to here, or a new one. A new one takes the place of the longest unseen where there is
// no other.
Landmarker::Track& Landmarker::TrackFor(const PixelBox& box) {
  Track* nearest = nullptr;
  std::size_t oldest = tracks_.size();
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    Track& track = *tracks_[i];
    if (track.seen) continue;
    if (oldest == tracks_.size() || track.last_seen_us < tracks_[oldest]->last_seen_us) oldest = i;
    if (MayBeSame(track.box, box) &&
        (!nearest || CentreDistance(track.box, box) < CentreDistance(nearest->box, box)))
      nearest = &track;
  }
  if (nearest) return *nearest;
  if (tracks_.size() >= static_cast<std::size_t>(options_.max_faces)) End(oldest);
  if (spare_.empty()) spare_.push_back(std::make_unique<Track>());
  tracks_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  tracks_.back()->id = next_id_++;
  tracks_.back()->seen_last_frame = false;
  return *tracks_.back();
}

}  // namespace vigil::face
