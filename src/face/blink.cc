#include "face/blink.h"

#include <algorithm>

namespace vigil::face {
namespace {

// When a straight line from (from_us, from) to (to_us, to) meets `level`.
std::int64_t Crossing(std::int64_t from_us, float from, std::int64_t to_us, float to, float level) {
  if (from == to) return to_us;
  const double share =
      std::clamp((static_cast<double>(level) - from) / (static_cast<double>(to) - from), 0.0, 1.0);
  return from_us + static_cast<std::int64_t>(share * static_cast<double>(to_us - from_us));
}

}  // namespace

void ClosureLog::Add(const Blink& closure) {
  ring_[static_cast<std::size_t>(next_)] = closure;
  next_ = (next_ + 1) % kKept;
  count_ = std::min(count_ + 1, kKept);
}

ClosureLog::Totals ClosureLog::Since(std::int64_t since_us) const {
  Totals totals;
  for (int i = 1; i <= count_; ++i) {  // newest first
    const Blink& closure = ring_[static_cast<std::size_t>((next_ - i + kKept) % kKept)];
    if (closure.end_us <= since_us) break;
    ++totals.count;
    totals.duration_us += closure.end_us - std::max(closure.begin_us, since_us);
  }
  return totals;
}

BlinkDetector::BlinkDetector(const BlinkOptions& options)
    : options_(options), time_(options.gaps) {}

void BlinkDetector::Restart() {
  time_ = KnownTime(options_.gaps);
  blinks_.Clear();
  long_closures_.Clear();
  dip_.reset();
  state_.completed.reset();
  state_.closed = false;
  state_.closed_ms = 0;
}

std::optional<std::int64_t> BlinkDetector::long_since_us() const {
  if (!dip_ || !dip_->counted) return std::nullopt;
  return dip_->begin_us;
}

const BlinkState& BlinkDetector::Update(std::int64_t now_us, const EyeReading& reading) {
  state_.completed.reset();
  const KnownTime::Step step = time_.Advance(now_us, reading.known);
  if (step.broken) {
    if (dip_) End(step.since_us, false);
    armed_ = true;
  }
  if (step.known) {
    if (reading.local >= options_.rearm_open) armed_ = true;
    if (dip_) {
      Continue(now_us, step, reading);
    } else if (armed_ && reading.local < options_.half_open) {
      Begin(now_us, step, reading.local);
    }
    last_local_ = reading.local;
  }
  state_.closed = dip_ && dip_->least <= options_.depth;
  state_.closed_ms = state_.closed ? static_cast<float>(now_us - dip_->begin_us) * 1e-3F : 0.0F;
  return state_;
}

void BlinkDetector::Begin(std::int64_t now_us, const KnownTime::Step& step, float local) {
  dip_ = Dip{.begin_us = now_us, .begin_seen = step.joined, .least = local, .last_deep_us = now_us};
  if (step.joined)
    dip_->begin_us = Crossing(step.since_us, last_local_, now_us, local, options_.half_open);
}

void BlinkDetector::Continue(std::int64_t now_us, const KnownTime::Step& step,
                             const EyeReading& reading) {
  Dip& dip = *dip_;
  dip.least = std::min(dip.least, reading.local);
  if (reading.local >= options_.rearm_open) {
    End(Crossing(step.since_us, last_local_, now_us, reading.local, options_.half_open), true);
    return;
  }
  if (reading.openness <= options_.long_openness) {
    dip.deep_us += now_us - step.since_us;
    dip.last_deep_us = now_us;
  } else if (now_us - dip.last_deep_us > options_.rest_us) {
    End(dip.last_deep_us, false);
    return;
  }
  if (!dip.counted && IsLong(now_us)) {
    dip.counted = true;
    ++state_.long_closures;
  }
}

bool BlinkDetector::IsLong(std::int64_t end_us) const {
  const std::int64_t length_us = end_us - dip_->begin_us;
  return dip_->least <= options_.depth && length_us > options_.max_us &&
         2 * dip_->deep_us >= length_us;
}

void BlinkDetector::End(std::int64_t end_us, bool reopened) {
  const Dip dip = *dip_;
  const bool is_long = dip.counted || IsLong(end_us);
  dip_.reset();
  armed_ = reopened;
  const std::int64_t length_us = end_us - dip.begin_us;
  const bool is_blink = !is_long && reopened && dip.begin_seen && dip.least <= options_.depth &&
                        length_us >= options_.min_us && length_us <= options_.max_us;
  if (!is_blink && !is_long) return;
  const Blink closure{dip.begin_us, end_us};
  if (is_blink) {
    ++state_.count;
    blinks_.Add(closure);
  } else {
    if (!dip.counted) ++state_.long_closures;
    long_closures_.Add(closure);
  }
  state_.last_duration_ms = static_cast<float>(length_us) * 1e-3F;
  state_.completed = closure;
}

}  // namespace vigil::face
