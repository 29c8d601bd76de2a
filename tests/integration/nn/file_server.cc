#include "integration/nn/file_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "core/check.h"

namespace vigil::nn::test {
namespace {

constexpr int kTick = 20;  // ms between looks at whether to stop

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

FileServer::FileServer(ServerManners manners)
    : manners_(std::move(manners)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  VIGIL_CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  VIGIL_CHECK(listen(listener_, 16) == 0);
  VIGIL_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

FileServer::~FileServer() {
  thread_.request_stop();
  thread_.join();
  close(listener_);
}

void FileServer::Behave(ServerManners manners) {
  std::lock_guard lock(mutex_);
  manners_ = std::move(manners);
}

std::string FileServer::address() const { return fmt::format("http://127.0.0.1:{}/models", port_); }

std::vector<std::string> FileServer::heads() const {
  std::lock_guard lock(mutex_);
  return heads_;
}

void FileServer::AwaitRequest() { answered_.wait(0); }

void FileServer::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd state{listener_, POLLIN, 0};
    if (poll(&state, 1, kTick) <= 0) continue;
    const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    Answer(accepted, stop);
    close(accepted);
  }
}

void FileServer::Answer(int socket, const std::stop_token& stop) {
  std::string head;
  for (char byte = 0; !head.ends_with("\r\n\r\n") && recv(socket, &byte, 1, 0) == 1;)
    head.push_back(byte);
  ServerManners manners;
  {
    std::lock_guard lock(mutex_);
    heads_.push_back(head);
    manners = manners_;
  }
  std::size_t from = 0;
  constexpr std::string_view kRange = "Range: bytes=";
  const auto range = head.find(kRange);
  if (range != std::string::npos && manners.ranges)
    from = std::strtoul(head.c_str() + range + kRange.size(), nullptr, 10);
  int code = manners.code != 0 ? manners.code : from > 0 ? 206 : 200;
  if (manners.code == 0 && from >= manners.body.size() && from > 0) code = 416;
  std::string body = code < 300 ? manners.body.substr(from) : "an error page";
  std::string answer = fmt::format("HTTP/1.1 {} X\r\nConnection: close\r\n", code);
  if (!manners.hides_length) answer += fmt::format("Content-Length: {}\r\n", body.size());
  if (code == 206) {
    answer += fmt::format("Content-Range: bytes {}-{}/{}\r\n", from, manners.body.size() - 1,
                          manners.body.size());
  }
  if (!manners.location.empty()) answer += "Location: " + manners.location + "\r\n";
  if (manners.cut >= 0 && code < 300)
    body.resize(std::min(body.size(), static_cast<std::size_t>(manners.cut)));
  SendAll(socket, answer + "\r\n" + body);
  ++answered_;
  answered_.notify_all();
  while (manners.stall && !stop.stop_requested()) {
    pollfd state{socket, POLLIN, 0};
    char byte = 0;
    if (poll(&state, 1, kTick) > 0 && recv(socket, &byte, 1, 0) <= 0) break;
  }
}

}  // namespace vigil::nn::test
