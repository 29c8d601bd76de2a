// The frames of one stream that are on their way: sent, and not answered yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/time.h"

namespace vigil::rpc::internal {

/// A value: at most `capacity` frames, in the order in which they were sent. One thread at a time.
class FrameWindow {
 public:
  struct Sent {
    std::uint64_t sequence = 0;     ///< rises from frame to frame
    std::int64_t timestamp_us = 0;  ///< the same
    Clock::time_point sent;
    Deadline deadline;
  };

  explicit FrameWindow(std::size_t capacity) : capacity_(capacity) {}

  bool full() const { return frames_.size() >= capacity_; }
  bool empty() const { return frames_.empty(); }
  std::size_t size() const { return frames_.size(); }
  /// Precondition: not full, and what rises does.
  void Add(const Sent& frame);

  /// The frame that an answer belongs to, which leaves the window; none: it is not expected (any more). Answers come in the
  /// order of the frames, so that those before it are not answered any more: they leave as well, into `passed_over`.
  /// `sequence` 0: the server does not give it back, and the time alone tells.
  std::optional<Sent> Match(std::uint64_t sequence, std::int64_t timestamp_us,
                            std::vector<std::uint64_t>& passed_over);

  /// Removes those whose deadline has come.
  std::vector<std::uint64_t> Expire(Clock::time_point now);
  /// Removes all.
  std::vector<std::uint64_t> Clear();
  /// Deadline::max(): there is none.
  Deadline next_deadline() const;

 private:
  const std::size_t capacity_;
  std::deque<Sent> frames_;
};

}  // namespace vigil::rpc::internal
