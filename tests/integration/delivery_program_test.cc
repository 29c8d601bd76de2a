// The promise of delivery, held by the program itself: killed at random instants, with a log, a web hook and mails.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "app/delivery.h"
#include "core/time.h"
#include "integration/actions/script_server.h"
#include "integration/analyze_fixture.h"
#include "media/source.h"
#include "store/outbox.h"
#include "store/outbox_reader.h"
#include "support/event_samples.h"

namespace vigil {
namespace {

using std::chrono::microseconds;
using testing::IsEmpty;

constexpr int kKills = 50;
constexpr int kEpochs =
    10;  // recordings, one after the other: each begins anew with those killed before it

class DeliveryProgram : public AnalyzeTest {
 protected:
  // The left half of the pedestrians, small, so that the program is quick.
  std::string MakeStreet() const {
    auto source = media::OpenVideo(test::SamplePath("vtest.avi").string(), {}, {});
    EXPECT_TRUE(source.ok()) << source.status();
    auto writer = media::VideoWriter::Create(Path("street.mp4"), {384, 384});
    EXPECT_TRUE(writer.ok()) << writer.status();
    for (int i = 0; i < 16; ++i) {
      auto frame = (*source)->Read({});
      EXPECT_TRUE(frame.ok()) << frame.status();
      ImageView part = frame->image.view();
      part.data += static_cast<std::ptrdiff_t>(96) * part.stride + 3 * 384;
      part.width = part.height = 384;
      EXPECT_TRUE((*writer)->Add(part, i * 200'000).ok());
    }
    EXPECT_TRUE((*writer)->Finish().ok());
    return Path("street.mp4");
  }

  // A picture cut into columns, so that every step is an event.
  std::string MakeScene(int hook_port, int mail_port) const {
    std::string zones;
    constexpr int kColumns = 25;
    for (int i = 0; i < kColumns; ++i) {
      zones += fmt::format(
          "  - {{x1_pct: {}, y1_pct: 0, x2_pct: {}, y2_pct: 100, description: column {}}}\n",
          100 * i / kColumns, 100 * (i + 1) / kColumns, i);
    }
    return Config("zones:\n" + zones +
                  fmt::format(R"(
device_id: jetson-01
detector: {{model_file: hog, confidence_threshold: 0.2, hog: {{min_person_height: 18%, scale_step: 1.3}}}}
tracker: {{confirm_hits: 1, confirm_score: 0}}
events:
  - {{name: all, match: {{event_type: [ZONE_ENTER, ZONE_EXIT]}}, actions: {{json_log: true}}}}
  - {{name: entered, match: {{event_type: ZONE_ENTER}}, actions: {{webhook: true}}}}
  - {{name: left, match: {{event_type: ZONE_EXIT}}, actions: {{email_immediate: true}}}}
state_dir: {0}/state
smtp: {{host: 127.0.0.1, port: {2}, security: none, from: vigil@example.org, to: guard@example.org}}
actions:
  json_log: {{path: {0}/log.jsonl, daily: false}}
  webhook: {{url: "http://127.0.0.1:{1}/ok", body: json}}
  email_immediate: {{subject: "{{id}}", max_pictures: 0}}
outbox: {{min_free: 0, drain: 60s, retry: {{first: 10ms, longest: 50ms, max_failures: 1000}}}}
)",
                              dir_.path().string(), hook_port, mail_port));
  }

  static std::vector<std::string> Run(const std::string& street, const std::string& scene,
                                      int epoch) {
    return AnalyzeCommand(
        {street, "-q", "--config", scene, "--set", fmt::format("epoch={}", epoch)});
  }

  // Whether it was killed before it had ended.
  static bool RunAndKill(std::vector<std::string> command, microseconds after) {
    std::vector<char*> argv;
    for (std::string& argument : command) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
      dup2(nowhere, STDOUT_FILENO);
      dup2(nowhere, STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    std::this_thread::sleep_for(after);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
  }
};

std::vector<json> ReadNumbered(const std::filesystem::path& folder) {
  std::vector<json> all;
  for (int i = 0;; ++i) {
    const auto file = folder / fmt::format("{}.json", i);
    if (!std::filesystem::exists(file)) return all;
    all.push_back(json::parse(test::ReadText(file)));
  }
}

// Of each event the ids under which it came, and how often it did.
struct Arrived {
  std::map<std::string, std::set<std::string>> ids;
  int count = 0;

  void Add(const std::string& event, const std::string& id) {
    ids[event].insert(id);
    ++count;
  }
  std::set<std::string> events() const {
    std::set<std::string> events;
    for (const auto& [event, all] : ids) events.insert(event);
    return events;
  }
  // One id an event, and no id of two events: whoever drops repetitions has each exactly once.
  void ExpectIdsTellRepetitions() const {
    std::set<std::string> seen;
    for (const auto& [event, all] : ids) {
      EXPECT_EQ(all.size(), 1U) << event;
      for (const std::string& id : all) EXPECT_TRUE(seen.insert(id).second) << id;
    }
  }
};

TEST_F(DeliveryProgram, KilledFiftyTimesAtRandomNothingIsMissingAndRepetitionsCanBeTold) {
  const test::TempDir hooks, mails;
  ASSERT_NO_FATAL_FAILURE(actions::test::MakeCertificate(mails));
  const actions::test::ScriptServer hook("http_sink.py", {hooks.path().string(), "http"}),
      mail("smtp_server.py", {mails.path().string(), "plain"});
  ASSERT_NE(hook.port(), 0);
  ASSERT_NE(mail.port(), 0);
  const auto street = MakeStreet(), scene = MakeScene(hook.port(), mail.port());

  // How long a run takes that nobody disturbs.
  const auto start = std::chrono::steady_clock::now();
  const auto first = test::RunProgram(Run(street, scene, kEpochs));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const auto whole =
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);

  std::mt19937 random(20260617);
  int kills = 0, runs = 0;
  for (; kills < kKills && runs < 4 * kKills; ++runs) {
    const microseconds after(static_cast<std::int64_t>(random()) % whole.count());
    kills += RunAndKill(Run(street, scene, runs * kEpochs / kKills % kEpochs), after) ? 1 : 0;
  }
  ASSERT_EQ(kills, kKills);

  // Then all of them once more, to their end: what was stored is not new, and what was not is.
  std::set<std::string> all, entered, left;
  for (int epoch = 0; epoch <= kEpochs; ++epoch) {
    auto command = Run(street, scene, epoch);
    command.insert(command.end(), {"--events", Path("events.jsonl")});
    const auto run = test::RunProgram(command);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    for (const json& event : ReadJsonLines(Path("events.jsonl"))) {
      const std::string id = event["id"], type = event["type"];
      if (type == "ZONE_ENTER") entered.insert(id);
      if (type == "ZONE_EXIT") left.insert(id);
    }
  }
  all.insert(entered.begin(), entered.end());
  all.insert(left.begin(), left.end());
  ASSERT_GT(all.size(), 100U);

  // The log: each exactly once.
  std::vector<std::string> logged;
  for (const json& line : ReadJsonLines(Path("log.jsonl"))) logged.push_back(line["id"]);
  EXPECT_EQ(logged.size(), all.size());
  EXPECT_EQ(std::set<std::string>(logged.begin(), logged.end()), all);

  Arrived hooked, mailed;
  for (const json& request : ReadNumbered(hooks.path()))
    hooked.Add(json::parse(request["body"].get<std::string>())["id"],
               request["headers"]["webhook-id"]);
  for (const json& one : ReadNumbered(mails.path())) {
    std::map<std::string, std::string> headers;
    for (const auto& header : one["headers"]) headers[header[0]] = header[1];
    mailed.Add(headers["Subject"], headers["Message-ID"]);
    EXPECT_THAT(one["defects"], IsEmpty());
  }
  EXPECT_EQ(hooked.events(), entered);
  EXPECT_EQ(mailed.events(), left);
  hooked.ExpectIdsTellRepetitions();
  mailed.ExpectIdsTellRepetitions();
  // What a kill cut off is repeated: one delivery an action at most.
  EXPECT_LE(hooked.count, static_cast<int>(entered.size()) + kKills);
  EXPECT_LE(mailed.count, static_cast<int>(left.size()) + kKills);
  fmt::print(
      "{} events through {} kills of {} runs: {} repetitions of {} web hooks, {} of {} mails\n",
      all.size(), kills, runs, hooked.count - static_cast<int>(entered.size()), entered.size(),
      mailed.count - static_cast<int>(left.size()), left.size());
}

// What fell due while nothing ran is sent soon after the start, in one mail, and not again with the end of the run.
TEST(DeliveryDigest, OneThatWasMissedGoesOutAfterTheStart) {
  const test::TempDir dir, mails;
  ASSERT_NO_FATAL_FAILURE(actions::test::MakeCertificate(mails));
  const actions::test::ScriptServer mail("smtp_server.py", {mails.path().string(), "plain"});
  ASSERT_NE(mail.port(), 0);
  app::DeliveryConfig config;
  config.state_dir = dir / "state";
  config.outbox.min_free = {};
  config.smtp.host = "127.0.0.1";
  config.smtp.port = mail.port();
  config.smtp.security = actions::SmtpSecurity::kNone;
  config.smtp.from = config.smtp.to.emplace_back("vigil@example.org");
  std::vector<events::RuleOptions> rules(2);
  for (events::RuleOptions& rule : rules) rule.actions.email_digest = "true";
  rules[0].name = "cars";
  rules[1].name = "anything";

  {  // two days ago: stored, and then the machine was off
    std::filesystem::create_directories(config.state_dir);
    auto options = config.outbox;
    options.now = [] { return WallNow() - std::chrono::hours(48); };
    const auto outbox = store::Outbox::Open(app::OutboxFile(config), options);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    const std::vector<events::Decision> both = {
        {"cars", events::Verdict::kDeliver, events::Severity::kInfo, {"email_digest"}},
        {"anything", events::Verdict::kDeliver, events::Severity::kInfo, {"email_digest"}}};
    const std::vector<events::Decision> second = {both[1]};
    const auto time = test::TimeOf("2026-06-17T12:00:00Z");
    const std::vector<store::OutboxEntry> entries = {
        store::EntryOf(test::LineCross(1, time), both),
        store::EntryOf(test::LineCross(2, time), second)};
    ASSERT_TRUE((*outbox)->Append(entries).ok());
  }
  auto delivery = app::EventDelivery::Start(config, rules);
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  const Deadline deadline = After(std::chrono::seconds(60));
  while (!std::filesystem::exists(mails / "0.json") && Clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(std::filesystem::exists(mails / "0.json"));
  const auto digest = json::parse(test::ReadText(mails / "0.json"));
  const std::string text = digest["parts"][0]["text"];
  EXPECT_THAT(text, testing::HasSubstr("2 events"));
  // Each rule has its row, whatever other rules matched as well.
  EXPECT_THAT(text, testing::ContainsRegex("cars +1"));
  EXPECT_THAT(text, testing::ContainsRegex("anything +2"));
  EXPECT_THAT((*delivery)->Finish(After(std::chrono::seconds(30))), IsEmpty());
  delivery->reset();
  auto again = app::EventDelivery::Start(config, rules);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT((*again)->Finish(After(std::chrono::seconds(30))), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(mails / "1.json"));
}

// A server that refuses for good: the mail is tried without photos, its reason can be seen, it is given up, and neither
// what came since nor what is revived is lost.
class RefusedDigest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(actions::test::MakeCertificate(mails_));
    mail_.emplace("smtp_server.py", std::vector<std::string>{mails_.path().string(), "plain"});
    ASSERT_NE(mail_->port(), 0);
    config_.state_dir = dir_ / "state";
    config_.outbox.min_free = {};
    config_.outbox.retry.max_failures = 2;
    config_.frame_capture.min_free = {};
    config_.smtp.host = "127.0.0.1";
    config_.smtp.port = mail_->port();
    config_.smtp.security = actions::SmtpSecurity::kNone;
    config_.smtp.from = "vigil@example.org";
    rules_[0].name = "all";
    rules_[0].actions.email_digest = "true";
  }
  // A run with events, and what was wrong in its end.
  std::vector<std::string> Run(const std::string& to, std::vector<std::int64_t> numbers,
                               bool photos = false) {
    config_.smtp.to = {to};
    auto delivery = app::EventDelivery::Start(config_, rules_);
    EXPECT_TRUE(delivery.ok()) << delivery.status();
    Image image(64, 48, PixelFormat::kRgb8);
    std::fill_n(image.mutable_view().data, image.bytes(), std::uint8_t{90});
    for (const std::int64_t number : numbers) {
      const events::Event event = test::LineCross(number, test::TimeOf("2026-06-17T12:00:00Z"));
      const std::vector<app::DecidedEvent> decided = {
          {&event,
           {{"all", events::Verdict::kDeliver, events::Severity::kInfo, {"email_digest"}}}}};
      (*delivery)->Deliver(decided, {}, photos ? image.view() : ImageView{});
    }
    return (*delivery)->Finish(After(std::chrono::seconds(30)));
  }
  std::string Mail(int number) const {
    return test::ReadText(mails_ / fmt::format("{}.json", number));
  }
  bool Exists(int number) const {
    return std::filesystem::exists(mails_ / fmt::format("{}.json", number));
  }

  const test::TempDir dir_, mails_;
  std::optional<actions::test::ScriptServer> mail_;
  app::DeliveryConfig config_;
  std::vector<events::RuleOptions> rules_{1};
};

TEST_F(RefusedDigest, IsGivenUpWithItsReasonAndTheNextOneGoesOut) {
  using testing::ElementsAre;
  using testing::HasSubstr;
  EXPECT_THAT(Run("spam@example.org", {1, 2}),
              ElementsAre(testing::AllOf(HasSubstr("554"), HasSubstr("its 2 events are kept"))));
  {
    auto reader = store::OutboxReader::Open(app::OutboxFile(config_));
    ASSERT_TRUE(reader.ok()) << reader.status();
    const auto actions = reader->Actions(WallNow());
    ASSERT_TRUE(actions.ok() && actions->size() == 1) << actions.status();
    EXPECT_THAT((*actions)[0].last_failure, HasSubstr("554"));
  }
  // With the second refusal it is given up, and what came meanwhile is another digest, refused once.
  const auto problems = Run("spam@example.org", {3});
  EXPECT_THAT(problems, ElementsAre(HasSubstr("its 2 events are given up"),
                                    HasSubstr("its 1 events are kept")));
  {
    const auto outbox = store::Outbox::Open(app::OutboxFile(config_), config_.outbox);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    const auto dead = (*outbox)->DeadLetters(10);
    ASSERT_TRUE(dead.ok() && dead->size() == 2) << dead.status();
    EXPECT_THAT((*dead)[0].reason, HasSubstr("given up after 2 attempts: mail server"));
    EXPECT_EQ(*(*outbox)->Revive((*dead)[1].sequence, ""), 1);
  }
  // The frozen one, then the rest: all of it in one run.
  EXPECT_THAT(Run("guard@example.org", {4}), IsEmpty());
  EXPECT_THAT(Mail(0), HasSubstr("Vigil: 2 events"));  // the third, and that which was revived
  EXPECT_THAT(Mail(1), HasSubstr("Vigil: 1 event"));
  EXPECT_FALSE(Exists(2));
}

TEST_F(RefusedDigest, IsTriedWithoutPhotosAtOnce) {
  EXPECT_THAT(Run("small@example.org", {1, 2}, true), IsEmpty());
  EXPECT_THAT(Mail(0), testing::Not(testing::HasSubstr("photo1.jpg")));
  EXPECT_THAT(Mail(0), testing::HasSubstr("chart.png"));
  EXPECT_FALSE(Exists(1));
}

}  // namespace
}  // namespace vigil
