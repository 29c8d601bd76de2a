#include "actions/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/email_immediate.h"
#include "actions/internal/mime.h"
#include "actions/smtp.h"
#include "core/status.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MailAddressText, IsRead) {
  EXPECT_EQ(ParseAddress("vigil@example.org").value(), (MailAddress{"", "vigil@example.org"}));
  EXPECT_EQ(ParseAddress(" Front door <a+b@x.y> ").value(), (MailAddress{"Front door", "a+b@x.y"}));
  EXPECT_EQ(ParseAddress("\"Größe, 1\" <a@localhost>").value(),
            (MailAddress{"Größe, 1", "a@localhost"}));
  for (const char* text : {"", "vigil", "@example.org", "vigil@", "a b@x.org", "a@x.org, b@x.org",
                           "a@x.org>", "<a@x.org", "a@x.org\r\nRCPT TO:<b@x.org>", "a@x..org",
                           ".a@x.org", "ü@x.org", "a@ü.org", "x <a@x.org> y", "a@[127.0.0.1]"}) {
    EXPECT_FALSE(ParseAddress(text).ok()) << text;
  }
}

TEST(QuotedPrintable, KeepsWhatItIsGiven) {
  using internal::QuotedPrintable;
  EXPECT_EQ(QuotedPrintable("plain\ntext"), "plain\r\ntext");
  EXPECT_EQ(QuotedPrintable("a=b ü"), "a=3Db =C3=BC");
  EXPECT_EQ(QuotedPrintable("blank \nend "), "blank=20\r\nend=20");
  EXPECT_EQ(QuotedPrintable(".\n.."), "=2E\r\n=2E.");
  const std::string wrapped = QuotedPrintable(std::string(200, 'x') + "üüü");
  std::size_t begin = 0;
  while (begin < wrapped.size()) {
    const auto end = std::min(wrapped.find("\r\n", begin), wrapped.size());
    EXPECT_LE(end - begin, 76U);
    begin = end + 2;
  }
}

TEST(HeaderField, IsFoldedIntoEncodedWords) {
  EXPECT_EQ(internal::HeaderField("Subject", "plain"), "Subject: plain\r\n");
  EXPECT_EQ(internal::HeaderField("Subject", "ü"), "Subject: =?UTF-8?B?w7w=?=\r\n");
  EXPECT_EQ(internal::HeaderField("Subject", "=?UTF-8?B?w7w=?="),
            "Subject: =?UTF-8?B?PT9VVEYtOD9CP3c3dz0/PQ==?=\r\n");
  const std::string folded = internal::HeaderField("Subject", std::string(4000, 'x'));
  std::size_t begin = 0;
  while (begin < folded.size()) {
    const auto end = folded.find("\r\n", begin);
    EXPECT_LE(end - begin, 76U);
    begin = end + 2;
  }
}

TEST(BuildMessage, IsTheSameForTheSameMail) {
  Mail mail;
  mail.id = "event";
  mail.subject = "s";
  const auto build = [&] {
    return BuildMessage(mail, {"", "a@x.org"}, {{"", "b@x.org"}}, 1 << 20).value();
  };
  EXPECT_EQ(build(), build());
  const std::string before = build();
  mail.id = "other event";
  EXPECT_NE(build(), before);
  EXPECT_THAT(before, Not(HasSubstr("References")));
}

TEST(BuildMessage, LeavesPicturesOutThatWouldMakeItTooLarge) {
  Mail mail;
  mail.id = "event";
  mail.html = "<p>hello</p>";
  mail.pictures = {{"1.jpg", std::string(30'000, 'a')},
                   {"2.jpg", std::string(30'000, 'b')},
                   {"3.jpg", std::string(30'000, 'c')}};
  const auto build = [&](std::size_t max) {
    return BuildMessage(mail, {"", "a@x.org"}, {{"", "b@x.org"}}, max);
  };
  EXPECT_THAT(*build(1 << 20), Not(HasSubstr("left out")));
  const std::string two = build(100'000).value();
  EXPECT_LE(two.size(), 100'000U);
  EXPECT_THAT(two, HasSubstr("1 picture left out"));
  EXPECT_THAT(two, HasSubstr("2.jpg"));
  EXPECT_THAT(*build(5'000), HasSubstr("3 pictures left out"));
  EXPECT_FALSE(build(100).ok());
  EXPECT_FALSE(BuildMessage(mail, {"", "a@x.org"}, {}, 1 << 20).ok());
}

TEST(SmtpOptions, AreChecked) {
  SmtpOptions good;
  good.host = "smtp.example.org";
  good.user = "u";
  good.password = "p";
  good.from = "a@x.org";
  good.to = {"b@x.org"};
  ASSERT_TRUE(Validate(good).ok()) << Validate(good);
  const auto refused = [&](auto change) {
    SmtpOptions options = good;
    change(options);
    return std::string(MessageOf(Validate(options)));
  };
  EXPECT_THAT(refused([](auto& o) { o.host = "a b"; }), HasSubstr("host:"));
  EXPECT_THAT(refused([](auto& o) { o.host = "smtp.x.org/../@y"; }), HasSubstr("host:"));
  EXPECT_THAT(refused([](auto& o) { o.port = 70'000; }), HasSubstr("port:"));
  EXPECT_THAT(refused([](auto& o) { o.hello = "x\r\n"; }), HasSubstr("hello:"));
  EXPECT_THAT(refused([](auto& o) { o.password = ""; }), HasSubstr("both or none"));
  EXPECT_THAT(refused([](auto& o) { o.security = SmtpSecurity::kNone; }),
              HasSubstr("in the clear"));
  EXPECT_THAT(refused([](auto& o) { o.from = "x"; }), HasSubstr("from:"));
  EXPECT_THAT(refused([](auto& o) { o.to = {}; }), HasSubstr("to:"));
  EXPECT_THAT(refused([](auto& o) { o.to = {"x"}; }), HasSubstr("to: x"));
  EXPECT_THAT(refused([](auto& o) { o.max_bytes = {10}; }), HasSubstr("max_bytes:"));
}

TEST(EmailImmediateOptions, AreChecked) {
  EXPECT_TRUE(Validate(EmailImmediateOptions{}).ok());
  EmailImmediateOptions options;
  options.body = "line one\nat {zoen}";
  EXPECT_THAT(std::string(MessageOf(Validate(options))),
              HasSubstr("body: unknown placeholder {zoen}; did you mean zone?"));
  options = {};
  options.subject = "{subject}";
  EXPECT_THAT(std::string(MessageOf(Validate(options))), HasSubstr("subject: unknown"));
  options = {};
  options.time_zone = "Berlin";
  EXPECT_FALSE(Validate(options).ok());
  options = {};
  options.max_pictures = 21;
  EXPECT_FALSE(Validate(options).ok());
}

TEST(EmailImmediate, LeavesOutLinesThatSayNothing) {
  SmtpOptions smtp;
  smtp.host = "127.0.0.1";
  smtp.from = smtp.to.emplace_back("a@x.org");
  auto mailer = Mailer::Create(smtp);
  ASSERT_TRUE(mailer.ok()) << mailer.status();
  EmailImmediateOptions options;
  options.time_zone = "UTC";
  const auto action = EmailImmediate::Create(options, **mailer, [] { return WallTime(); });
  Delivery delivery;
  delivery.event.type = events::EventType::kCameraOffline;
  delivery.event.camera_id = "<lobby>";
  delivery.event.device_id = "d";
  delivery.rule = "offline";
  const Mail mail = (*action)->Compose(delivery);
  EXPECT_EQ(mail.subject, "[info] offline: CAMERA_OFFLINE at <lobby>");
  EXPECT_THAT(mail.text, Not(HasSubstr("What:")));
  EXPECT_THAT(mail.text, Not(HasSubstr("Direction:")));
  EXPECT_THAT(mail.text, HasSubstr("Camera:     <lobby> (d)"));
  EXPECT_THAT(mail.html, HasSubstr("&lt;lobby&gt;"));
}

}  // namespace
}  // namespace vigil::actions
