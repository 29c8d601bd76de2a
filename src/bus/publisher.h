// Messages for whoever listens just now.
#pragma once

#include <string>

namespace vigil::bus {

/// Publishes to channels, without keeping anything: who does not listen misses it. Safe from any thread.
class Publisher {
 public:
  virtual ~Publisher() = default;
  /// Takes a message on its way; never waits. Whether anybody got it is not told; what is lost is counted.
  virtual void Publish(std::string channel, std::string message) = 0;
};

}  // namespace vigil::bus
