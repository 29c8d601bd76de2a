#include "tcp_gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace vigil::test {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kMaxWaiting = 4U << 20;  // of one direction

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// One direction of a connection.
struct Way {
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  int from = -1, to = -1;
  std::deque<Piece> pieces;
  std::size_t waiting = 0;
  bool ended = false;  // `from` says nothing more
};

struct Pair {
  std::array<Way, 2> ways;
  bool broken = false;
};

}  // namespace

class TcpGate::Impl {
 public:
  explicit Impl(int target) : target_(target) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    auto address = Loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }
  ~Impl() {
    thread_.request_stop();
    thread_.join();
    for (Pair& pair : pairs_) Close(pair);
    close(listener_);
  }

  int port = 0;
  std::atomic<int> connections = 0;
  std::atomic<std::int64_t> delay_ms = 0;
  std::atomic<bool> hold = false, cut = false;

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> sockets{{listener_, POLLIN, 0}};
      if (!hold) {
        for (const Pair& pair : pairs_) {
          for (const Way& way : pair.ways)
            sockets.push_back({way.ended || way.waiting > kMaxWaiting ? -1 : way.from, POLLIN, 0});
        }
      }
      poll(sockets.data(), sockets.size(), 2);
      if (cut.exchange(false)) {
        for (Pair& pair : pairs_) pair.broken = true;
      }
      if ((sockets[0].revents & POLLIN) != 0) Accept();
      if (!hold) {
        for (Pair& pair : pairs_) {
          for (Way& way : pair.ways) {
            Read(pair, way);
            Write(pair, way);
          }
          pair.broken = pair.broken || (Over(pair.ways[0]) && Over(pair.ways[1]));
        }
      }
      for (Pair& pair : pairs_) {
        if (pair.broken) Close(pair);
      }
      pairs_.remove_if([](const Pair& pair) { return pair.broken; });
    }
  }

  void Accept() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = Loopback(target_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(server);
      close(client);
      return;
    }
    fcntl(server, F_SETFL, O_NONBLOCK);
    for (const int one : {client, server}) {
      const int on = 1;
      setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Pair& pair = pairs_.emplace_back();
    pair.ways[0].from = pair.ways[1].to = client;
    pair.ways[1].from = pair.ways[0].to = server;
    ++connections;
  }

  void Read(Pair& pair, Way& way) {
    std::array<char, 65536> buffer;
    while (!way.ended && way.waiting <= kMaxWaiting) {
      const ssize_t got = recv(way.from, buffer.data(), buffer.size(), 0);
      if (got > 0) {
        way.pieces.push_back({Clock::now() + std::chrono::milliseconds(delay_ms),
                              std::string(buffer.data(), static_cast<std::size_t>(got))});
        way.waiting += static_cast<std::size_t>(got);
        continue;
      }
      if (got == 0) way.ended = true;
      if (got < 0 && errno != EAGAIN) pair.broken = true;
      return;
    }
  }

  void Write(Pair& pair, Way& way) {
    while (!way.pieces.empty() && way.pieces.front().due <= Clock::now()) {
      std::string& bytes = way.pieces.front().bytes;
      const ssize_t put = send(way.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0) {
        if (errno != EAGAIN) pair.broken = true;
        return;
      }
      way.waiting -= static_cast<std::size_t>(put);
      bytes.erase(0, static_cast<std::size_t>(put));
      if (bytes.empty()) way.pieces.pop_front();
    }
    if (Over(way)) shutdown(way.to, SHUT_WR);
  }

  static bool Over(const Way& way) { return way.ended && way.pieces.empty(); }
  static void Close(Pair& pair) {
    close(pair.ways[0].from);
    close(pair.ways[1].from);
    pair.broken = true;
  }

  const int target_;
  int listener_ = -1;
  std::list<Pair> pairs_;  // thread_ only
  std::jthread thread_;
};

TcpGate::TcpGate(int target_port) : impl_(std::make_unique<Impl>(target_port)) {}
TcpGate::~TcpGate() = default;
int TcpGate::port() const { return impl_->port; }
void TcpGate::Delay(std::chrono::milliseconds delay) { impl_->delay_ms = delay.count(); }
void TcpGate::Hold(bool hold) { impl_->hold = hold; }
void TcpGate::Cut() { impl_->cut = true; }
int TcpGate::connections() const { return impl_->connections; }

}  // namespace vigil::test
