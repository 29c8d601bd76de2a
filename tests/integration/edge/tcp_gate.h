// A way between a client and a server that a test can slow, stop and cut.
#pragma once

#include <chrono>
#include <memory>

namespace vigil::test {

/// Listens on a free port of loopback and passes everything on to another one, both ways. Safe from any thread.
class TcpGate {
 public:
  explicit TcpGate(int target_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  int port() const;
  /// What comes from now on is passed on so much later, each way.
  void Delay(std::chrono::milliseconds delay);
  /// Nothing passes, and connections stay as they are: a cable that was pulled.
  void Hold(bool hold);
  /// Ends all connections at once. Further ones are taken.
  void Cut();
  /// Connections that were passed on so far.
  int connections() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::test
