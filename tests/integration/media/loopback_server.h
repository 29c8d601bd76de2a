// Small servers on 127.0.0.1 that do exactly what a test wants: answer, stall, cut, come back.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace vigil::media::test {

/// How many frames a server may have sent: the tests' clock.
class FrameGate {
 public:
  /// Frames 0 to count - 1 may go.
  void Open(int count);
  void OpenAll();
  /// Waits until frame `number` may go. False: `stop`, or `gone` said true.
  bool Wait(int number, const std::stop_token& stop, const std::function<bool()>& gone);

 private:
  std::mutex mutex_;
  std::condition_variable_any opened_;
  int allowed_ = 0;  // under mutex_
};

/// One accepted connection.
class Connection {
 public:
  Connection(int socket, std::stop_token stop) : socket_(socket), stop_(std::move(stop)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// False: the other side is gone, or the server is to stop.
  bool Send(std::string_view bytes);
  /// Up to and with an empty line; empty: gone, or to stop.
  std::string ReadHead();
  /// The other side has closed. What it sent meanwhile is thrown away.
  bool Gone();
  /// Until the other side closes or the server is to stop.
  void AwaitEnd();
  const std::stop_token& stop() const { return stop_; }

 private:
  bool AwaitReady(short events);

  const int socket_;
  const std::stop_token stop_;
};

/// Accepts on 127.0.0.1, one connection after the other, each given to the handler on the server's
/// thread.
class LoopbackServer {
 public:
  using Handler = std::function<void(Connection&)>;
  /// `port` 0: any free one.
  explicit LoopbackServer(Handler handler, int port = 0);
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer();

  int port() const { return port_; }
  std::string Url(const std::string& scheme, const std::string& path) const;
  int accepted() const { return accepted_; }

 private:
  void Run(const std::stop_token& stop);

  const Handler handler_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::jthread thread_;
};

/// A port that refuses: it was free a moment ago.
int RefusingPort();

/// Motion JPEG over HTTP, as cameras send it: NumberedPictures from 0, each when the gate lets it;
/// after `frames` of them (negative: never) the connection is cut.
LoopbackServer::Handler MjpegCamera(FrameGate& gate, int frames = -1);

}  // namespace vigil::media::test
