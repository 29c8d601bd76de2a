#include "tracking/byte_track.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/check.h"
#include "core/limits.h"

namespace vigil::tracking {
namespace {

constexpr float kMaxCoordinate = 100'000;
constexpr std::int64_t kMaxTime = std::int64_t{1} << 61;  // differences of two stay in range
// An unseen object has come to rest after about this time, in seconds. Measured; people who walk
// behind something rarely come out where they would have been.
constexpr double kFade = 1.5;
// An object is in one place while its centre stays within this part of its size.
constexpr float kPlace = 0.3F;
// A parked object that is lost for long is found again only where it was.
constexpr double kParkedOverlap = 0.5;
// Of one detection, the best tracks that are looked at: more are never near in earnest, and the
// work and memory of a frame have a bound.
constexpr std::ptrdiff_t kMaxCandidatesEach = 16;

Point2f Center(const PixelBox& box) { return {box.x + box.width / 2, box.y + box.height / 2}; }

bool IsUsable(const Detection& detection) {
  const PixelBox& b = detection.box;
  const auto in_range = [](float value) { return std::abs(value) <= kMaxCoordinate; };  // not NaN
  return in_range(b.x) && in_range(b.y) && in_range(b.width) && in_range(b.height) && b.width > 0 &&
         b.height > 0 && std::isfinite(detection.score);
}

std::int64_t Micros(std::chrono::milliseconds time) {
  return std::chrono::microseconds(time).count();
}

absl::Status Between(std::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} is {}, and must be from {} to {}", name, value, low, high));
}

}  // namespace

absl::Status Validate(const ByteTrackOptions& o) {
  const auto ms = [](std::chrono::milliseconds time) { return static_cast<double>(time.count()); };
  constexpr double kHour = 3'600'000;
  for (const absl::Status& status :
       {Between("high_score", o.high_score, 0, 1),
        Between("low_score", o.low_score, 0, o.high_score),
        Between("new_track_score", o.new_track_score, o.high_score, 1),
        Between("match_limit", o.match_limit, 0, 1),
        Between("low_match_limit", o.low_match_limit, 0, 1),
        Between("tentative_match_limit", o.tentative_match_limit, 0, 1),
        Between("confirm_hits", o.confirm_hits, 1, 100),
        Between("confirm_score", o.confirm_score, 0, 100),
        Between("tentative_for", ms(o.tentative_for), 0, kHour),
        Between("lost_for", ms(o.lost_for), 0, kHour),
        Between("parked_after", ms(o.parked_after), 0, kHour),
        Between("parked_lost_for", ms(o.parked_lost_for), 0, kHour)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

ByteTrackOptions ScaledTo(ByteTrackOptions options, float scale) {
  for (float* score : {&options.high_score, &options.low_score, &options.new_track_score,
                       &options.confirm_score}) {
    *score *= scale;
  }
  // The costs that have a score in them: 1 - IoU x score.
  for (float* limit : {&options.match_limit, &options.tentative_match_limit})
    *limit = 1 - (1 - *limit) * scale;
  return options;
}

ByteTracker::ByteTracker(const ByteTrackOptions& options) : options_(options) {
  VIGIL_CHECK(Validate(options).ok());
}

void ByteTracker::Reset() {
  entries_.clear();
  now_us_.reset();
}

std::span<const Track> ByteTracker::Update(std::span<const Detection> detections,
                                           std::int64_t timestamp_us) {
  const std::int64_t time = std::clamp(timestamp_us, -kMaxTime, kMaxTime);
  const std::int64_t before = now_us_.value_or(time);
  now_us_ = std::max(time, before);
  Sort(detections);
  Predict(static_cast<double>(*now_us_ - before) * 1e-6);
  Associate(Stage::kFirst, high_);
  Associate(Stage::kSecond, low_);
  Associate(Stage::kTentative, high_);
  for (Entry& entry : entries_) Settle(entry);
  Begin();
  return Report();
}

void ByteTracker::Sort(std::span<const Detection> detections) {
  high_.clear();
  low_.clear();
  constexpr auto kMost = static_cast<std::size_t>(limits::kMaxDetections);
  if (detections.size() > kMost) {
    refused_ += static_cast<std::int64_t>(detections.size() - kMost);
    detections = detections.first(kMost);
  }
  for (Detection detection : detections) {
    if (!IsUsable(detection)) {
      ++refused_;
      continue;
    }
    detection.score = std::min(detection.score, 1.0F);
    if (detection.score >= options_.high_score) {
      high_.push_back(detection);
    } else if (detection.score >= options_.low_score) {
      low_.push_back(detection);
    }
  }
}

void ByteTracker::Predict(double seconds) {
  for (Entry& entry : entries_) {
    // The way of a speed that decays exponentially from when the object was last seen.
    const double unseen = static_cast<double>(*now_us_ - entry.track.last_us) * 1e-6;
    const double way = kFade * (std::exp((seconds - unseen) / kFade) - std::exp(-unseen / kFade));
    if (entry.track.state == TrackState::kLost) entry.filter.HoldSize();
    entry.filter.Predict(way);
    entry.track.previous_center = Center(entry.track.box);
    entry.predicted = entry.filter.box();
    entry.seen = false;
    // Too long unseen to be the same: it ends without another look.
    if (*now_us_ - entry.track.last_us > LostLimit(entry)) entry.track.state = TrackState::kEnded;
  }
}

bool ByteTracker::IsParked(const Entry& entry) const {
  return entry.track.last_us - entry.place_us >= Micros(options_.parked_after);
}

// Microseconds for which a track may be unseen.
std::int64_t ByteTracker::LostLimit(const Entry& entry) const {
  const std::int64_t usual = Micros(options_.lost_for);
  const std::int64_t longest = std::max(usual, Micros(options_.parked_lost_for));
  switch (entry.track.state) {
    case TrackState::kTentative:
    case TrackState::kConfirmed:  // seen in the frame before: a slow camera gets one look
      return longest;
    case TrackState::kLost:
      return IsParked(entry) ? longest : usual;
    case TrackState::kEnded:
      break;
  }
  return 0;
}

bool ByteTracker::TakesPart(const Entry& entry, Stage stage) const {
  if (entry.seen) return false;
  const TrackState state = entry.track.state;
  switch (stage) {
    case Stage::kFirst:
      return state == TrackState::kConfirmed || state == TrackState::kLost;
    case Stage::kSecond:  // an unsure detection does not bring back what is lost
      return state == TrackState::kConfirmed;
    case Stage::kTentative:
      return state == TrackState::kTentative;
  }
  return false;
}

double ByteTracker::LimitOf(Stage stage) const {
  switch (stage) {
    case Stage::kFirst:
      return options_.match_limit;
    case Stage::kSecond:
      return options_.low_match_limit;
    case Stage::kTentative:
      break;
  }
  return options_.tentative_match_limit;
}

// Detections that find a track are taken out of `detections`.
void ByteTracker::Associate(Stage stage, std::vector<Detection>& detections) {
  columns_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!TakesPart(entry, stage)) continue;
    const bool long_lost = entry.track.state == TrackState::kLost &&
                           *now_us_ - entry.track.last_us > Micros(options_.lost_for);
    columns_.push_back({entry.predicted, entry.track.class_id, static_cast<int>(i), long_lost});
  }
  if (columns_.empty() || detections.empty()) return;
  candidates_.clear();
  for (std::size_t i = 0; i < detections.size(); ++i)
    AddCandidates(stage, static_cast<int>(i), detections[i]);
  taken_.assign(detections.size(), 0);
  for (const RowColumn& pair :
       assigner_.Solve(static_cast<int>(detections.size()), static_cast<int>(columns_.size()),
                       candidates_, LimitOf(stage))) {
    const auto row = static_cast<std::size_t>(pair.row);
    const int entry = columns_[static_cast<std::size_t>(pair.column)].entry;
    Take(entries_[static_cast<std::size_t>(entry)], detections[row]);
    taken_[row] = 1;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (taken_[i] == 0) detections[kept++] = detections[i];
  }
  detections.resize(kept);
}

void ByteTracker::AddCandidates(Stage stage, int row, const Detection& detection) {
  const double limit = LimitOf(stage);
  const double weight = stage == Stage::kSecond ? 1 : static_cast<double>(detection.score);
  const auto begin = static_cast<std::ptrdiff_t>(candidates_.size());
  const float right = detection.box.right(), bottom = detection.box.bottom();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const PixelBox& box = column.predicted;
    if (box.x >= right || detection.box.x >= box.right()) continue;
    if (box.y >= bottom || detection.box.y >= box.bottom()) continue;
    if (options_.class_aware && column.class_id != detection.class_id) continue;
    const double overlap = IoU(box, detection.box);
    const double cost = 1 - overlap * weight;
    if (cost > limit || (column.at_its_place_only && overlap < kParkedOverlap)) continue;
    candidates_.push_back({row, static_cast<int>(i), cost});
  }
  const auto first = candidates_.begin() + begin;
  if (candidates_.end() - first > kMaxCandidatesEach) {
    std::nth_element(first, first + kMaxCandidatesEach, candidates_.end(),
                     [](const Candidate& a, const Candidate& b) {
                       return a.cost != b.cost ? a.cost < b.cost : a.column < b.column;
                     });
    candidates_.erase(first + kMaxCandidatesEach, candidates_.end());
  }
}

void ByteTracker::Take(Entry& entry, const Detection& detection) {
  entry.filter.Correct(detection.box);
  entry.seen = true;
  entry.score_sum += static_cast<double>(detection.score);
  entry.hits = std::min(entry.hits + 1, options_.confirm_hits);
  entry.track.score = detection.score;
  entry.track.last_us = *now_us_;
  const Point2f center = Center(detection.box);
  if (Distance(center, entry.place) > kPlace * std::sqrt(detection.box.area())) {
    entry.place = center;
    entry.place_us = *now_us_;
  }
  // The class with most score behind it, in one number (Boyer and Moore's majority vote).
  if (detection.class_id == entry.track.class_id) {
    entry.class_weight = std::min(entry.class_weight + detection.score, 100.0F);
  } else if ((entry.class_weight -= detection.score) < 0) {
    entry.class_weight = -entry.class_weight;
    entry.track.class_id = detection.class_id;
  }
}

// What the frame means for the state.
void ByteTracker::Settle(Entry& entry) const {
  TrackState& state = entry.track.state;
  if (state == TrackState::kEnded) return;
  if (entry.seen) {
    const bool sure = entry.hits >= options_.confirm_hits &&
                      entry.score_sum >= static_cast<double>(options_.confirm_score);
    if (state != TrackState::kTentative || sure) state = TrackState::kConfirmed;
    return;
  }
  const std::int64_t unseen = *now_us_ - entry.track.last_us;
  if (state == TrackState::kTentative) {
    if (unseen > Micros(options_.tentative_for)) state = TrackState::kEnded;
    return;
  }
  state = TrackState::kLost;
  if (unseen > LostLimit(entry)) state = TrackState::kEnded;
}

// What is left of the sure detections are new objects.
void ByteTracker::Begin() {
  lost_.clear();
  bool sorted = false;
  std::size_t next_lost = 0, live = 0;
  for (const Entry& entry : entries_) live += entry.track.state != TrackState::kEnded ? 1 : 0;
  for (const Detection& detection : high_) {
    if (detection.score < options_.new_track_score) continue;
    if (live >= limits::kMaxTracks) {
      if (!sorted) SortLost();
      sorted = true;
      ++crowded_out_;
      if (next_lost == lost_.size()) continue;
      entries_[static_cast<std::size_t>(lost_[next_lost++])].track.state = TrackState::kEnded;
      --live;
    }
    const std::int64_t now = *now_us_;
    const bool sure = options_.confirm_hits == 1 && detection.score >= options_.confirm_score;
    entries_.push_back({.track = {.id = next_id_++,
                                  .class_id = detection.class_id,
                                  .score = detection.score,
                                  .box = detection.box,
                                  .previous_center = std::nullopt,
                                  .state = sure ? TrackState::kConfirmed : TrackState::kTentative,
                                  .first_us = now,
                                  .last_us = now},
                        .filter = BoxFilter(detection.box),
                        .predicted = detection.box,
                        .place = Center(detection.box),
                        .place_us = now,
                        .score_sum = static_cast<double>(detection.score),
                        .hits = 1,
                        .class_weight = detection.score,
                        .seen = true});
    ++live;
  }
}

// The lost ones, longest first.
void ByteTracker::SortLost() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].track.state == TrackState::kLost) lost_.push_back(static_cast<int>(i));
  }
  std::sort(lost_.begin(), lost_.end(), [this](int a, int b) {
    const Track& x = entries_[static_cast<std::size_t>(a)].track;
    const Track& y = entries_[static_cast<std::size_t>(b)].track;
    return x.last_us != y.last_us ? x.last_us < y.last_us : x.id < y.id;
  });
}

std::span<const Track> ByteTracker::Report() {
  tracks_.clear();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].track.box = entries_[i].filter.box();
    tracks_.push_back(entries_[i].track);
    if (entries_[i].track.state == TrackState::kEnded) continue;
    if (kept != i) entries_[kept] = entries_[i];
    ++kept;
  }
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(kept), entries_.end());
  return tracks_;
}

}  // namespace vigil::tracking
