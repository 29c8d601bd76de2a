// States of streams that come as single requests: who has been silent for long, and who is one too many, is forgotten.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/time.h"

namespace vigil::rpc::internal {

struct StreamStatesOptions {
  std::chrono::milliseconds idle{60'000};  ///< silence after which a stream is forgotten
  std::size_t max_streams = 1024;          ///< beyond, the longest silent goes; as beyond the next
  std::size_t max_faces = 20'000;          ///< of all streams; each takes about 20 KiB
};

/// Safe from any thread; the state of one stream is for one thread at a time, under its mutex.
template <typename State>
class StreamStates {
 public:
  struct Entry {
    std::mutex mutex;
    State state;                      // under mutex, as the next
    std::int64_t latest_us = kNever;  // time of the last frame that was answered
    Clock::time_point answered;       // … and when that was
  };
  static constexpr std::int64_t kNever = -1;

  StreamStates(const StreamStatesOptions& options, std::function<State()> make)
      : options_(options), make_(std::move(make)) {}

  /// The state of that stream, made where there is none. `faces`: how many it is about to hold.
  std::shared_ptr<Entry> Of(std::string_view id, std::size_t faces, Clock::time_point now) {
    std::lock_guard lock(mutex_);
    auto at = by_id_.find(std::string(id));
    if (at == by_id_.end()) {
      order_.push_back({std::string(id), {}, 0, Own()});
      at = by_id_.emplace(order_.back().id, std::prev(order_.end())).first;
    } else {
      order_.splice(order_.end(), order_, at->second);  // the latest is last
    }
    Stream& stream = *at->second;
    faces_ += faces - stream.faces;
    stream.faces = faces;
    stream.last = now;
    const auto entry = stream.entry;
    while (order_.size() > 1 &&
           (now - order_.front().last > options_.idle || order_.size() > options_.max_streams ||
            faces_ > options_.max_faces))
      ForgetOldest();
    return entry;
  }

  /// A state that is nobody else's.
  std::shared_ptr<Entry> Own() const {
    auto entry = std::make_shared<Entry>();
    entry->state = make_();
    return entry;
  }

  /// Under the entry's mutex, before its state is asked: who was answered too long ago is forgotten, however often it asked in
  /// vain meanwhile.
  void ForgetIfSilent(Entry& entry, Clock::time_point now) const {
    if (entry.latest_us == kNever || now - entry.answered <= options_.idle) return;
    entry.state = make_();
    entry.latest_us = kNever;
  }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return order_.size();
  }

 private:
  struct Stream {
    std::string id;
    Clock::time_point last;
    std::size_t faces;
    std::shared_ptr<Entry> entry;  // lives on while somebody works with it
  };

  void ForgetOldest() {
    faces_ -= order_.front().faces;
    by_id_.erase(order_.front().id);
    order_.pop_front();
  }

  const StreamStatesOptions options_;
  const std::function<State()> make_;
  mutable std::mutex mutex_;
  std::list<Stream> order_;  // under mutex_, as all below: the longest silent first
  std::unordered_map<std::string, typename std::list<Stream>::iterator> by_id_;
  std::size_t faces_ = 0;
};

}  // namespace vigil::rpc::internal
