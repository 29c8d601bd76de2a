#include "core/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/time.h"

namespace vigil {
namespace {

constexpr int kBacklog = 512;
constexpr std::size_t kEnoughBytes = 3;
constexpr std::chrono::milliseconds kTick{100};  // how exactly time limits are kept
constexpr std::int64_t kFreeBytesATick =
    32'000;  // that nobody has to account for: pings, health checks
constexpr std::string_view kPreface = "PRI";  // no method of HTTP/1 begins like it

struct Address {
  std::string host;  // as text, for limits
  std::string peer;  // with port
  bool loopback = false;
};

Address Describe(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  Address address;
  if (from.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(from);
    inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    address.host = text.data();
    address.loopback = IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
    if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
      address.host = address.host.substr(address.host.rfind(':') + 1);
      address.loopback = address.host.starts_with("127.");
      address.peer = fmt::format("{}:{}", address.host, ntohs(six.sin6_port));
    } else {
      address.peer = fmt::format("[{}]:{}", address.host, ntohs(six.sin6_port));
    }
  } else {
    const auto& four = reinterpret_cast<const sockaddr_in&>(from);
    inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    address.host = text.data();
    address.loopback = address.host.starts_with("127.");
    address.peer = fmt::format("{}:{}", address.host, ntohs(four.sin_port));
  }
  return address;
}

class EpollListener final : public Listener {
 public:
  EpollListener(Descriptor socket, int port, const ListenerOptions& options, Routes routes,
                ProgressOf progress)
      : options_(options),
        routes_(std::move(routes)),
        progress_(std::move(progress)),
        socket_(std::move(socket)),
        port_(port),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    Watch(socket_.get(), EPOLLIN);
    Watch(wake_.get(), EPOLLIN);
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
    pthread_setname_np(thread_.native_handle(), "listener");
  }

  ~EpollListener() override {
    thread_.request_stop();
    Wake();
    thread_.join();
  }

  int port() const override { return port_; }

  Counts counts() const override {
    std::lock_guard lock(mutex_);
    Counts counts = counts_;
    counts.open = static_cast<int>(connections_.size());
    return counts;
  }

  void StopAccepting() override {
    accepting_ = false;
    Wake();
  }

  bool Disconnect(const std::string& peer) override {
    std::lock_guard lock(mutex_);
    for (auto& [fd, connection] : connections_) {
      if (connection.address.peer != peer) continue;
      if (std::exchange(connection.ended, true)) return false;
      shutdown(fd, SHUT_RDWR);  // its server sees the end, and so does the loop
      return true;
    }
    return false;
  }

  void DisconnectAll() override {
    std::lock_guard lock(mutex_);
    for (auto& [fd, connection] : connections_) shutdown(fd, SHUT_RDWR);
  }

 private:
  struct Connection {
    Descriptor socket;  // ours: the server has another one of the same connection
    Address address;
    bool handed_on = false;
    Deadline close_at = Deadline::max();
    bool ended = false;    // by Disconnect
    bool guarded = false;  // has to make progress
    std::uint64_t steps = 0;
    std::int64_t accounted = 0;  // of the bytes that came
  };

  void Watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void Wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = write(wake_.get(), &one, sizeof one);
  }

  void Run(std::stop_token stop) {
    std::array<epoll_event, 64> events;
    Deadline next_tick = After(kTick);
    while (!stop.stop_requested()) {
      const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(kTick.count()));
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == socket_.get()) {
          Accept();
        } else if (event.data.fd == wake_.get()) {
          std::uint64_t ignored = 0;
          [[maybe_unused]] const ssize_t got = read(wake_.get(), &ignored, sizeof ignored);
        } else {
          Happened(event.data.fd, event.events);
        }
      }
      if (!accepting_ && socket_) {
        epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket_.get(), nullptr);
        socket_.Reset();  // connections that nobody has accepted are refused by the system
      }
      if (Clock::now() >= next_tick) {
        next_tick = After(kTick);
        CloseOverdue();
        CloseFlooding();
        if (paused_ && socket_) {
          paused_ = false;
          Watch(socket_.get(), EPOLLIN);
        }
      }
    }
  }

  void Accept() {
    constexpr int kAtOnce = 64;  // so that connections already there are looked at in between
    for (int i = 0; i < kAtOnce; ++i) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      Descriptor fd(accept4(socket_.get(), reinterpret_cast<sockaddr*>(&from), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
          log::Warning("listener: no descriptors left, connections wait");
          epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket_.get(), nullptr);
          paused_ = true;
        }
        return;
      }
      Address address = Describe(from);
      std::lock_guard lock(mutex_);
      ++counts_.accepted;
      int& of_address = per_address_[address.host];
      if (static_cast<int>(connections_.size()) >= options_.max_connections ||
          (!address.loopback && of_address >= options_.max_per_address)) {
        ++counts_.refused;
        if (of_address == 0) per_address_.erase(address.host);
        continue;
      }
      ++of_address;
      const int on = 1;
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const int key = fd.get();
      connections_[key] = Connection{.socket = std::move(fd),
                                     .address = std::move(address),
                                     .close_at = After(options_.first_bytes_timeout)};
      Watch(key, EPOLLIN | EPOLLRDHUP | EPOLLET);
    }
  }

  void Happened(int fd, std::uint32_t events) {
    std::unique_lock lock(mutex_);
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    Connection& connection = found->second;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) return Forget(found);
    if (connection.handed_on) {
      if ((events & EPOLLRDHUP) != 0) connection.close_at = After(options_.linger);
      return;
    }
    std::array<char, kEnoughBytes> bytes;
    const ssize_t got = recv(fd, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return Forget(found);
    if (got < 0) return;
    const FirstBytes kind = Recognise({bytes.data(), static_cast<std::size_t>(got)});
    if (kind == FirstBytes::kUnknown) {
      if ((events & EPOLLRDHUP) != 0) Forget(found);
      return;
    }
    const Route& route = kind == FirstBytes::kHttp2   ? routes_.http2
                         : kind == FirstBytes::kHttp1 ? routes_.http1
                                                      : routes_.tls;
    Descriptor other(kind == FirstBytes::kOther || !route ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!other) {
      ++counts_.unknown;
      return Forget(found);
    }
    connection.handed_on = true;
    connection.guarded = progress_ && kind != FirstBytes::kHttp1;
    connection.close_at = (events & EPOLLRDHUP) != 0 ? After(options_.linger) : Deadline::max();
    // From here on only its end matters.
    epoll_event event{};
    event.events = EPOLLRDHUP | EPOLLET;
    event.data.fd = fd;
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
    const std::string peer = connection.address.peer;
    lock.unlock();
    route(std::move(other), peer);
  }

  using Connections = std::map<int, Connection>;

  void Forget(Connections::iterator connection) {
    const std::string& host = connection->second.address.host;
    const auto count = per_address_.find(host);
    if (count != per_address_.end() && --count->second <= 0) per_address_.erase(count);
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection->first, nullptr);
    connections_.erase(connection);
  }

  void CloseOverdue() {
    const auto now = Clock::now();
    std::lock_guard lock(mutex_);
    for (auto it = connections_.begin(); it != connections_.end();) {
      const auto one = it++;
      if (now < one->second.close_at) continue;
      if (one->second.handed_on) {
        shutdown(one->first, SHUT_RDWR);
      } else {
        ++counts_.unknown;
      }
      Forget(one);
    }
  }

  static std::int64_t BytesReceived(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return static_cast<std::int64_t>(info.tcpi_bytes_received);
  }

  void CloseFlooding() {
    std::lock_guard lock(mutex_);
    for (auto& [fd, connection] : connections_) {
      if (!connection.guarded) continue;
      const std::int64_t bytes = BytesReceived(fd);
      connection.accounted = std::min(bytes, connection.accounted + kFreeBytesATick);
      if (bytes == connection.accounted) continue;
      const Progress progress = progress_(connection.address.peer);
      if (progress.steps != connection.steps) {
        connection.steps = progress.steps;
        connection.accounted = bytes;
      } else if (bytes - connection.accounted > progress.bytes_allowed) {
        ++counts_.flooded;
        connection.guarded = false;
        shutdown(fd, SHUT_RDWR);
        log::Warning("{}: closed, {} bytes came that lead to nothing", connection.address.peer,
                     bytes - connection.accounted);
      }
    }
  }

  const ListenerOptions options_;
  const Routes routes_;
  const ProgressOf progress_;
  Descriptor socket_;
  const int port_;
  const Descriptor epoll_, wake_;
  std::atomic<bool> accepting_ = true;
  bool paused_ = false;  // thread_ only
  mutable std::mutex mutex_;
  Connections connections_;  // under mutex_, as the two below; by our descriptor
  std::map<std::string, int> per_address_;
  Counts counts_;
  std::jthread thread_;
};

}  // namespace

FirstBytes Recognise(std::string_view bytes) {
  if (bytes.empty()) return FirstBytes::kUnknown;
  if (bytes[0] == '\x16') return FirstBytes::kTls;
  if (bytes[0] < 'A' || bytes[0] > 'Z') return FirstBytes::kOther;
  const std::string_view start = bytes.substr(0, kPreface.size());
  if (start == kPreface) return FirstBytes::kHttp2;
  return kPreface.starts_with(start) ? FirstBytes::kUnknown : FirstBytes::kHttp1;
}

absl::StatusOr<ListenAddress> ListenAddress::Parse(std::string_view text) {
  const auto wrong = [text] {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is not an address to listen on: 127.0.0.1:50051, [::1]:50051, "
                    ":50051 (all addresses)",
                    text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  ListenAddress address;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port < 0 ||
      address.port > 65535)
    return wrong();
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = host.empty() ? "0.0.0.0" : std::string(host);
  if (address.host.find_first_not_of(
          "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
          ".:-") != std::string::npos)
    return wrong();
  return address;
}

bool ListenAddress::is_loopback() const {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const ListenAddress& address,
                                                         const ListenerOptions& options,
                                                         Routes routes, ProgressOf progress) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (address.host == "localhost" ? 0 : AI_NUMERICHOST);
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0)
    return absl::InvalidArgumentError(
        fmt::format("{}: no address of this machine ({})", address.host, gai_strerror(failed)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Descriptor fd(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!fd || bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      listen(fd.get(), kBacklog) != 0)
    return absl::UnavailableError(fmt::format("cannot listen on {}:{}: {}", address.host,
                                              address.port, std::strerror(errno)));
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size);
  const int port =
      ntohs(own.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(own).sin6_port
                                      : reinterpret_cast<const sockaddr_in&>(own).sin_port);
  return std::make_unique<EpollListener>(std::move(fd), port, options, std::move(routes),
                                         std::move(progress));
}

}  // namespace vigil
