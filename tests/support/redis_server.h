// A real Redis on loopback, and a listener to its channels.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "support/process.h"
#include "support/test_data.h"

namespace vigil::test {

/// A port that nobody listens on.
inline int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    address.sin_port = 0;
  close(fd);
  return ntohs(address.sin_port);
}

struct FreeRedis {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisConnection = std::unique_ptr<redisContext, FreeRedis>;
using RedisReply = std::unique_ptr<redisReply, FreeRedis>;

inline RedisConnection ConnectToRedis(int port) {
  const timeval limit{10, 0};
  RedisConnection connection(redisConnectWithTimeout("127.0.0.1", port, limit));
  if (connection != nullptr && connection->err != 0) connection.reset();
  if (connection != nullptr) redisSetTimeout(connection.get(), limit);
  return connection;
}

/// Answers once it is made; ends with it.
class RedisServer {
 public:
  explicit RedisServer(int port, const std::string& password = {})
      : program_({"redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1", "--save",
                  "", "--appendonly", "no", "--dir", dir_.path().string(), "--logfile",
                  (dir_ / "log").string(), "--requirepass", password}) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (ConnectToRedis(port) == nullptr && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  void Kill() {
    program_.Signal(SIGKILL);
    (void)program_.Wait();
  }

 private:
  TempDir dir_;
  Program program_;
};

/// Listens from the moment that it is made.
class RedisListener {
 public:
  RedisListener(int port, const std::string& pattern) : connection_(ConnectToRedis(port)) {
    if (connection_ == nullptr) return;
    RedisReply(static_cast<redisReply*>(
        redisCommand(connection_.get(), "PSUBSCRIBE %s", pattern.c_str())));
  }

  struct Heard {
    std::string channel, message;
  };
  /// The next message; empty where none came within ten seconds.
  Heard Next() {
    void* answer = nullptr;
    if (connection_ == nullptr || redisGetReply(connection_.get(), &answer) != REDIS_OK) return {};
    const RedisReply reply(static_cast<redisReply*>(answer));
    if (reply->elements != 4) return {};  // "pmessage", pattern, channel, message
    return {{reply->element[2]->str, reply->element[2]->len},
            {reply->element[3]->str, reply->element[3]->len}};
  }

 private:
  RedisConnection connection_;
};

}  // namespace vigil::test
