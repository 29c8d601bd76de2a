#include "http/operations.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "http/server.h"
#include "support/http2_client.h"

namespace vigil::http {
namespace {

TEST(Operations, HealthSaysWhetherToSendWork) {
  Health health("infer", "1");
  Metrics metrics;
  metrics.AddCounter("frames_total", "Frames").Add(7);
  const auto handler = Operations(health, metrics);
  const auto get = [&](const char* path) { return handler({"GET", path, "", ""}); };
  EXPECT_EQ(get("/health").status, 200);
  health.Set("bus", HealthState::kDegraded, "slow");
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  health.Set("bus", HealthState::kUnhealthy, "away");
  EXPECT_EQ(get("/health").status, 503);
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_NE(get("/metrics").body.find("frames_total 7"), std::string::npos);
  EXPECT_EQ(get("/").status, 404);
  EXPECT_EQ(handler({"POST", "/health", "", ""}).status, 405);
}

// A server and one connection of it.
class HttpServer : public testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    server_ =
        Server::Create(options, [](const Request& request) -> Response {
          return {200, "text/plain", request.method + " " + request.path + "?" + request.query};
        }).value();
  }
  std::string Say(std::string_view text) {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    Descriptor client(pair[0]);
    const Descriptor other(dup(pair[1]));  // as the listener keeps one
    server_->Serve(Descriptor(pair[1]), "127.0.0.1:1");
    EXPECT_EQ(send(client.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    return test::ReadAll(client.get(), std::chrono::milliseconds(1500));
  }
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersSeveralRequestsOfAConnection) {
  Start();
  const std::string answer =
      Say("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\nGET /d HTTP/1.1\r\nHost: x\r\nConnection: "
          "close\r\n\r\n");
  EXPECT_NE(answer.find("GET /a?b=c"), std::string::npos) << answer;
  EXPECT_NE(answer.find("GET /d?"), std::string::npos) << answer;
}

TEST_F(HttpServer, HeadHasNoBody) {
  Start();
  const std::string answer = Say("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServer, WhatIsTooLargeOrNoRequestIsRefused) {
  Start({.max_header_bytes = 1000, .max_body_bytes = 1000});
  EXPECT_TRUE(
      Say("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(
      Say("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(Say("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
}

TEST_F(HttpServer, SlowRequestsEnd) {
  Start({.request_timeout = std::chrono::milliseconds(200)});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Say("GET / HTTP/1.1\r\nHo"), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1400));
}

TEST_F(HttpServer, SilenceBetweenRequestsEndsTheConnection) {
  Start({.request_timeout = std::chrono::milliseconds(200)});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(Say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").find("GET /a"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1400));
}

}  // namespace
}  // namespace vigil::http
