#include "app/edge_merge.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace vigil::app {

std::string_view Name(Computed computed) {
  switch (computed) {
    case Computed::kRemote:
      return "remote";
    case Computed::kLocal:
      return "local";
    case Computed::kBoth:
      return "both";
  }
  return "unknown";
}

bool EdgeMerge::HasRoom() const {
  const auto waiting = std::ranges::count(frames_, Side::kAwaited, &Under::local);
  return frames_.size() < options_.capacity &&
         static_cast<std::size_t>(waiting) < options_.waiting_local;
}

void EdgeMerge::Add(std::uint64_t sequence, std::shared_ptr<Frame> frame, const EdgePlan& plan,
                    Clock::time_point now) {
  VIGIL_CHECK(frames_.empty() || frames_.back().sequence < sequence);
  Under& added = frames_.emplace_back();
  added.sequence = sequence;
  added.plan = plan;
  added.result.frame = std::move(frame);
  if (plan.remote) added.remote = Side::kAwaited;
  if (plan.local) AskLocal(added, now);
}

void EdgeMerge::Release(std::uint64_t sequence) {
  if (Under* frame = Find(sequence)) frame->held = false;
}

void EdgeMerge::OnRemote(rpc::RemoteResult result) {
  Under* frame = Find(result.sequence);
  if (frame == nullptr || frame->remote != Side::kAwaited) return;
  frame->remote = Side::kHere;
  frame->result.faces = std::move(result.faces);
  frame->result.remote_us = result.round_trip_us;
  frame->result.server_us = result.server_us;
  frame->result.server_decode_us = result.decode_us;
}

void EdgeMerge::OnRemoteLost(std::uint64_t sequence, const absl::Status& why,
                             Clock::time_point now) {
  Under* frame = Find(sequence);
  if (frame == nullptr || frame->remote != Side::kAwaited) return;
  frame->remote = Side::kFailed;
  frame->result.lost = why;
  if (frame->plan.fall_back && frame->local == Side::kNotAsked) AskLocal(*frame, now);
}

std::optional<EdgeMerge::LocalWork> EdgeMerge::NextLocal(Clock::time_point now) {
  for (Under& frame : frames_) {
    if (frame.local != Side::kAwaited) continue;
    if (now - frame.local_since > options_.local_limit) {
      frame.local = Side::kFailed;
      frame.result.lost = absl::ResourceExhaustedError("this device is too slow for its camera");
      continue;
    }
    frame.local = Side::kAtWork;
    return LocalWork{frame.sequence, frame.result.frame};
  }
  return std::nullopt;
}

bool EdgeMerge::has_local_work() const {
  return std::ranges::find(frames_, Side::kAwaited, &Under::local) != frames_.end();
}

void EdgeMerge::OnLocal(std::uint64_t sequence,
                        const absl::StatusOr<const face::FaceResult*>& result,
                        std::int64_t took_us) {
  Under* frame = Find(sequence);
  VIGIL_CHECK(frame != nullptr && frame->local == Side::kAtWork);
  frame->result.local_us = took_us;
  if (!result.ok()) {
    frame->local = Side::kFailed;
    frame->result.lost = result.status();
    return;
  }
  frame->local = Side::kHere;
  frame->local_faces = **result;
}

std::optional<EdgeResult> EdgeMerge::Take() {
  if (!has_done()) return std::nullopt;
  Under frame = std::move(frames_.front());
  frames_.pop_front();
  Merge(frame);
  return std::move(frame.result);
}

// Nothing that could still come is waited for, and nobody looks at the pixels.
bool EdgeMerge::IsOver(const Under& frame) {
  if (frame.held || frame.local == Side::kAwaited || frame.local == Side::kAtWork) return false;
  return frame.remote != Side::kAwaited;
}

EdgeMerge::Under* EdgeMerge::Find(std::uint64_t sequence) {
  const auto found = std::ranges::lower_bound(frames_, sequence, {}, &Under::sequence);
  return found == frames_.end() || found->sequence != sequence ? nullptr : &*found;
}

void EdgeMerge::AskLocal(Under& frame, Clock::time_point now) {
  frame.local = Side::kAwaited;
  frame.local_since = now;
}

void EdgeMerge::Merge(Under& frame) {
  EdgeResult& result = frame.result;
  const std::int64_t time_us = result.frame->timestamp_us;
  const bool remote = frame.remote == Side::kHere, local = frame.local == Side::kHere;
  if (remote) {
    identities_.Translate(kRemote, time_us, result.faces);
    result.computed = Computed::kRemote;
  }
  if (!local) return;
  identities_.Translate(kLocal, time_us, frame.local_faces);
  if (!remote) {
    result.faces = std::move(frame.local_faces);
    result.computed = Computed::kLocal;
    return;
  }
  for (face::Face& face : frame.local_faces.faces) {
    if (std::ranges::find(result.faces.faces, face.id, &face::Face::id) != result.faces.faces.end())
      continue;
    result.local_faces.push_back(face.id);
    result.faces.faces.push_back(std::move(face));
  }
  if (result.local_faces.empty()) return;
  result.computed = Computed::kBoth;
  std::ranges::sort(result.faces.faces, {}, &face::Face::id);
}

}  // namespace vigil::app
