#include "actions/webhook.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "actions/internal/addresses.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

using testing::HasSubstr;
using testing::Not;

// The example of the Standard Webhooks specification.
TEST(WebhookSignature, IsThatOfTheSpecification) {
  WebhookOptions options;
  options.url = "https://x.org";
  options.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  EXPECT_TRUE(Validate(options).ok());
  const std::string key =
      "\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4\x3c\x3f\x08\x2c\xf6\x48\xa3\x62\xda\x2d\xa4"
      "\xb0";
  EXPECT_EQ(
      WebhookSignature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookOptions, AreChecked) {
  WebhookOptions good;
  good.url = "https://hooks.example.org/secret-path";
  ASSERT_TRUE(Validate(good).ok());
  const auto refused = [&](auto change) {
    WebhookOptions options = good;
    change(options);
    const std::string message(MessageOf(Validate(options)));
    EXPECT_THAT(message, Not(HasSubstr("secret-path")));
    return message;
  };
  for (const char* url :
       {"", "hooks.example.org/secret-path", "ftp://x/secret-path", "file:///etc/secret-path",
        "http://", "http://x/\r\nsecret-path", "http://x y/"}) {
    EXPECT_THAT(refused([&](auto& o) { o.url = url; }), HasSubstr("url:")) << url;
  }
  EXPECT_THAT(refused([](auto& o) { o.allow_hosts = {"*.example.com"}; }),
              HasSubstr("allow_hosts"));
  EXPECT_THAT(refused([](auto& o) {
                o.headers = {{"X-A", "b\r\nX-B: c"}};
              }),
              HasSubstr("headers:"));
  EXPECT_THAT(refused([](auto& o) { o.headers = {{"X A", "b"}}; }), HasSubstr("headers:"));
  EXPECT_THAT(refused([](auto& o) {
                o.headers = {{"Content-Length", "5"}};
              }),
              HasSubstr("set by Vigil itself"));
  EXPECT_THAT(refused([](auto& o) { o.secret = "short"; }), HasSubstr("secret:"));
  EXPECT_THAT(refused([](auto& o) { o.secret = "whsec_not base64 at all!!"; }),
              HasSubstr("secret:"));
  EXPECT_THAT(refused([](auto& o) { o.body_template = "x"; }), HasSubstr("body_template:"));
  EXPECT_THAT(refused([](auto& o) {
                o.body = WebhookBody::kTemplate;
                o.body_template = R"({"text": "{clas}"})";
              }),
              HasSubstr("did you mean class?"));
  EXPECT_THAT(refused([](auto& o) { o.time_zone = "x"; }), HasSubstr("time zone"));
  good.allow_hosts = {"*.example.org", "10.0.0.5"};
  EXPECT_TRUE(Validate(good).ok());
}

bool Forbidden(const std::string& text) {
  if (text.find(':') == std::string::npos) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &v4.sin_addr), 1) << text;
    return internal::IsForbidden(reinterpret_cast<const sockaddr&>(v4));
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  return internal::IsForbidden(reinterpret_cast<const sockaddr&>(v6));
}

TEST(Addresses, OfMetadataAndOfNobodyAreForbidden) {
  for (const char* text :
       {"169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "100.100.100.200", "224.0.0.1",
        "255.255.255.255", "192.0.0.192", "::", "fe80::1", "febf::1", "ff02::1", "fd00:ec2::254",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254"}) {
    EXPECT_TRUE(Forbidden(text)) << text;
  }
  for (const char* text :
       {"127.0.0.1", "10.0.0.5", "192.168.1.10", "172.16.0.1", "8.8.8.8", "100.64.0.1", "::1",
        "fd12:3456::1", "2001:db8::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "fec0::1"}) {
    EXPECT_FALSE(Forbidden(text)) << text;
  }
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_TRUE(internal::IsForbidden(other));
}

TEST(Addresses, AreListedByNameOrBelowADomain) {
  const std::vector<std::string> list = {"hooks.example.org", "*.example.com"};
  EXPECT_TRUE(internal::IsListed("Hooks.Example.org", list));
  EXPECT_TRUE(internal::IsListed("hooks.example.org.", list));
  EXPECT_TRUE(internal::IsListed("a.b.example.com", list));
  EXPECT_FALSE(internal::IsListed("example.com", list));
  EXPECT_FALSE(internal::IsListed("evilexample.com", list));
  EXPECT_FALSE(internal::IsListed("hooks.example.org.evil.net", list));
  EXPECT_FALSE(internal::IsListed("", list));
}

}  // namespace
}  // namespace vigil::actions
