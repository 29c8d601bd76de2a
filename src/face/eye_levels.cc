#include "face/eye_levels.h"

#include <algorithm>
#include <cmath>

namespace vigil::face {
namespace {

constexpr float kTopEar = 0.64F;  // wider is not told apart; bins of 0.005

// The present level stays within these shares of the usual one.
constexpr float kLeastPresent = 0.4F;
constexpr float kMostPresent = 1.1F;
// It stands still this long after the lids fell, and as long as they stay this closed by the usual level.
constexpr std::int64_t kHoldUs = 600'000;
constexpr float kHoldOpenness = 0.3F;

// What looks like a blink: falls below, comes back above within the time, and got at least this low on the way.
constexpr float kDipStart = 0.8F;
constexpr float kDipEnd = 0.85F;
constexpr float kDipLow = 0.72F;
constexpr std::int64_t kDipUs = 500'000;

constexpr float kTroughQuantile = 0.25F;
constexpr int kPriorTroughs =
    2;  // the assumption counts as so many: one blink lowers it, six of a kind raise it

}  // namespace

OpenLevel::OpenLevel(const EyeLevelOptions& options)
    : options_(options), ears_(kTopEar, options.memory_s), value_(options.prior_open_ear) {}

void OpenLevel::Add(float ear, float seconds, bool less_than_half_open) {
  ears_.Add(ear, seconds, less_than_half_open ? options_.low_weight : 1.0F);
  const float seen_s = ears_.seconds();
  const float seen = ears_.Value(options_.open_quantile);
  const float mixed =
      (options_.prior_open_ear * options_.prior_s + seen * seen_s) / (options_.prior_s + seen_s);
  value_ = std::max(options_.least_open_ear, mixed);
}

float PresentLevel::value() const { return std::clamp(level_, kLeastPresent, kMostPresent); }

void PresentLevel::Update(std::int64_t now_us, float seconds, float relative, float openness,
                          float local) {
  if (local >= 0.5F) {
    low_since_us_.reset();
  } else if (!low_since_us_) {
    low_since_us_ = now_us;
  }
  // A closure must not become the level it is measured against; a squint or a look down must, after a moment.
  if (low_since_us_ && (now_us - *low_since_us_ <= kHoldUs || openness <= kHoldOpenness)) return;
  const float time_constant = relative > level_ ? options_.present_rise_s : options_.present_fall_s;
  level_ += (relative - level_) * (1 - std::exp(-seconds / time_constant));
}

ClosedLevel::ClosedLevel(const EyeLevelOptions& options)
    : options_(options), ratio_(options.prior_closed_ratio) {}

void ClosedLevel::Update(std::int64_t now_us, float fall) {
  if (!dip_since_us_) {
    if (fall >= kDipStart) return;
    dip_since_us_ = now_us;
    trough_ = fall;
    return;
  }
  trough_ = std::min(trough_, fall);
  if (fall < kDipEnd) return;
  if (now_us - *dip_since_us_ <= kDipUs && trough_ <= kDipLow) Learn(trough_);
  dip_since_us_.reset();
}

void ClosedLevel::Learn(float trough) {
  troughs_[static_cast<std::size_t>(next_)] = trough;
  next_ = (next_ + 1) % kTroughs;
  count_ = std::min(count_ + 1, kTroughs);
  std::array<float, kTroughs + kPriorTroughs> sorted{};
  const auto end = std::copy_n(troughs_.begin(), count_, sorted.begin());
  std::fill_n(end, kPriorTroughs, options_.prior_closed_ratio);
  const int total = count_ + kPriorTroughs;
  const auto wanted =
      sorted.begin() + static_cast<int>(static_cast<float>(total) * kTroughQuantile);
  std::nth_element(sorted.begin(), wanted, sorted.begin() + total);
  ratio_ = std::clamp(*wanted, options_.least_closed_ratio, options_.most_closed_ratio);
}

}  // namespace vigil::face
