#include "app/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "actions/names.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDigest = DigestSender::kAction;

// An action under the name of one of several targets: `webhook:ops`.
class Named final : public actions::Action {
 public:
  Named(std::string name, std::shared_ptr<actions::Action> action)
      : name_(std::move(name)), action_(std::move(action)) {}
  std::string_view name() const override { return name_; }
  bool repeats_unseen() const override { return action_->repeats_unseen(); }
  absl::Status Run(const actions::Delivery& delivery, Deadline deadline,
                   std::stop_token stop) override {
    return action_->Run(delivery, deadline, std::move(stop));
  }

 private:
  const std::string name_;
  const std::shared_ptr<actions::Action> action_;
};

// The names that rules use, each once: `json_log`, `webhook:ops`.
std::set<std::string> ActionsOf(std::span<const events::RuleOptions> rules) {
  std::set<std::string> names;
  for (const events::RuleOptions& rule : rules) {
    if (!rule.enabled) continue;
    for (std::string& name : events::ActionNames(rule.actions)) names.insert(std::move(name));
  }
  return names;
}

bool TakesPictures(const std::string& action) {
  return action == "frame_capture" || action == "email_immediate" || action == kDigest;
}

absl::Status MakeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(fmt::format(
      "{}: cannot be made ({}); name another folder with --set state_dir=", folder.string(),
      error.message()));
}

std::string MissingSettings(const std::string& action) {
  if (action.starts_with("email")) return "a rule asks for mails, but smtp.host is not set";
  if (action.starts_with("webhook"))
    return fmt::format(
        "a rule asks for {}, but no such web hook has a url (actions.webhook, actions.webhooks)",
        action);
  return fmt::format(
      "a rule asks for {}, but no such command is enabled (actions.command, actions.commands)",
      action);
}

}  // namespace

std::filesystem::path StateDir(const DeliveryConfig& config) {
  if (!config.state_dir.empty()) return config.state_dir;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (auto systemd = variable("STATE_DIRECTORY"); !systemd.empty()) return systemd;
  if (const auto xdg = variable("XDG_STATE_HOME"); !xdg.empty()) return xdg / "vigil";
  if (const auto home = variable("HOME"); !home.empty()) return home / ".local/state/vigil";
  return "vigil-state";
}

std::filesystem::path OutboxFile(const DeliveryConfig& config) {
  return StateDir(config) / "outbox.db";
}

std::vector<NotifyPath> NotifyPaths(const DeliveryConfig& config) {
  std::vector<NotifyPath> paths;
  paths.push_back(JsonLogPath("json_log", config.json_log));
  if (!config.smtp.host.empty()) {
    paths.push_back(EmailPath("email_immediate", config.smtp, config.email_immediate));
    paths.push_back(DigestPath(std::string(kDigest), config.smtp, config.digest));
  }
  paths.push_back(CapturePath("frame_capture", config.frame_capture));
  if (!config.webhook.url.empty()) paths.push_back(WebhookPath("webhook", config.webhook));
  for (const auto& [name, webhook] : config.webhooks)
    paths.push_back(WebhookPath("webhook:" + name, webhook));
  if (config.command.enabled) paths.push_back(CommandPath("command", config.command));
  for (const auto& [name, command] : config.commands) {
    if (command.enabled) paths.push_back(CommandPath("command:" + name, command));
  }
  return paths;
}

std::vector<std::string> MissingActions(const DeliveryConfig& config,
                                        std::span<const events::RuleOptions> rules,
                                        std::string_view path) {
  const auto paths = NotifyPaths(config);
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].enabled) continue;
    for (const std::string& name : events::ActionNames(rules[i].actions)) {
      if (std::ranges::find(paths, name, &NotifyPath::name) != paths.end()) continue;
      const std::string kind = name.substr(0, name.find(':'));
      const auto known = actions::CheckActionName(kind);
      missing.push_back(fmt::format("{}.{}.actions.{}: {}", path, i, kind,
                                    known.ok() ? MissingSettings(name) : MessageOf(known)));
    }
  }
  return missing;
}

EventDelivery::EventDelivery() = default;

EventDelivery::~EventDelivery() {
  digests_ = nullptr;  // it stops by itself
  house_thread_ = {};
  if (dispatcher_) dispatcher_->Stop();
}

absl::StatusOr<std::unique_ptr<EventDelivery>> EventDelivery::Start(
    const DeliveryConfig& config, std::span<const events::RuleOptions> rules) {
  std::unique_ptr<EventDelivery> delivery(new EventDelivery);
  if (auto status = delivery->Open(config, rules); !status.ok()) return status;
  return delivery;
}

absl::Status EventDelivery::Open(const DeliveryConfig& config,
                                 std::span<const events::RuleOptions> rules) {
  config_ = config;
  const std::set<std::string> wanted = ActionsOf(rules);
  // What is missing is said before anything is made.
  if (const auto missing = MissingActions(config_, rules); !missing.empty())
    return absl::InvalidArgumentError(fmt::format("{}", fmt::join(missing, "\n")));
  if (auto status = OpenPictures(wanted); !status.ok()) return status;
  auto opened = OpenActions(wanted);
  if (!opened.ok()) return opened.status();

  const auto folder = StateDir(config_);
  if (auto status = MakeFolder(folder); !status.ok()) return status;
  auto outbox = store::Outbox::Open(OutboxFile(config_), config_.outbox);
  if (!outbox.ok()) return outbox.status();
  outbox_ = *std::move(outbox);
  auto dispatcher = actions::Dispatcher::Start(*outbox_, *std::move(opened));
  if (!dispatcher.ok()) return dispatcher.status();
  dispatcher_ = *std::move(dispatcher);
  if (digests_) digests_->Start(*outbox_);
  if (spool_)
    house_thread_ = std::jthread([this](const std::stop_token& stop) { KeepHouse(stop); });
  return absl::OkStatus();
}

absl::Status EventDelivery::OpenPictures(const std::set<std::string>& wanted) {
  if (!wanted.contains("frame_capture")) {  // pictures of mails alone are nobody's to look at
    config_.frame_capture.folder = StateDir(config_) / "pictures";
    config_.frame_capture.spool = StateDir(config_) / "pictures/spool";
  }
  if (std::ranges::none_of(wanted, TakesPictures)) return absl::OkStatus();
  auto captures = actions::Retention::Create(actions::CaptureRetention(config_.frame_capture));
  if (!captures.ok()) return captures.status();
  captures_ = *std::move(captures);
  auto spooled = actions::Retention::Create(actions::SpoolRetention(config_.frame_capture));
  if (!spooled.ok()) return spooled.status();
  spooled_ = *std::move(spooled);
  auto spool = actions::FrameSpool::Create(config_.frame_capture, *captures_, WallNow);
  if (!spool.ok()) return spool.status();
  spool_ = *std::move(spool);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::unique_ptr<actions::Action>>> EventDelivery::OpenActions(
    const std::set<std::string>& wanted) {
  std::vector<std::unique_ptr<actions::Action>> opened;
  for (const std::string& name : wanted) {
    if (name == kDigest) {
      auto digests = DigestSender::Create(config_.smtp, config_.digest, config_.digest_schedule);
      if (!digests.ok()) return digests.status();
      digests_ = *std::move(digests);
      continue;
    }
    if (name == "frame_capture") {  // shares the retention that the spool asks for room
      auto capture = actions::FrameCapture::Create(
          config_.frame_capture, *captures_, WallNow,
          [spool = spool_.get()](const events::Event& event) { return spool->Awaits(event); });
      if (!capture.ok()) return capture.status();
      opened.push_back(*std::move(capture));
      continue;
    }
    const auto paths = NotifyPaths(config_);
    const auto path = std::ranges::find(paths, name, &NotifyPath::name);
    auto action = path->open();
    if (!action.ok()) return action.status();
    opened.push_back(std::make_unique<Named>(name, *std::move(action)));
  }
  return opened;
}

void EventDelivery::OnFrame(const std::string& device, const std::string& camera, WallTime time,
                            ImageView clean) {
  if (spool_) spool_->OnFrame(device, camera, time, clean);
}

std::vector<std::filesystem::path> EventDelivery::SavePictures(const DecidedEvent& decided,
                                                               ImageView annotated,
                                                               ImageView clean) {
  const bool wanted = std::ranges::any_of(decided.decisions, [](const events::Decision& decision) {
    return decision.verdict == events::Verdict::kDeliver &&
           std::ranges::any_of(decision.actions, TakesPictures);
  });
  if (!spool_ || clean.empty() || !wanted) return {};
  auto saved = spool_->Save(*decided.event, annotated.empty() ? clean : annotated, clean);
  if (saved.ok()) return *std::move(saved);
  TellPictureless(saved.status(), false);
  return {};
}

void EventDelivery::Deliver(std::span<const DecidedEvent> decided, ImageView annotated,
                            ImageView clean) {
  std::vector<store::OutboxEntry> entries;
  for (const DecidedEvent& one : decided) {
    if (one.decisions.empty()) continue;
    entries.push_back(
        store::EntryOf(*one.event, one.decisions, SavePictures(one, annotated, clean)));
  }
  if (!entries.empty())
    (void)Store(std::move(entries));  // what fails is kept, logged and told by Finish
}

absl::Status EventDelivery::Store(std::vector<store::OutboxEntry> entries) {
  const std::lock_guard guard(unstored_mutex_);
  std::ranges::move(entries, std::back_inserter(unstored_));
  if (unstored_.empty()) return absl::OkStatus();
  storing_ = outbox_->Append(unstored_).status();
  if (storing_.ok()) {
    unstored_.clear();
    dispatcher_->Wake();
    return storing_;
  }
  if (unstored_.size() > kMaxUnstored) {
    const std::size_t over = unstored_.size() - kMaxUnstored;
    unstored_.erase(unstored_.begin(), unstored_.begin() + static_cast<std::ptrdiff_t>(over));
    lost_ += static_cast<std::int64_t>(over);
  }
  if (Clock::now() >= quiet_until_) {
    quiet_until_ = After(1s);
    log::Error("{}; {} events wait in memory, {} are lost", MessageOf(storing_), unstored_.size(),
               lost_);
  }
  return storing_;
}

void EventDelivery::KeepHouse(const std::stop_token& stop) {
  Deadline sweep = Clock::now();
  do {
    ClearSpool();
    if (Clock::now() < sweep) continue;
    captures_->Sweep(WallNow(), stop);
    spooled_->Sweep(WallNow(), stop);
    sweep = After(5min);
  } while (SleepUntil(After(10s), stop));
}

// Removed first and forgotten then: what a crash comes between is removed again.
void EventDelivery::ClearSpool() {
  constexpr int kAtOnce = 500;
  for (std::size_t count = kAtOnce; count == kAtOnce;) {
    const auto done = outbox_->DoneWithPictures(kAtOnce);
    if (!done.ok()) return log::Warning("frame_capture: {}", MessageOf(done.status()));
    for (const store::StoredId& event : *done) spool_->Remove(event.event_id);
    if (const auto gone = outbox_->ForgetPictures(*done); !gone.ok())
      return log::Warning("frame_capture: {}", MessageOf(gone));
    count = done->size();
  }
}

void EventDelivery::TellPictureless(const absl::Status& why, bool at_once) {
  const std::lock_guard guard(pictureless_mutex_);
  if (!why.ok()) {
    pictureless_why_ = why;
    ++pictureless_;
  }
  if (pictureless_ == 0 || (!at_once && Clock::now() < pictureless_quiet_until_)) return;
  log::Warning("{} events go on without pictures: {}", pictureless_, MessageOf(pictureless_why_));
  pictureless_ = 0;
  pictureless_quiet_until_ = After(1min);
}

std::vector<std::string> EventDelivery::Finish(Deadline deadline, std::stop_token stop) {
  std::vector<std::string> problems;
  if (digests_) digests_->Stop(deadline, stop);
  const auto stored = Store({});
  const auto lost = lost_ + static_cast<std::int64_t>(unstored_.size());
  if (lost > 0) {
    problems.push_back(fmt::format("{} events could not be stored and are lost{}{}", lost,
                                   stored.ok() ? "" : ": ", MessageOf(stored)));
  }
  if (spool_) {  // what waited for pictures from after an event goes with those that came
    spool_->EndOfFrames();
    if (const auto due = outbox_->TryAllNow("frame_capture"); !due.ok()) {
      log::Warning("frame_capture: {}", MessageOf(due));
    }
    dispatcher_->Wake();
    TellPictureless(absl::OkStatus(), true);
  }
  const auto left = dispatcher_->Drain(deadline, stop);
  const auto counters = dispatcher_->counters();
  if (!left.ok()) problems.push_back(fmt::format("deliveries: {}", MessageOf(left.status())));
  if (left.ok()) {
    for (const store::Waiting& waiting : *left) {
      const auto of = std::ranges::find(counters, waiting.action, &actions::ActionCounters::action);
      const std::string why = of == counters.end() ? std::string() : of->last_error;
      problems.push_back(
          fmt::format("{}: {} deliveries are still to be made{}{}; they are kept for the next run, "
                      "or vigil outbox send",
                      waiting.action, waiting.due + waiting.later + waiting.running,
                      why.empty() ? "" : ": ", why));
    }
  }
  for (const actions::ActionCounters& one : counters) {
    if (one.dead > 0)
      problems.push_back(fmt::format("{}: {} deliveries failed for good: {}", one.action, one.dead,
                                     one.last_error));
  }
  if (digests_) {
    std::ranges::move(digests_->SendAll(std::max(deadline, After(5s)), stop),
                      std::back_inserter(problems));
  }
  if (spool_) ClearSpool();
  return problems;
}

std::int64_t EventDelivery::delivered() const { return outbox_->counters().delivered; }
std::int64_t EventDelivery::repeated() const { return outbox_->counters().repeated; }

}  // namespace vigil::app
