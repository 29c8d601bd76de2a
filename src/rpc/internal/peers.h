// What each peer's calls have come to. A peer is a connection: "127.0.0.1:1234".
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace vigil::rpc::internal {

/// For one thread at a time, but for a peer's steps.
class Peers {
 public:
  /// What the calls of one connection share.
  struct Peer {
    /// Calls and messages so far; grows, whatever else happens.
    std::atomic<std::uint64_t> steps = 0;
    /// Calls now.
    int open = 0;
    /// Its place among those without calls, where open is 0.
    std::list<std::string>::iterator idle{};
  };

  /// A call begins.
  std::shared_ptr<Peer> Begin(const std::string& name) {
    auto& peer = by_name_[name];
    if (peer == nullptr) {
      peer = std::make_shared<Peer>();
    } else if (peer->open == 0) {
      idle_.erase(peer->idle);
    }
    peer->steps = ++steps_;  // so that a peer that comes again has made a step
    ++peer->open;
    return peer;
  }

  /// A call has ended.
  void End(const std::string& name, Peer& peer) {
    if (--peer.open > 0) return;
    peer.idle = idle_.insert(idle_.end(), name);
    if (idle_.size() <= kMaxIdle) return;
    by_name_.erase(idle_.front());
    idle_.pop_front();
  }

  /// Null where it is not known, or not any more.
  const Peer* Find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
  }

 private:
  // Peers without calls that are remembered: one that makes a call now and then, each over before anybody looks, makes
  // progress too.
  static constexpr std::size_t kMaxIdle = 10'000;

  std::map<std::string, std::shared_ptr<Peer>> by_name_;
  std::list<std::string> idle_;  // the longest without calls first
  std::uint64_t steps_ = 0;
};

}  // namespace vigil::rpc::internal
