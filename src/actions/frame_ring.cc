#include "actions/frame_ring.h"

#include <algorithm>
#include <utility>

namespace vigil::actions {

void FrameRing::Add(EncodedFrame frame) {
  while (!frames_.empty() && frame.time < frames_.back().time) DropOldest();
  bytes_ += frame.jpeg->size();
  frames_.push_back(std::move(frame));
  while (!frames_.empty() && (frames_.size() > options_.max_frames ||
                              bytes_ > static_cast<std::size_t>(options_.max_bytes.bytes) ||
                              frames_.back().time - frames_.front().time > options_.max_age)) {
    DropOldest();
  }
}

std::vector<EncodedFrame> FrameRing::Before(WallTime time, std::size_t count,
                                            std::chrono::milliseconds spacing) const {
  std::vector<EncodedFrame> chosen;
  for (auto frame = frames_.rbegin(); frame != frames_.rend() && chosen.size() < count; ++frame) {
    const WallTime next = chosen.empty() ? time : chosen.back().time;
    if (frame->time < time && next - frame->time >= spacing) chosen.push_back(*frame);
  }
  std::ranges::reverse(chosen);
  return chosen;
}

void FrameRing::DropOldest() {
  bytes_ -= frames_.front().jpeg->size();
  frames_.pop_front();
}

}  // namespace vigil::actions
