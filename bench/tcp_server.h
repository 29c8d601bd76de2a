// What bytes cost over plain TCP, for comparison: a message there and one of another size back, nothing else.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "core/descriptor.h"

namespace vigil::bench {

inline bool ReadExactly(int fd, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = read(fd, to, size);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

inline bool WriteAll(int fd, const char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, from, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    from += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// Before each message: how many bytes come, and how many are wanted back.
struct TcpHeader {
  std::uint32_t there = 0, back = 0;
};

// The header and that many bytes, as a client sends them.
inline std::string TcpRequest(std::size_t there, std::size_t back) {
  const TcpHeader header{static_cast<std::uint32_t>(there), static_cast<std::uint32_t>(back)};
  std::string request(sizeof header + there, 'x');
  std::memcpy(request.data(), &header, sizeof header);
  return request;
}

// One thread, blocking, one client at a time.
class TcpServer {
 public:
  TcpServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(socket_.get(), 8) != 0)
      std::abort();
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Run(); });
  }
  ~TcpServer() { shutdown(socket_.get(), SHUT_RDWR); }
  int port() const { return port_; }

 private:
  void Run() const {
    std::string message;
    while (true) {
      const Descriptor peer(accept(socket_.get(), nullptr, nullptr));
      if (!peer) return;
      const int on = 1;
      setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      TcpHeader header;
      while (ReadExactly(peer.get(), reinterpret_cast<char*>(&header), sizeof header)) {
        message.resize(std::max(header.there, header.back));
        if (!ReadExactly(peer.get(), message.data(), header.there) ||
            !WriteAll(peer.get(), message.data(), header.back))
          break;
      }
    }
  }

  Descriptor socket_;
  int port_ = 0;
  std::jthread thread_;
};

}  // namespace vigil::bench
