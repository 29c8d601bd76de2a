// Web hooks to a real server, which checks signatures with Python's hmac.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "actions/retry_after.h"
#include "actions/webhook.h"
#include "core/status.h"
#include "integration/actions/script_server.h"
#include "support/environment.h"
#include "support/text_file.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class WebhookServerTest : public testing::Test {
 protected:
  void Start(const std::string& scheme = "http") {
    if (scheme == "https") {
      ASSERT_NO_FATAL_FAILURE(test::MakeCertificate(dir_));
    }
    server_.emplace("http_sink.py", std::vector<std::string>{dir_.path().string(), scheme});
    ASSERT_NE(server_->port(), 0);
    base_ = fmt::format("{}://127.0.0.1:{}", scheme, server_->port());
    options_.secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  }
  absl::Status Post(const std::string& path, Clock::duration limit = test::kSoon,
                    std::stop_token stop = {}) {
    options_.url = base_ + path;
    auto hook = Webhook::Create(options_, [] { return test::Utc("2026-11-24T20:57:30Z"); });
    if (!hook.ok()) return hook.status();
    return (*hook)->Run(test::CarCrossing(), After(limit), std::move(stop));
  }
  json Read(int number) const {
    return json::parse(vigil::test::ReadText(dir_ / (std::to_string(number) + ".json")));
  }
  bool Received(int number) const {
    return std::filesystem::exists(dir_ / (std::to_string(number) + ".json"));
  }

  vigil::test::TempDir dir_;
  std::optional<test::ScriptServer> server_;
  std::string base_;
  WebhookOptions options_;
};

TEST_F(WebhookServerTest, PostsASignedCloudEvent) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const auto status = Post("/ok");
  ASSERT_TRUE(status.ok()) << status;
  const json got = Read(0);
  EXPECT_EQ(got.at("signed"), true);
  const json& headers = got.at("headers");
  EXPECT_EQ(headers.at("content-type"), "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(headers.at("idempotency-key"), "jetson-01%2Fdriveway%2F3%2F7");
  EXPECT_EQ(headers.at("webhook-timestamp"), "1795553850");
  const json body = json::parse(got.at("body").get<std::string>());
  EXPECT_EQ(body.at("specversion"), "1.0");
  EXPECT_EQ(body.at("id"), "jetson-01/driveway/3/7");
  EXPECT_EQ(body.at("source"), "/devices/jetson-01/cameras/driveway");
  EXPECT_EQ(body.at("type"), "vigil.event.line_cross.v1");
  EXPECT_EQ(body.at("subject"), "track/42");
  EXPECT_EQ(body.at("data").at("class_name"), "car");
}

TEST_F(WebhookServerTest, PlainJsonHasItsAttributesInHeaders) {
  ASSERT_NO_FATAL_FAILURE(Start());
  options_.body = WebhookBody::kJson;
  options_.headers = {{"Authorization", "Bearer token-123"}};
  ASSERT_TRUE(Post("/ok").ok());
  const json got = Read(0);
  EXPECT_EQ(got.at("headers").at("ce-type"), "vigil.event.line_cross.v1");
  EXPECT_EQ(got.at("headers").at("ce-id"), "jetson-01/driveway/3/7");
  EXPECT_EQ(got.at("headers").at("authorization"), "Bearer token-123");
  EXPECT_EQ(json::parse(got.at("body").get<std::string>()).at("line"), "driveway entry");
  EXPECT_EQ(got.at("signed"), true);
}

// USERS.md, pain 9: a templated web hook, as chat services want it.
TEST_F(WebhookServerTest, Pain9_ATemplateMakesAnyBody) {
  ASSERT_NO_FATAL_FAILURE(Start());
  options_.body = WebhookBody::kTemplate;
  options_.body_template = R"({"chat_id": 1, "text": "{class} at \"{line}\", {clock}"})";
  options_.time_zone = "Europe/Berlin";
  ASSERT_TRUE(Post("/ok").ok());
  EXPECT_EQ(json::parse(Read(0).at("body").get<std::string>()).at("text"),
            "car at \"driveway entry\", 21:57:24");
}

TEST_F(WebhookServerTest, Unsigned) {
  ASSERT_NO_FATAL_FAILURE(Start());
  options_.secret.clear();
  ASSERT_TRUE(Post("/ok").ok());
  EXPECT_FALSE(Read(0).at("headers").contains("webhook-signature"));
}

TEST_F(WebhookServerTest, AFailureOfTheServerIsWorthAnotherAttempt) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const auto first = Post("/flaky");
  EXPECT_EQ(first.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(first)), HasSubstr("answered 500: oops"));
  EXPECT_TRUE(Post("/flaky").ok());
  EXPECT_EQ(Read(0).at("headers").at("idempotency-key"),
            Read(1).at("headers").at("idempotency-key"));
  EXPECT_EQ(Read(0).at("body"), Read(1).at("body"));
}

TEST_F(WebhookServerTest, RetryAfterReachesTheDispatcher) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const auto status = Post("/busy");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RetryAfterOf(status), std::chrono::seconds(7));
}

TEST_F(WebhookServerTest, OtherAnswersAreFinalAndQuotedSafely) {
  ASSERT_NO_FATAL_FAILURE(Start());
  for (const char* path : {"/gone", "/unknown"}) {
    const auto status = Post(path);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << path;
    EXPECT_LT(MessageOf(status).size(), 400U);
    EXPECT_EQ(MessageOf(status).find_first_of("\r\n\x1b"), std::string_view::npos);
  }
}

TEST_F(WebhookServerTest, RedirectsAreNotFollowed) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const auto status = Post("/redirect");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("a redirect, which is not followed"));
  EXPECT_FALSE(Received(1));
}

TEST_F(WebhookServerTest, SlowServersEndWithTheDeadlineOrAStop) {
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Post("/slow", std::chrono::milliseconds(400)).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Post("/drip", std::chrono::milliseconds(400)).code(),
            absl::StatusCode::kDeadlineExceeded);
  std::stop_source stop;
  const std::jthread stopper([&] {
    SleepUntil(After(std::chrono::milliseconds(200)), {});
    stop.request_stop();
  });
  EXPECT_EQ(Post("/slow", std::chrono::minutes(5), stop.get_token()).code(),
            absl::StatusCode::kAborted);
}

TEST_F(WebhookServerTest, OfAHugeAnswerOnlyTheBeginningIsRead) {
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_TRUE(Post("/huge").ok());
  const auto refused = Post("/huge?refuse");
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("answered 503"));
}

TEST_F(WebhookServerTest, ACutConnectionIsWorthAnotherAttempt) {
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Post("/cut").code(), absl::StatusCode::kUnavailable);
  server_.reset();
  EXPECT_EQ(Post("/ok").code(), absl::StatusCode::kUnavailable);
}

TEST_F(WebhookServerTest, CertificatesAreChecked) {
  ASSERT_NO_FATAL_FAILURE(Start("https"));
  const auto status = Post("/ok");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("certificate is not trusted"));
  EXPECT_FALSE(Received(0));
  options_.ca_file = (dir_ / "cert.pem").string();
  const auto trusted = Post("/ok");
  EXPECT_TRUE(trusted.ok()) << trusted;
}

TEST_F(WebhookServerTest, SecretsAreInNoMessage) {
  ASSERT_NO_FATAL_FAILURE(Start());
  base_.insert(base_.find("127"), "user:password1@");
  for (const char* path : {"/bot-token-123/send?key=token-456", "/redirect?key=token-456"}) {
    const std::string message(MessageOf(Post(path)));
    EXPECT_THAT(message, HasSubstr("http://127.0.0.1:"));
    EXPECT_THAT(message, Not(HasSubstr("token")));
    EXPECT_THAT(message, Not(HasSubstr("password1")));
  }
}

// Where a cloud hands out credentials to whoever asks from inside of it.
TEST_F(WebhookServerTest, MetadataAddressesAreRefusedBeforeAConnection) {
  for (const char* base :
       {"http://169.254.169.254", "http://[fe80::1]", "http://0.0.0.0:1",
        "http://[::ffff:169.254.169.254]", "http://2852039166", "http://0xa9fea9fe"}) {
    base_ = base;
    const auto status = Post("/latest/meta-data");
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << base << " " << status;
  }
  // Listed, it is meant: 0.0.0.0 reaches this machine.
  ASSERT_NO_FATAL_FAILURE(Start());
  base_ = fmt::format("http://0.0.0.0:{}", server_->port());
  EXPECT_EQ(Post("/ok").code(), absl::StatusCode::kPermissionDenied);
  options_.allow_hosts = {"0.0.0.0"};
  EXPECT_TRUE(Post("/ok").ok());
}

TEST_F(WebhookServerTest, TheEnvironmentsProxyIsNotUsedUnasked) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const vigil::test::ScopedVariable proxy("http_proxy", "http://127.0.0.1:1");
  EXPECT_TRUE(Post("/ok").ok());
}

}  // namespace
}  // namespace vigil::actions
