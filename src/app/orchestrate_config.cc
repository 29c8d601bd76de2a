#include "app/orchestrate_config.h"

#include <fmt/format.h>

#include <utility>

#include "app/pem_file.h"
#include "bus/redis_url.h"
#include "core/status.h"

namespace vigil::app {
namespace {

using config::Schema;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

void RegisterStages(Schema& s, OrchestrateConfig& config) {
  for (const face::Stage stage : face::kStages) {
    StageConfig& one = config.stages[static_cast<std::size_t>(stage)];
    Schema& section = s.Section(fmt::format("stages.{}", NameOf(stage)));
    section.Key("endpoints", one.endpoints)
        .OrOne()
        .Items(0, rpc::kMaxReplicas)
        .Doc("host:port of each replica of `vigil stage`; none: done in this process");
    section.Key("timeout", one.timeout)
        .Range(milliseconds(1), minutes(1))
        .Doc("of one call; the frame goes on without this stage then");
  }
}

void RegisterBreaker(Schema& s, BreakerOptions& o) {
  s.Key("failures", o.failures)
      .Range(1, 1000)
      .Doc("in a row, after which a replica is not asked for a while");
  s.Key("failed_share", o.failed_share)
      .Range(0.01, 1)
      .Doc("share of failed calls within the window that does the same");
  s.Key("least_calls", o.least_calls).Range(1, 100'000).Doc("… once there were so many");
  s.Key("window", o.window).Range(milliseconds(100), hours(1)).Doc("of that share");
  s.Key("open", o.open)
      .Range(milliseconds(10), hours(1))
      .Doc("until it is asked again, once; doubles with each time that fails");
  s.Key("longest", o.longest).Range(milliseconds(10), hours(1)).Doc("… up to this");
}

}  // namespace

void RegisterOrchestrate(Schema& schema, OrchestrateConfig& config) {
  Schema& s = schema.Section(
      "orchestrate",
      "the face pipeline with stages in this process or in others (vigil orchestrate)");
  s.Key("frame_deadline", config.frame_deadline)
      .Range(milliseconds(1), minutes(5))
      .Doc(
          "no stage of a frame is waited for longer, all together; a frame's own budget may be "
          "shorter");
  s.Enum("picture", config.picture,
         {{"as_received", SentPicture::kAsReceived}, {"pixels", SentPicture::kPixels}})
      .Doc(
          "what stages are sent that look at pictures: the JPEG file where one came, or always "
          "pixels, "
          "which are larger and need no decoding");
  RegisterStages(s, config);
  RegisterBreaker(s.Section("breaker"), config.breaker);
  s.Key("tls.enabled", config.tls.enabled).Doc("call stages with TLS");
  s.Key("tls.ca_file", config.tls.ca_file)
      .Doc("PEM: who signed the certificates of stages; empty: those that this machine trusts");
  s.Key("tls.certificate_file", config.tls.certificate_file)
      .Doc("PEM: shown to stages that ask for one (mutual TLS)");
  s.Key("tls.key_file", config.tls.key_file).Doc("PEM: its private key");
  s.Key("redis.url", config.redis.url)
      .Secret()
      .Check([](const std::string& url) {
        return url.empty() ? absl::OkStatus() : bus::RedisUrl::Parse(url).status();
      })
      .Doc(
          "where attention updates are published, on channel attention:{stream_id}: "
          "redis://[[user:]password@]host[:port][/database]; empty: nowhere");
  s.Key("redis.insecure", config.redis.insecure)
      .Doc("publish to a Redis on another machine, unencrypted: only on a network of your own");
  s.Check([&config] {
    if (config.tls.certificate_file.empty() != config.tls.key_file.empty())
      return absl::InvalidArgumentError("tls: certificate_file and key_file belong together");
    if (config.redis.url.empty() || config.redis.insecure) return absl::OkStatus();
    const auto url = bus::RedisUrl::Parse(config.redis.url);
    if (!url.ok() || url->is_loopback()) return url.status();
    return absl::InvalidArgumentError(fmt::format(
        "redis.url: {} is another machine, and what is sent there is not encrypted: set "
        "redis.insecure where the network is your own",
        url->where()));
  });
}

absl::StatusOr<rpc::ClientTlsOptions> ClientTlsOf(const OrchestrateConfig::Tls& config) {
  rpc::ClientTlsOptions tls;
  tls.enabled = config.enabled;
  if (!config.enabled) return tls;
  auto status =
      ReadPemFiles({{"orchestrate.tls.ca_file", config.ca_file, tls.ca},
                    {"orchestrate.tls.certificate_file", config.certificate_file, tls.certificate},
                    {"orchestrate.tls.key_file", config.key_file, tls.key}});
  if (!status.ok()) return status;
  return tls;
}

}  // namespace vigil::app
