// Redis Pub/Sub: PUBLISH, from a thread of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "bus/publisher.h"
#include "bus/redis_url.h"
#include "core/metrics.h"

namespace vigil::bus {

struct RedisPublisherOptions {
  RedisUrl url;
  std::size_t max_waiting = 1024;       ///< messages; beyond, the oldest goes
  std::size_t max_message = 64U << 10;  ///< bytes of one; a longer one is lost
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds command_timeout{2000};
  std::chrono::milliseconds ping_every{2000};
  std::chrono::milliseconds first_retry{200};       ///< after a connection failed; doubles …
  std::chrono::milliseconds longest_retry{10'000};  ///< … up to this, each off by up to a fifth
};

/// Connects at once, and again when the connection is lost; while there is nothing to publish it asks every `ping_every`
/// whether Redis is there. That Redis is away, or back, is logged once; meanwhile messages wait up to `max_waiting`, so
/// that after a short absence listeners see the latest ones.
class RedisPublisher final : public Publisher {
 public:
  /// `metrics` outlives it: vigil_published_total, vigil_publish_lost_total.
  RedisPublisher(const RedisPublisherOptions& options, Metrics& metrics);
  /// What waits is given up.
  ~RedisPublisher() override;

  void Publish(std::string channel, std::string message) override;

  struct State {
    bool away = true;                       ///< the last attempt failed, or there was none yet
    std::string last_error;                 ///< of it; one line, without credentials
    std::uint64_t published = 0, lost = 0;  ///< messages so far
  };
  State state() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::bus
