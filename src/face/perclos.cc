#include "face/perclos.h"

#include <algorithm>

namespace vigil::face {
namespace {

std::int64_t SliceOf(std::int64_t time_us, std::int64_t slice_us) {
  const std::int64_t down = time_us / slice_us;
  return time_us % slice_us < 0 ? down - 1
                                : down;  // towards minus infinity: streams may begin before 0
}

}  // namespace

TimeWindow::TimeWindow(std::int64_t length_us)
    : slice_us_(std::max<std::int64_t>(1, length_us / kSlices)) {}

void TimeWindow::Clear() {
  slices_.fill({});
  known_sum_ = on_sum_ = 0;
  begun_ = false;
}

void TimeWindow::Advance(std::int64_t now_us) {
  const std::int64_t slice = SliceOf(now_us, slice_us_);
  now_us_ = now_us;
  if (!begun_ || slice - newest_ >= kSizeOfRing) {
    Clear();
    begun_ = true;
    newest_ = slice;
    return;
  }
  while (newest_ < slice) {
    Slice& oldest = slices_[Index(++newest_)];
    known_sum_ -= oldest.known_us;
    on_sum_ -= oldest.on_us;
    oldest = {};
  }
}

void TimeWindow::Add(std::int64_t from_us, std::int64_t to_us, double on_share) {
  from_us = std::max(from_us, now_us_ - length_us());
  while (from_us < to_us) {
    const std::int64_t slice = SliceOf(from_us, slice_us_);
    const std::int64_t until_us = std::min(to_us, (slice + 1) * slice_us_);
    const double part_us = static_cast<double>(until_us - from_us);
    Slice& here = slices_[Index(slice)];
    here.known_us += part_us;
    here.on_us += part_us * on_share;
    known_sum_ += part_us;
    on_sum_ += part_us * on_share;
    from_us = until_us;
  }
}

double TimeWindow::known_us() const {
  return InWindow(known_sum_, slices_[Index(newest_ - kSlices)].known_us);
}
double TimeWindow::on_us() const {
  return InWindow(on_sum_, slices_[Index(newest_ - kSlices)].on_us);
}

double TimeWindow::InWindow(double sum, double oldest) const {
  // As much of the newest slice as lies before now has pushed the oldest out.
  const double gone =
      static_cast<double>(now_us_ - newest_ * slice_us_) / static_cast<double>(slice_us_);
  return std::max(0.0, sum - gone * oldest);
}

PerclosMeter::PerclosMeter(const PerclosOptions& options)
    : options_(options), time_(options.gaps), window_(options.window_us) {}

void PerclosMeter::Restart() {
  time_ = KnownTime(options_.gaps);
  window_.Clear();
}

Perclos PerclosMeter::Update(std::int64_t now_us, const EyeReading& reading) {
  const KnownTime::Step step = time_.Advance(now_us, reading.known);
  window_.Advance(now_us);
  const int closed = reading.openness <= options_.closed_openness ? 1 : 0;
  if (step.joined) {
    // Each frame stands for half the way to its neighbours. A straight line between frames would be biased: it cuts
    // off the lowest point of a blink, which lies between two of them.
    window_.Add(step.since_us, now_us, 0.5 * (last_closed_ + closed));
  }
  if (step.known) last_closed_ = closed;
  const double known_us = window_.known_us();
  return {.value = known_us > 0
                       ? static_cast<float>(std::clamp(window_.on_us() / known_us, 0.0, 1.0))
                       : 0.0F,
          .coverage = static_cast<float>(
              std::clamp(known_us / static_cast<double>(window_.length_us()), 0.0, 1.0))};
}

}  // namespace vigil::face
