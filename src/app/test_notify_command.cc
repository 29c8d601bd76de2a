#include "app/test_notify_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <system_error>
#include <utility>

#include "core/nearest.h"
#include "core/status.h"
#include "core/utf8.h"
#include "media/canvas.h"
#include "media/picture_writer.h"

namespace vigil::app {
namespace {

using actions::Action;
using actions::Delivery;
using OpenedAction = absl::StatusOr<std::shared_ptr<Action>>;

// Where the picture lies while the paths are tried.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "vigil-test-XXXXXX").string();
    if (!error && ::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }  // empty: there is none

 private:
  std::filesystem::path path_;
};

Image DrawTestPicture() {
  constexpr int kWidth = 960, kHeight = 540;
  Image image(kWidth, kHeight, PixelFormat::kRgb8);
  std::fill_n(image.mutable_view().data, image.bytes(), std::uint8_t{40});
  media::Canvas canvas(image.mutable_view());
  const float unit = canvas.unit();
  canvas.Line({kWidth * 0.6F, 0}, {kWidth * 0.6F, kHeight}, media::theme::kAmber, 3 * unit);
  canvas.Box({kWidth * 0.3F, kHeight * 0.3F, kWidth * 0.2F, kHeight * 0.5F}, media::theme::kMint,
             3 * unit, 6 * unit);
  canvas.Text({kWidth * 0.05F, kHeight * 0.06F}, "VIGIL TEST - not a real event",
              {22 * unit, media::theme::kPaper, media::theme::kInk});
  return image;
}

Delivery TestDelivery(const std::filesystem::path& scratch) {
  Delivery delivery;
  delivery.rule = "test-notify";
  events::Event& event = delivery.event;
  event.type = events::EventType::kLineCross;
  event.time = WallNow();
  event.device_id = "vigil";
  event.camera_id = "test";
  // Another one each time: nothing on the way may take it for a repetition.
  event.id = fmt::format("vigil/test/{}/{}", event.time.time_since_epoch().count(), ::getpid());
  event.epoch = event.time.time_since_epoch().count();
  event.line = "test line";
  event.direction = "left_to_right";
  event.track_id = 1;
  event.class_name = "person";
  event.confidence = 0.99F;
  event.box = {288, 162, 192, 270};
  event.point = {384, 297};
  event.frame_size = {960, 540};
  event.reason = "a test of vigil test-notify, not a real event";
  if (!scratch.empty()) {
    const auto picture = scratch / "annotated.jpg";
    if (media::WritePicture(picture, DrawTestPicture().view()).ok()) {
      delivery.pictures.push_back(picture);
    }
  }
  return delivery;
}

// Holds what an action borrows, and the action.
template <typename Borrowed>
OpenedAction Bundle(std::unique_ptr<Borrowed> borrowed,
                    absl::StatusOr<std::unique_ptr<Action>> action) {
  if (!action.ok()) return action.status();
  struct Both {
    std::unique_ptr<Borrowed> borrowed;
    std::unique_ptr<Action> action;  // ends first
  };
  auto both = std::make_shared<Both>(Both{std::move(borrowed), *std::move(action)});
  Action* const raw = both->action.get();
  return std::shared_ptr<Action>(std::move(both), raw);
}

template <typename T>
absl::StatusOr<std::unique_ptr<Action>> AsAction(absl::StatusOr<std::unique_ptr<T>> made) {
  if (!made.ok()) return made.status();
  return std::unique_ptr<Action>(*std::move(made));
}

OpenedAction Shared(absl::StatusOr<std::unique_ptr<Action>> made) {
  if (!made.ok()) return made.status();
  return std::shared_ptr<Action>(*std::move(made));
}

// A digest of the one event.
class DigestOfOne final : public Action {
 public:
  DigestOfOne(actions::Mailer& mailer, actions::DigestOptions options)
      : mailer_(mailer), options_(std::move(options)) {}
  std::string_view name() const override { return "email_digest"; }
  absl::Status Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) override {
    const WallTime at = delivery.event.time;
    const std::array held{actions::HeldBack{"test-notify", "cooldown", 1}};
    const actions::DigestEvent one{
        delivery.event, {delivery.rule}, delivery.severity, delivery.pictures};
    const auto mail = actions::RenderDigest(
        [&one](const auto& visit) { return visit(one), absl::OkStatus(); }, held,
        {at - std::chrono::hours(24), at, at}, options_, &actions::ReadPictureFile);
    if (!mail.ok()) return mail.status();
    return mailer_.Send(mail->value(), deadline, std::move(stop));
  }

 private:
  actions::Mailer& mailer_;
  const actions::DigestOptions options_;
};

bool Try(const NotifyPath& path, const Delivery& delivery, std::chrono::seconds timeout,
         const std::stop_token& stop, std::ostream& out) {
  const auto begin = Clock::now();
  absl::Status status;
  if (const auto action = path.open(); action.ok()) {
    status = (*action)->Run(delivery, begin + timeout, stop);
  } else {
    status = action.status();
  }
  if (status.ok()) {
    const std::chrono::duration<double> took = Clock::now() - begin;
    const std::string where = path.where.empty() ? "" : ", " + Printable(path.where);
    out << fmt::format("{}: ok{} ({:.1f} s)", path.name, where, took.count()) << std::endl;
    return true;
  }
  out << fmt::format("{}: failed: {}", path.name, MessageOf(status)) << std::endl;
  return false;
}

}  // namespace

NotifyPath JsonLogPath(std::string name, actions::JsonLogOptions options) {
  std::string where = options.path.string();
  return {std::move(name),
          [options = std::move(options)] {
            return Shared(AsAction(actions::JsonLog::Open(options, &WallNow)));
          },
          std::move(where)};
}

NotifyPath EmailPath(std::string name, actions::SmtpOptions smtp,
                     actions::EmailImmediateOptions options) {
  return {std::move(name),
          [smtp = std::move(smtp), options = std::move(options)]() -> OpenedAction {
            auto mailer = actions::Mailer::Create(smtp);
            if (!mailer.ok()) return mailer.status();
            auto action = AsAction(actions::EmailImmediate::Create(options, **mailer, &WallNow));
            return Bundle(*std::move(mailer), std::move(action));
          }};
}

NotifyPath DigestPath(std::string name, actions::SmtpOptions smtp, actions::DigestOptions options) {
  return {std::move(name),
          [smtp = std::move(smtp), options = std::move(options)]() -> OpenedAction {
            auto mailer = actions::Mailer::Create(smtp);
            if (!mailer.ok()) return mailer.status();
            std::unique_ptr<Action> action = std::make_unique<DigestOfOne>(**mailer, options);
            return Bundle(*std::move(mailer), std::move(action));
          }};
}

NotifyPath CapturePath(std::string name, actions::FrameCaptureOptions options) {
  std::string where = options.folder.string();
  return {std::move(name),
          [options = std::move(options)]() -> OpenedAction {
            auto retention = actions::Retention::Create(actions::CaptureRetention(options));
            if (!retention.ok()) return retention.status();
            auto action = AsAction(actions::FrameCapture::Create(options, **retention, &WallNow));
            return Bundle(*std::move(retention), std::move(action));
          },
          std::move(where)};
}

NotifyPath WebhookPath(std::string name, actions::WebhookOptions options) {
  return {std::move(name), [options = std::move(options)] {
            return Shared(AsAction(actions::Webhook::Create(options, &WallNow)));
          }};
}

NotifyPath CommandPath(std::string name, actions::CommandOptions options) {
  return {std::move(name), [options = std::move(options)] {
            return Shared(AsAction(actions::Command::Create(options)));
          }};
}

int TestNotify(const std::vector<NotifyPath>& paths, const TestNotifyArguments& arguments,
               std::stop_token stop, std::ostream& out, std::ostream& err) {
  if (paths.empty()) {
    err << "vigil test-notify: no action is configured\n";
    return 1;
  }
  std::vector<std::string> known;
  known.reserve(paths.size());
  for (const NotifyPath& path : paths) known.push_back(path.name);
  for (const std::string& name : arguments.names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    err << fmt::format("vigil test-notify: {}: no such action is configured{}\n", name,
                       DidYouMean(name, known));
    return 2;
  }
  const ScratchFolder scratch;
  const Delivery delivery = TestDelivery(scratch.path());
  bool all = true;
  for (const NotifyPath& path : paths) {
    const bool wanted = arguments.names.empty() ||
                        std::ranges::find(arguments.names, path.name) != arguments.names.end();
    if (!wanted) continue;
    if (stop.stop_requested()) return 1;
    all = Try(path, delivery, arguments.timeout, stop, out) && all;
  }
  return all ? 0 : 1;
}

}  // namespace vigil::app
