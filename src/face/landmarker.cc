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
  RotatedBox region;            // where to look next
  PixelBox box;                 // around the mesh as measured when last seen
  Point2f velocity{};           // of its centre, pixels a microsecond
  const Mesh* found = nullptr;  // in this frame, not yet believed
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

// What a network that failed leaves undone: all of the frame, or its own part.
absl::Status Landmarker::Failed(Stage stage, const absl::Status& status) {
  failed_.Add(stage);
  return options_.degrade ? absl::OkStatus() : status;
}

absl::StatusOr<std::span<const TrackedFace>> Landmarker::Still(FaceNetworks networks,
                                                               ImageView image) {
  Reset();
  timing_ = {};
  failed_ = {};
  const auto start = Clock::now();
  const auto found = finder_.FindAll(networks.detection, image);
  timing_.detect_us = MicrosBetween(start, Clock::now());
  const absl::Status status = found.ok() ? Confirm(networks, image, 0, *found)
                                         : Failed(Stage::kFaceDetection, found.status());
  if (!status.ok()) return status;
  return Result();
}

absl::StatusOr<std::span<const TrackedFace>> Landmarker::Next(FaceNetworks networks,
                                                              ImageView image,
                                                              std::int64_t timestamp_us) {
  timing_ = {};
  failed_ = {};
  if (auto status = Follow(networks, image, timestamp_us); !status.ok()) return status;
  if (auto status = FindMore(networks, image, timestamp_us); !status.ok()) return status;
  if (options_.smooth) {
    for (auto& track : tracks_) {
      if (track->seen) track->filter.Apply(track->mesh, timestamp_us, options_.smoothing);
    }
  }
  return Result();
}

absl::Status Landmarker::FindMore(FaceNetworks networks, ImageView image, std::int64_t now_us) {
  const std::size_t seen = Seen();
  // Without meshes no find could become a face.
  if (seen >= static_cast<std::size_t>(options_.max_faces) || !failed_.empty())
    return absl::OkStatus();
  missing_.clear();
  for (const auto& track : tracks_) {
    if (!track->seen) missing_.push_back(track->box);
  }
  const auto start = Clock::now();
  const auto found =
      finder_.FindNew(networks.detection, image, now_us, static_cast<int>(seen), missing_);
  timing_.detect_us = MicrosBetween(start, Clock::now());
  if (!found.ok()) return Failed(Stage::kFaceDetection, found.status());
  return Confirm(networks, image, now_us, *found);
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

// What the mesh network makes of regions_.
absl::StatusOr<std::span<const Mesh>> Landmarker::LookAtRegions(FaceNetworks networks,
                                                                ImageView image) {
  const auto meshes = networks.landmarks.Meshes(image, regions_);
  timing_.mesh_us += networks.landmarks.network_us();
  return meshes;
}

// Those seen in the last frame come first. One that was not seen may be where it was, but does not take a face that another
// follows.
absl::Status Landmarker::Follow(FaceNetworks networks, ImageView image, std::int64_t now_us) {
  EndOfTheLongUnseen(now_us);
  for (auto& track : tracks_) track->seen_last_frame = std::exchange(track->seen, false);
  followed_.clear();
  regions_.clear();
  for (const bool seen_last_frame : {true, false}) {
    for (auto& track : tracks_) {
      if (track->seen_last_frame != seen_last_frame) continue;
      followed_.push_back(track.get());
      regions_.push_back(track->region);
    }
  }
  if (followed_.empty()) return absl::OkStatus();
  const auto meshes = LookAtRegions(networks, image);
  if (!meshes.ok()) return Failed(Stage::kLandmarkDetection, meshes.status());
  for (std::size_t i = 0; i < followed_.size(); ++i) {
    const Mesh& mesh = (*meshes)[i];
    followed_[i]->found = IsFace(mesh) ? &mesh : nullptr;
    if (followed_[i]->found == nullptr && followed_[i]->seen_last_frame) finder_.FaceLost();
  }
  OneFaceEach(now_us);
  for (Track* track : followed_) {
    const Mesh* const found = std::exchange(track->found, nullptr);
    if (found == nullptr) continue;
    const PixelBox box = BoundingBox(found->span());
    const bool taken = std::ranges::any_of(tracks_, [&](const auto& other) {
      return other->seen && IoU(other->box, box) > kMergedIou;
    });
    if (taken) continue;
    if (!track->seen_last_frame) track->Begin();
    track->See(*found, now_us);
  }
  EndOfTheLongUnseen(now_us);
  return absl::OkStatus();
}

// Of two that have come to lie on one face, as somebody passes before somebody else, it is that of whom it surprises less.
// The other is out of sight from now on, where it was before.
void Landmarker::OneFaceEach(std::int64_t now_us) {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    if (!tracks_[i]->seen_last_frame) continue;
    for (std::size_t j = i + 1; j < tracks_.size() && tracks_[i]->found; ++j) {
      if (!tracks_[j]->found || !tracks_[j]->seen_last_frame) continue;
      const PixelBox a = BoundingBox(tracks_[i]->found->span());
      const PixelBox b = BoundingBox(tracks_[j]->found->span());
      if (!(IoU(a, b) > kMergedIou)) continue;
      const bool first = tracks_[i]->Surprise(a, now_us) <= tracks_[j]->Surprise(b, now_us);
      tracks_[first ? j : i]->found = nullptr;
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

bool Landmarker::OnAFace(const PixelBox& box) const {
  return std::ranges::any_of(
      tracks_, [&](const auto& track) { return track->seen && SameFace(track->box, box); });
}

// Finds become faces in their order, each unless it lies on a face that is there, and only if the mesh sees one too. So
// a find of the whole picture keeps its region, and one that the mesh refuses does not hide a better one of a tile.
absl::Status Landmarker::Confirm(FaceNetworks networks, ImageView image, std::int64_t now_us,
                                 std::span<const Detection> found) {
  std::span<const Mesh> meshes;
  std::size_t next = 0;  // of asked_
  asked_.clear();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (Seen() >= static_cast<std::size_t>(options_.max_faces)) break;
    if (OnAFace(found[i].box)) continue;
    while (next < asked_.size() && asked_[next] < i) ++next;
    if (next == asked_.size() || asked_[next] != i) {
      // Those asked for and not looked at yet are asked for once more: it is rare, and keeps their order.
      PrepareFinds(found, i, networks.landmarks.lookahead());
      const auto all = LookAtRegions(networks, image);
      if (!all.ok()) return Failed(Stage::kLandmarkDetection, all.status());
      meshes = *all;
      next = 0;
    }
    const Mesh& mesh = meshes[next];
    if (!IsFace(mesh)) continue;
    const PixelBox box = BoundingBox(mesh.span());
    if (OnAFace(box)) continue;
    Track& track = TrackFor(box);
    track.Begin();
    track.See(mesh, now_us);
  }
  return absl::OkStatus();
}

// The find `from`, and further ones that will be looked at whatever becomes of those before them.
void Landmarker::PrepareFinds(std::span<const Detection> found, std::size_t from, int lookahead) {
  asked_.clear();
  regions_.clear();
  const std::size_t room = static_cast<std::size_t>(options_.max_faces) - Seen();
  const std::size_t most = std::min(room, static_cast<std::size_t>(std::max(1, lookahead)));
  for (std::size_t i = from; i < found.size() && asked_.size() < most; ++i) {
    const bool decided_before = std::ranges::any_of(
        asked_, [&](std::size_t other) { return SameFace(found[other].box, found[i].box); });
    if (decided_before || OnAFace(found[i].box)) continue;
    asked_.push_back(i);
    regions_.push_back(RegionFromDetection(found[i]));
  }
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
