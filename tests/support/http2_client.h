// HTTP/2 by hand, as little of it as gRPC needs: for clients that do what no library lets them do, and as a light load.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigil::test {

/// A connected socket to a port of this machine; -1: refused.
inline int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/// What comes until the peer closes, or for `wait`.
inline std::string ReadAll(int fd, std::chrono::milliseconds wait = std::chrono::seconds(5)) {
  std::string all;
  std::array<char, 65536> buffer;
  pollfd ready{fd, POLLIN, 0};
  while (poll(&ready, 1, static_cast<int>(wait.count())) > 0) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got <= 0) break;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return all;
}

class Http2Client {
 public:
  enum Type : std::uint8_t {
    kData = 0,
    kHeaders = 1,
    kReset = 3,
    kSettings = 4,
    kPing = 6,
    kGoAway = 7,
    kWindowUpdate = 8,
    kContinuation = 9
  };
  static constexpr std::uint8_t kEndStream = 1, kEndHeaders = 4, kAck = 1;
  struct Frame {
    std::uint8_t type = 0, flags = 0;
    std::uint32_t stream = 0;
    std::string_view payload;  ///< until the next call
  };

  explicit Http2Client(int port) : fd_(ConnectTo(port)) {
    // Windows as large as they may be, so that this side never holds up the server; frames of up to 1 MiB.
    std::string settings;
    AppendSetting(settings, 4, 0x7FFFFFFF);
    AppendSetting(settings, 5, 1 << 20);
    Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    Send(kSettings, 0, 0, settings);
    Send(kWindowUpdate, 0, 0, Big(0x7FFFFFFF - 65535));
  }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;
  ~Http2Client() {
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }
  bool Write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool Send(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
            std::string_view payload) const {
    return Write(Header(type, flags, stream, payload.size()) + std::string(payload));
  }

  static std::string Big(std::uint32_t value) {
    std::string text;
    for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(value >> shift);
    return text;
  }
  static std::string Header(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                            std::size_t size) {
    std::string head = Big(static_cast<std::uint32_t>(size)).substr(1);
    head += static_cast<char>(type);
    head += static_cast<char>(flags);
    return head + Big(stream);
  }
  /// A header in HPACK's plainest form: a literal that is not indexed.
  static std::string Literal(std::string_view name, std::string_view value) {
    return '\0' + Text(name) + Text(value);
  }
  /// Of a call.
  static std::string CallHeaders(
      std::string_view path,
      const std::vector<std::pair<std::string, std::string>>& metadata = {}) {
    std::string block = Literal(":method", "POST") + Literal(":scheme", "http") +
                        Literal(":path", path) + Literal(":authority", "localhost") +
                        Literal("te", "trailers") + Literal("content-type", "application/grpc");
    for (const auto& [name, value] : metadata) block += Literal(name, value);
    return block;
  }
  /// A message as it lies in DATA frames.
  static std::string Message(std::string_view bytes) {
    return '\0' + Big(static_cast<std::uint32_t>(bytes.size())) + std::string(bytes);
  }

  /// The next frame; none: closed, or nothing for `wait`. Settings and pings are answered on the way.
  std::optional<Frame> Next(std::chrono::milliseconds wait = std::chrono::seconds(5)) {
    constexpr std::size_t kHead = 9;
    while (true) {
      if (end_ - at_ >= kHead) {
        const auto byte = [this](std::size_t i) {
          return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[at_ + i]));
        };
        const std::size_t size = byte(0) << 16 | byte(1) << 8 | byte(2);
        if (end_ - at_ >= kHead + size) {
          Frame frame;
          frame.type = static_cast<std::uint8_t>(byte(3));
          frame.flags = static_cast<std::uint8_t>(byte(4));
          frame.stream =
              static_cast<std::uint32_t>(byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8));
          frame.payload = std::string_view(buffer_).substr(at_ + kHead, size);
          at_ += kHead + size;
          Account(frame);
          if (frame.type == kSettings && (frame.flags & kAck) == 0) Send(kSettings, kAck, 0, "");
          if (frame.type == kPing && (frame.flags & kAck) == 0) Send(kPing, kAck, 0, frame.payload);
          return frame;
        }
      }
      if (at_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
        end_ -= at_;
        at_ = 0;
      }
      if (buffer_.size() - end_ < 65536) buffer_.resize(buffer_.size() * 2 + 262144);
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, static_cast<int>(wait.count())) <= 0) return std::nullopt;
      const ssize_t got = read(fd_, buffer_.data() + end_, buffer_.size() - end_);
      if (got <= 0) return std::nullopt;
      end_ += static_cast<std::size_t>(got);
    }
  }

  /// Bytes of data that the server takes now, on a stream of which `sent` bytes went out before.
  std::int64_t Room(std::uint32_t stream) {
    const auto found = windows_.try_emplace(stream, 0).first;
    return std::min(window_, initial_window_ + found->second);
  }
  /// One message in as few frames as the server allows; where it is larger than Room(), waits for more. What comes
  /// meanwhile and is data goes to `on_data`.
  template <typename OnData>
  bool SendMessage(std::uint32_t stream, std::string_view bytes, OnData on_data) {
    return SendData(stream, Message(bytes), on_data);
  }
  /// The same of bytes of messages, or of a part of one.
  template <typename OnData>
  bool SendData(std::uint32_t stream, std::string_view rest, OnData on_data) {
    while (!rest.empty()) {
      const std::int64_t room = Room(stream);
      if (room <= 0) {
        const auto frame = Next();
        if (!frame) return false;
        if (frame->type == kData) on_data(*frame);
        continue;
      }
      const std::string_view part =
          rest.substr(0, std::min(max_frame_, static_cast<std::size_t>(room)));
      rest.remove_prefix(part.size());
      window_ -= static_cast<std::int64_t>(part.size());
      windows_[stream] -= static_cast<std::int64_t>(part.size());
      const std::string head = Header(kData, 0, stream, part.size());
      iovec pieces[] = {{const_cast<char*>(head.data()), head.size()},
                        {const_cast<char*>(part.data()), part.size()}};
      if (!WritePieces(pieces)) return false;
    }
    return true;
  }

  /// True once the server has closed the connection; false after `wait`.
  bool AwaitClosed(std::chrono::milliseconds wait = std::chrono::seconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    std::array<char, 65536> ignored;
    while (std::chrono::steady_clock::now() < deadline) {
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, 100) > 0 && read(fd_, ignored.data(), ignored.size()) <= 0) return true;
    }
    return false;
  }

 private:
  bool WritePieces(std::span<iovec, 2> pieces) const {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = 2;
    const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0) return false;
    auto done = static_cast<std::size_t>(sent);
    for (const iovec& piece : pieces) {
      const std::size_t skip = std::min(done, piece.iov_len);
      done -= skip;
      if (!Write({static_cast<const char*>(piece.iov_base) + skip, piece.iov_len - skip}))
        return false;
    }
    return true;
  }

  static std::uint32_t BigAt(std::string_view text, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(text[at + i]);
    return value;
  }

  // Keeps both sides' windows.
  void Account(const Frame& frame) {
    constexpr std::uint32_t kGiveBack = 64U << 20;
    if (frame.type == kWindowUpdate) {
      (frame.stream == 0 ? window_ : windows_[frame.stream]) += BigAt(frame.payload, 0);
    } else if (frame.type == kSettings && (frame.flags & kAck) == 0) {
      for (std::size_t at = 0; at + 6 <= frame.payload.size(); at += 6) {
        const int name = static_cast<unsigned char>(frame.payload[at + 1]);
        if (name == 4) initial_window_ = BigAt(frame.payload, at + 2);
        if (name == 5) max_frame_ = BigAt(frame.payload, at + 2);
      }
    } else if (frame.type == kData) {
      received_ += static_cast<std::uint32_t>(frame.payload.size());
      if (received_ < kGiveBack) return;
      Send(kWindowUpdate, 0, 0, Big(received_));
      Send(kWindowUpdate, 0, frame.stream, Big(received_));
      received_ = 0;
    }
  }

  static std::string Text(std::string_view text) {
    constexpr std::size_t kPrefix = 127;
    std::string coded;
    if (text.size() < kPrefix) {
      coded += static_cast<char>(text.size());
    } else {
      coded += static_cast<char>(kPrefix);
      std::size_t rest = text.size() - kPrefix;
      for (; rest >= 128; rest >>= 7) coded += static_cast<char>(rest | 128);
      coded += static_cast<char>(rest);
    }
    return coded.append(text);
  }
  static void AppendSetting(std::string& to, std::uint16_t name, std::uint32_t value) {
    to += static_cast<char>(name >> 8);
    to += static_cast<char>(name);
    to += Big(value);
  }

  const int fd_;
  std::int64_t window_ = 65535, initial_window_ = 65535;  // of the server
  std::map<std::uint32_t, std::int64_t> windows_;         // what was added to the initial ones
  std::size_t max_frame_ = 16384;
  std::uint32_t received_ = 0;
  std::string buffer_ = std::string(262144, '\0');
  std::size_t at_ = 0, end_ = 0;
};

}  // namespace vigil::test
