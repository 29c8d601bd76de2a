#include "app/edge_config.h"

#include <fmt/format.h>

#include <utility>

#include "app/pem_file.h"
#include "core/limits.h"
#include "core/listener.h"
#include "core/status.h"
#include "rpc/server_address.h"

namespace vigil::app {
namespace {

using config::Schema;
using std::chrono::hours;
using std::chrono::milliseconds;

void RegisterBreaker(Schema& s, BreakerOptions& breaker) {
  s.Key("failures", breaker.failures)
      .Range(1, 1000)
      .Doc("frames in a row without a result in time, after which the server is left alone");
  s.Key("failed_share", breaker.failed_share)
      .Range(0.05, 1)
      .Doc("the same where so large a share of the frames of `window` failed");
  s.Key("window", breaker.window).Range(milliseconds(100), hours(1)).Doc("of failed_share");
  s.Key("open", breaker.open)
      .Range(milliseconds(50), hours(1))
      .Doc("until the server is tried again; doubles with each attempt that fails");
  s.Key("longest", breaker.longest).Range(milliseconds(50), hours(24)).Doc("… up to this");
  s.Key("probes", breaker.probes)
      .Range(1, 100)
      .Doc("results in time that it takes, the connection counted, until it is trusted again");
}

}  // namespace

std::string_view Name(EdgeMode mode) {
  switch (mode) {
    case EdgeMode::kRemote:
      return "remote";
    case EdgeMode::kLocal:
      return "local";
    case EdgeMode::kAuto:
      return "auto";
    case EdgeMode::kBoth:
      return "both";
  }
  return "unknown";
}

void RegisterEdge(Schema& schema, EdgeConfig& config) {
  config.breaker.probes = 3;
  schema.Key("remote_dgx_url", config.server)
      .Check([](const std::string& text) {
        return text.empty() ? absl::OkStatus() : rpc::ServerAddress::Parse(text).status();
      })
      .Doc("the inference server of vigil edge: http://HOST:PORT, https://HOST:PORT or HOST:PORT");
  Schema& s = schema.Section("edge", "vigil edge: frames to a server, and what happens without it");
  s.Enum("mode", config.mode,
         {{"remote", EdgeMode::kRemote},
          {"local", EdgeMode::kLocal},
          {"auto", EdgeMode::kAuto},
          {"both", EdgeMode::kBoth}})
      .Doc(
          "remote: the server alone; local: this device alone; auto: this device where the server "
          "is away, slow or unhealthy; both: both look at every frame, and what they see is "
          "merged");
  s.Enum("encoding", config.encoding,
         {{"jpeg", rpc::SentEncoding::kJpeg}, {"raw", rpc::SentEncoding::kRgb24}})
      .Doc("how frames are sent; raw: 3 bytes a pixel, for fast networks");
  s.Key("jpeg_quality", config.jpeg_quality).Range(1, 100).Doc("of the frames that are sent");
  s.Key("max_side", config.max_side)
      .Range(0, limits::kMaxPictureSide)
      .Check([](int side) {
        return side == 0 || side >= 64 ? absl::OkStatus()
                                       : absl::InvalidArgumentError("must be 0, or 64 or more");
      })
      .Doc(
          "pixels of the longer side; larger frames are sent smaller, results are of the frame as "
          "it is; 0: all as they are");
  s.Key("deadline", config.deadline)
      .Range(milliseconds(10), milliseconds(60'000))
      .Doc("from a frame's capture until its result has to be there; then this device looks at it");
  s.Key("max_in_flight", config.max_in_flight)
      .Range(1, 64)
      .Doc("frames sent and not answered; with more, this device looks at them");
  s.Key("max_fps", config.max_fps)
      .Range(0, 1000)
      .Doc("frames a second that are looked at, the others are passed over; 0: all");
  s.Key("connect_timeout", config.connect_timeout)
      .Range(milliseconds(10), milliseconds(600'000))
      .Doc("until a server has said that it is healthy");
  s.Key("health_interval", config.health_interval)
      .Range(milliseconds(50), hours(1))
      .Doc("between questions whether it still is");
  s.Group("breaker", config.breaker, RegisterBreaker);
  s.Key("http_listen", config.http_listen)
      .Check([](const std::string& text) {
        return text.empty() ? absl::OkStatus() : ListenAddress::Parse(text).status();
      })
      .Doc("address and port of /health, /livez, /readyz and /metrics; empty: none");
  s.Key("insecure", config.insecure)
      .Doc("let http_listen be reached from other machines; what it shows is not encrypted");
  s.Key("tls.ca_file", config.ca_file)
      .Doc("PEM: who signs the server's certificate; empty: whom this machine trusts");
  s.Key("tls.certificate_file", config.certificate_file)
      .Doc("PEM: this device's certificate, for servers that ask for one");
  s.Key("tls.key_file", config.key_file).Doc("PEM: its private key");
  s.Key("tls.server_name", config.server_name)
      .Doc("the name in the server's certificate; empty: the host of remote_dgx_url");
  s.Check([&config] {
    if (config.certificate_file.empty() != config.key_file.empty())
      return absl::InvalidArgumentError("tls: certificate_file and key_file belong together");
    return absl::OkStatus();
  });
}

absl::Status CheckServerIsNamed(const EdgeConfig& config) {
  if (config.mode == EdgeMode::kLocal || !config.server.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "no server is named: add --remote-dgx http://HOST:50051 (remote_dgx_url), or --mode local");
}

absl::StatusOr<rpc::GazeClientOptions> ClientOptionsOf(const EdgeConfig& config) {
  rpc::GazeClientOptions options;
  auto server = rpc::ServerAddress::Parse(config.server);
  if (!server.ok()) return server.status();
  options.server = *std::move(server);
  options.max_in_flight = static_cast<std::size_t>(config.max_in_flight);
  options.connect_timeout = config.connect_timeout;
  options.health_interval = config.health_interval;
  options.tls.server_name = config.server_name;
  if (auto status = ReadPemFiles(
          {{"edge.tls.ca_file", config.ca_file, options.tls.ca},
           {"edge.tls.certificate_file", config.certificate_file, options.tls.certificate},
           {"edge.tls.key_file", config.key_file, options.tls.key}});
      !status.ok())
    return status;
  if (auto status = rpc::Validate(options); !status.ok()) return status;
  return options;
}

}  // namespace vigil::app
