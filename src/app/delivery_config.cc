// The configuration of what events cause.
#include <chrono>

#include "app/delivery.h"

namespace vigil::app {
namespace {

using config::Schema;

void RegisterOutbox(Schema& s, store::OutboxOptions& o) {
  s.Enum("durability", o.durability,
         {{"power", store::Durability::kPower}, {"process", store::Durability::kProcess}})
      .Doc("what a stored event survives: a power cut (an fsync each), or the end of the process");
  s.Key("max_age", o.max_age)
      .Range(std::chrono::hours(1), std::chrono::hours(24 * 3650))
      .Doc("events that are done with are kept for so long");
  s.Key("max_dead_age", o.max_dead_age)
      .Range(std::chrono::hours(1), std::chrono::hours(24 * 3650))
      .Doc("the same for dead letters");
  s.Key("max_events", o.max_events)
      .Range(1000, 1'000'000'000)
      .Doc("stored at most; the oldest that are done with go first");
  s.Key("max_bytes", o.max_bytes).AtLeast(MiB(1)).Doc("size of the file");
  s.Key("min_free", o.min_free)
      .AtLeast(MiB(0))
      .Doc("on a disk with less free, the outbox is not opened");
  s.Key("retry.first", o.retry.first)
      .Range(std::chrono::milliseconds(10), std::chrono::hours(24))
      .Doc("wait after the first failure; it doubles from one to the next");
  s.Key("retry.longest", o.retry.longest)
      .Range(std::chrono::milliseconds(10), std::chrono::hours(24 * 7))
      .Doc("longest wait");
  s.Key("retry.max_failures", o.retry.max_failures)
      .Range(1, 1000)
      .Doc("failed attempts after which a delivery becomes a dead letter");
  s.Check([&o] { return store::Validate(o); });
}

void RegisterSmtp(Schema& s, actions::SmtpOptions& o) {
  s.Key("host", o.host).Doc("mail server; empty: no mails");
  s.Key("port", o.port).Range(0, 65'535).Doc("0: 587 (starttls), 465 (tls) or 25 (none)");
  s.Enum("security", o.security,
         {{"starttls", actions::SmtpSecurity::kStartTls},
          {"tls", actions::SmtpSecurity::kTls},
          {"none", actions::SmtpSecurity::kNone}})
      .Doc("starttls has to succeed; none: without login, or to this machine");
  s.Key("user", o.user).Doc("login; empty: none");
  s.Key("password", o.password).Secret().Doc("of the login");
  s.Key("from", o.from).Doc("`a@b` or `Name <a@b>`");
  s.Key("to", o.to).OrOne().Items(0, 50).Doc("recipients");
  s.Key("ca_file", o.ca_file).Doc("certificates to trust instead of the system's");
  s.Key("hello", o.hello).Doc("name that this side gives itself; empty: the machine's");
  s.Key("max_bytes", o.max_bytes).Doc("of a mail; pictures beyond are left out");
  s.Check([&o] { return o.host.empty() ? absl::OkStatus() : actions::Validate(o); });
}

void RegisterJsonLog(Schema& s, actions::JsonLogOptions& o) {
  s.Key("path", o.path).Doc("the file; its folder is made");
  s.Key("max_bytes", o.max_bytes).Doc("a file that would grow beyond is rotated; 0: never");
  s.Key("daily", o.daily).Doc("… and at midnight");
  s.Key("time_zone", o.time_zone).Doc("of midnight; local: this machine's");
  s.Key("keep_files", o.keep_files).Range(0, 1'000'000).Doc("rotated files kept; 0: any number");
  s.Key("keep_age", o.keep_age).Doc("older ones are removed; 0: never");
  s.Key("keep_bytes", o.keep_bytes).Doc("of all rotated files together; 0: any");
  s.Enum("fsync", o.fsync,
         {{"never", actions::Fsync::kNever},
          {"interval", actions::Fsync::kInterval},
          {"always", actions::Fsync::kAlways}})
      .Doc("when lines are put on the disk itself");
  s.Key("fsync_interval", o.fsync_interval)
      .Range(std::chrono::milliseconds(10), std::chrono::hours(1))
      .Doc("of fsync: interval");
  s.Check([&o] { return actions::Validate(o); });
}

void RegisterEmailImmediate(Schema& s, actions::EmailImmediateOptions& o) {
  s.Key("subject", o.subject).Doc("template; docs/actions.md lists the gaps");
  s.Key("body", o.body).Doc("template; a line whose gaps are all empty is left out");
  s.Key("time_zone", o.time_zone).Doc("of times in the mail; local: this machine's");
  s.Key("max_pictures", o.max_pictures).Range(0, 20).Doc("the annotated one first");
  s.Check([&o] { return actions::Validate(o); });
}

void RegisterDigest(Schema& s, DeliveryConfig& config) {
  s.Key("title", config.digest.title).Doc("what the subject begins with: the site's name");
  s.Key("times", config.digest_schedule.times)
      .OrOne()
      .Items(1, 24)
      .Doc("times of day at which a digest is sent");
  s.Key("period", config.digest_schedule.period)
      .Doc("instead: every so often, from midnight UTC; 0: times of day");
  s.Key("time_zone", config.digest.time_zone)
      .Doc("of times and in the mail; local: this machine's");
  s.Key("max_photos", config.digest.max_photos).Range(0, 30).Doc("severe events first");
  s.Key("max_rows", config.digest.max_rows).Range(5, 200).Doc("of each table");
  s.Key("send_when_nothing", config.digest.send_when_nothing)
      .Doc("a mail that says that nothing happened");
  s.Check([&config] {
    config.digest_schedule.time_zone = config.digest.time_zone;
    const auto schedule = actions::Validate(config.digest_schedule);
    return schedule.ok() ? actions::Validate(config.digest) : schedule;
  });
}

void RegisterCapture(Schema& s, actions::FrameCaptureOptions& o) {
  s.Key("folder", o.folder).Doc("where pictures are kept");
  s.Key("spool", o.spool).Doc("where they wait for their delivery; best on the same disk");
  s.Key("file_name", o.file_name).Doc("template of names below the folder");
  s.Key("time_zone", o.time_zone).Doc("of {date} and {time}; local: this machine's");
  s.Key("annotated", o.annotated).Doc("with boxes, lines and zones");
  s.Key("clean", o.clean).Doc("as the camera saw it");
  s.Key("quality", o.quality).Range(50, 100).Doc("of JPEG");
  s.Key("pre_frames", o.pre_frames).Range(0, 20).Doc("pictures from before the event");
  s.Key("post_frames", o.post_frames).Range(0, 20).Doc("… and from after it");
  s.Key("spacing", o.spacing).Doc("between them");
  s.Key("ring_bytes", o.ring_bytes).Doc("memory for a camera, for the pictures from before");
  s.Key("max_age", o.max_age).Doc("retention: older pictures are removed; 0: any age");
  s.Key("max_bytes", o.max_bytes).Doc("… of all pictures together; 0: any");
  s.Key("min_free", o.min_free).Doc("… that the disk keeps free; 0: any");
  s.Key("spool_age", o.spool_age).Doc("of the spool; longer than deliveries are retried");
  s.Key("spool_bytes", o.spool_bytes).Doc("of the spool");
  s.Check([&o] { return actions::Validate(o); });
}

void RegisterWebhook(Schema& s, actions::WebhookOptions& o) {
  s.Key("url", o.url).Secret().Doc("http or https; never logged beyond host and port");
  s.Enum("body", o.body,
         {{"cloudevents", actions::WebhookBody::kCloudEvents},
          {"json", actions::WebhookBody::kJson},
          {"template", actions::WebhookBody::kTemplate}})
      .Doc("CloudEvents 1.0, the event's plain JSON, or body_template");
  s.Key("body_template", o.body_template).Doc("docs/actions.md lists the gaps");
  s.Key("content_type", o.content_type).Doc("of body_template");
  s.List(
      "headers", o.headers,
      [](Schema& h, actions::WebhookHeader& header) {
        h.Key("name", header.name).Required().Doc("such as Authorization");
        h.Key("value", header.value).Secret().Doc("never logged");
      },
      "sent as well", 32);
  s.Key("secret", o.secret).Secret().Doc("signs requests; docs/actions.md says how to verify");
  s.Key("time_zone", o.time_zone).Doc("of times in body_template");
  s.Key("allow_hosts", o.allow_hosts)
      .OrOne()
      .Items(0, 64)
      .Doc("if any, no other host is called: hooks.example.org, *.example.org");
  s.Key("ca_file", o.ca_file).Doc("certificates to trust instead of the system's");
  s.Key("proxy", o.proxy).Doc("http://proxy:3128");
  s.Check([&o] { return o.url.empty() ? absl::OkStatus() : actions::Validate(o); });
}

void RegisterCommand(Schema& s, actions::CommandOptions& o) {
  s.Key("enabled", o.enabled).Doc("commands are off unless this is set");
  s.Key("argv", o.argv).Items(0, 64).Doc("the program's absolute path and its arguments; no shell");
  s.Key("timeout", o.timeout).Doc("then SIGTERM to its process group");
  s.Key("grace", o.grace).Doc("… and SIGKILL");
  s.Check([&o] { return o.enabled ? actions::Validate(o) : absl::OkStatus(); });
}

}  // namespace

void RegisterDelivery(Schema& schema, DeliveryConfig& config) {
  schema.Key("state_dir", config.state_dir)
      .Doc(
          "folder of what survives a restart; default: $STATE_DIRECTORY, else "
          "$XDG_STATE_HOME/vigil, else ~/.local/state/vigil");
  schema.Group("outbox", config.outbox, RegisterOutbox);
  schema.Key("outbox.drain", config.drain)
      .Range(std::chrono::milliseconds(0), std::chrono::hours(1))
      .Doc("how long the end of analyze waits for deliveries");
  schema.Group("smtp", config.smtp, RegisterSmtp);
  Schema& actions =
      schema.Section("actions", "what rules can cause; each is described in docs/actions.md");
  actions.Group("json_log", config.json_log, RegisterJsonLog);
  actions.Group("email_immediate", config.email_immediate, RegisterEmailImmediate);
  actions.Group("email_digest", config, RegisterDigest);
  actions.Group("frame_capture", config.frame_capture, RegisterCapture);
  actions.Group("webhook", config.webhook, RegisterWebhook);
  actions.Map("webhooks", config.webhooks, RegisterWebhook,
              "further ones by name: rules say `webhook: NAME`", 64);
  actions.Group("command", config.command, RegisterCommand);
  actions.Map("commands", config.commands, RegisterCommand,
              "further ones by name: rules say `command: NAME`", 64);
}

}  // namespace vigil::app
