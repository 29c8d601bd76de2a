#include "loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <utility>

#include "../../unit/media/test_video.h"
#include "core/check.h"

namespace vigil::media::test {
namespace {

constexpr int kTick = 20;  // ms between looks at whether to stop

int Listen(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  VIGIL_CHECK(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  VIGIL_CHECK(listen(listener, 16) == 0);
  return listener;
}

int PortOf(int bound) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  VIGIL_CHECK(getsockname(bound, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

}  // namespace

void FrameGate::Open(int count) {
  {
    std::lock_guard lock(mutex_);
    allowed_ = count;
  }
  opened_.notify_all();
}

void FrameGate::OpenAll() { Open(INT_MAX); }

bool FrameGate::Wait(int number, const std::stop_token& stop, const std::function<bool()>& gone) {
  while (!stop.stop_requested() && !gone()) {
    std::unique_lock lock(mutex_);
    if (opened_.wait_for(lock, stop, std::chrono::milliseconds(kTick),
                         [&] { return number < allowed_; }))
      return true;
  }
  return false;
}

Connection::~Connection() { close(socket_); }

bool Connection::AwaitReady(short events) {
  while (!stop_.stop_requested()) {
    pollfd state{socket_, events, 0};
    if (poll(&state, 1, kTick) > 0) return true;
  }
  return false;
}

bool Connection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!AwaitReady(POLLOUT)) return false;
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Connection::ReadHead() {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (!AwaitReady(POLLIN) || recv(socket_, &byte, 1, 0) != 1) return {};
    head.push_back(byte);
  }
  return head;
}

bool Connection::Gone() {
  std::array<char, 4096> ignored;
  while (true) {
    const ssize_t got = recv(socket_, ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (got > 0) continue;
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }
}

void Connection::AwaitEnd() {
  while (AwaitReady(POLLIN) && !Gone()) {
  }
}

LoopbackServer::LoopbackServer(Handler handler, int port)
    : handler_(std::move(handler)),
      socket_(Listen(port)),
      port_(PortOf(socket_)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

LoopbackServer::~LoopbackServer() {
  thread_.request_stop();
  thread_.join();
  close(socket_);
}

void LoopbackServer::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd state{socket_, POLLIN, 0};
    if (poll(&state, 1, kTick) <= 0) continue;
    const int accepted = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    const int yes = 1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection connection(accepted, stop);
    ++accepted_;
    handler_(connection);
  }
}

std::string LoopbackServer::Url(const std::string& scheme, const std::string& path) const {
  return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
}

int RefusingPort() {
  const int listener = Listen(0);
  const int port = PortOf(listener);
  close(listener);
  return port;
}

LoopbackServer::Handler MjpegCamera(FrameGate& gate, int frames) {
  return [&gate, frames](Connection& connection) {
    if (connection.ReadHead().empty()) return;
    connection.Send(
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n");
    for (int number = 0; number != frames; ++number) {
      if (!gate.Wait(number, connection.stop(), [&] { return connection.Gone(); })) return;
      const std::string jpeg = EncodeJpeg(NumberedPicture({320, 240}, number % 4096).view());
      const std::string head =
          "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size());
      if (!connection.Send(head + "\r\n\r\n" + jpeg + "\r\n")) return;
    }
  };
}

}  // namespace vigil::media::test
