// Mails to a real server (aiosmtpd) with TLS and logins; what arrives is read by Python's email
// package.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "actions/email_immediate.h"
#include "actions/smtp.h"
#include "core/status.h"
#include "integration/actions/script_server.h"
#include "support/text_file.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class MailServerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(test::MakeCertificate(dir_)); }

  void Start(const std::string& mode) {
    server_.emplace("smtp_server.py", std::vector<std::string>{dir_.path().string(), mode});
    ASSERT_NE(server_->port(), 0);
    options_.host = "127.0.0.1";
    options_.port = server_->port();
    options_.security = mode == "tls"        ? SmtpSecurity::kTls
                        : mode == "starttls" ? SmtpSecurity::kStartTls
                                             : SmtpSecurity::kNone;
    if (mode != "plain") {
      options_.user = "vigil";
      options_.password = "correct horse";
    }
    options_.ca_file = (dir_ / "cert.pem").string();
    options_.from = "Vigil <vigil@example.org>";
    options_.to = {"guard@example.org"};
  }

  absl::Status Send(const Mail& mail) {
    auto mailer = Mailer::Create(options_);
    if (!mailer.ok()) return mailer.status();
    return (*mailer)->Send(mail, After(test::kSoon), {});
  }

  int Received() const {
    return static_cast<int>(std::ranges::count_if(
        std::filesystem::directory_iterator(dir_.path()),
        [](const auto& entry) { return entry.path().extension() == ".json"; }));
  }
  json Read(int number) const {
    return json::parse(vigil::test::ReadText(dir_ / (std::to_string(number) + ".json")));
  }
  static std::string Header(const json& mail, const std::string& name) {
    for (const auto& header : mail.at("headers")) {
      if (header[0] == name) return header[1];
    }
    return "(none)";
  }

  vigil::test::TempDir dir_;
  std::optional<test::ScriptServer> server_;
  SmtpOptions options_;
};

Mail SampleMail() {
  Mail mail;
  mail.subject = "Ein Auto über die Linie „Einfahrt“ — 自動車";
  mail.text = "Grüße\n.\n.hidden\n" + std::string(300, 'x') + " \nend";
  mail.id = "jetson-01/driveway/3/7";
  mail.thread = "digest";
  mail.date = test::Utc("2026-11-24T20:57:24Z");
  mail.pictures = {{"1.jpg", std::string("\xFF\xD8 not really\r\n.\r\n\0 a picture", 29)},
                   {"chart.png", std::string(5000, '\x89')}};
  mail.html = "<p>Grüße</p><img src=\"cid:" + ContentId(mail, "1.jpg") + "\">";
  return mail;
}

struct ModeCase {
  const char* mode;
  bool tls;
};
class EachMode : public MailServerTest, public testing::WithParamInterface<ModeCase> {};

TEST_P(EachMode, AMailArrivesWhole) {
  ASSERT_NO_FATAL_FAILURE(Start(GetParam().mode));
  const Mail mail = SampleMail();
  const auto status = Send(mail);
  ASSERT_TRUE(status.ok()) << status;
  const json got = Read(0);
  EXPECT_EQ(got.at("tls"), GetParam().tls);
  EXPECT_EQ(got.at("login"), GetParam().tls);
  EXPECT_EQ(got.at("from"), "vigil@example.org");
  EXPECT_EQ(got.at("to"), json::array({"guard@example.org"}));
  EXPECT_EQ(got.at("defects"), json::array());
  EXPECT_LE(got.at("longest_line"), 998);
  EXPECT_EQ(got.at("bare_line_ends"), 0);

  EXPECT_EQ(Header(got, "Subject"), mail.subject);
  EXPECT_EQ(Header(got, "From"), "Vigil <vigil@example.org>");
  EXPECT_EQ(Header(got, "Date"), "Tue, 24 Nov 2026 20:57:24 +0000");
  EXPECT_EQ(Header(got, "Auto-Submitted"), "auto-generated");
  EXPECT_EQ(Header(got, "Message-ID"), MessageId(mail, {"", "vigil@example.org"}));
  EXPECT_EQ(Header(got, "References"), Header(got, "In-Reply-To"));

  EXPECT_EQ(got.at("structure"),
            json::array({"multipart/alternative", "text/plain", "multipart/related", "text/html",
                         "image/jpeg", "image/png"}));
  const json& parts = got.at("parts");
  EXPECT_EQ(parts[0].at("text"), mail.text);
  EXPECT_EQ(parts[1].at("text"), mail.html);
  EXPECT_EQ(parts[2].at("cid"), "<" + ContentId(mail, "1.jpg") + ">");
  EXPECT_THAT(std::string(parts[1].at("text")), HasSubstr("cid:" + ContentId(mail, "1.jpg")));
  EXPECT_EQ(parts[2].at("disposition"), "inline");
  for (std::size_t i = 0; i < 2; ++i) {
    std::string hex;
    for (const char c : mail.pictures[i].bytes) {
      hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    }
    EXPECT_EQ(parts[2 + i].at("hex"), hex);
  }
}
INSTANTIATE_TEST_SUITE_P(Modes, EachMode,
                         testing::Values(ModeCase{"starttls", true}, ModeCase{"tls", true},
                                         ModeCase{"plain", false}),
                         [](const auto& test) { return std::string(test.param.mode); });

// USERS.md, pain 9.
TEST_F(MailServerTest, Pain9_JustSendMeAMailWithThePhotoOfTheEvent) {
  ASSERT_NO_FATAL_FAILURE(Start("starttls"));
  auto mailer = Mailer::Create(options_);
  EmailImmediateOptions options;
  options.subject = "{class} at {line}";
  options.time_zone = "Europe/Berlin";
  auto action =
      EmailImmediate::Create(options, **mailer, [] { return test::Utc("2026-11-24T20:57:30Z"); });
  ASSERT_TRUE(action.ok()) << action.status();
  Delivery delivery = test::CarCrossing();
  vigil::test::WriteFile(dir_ / "annotated.jpg", "\xFF\xD8 the picture");
  delivery.pictures = {dir_ / "annotated.jpg", dir_ / "vanished.jpg"};
  const auto status = (*action)->Run(delivery, After(test::kSoon), {});
  ASSERT_TRUE(status.ok()) << status;
  // The outcome was not written down before the process ended: it is sent again.
  ASSERT_TRUE((*action)->Run(delivery, After(test::kSoon), {}).ok());

  const json got = Read(0);
  EXPECT_EQ(Header(got, "Subject"), "car at driveway entry");
  const std::string text = got.at("parts")[0].at("text");
  EXPECT_THAT(text, HasSubstr("2026-11-24 21:57:24 CET"));
  EXPECT_THAT(text, HasSubstr("car 87%"));
  EXPECT_EQ(got.at("structure"), json::array({"multipart/alternative", "text/plain",
                                              "multipart/related", "text/html", "image/jpeg"}));
  EXPECT_EQ(Header(Read(1), "Message-ID"), Header(got, "Message-ID"));  // so readers show one
}

TEST_F(MailServerTest, WrongPasswordIsFinalAndTheMessageDoesNotHaveIt) {
  ASSERT_NO_FATAL_FAILURE(Start("starttls"));
  options_.password = "hunter2-secret";
  const auto status = Send(SampleMail());
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("check user and password (535"));
  EXPECT_THAT(std::string(MessageOf(status)), Not(HasSubstr("hunter2")));
  EXPECT_EQ(Received(), 0);
}

TEST_F(MailServerTest, UntrustedCertificateGetsNeitherPasswordNorMail) {
  for (const char* mode : {"starttls", "tls"}) {
    ASSERT_NO_FATAL_FAILURE(Start(mode));
    options_.ca_file.clear();  // the system's authorities did not sign the server's certificate
    const auto status = Send(SampleMail());
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("its certificate is not trusted"));
    EXPECT_EQ(Received(), 0);
  }
}

TEST_F(MailServerTest, CertificateOfAnotherNameIsRefused) {
  ASSERT_NO_FATAL_FAILURE(Start("tls"));
  options_.host = "127.0.0.2";
  const auto status = Send(SampleMail());
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(MessageOf(status)),
              testing::AllOf(HasSubstr("for another host name"), Not(HasSubstr("ca_file"))));
  EXPECT_EQ(Received(), 0);
}

TEST_F(MailServerTest, AServerThatWantsStartTlsIsNamedAsSuch) {
  ASSERT_NO_FATAL_FAILURE(Start("starttls"));
  options_.security = SmtpSecurity::kNone;
  for (const char* user : {"", "vigil"}) {
    options_.user = user;
    options_.password = *user == '\0' ? "" : "correct horse";
    const auto status = Send(SampleMail());
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("set smtp.security: starttls (530"));
  }
  EXPECT_EQ(Received(), 0);
}

TEST_F(MailServerTest, NoStartTlsThereMeansNoMail) {
  ASSERT_NO_FATAL_FAILURE(Start("plain"));
  options_.security = SmtpSecurity::kStartTls;
  const auto status = Send(SampleMail());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("offers no STARTTLS"));
  EXPECT_EQ(Received(), 0);
}

struct AnswerCase {
  const char* name;
  std::vector<std::string> to;
  absl::StatusCode code;
  const char* message;
  int received;
};
class Answers : public MailServerTest, public testing::WithParamInterface<AnswerCase> {};

TEST_P(Answers, SayWhetherToTryAgain) {
  ASSERT_NO_FATAL_FAILURE(Start("plain"));
  options_.to = GetParam().to;
  const auto status = Send(SampleMail());
  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(GetParam().message));
  EXPECT_EQ(Received(), GetParam().received);
}
INSTANTIATE_TEST_SUITE_P(
    Codes, Answers,
    testing::Values(
        AnswerCase{"full", {"full@x.org"}, absl::StatusCode::kUnavailable, "452 4.2.2", 0},
        AnswerCase{"spam", {"spam@x.org"}, absl::StatusCode::kFailedPrecondition, "554 5.7.1", 0},
        AnswerCase{
            "nobody", {"nobody@x.org"}, absl::StatusCode::kFailedPrecondition, "550 5.1.1", 0},
        AnswerCase{
            "greylisted", {"greylisted@x.org"}, absl::StatusCode::kUnavailable, "451 4.7.1", 0},
        AnswerCase{
            "one_of_two_is_nobody", {"nobody@x.org", "b@x.org"}, absl::StatusCode::kOk, "", 1}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(MailServerTest, WhoWasRefusedForNowIsTriedAloneTheNextTime) {
  ASSERT_NO_FATAL_FAILURE(Start("plain"));
  options_.to = {"a@x.org", "greylisted@x.org"};
  auto mailer = Mailer::Create(options_);
  const Mail mail = SampleMail();
  EXPECT_EQ((*mailer)->Send(mail, After(test::kSoon), {}).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE((*mailer)->Send(mail, After(test::kSoon), {}).ok());
  EXPECT_EQ(Read(0).at("to"), json::array({"a@x.org"}));
  EXPECT_EQ(Read(1).at("to"), json::array({"greylisted@x.org"}));
}

TEST_F(MailServerTest, ASlowServerEndsWithTheDeadline) {
  ASSERT_NO_FATAL_FAILURE(Start("plain"));
  options_.to = {"slow@x.org"};
  auto mailer = Mailer::Create(options_);
  const auto status = (*mailer)->Send(SampleMail(), After(std::chrono::milliseconds(500)), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(MailServerTest, AStopEndsTheWait) {
  ASSERT_NO_FATAL_FAILURE(Start("plain"));
  options_.to = {"slow@x.org"};
  auto mailer = Mailer::Create(options_);
  std::stop_source stop;
  const std::jthread stopper([&] {
    SleepUntil(After(std::chrono::milliseconds(300)), {});
    stop.request_stop();
  });
  const auto status =
      (*mailer)->Send(SampleMail(), After(std::chrono::minutes(5)), stop.get_token());
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
}

TEST_F(MailServerTest, NobodyListeningIsWorthAnotherAttempt) {
  ASSERT_NO_FATAL_FAILURE(Start("plain"));
  server_.reset();
  const auto status = Send(SampleMail());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("check host, port and firewall"));
}

// Names come from the configuration, and class names from messages that anybody may have written.
TEST_F(MailServerTest, NothingInAMailCanAddAHeaderOrARecipient) {
  ASSERT_NO_FATAL_FAILURE(Start("plain"));
  Mail mail = SampleMail();
  mail.subject = "car\r\nBcc: other@x.org\r\n\r\nbody";
  mail.text = "first\r\n.\r\nMAIL FROM:<x@y.org>\r\nRCPT TO:<other@x.org>\r\n";
  mail.id = "id\r\nX-Injected: 1";
  mail.thread = ">\r\nX-Injected: 1";
  mail.pictures[0].name = "a\"\r\nX-Injected: 1.jpg";
  const auto status = Send(mail);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Received(), 1);
  const json got = Read(0);
  EXPECT_EQ(Header(got, "Bcc"), "(none)");
  EXPECT_EQ(Header(got, "X-Injected"), "(none)");
  EXPECT_EQ(Header(got, "Subject"), "car  Bcc: other@x.org    body");
  EXPECT_EQ(got.at("to"), json::array({"guard@example.org"}));
  EXPECT_EQ(got.at("parts").size(), 4U);
}

}  // namespace
}  // namespace vigil::actions
