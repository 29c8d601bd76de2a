#include "rpc/internal/frame_window.h"

#include <algorithm>

#include "core/check.h"

namespace vigil::rpc::internal {

void FrameWindow::Add(const Sent& frame) {
  VIGIL_CHECK(!full());
  VIGIL_CHECK(frames_.empty() || (frames_.back().sequence < frame.sequence &&
                                  frames_.back().timestamp_us < frame.timestamp_us));
  frames_.push_back(frame);
}

std::optional<FrameWindow::Sent> FrameWindow::Match(std::uint64_t sequence,
                                                    std::int64_t timestamp_us,
                                                    std::vector<std::uint64_t>& passed_over) {
  const auto found = std::ranges::find(frames_, timestamp_us, &Sent::timestamp_us);
  if (found == frames_.end() || (sequence != 0 && found->sequence != sequence)) return std::nullopt;
  const Sent frame = *found;
  for (auto before = frames_.begin(); before != found; ++before)
    passed_over.push_back(before->sequence);
  frames_.erase(frames_.begin(), found + 1);
  return frame;
}

std::vector<std::uint64_t> FrameWindow::Expire(Clock::time_point now) {
  std::vector<std::uint64_t> expired;
  std::erase_if(frames_, [&](const Sent& frame) {
    if (frame.deadline > now) return false;
    expired.push_back(frame.sequence);
    return true;
  });
  return expired;
}

std::vector<std::uint64_t> FrameWindow::Clear() {
  std::vector<std::uint64_t> all;
  for (const Sent& frame : frames_) all.push_back(frame.sequence);
  frames_.clear();
  return all;
}

Deadline FrameWindow::next_deadline() const {
  Deadline next = Deadline::max();
  for (const Sent& frame : frames_) next = std::min(next, frame.deadline);
  return next;
}

}  // namespace vigil::rpc::internal
