#include "rpc/internal/replicas.h"

#include <fmt/format.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <random>
#include <utility>

#include "core/log.h"
#include "core/status.h"
#include "rpc/internal/grpc_log.h"

namespace vigil::rpc::internal {
namespace {

constexpr int kReconnectMs = 100, kLongestReconnectMs = 2000;
constexpr int kPingMs = 20'000, kPingTimeoutMs = 5'000;
constexpr int kWindowBytes = 4 << 20;  // a picture is on its way without waiting for the other side
constexpr int kFrameBytes = 1 << 20;

std::shared_ptr<grpc::ChannelCredentials> Credentials(const ClientTlsOptions& tls) {
  if (!tls.enabled) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({tls.ca, tls.key, tls.certificate});
}

std::shared_ptr<grpc::Channel> Connect(const StageClientOptions& options,
                                       const std::string& endpoint, bool has_state) {
  grpc::ChannelArguments arguments;
  // A name of several addresses: a stage without a state may be asked at any of them.
  arguments.SetLoadBalancingPolicyName(has_state ? "pick_first" : "round_robin");
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // who retries here knows what may be repeated
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrameBytes);
  auto channel = grpc::CreateCustomChannel(endpoint, Credentials(options.tls), arguments);
  (void)channel->GetState(true);  // connects now, not with the first frame
  return channel;
}

MetricLabels LabelsOf(face::Stage stage, const char* outcome = nullptr) {
  MetricLabels labels{{"stage", std::string(NameOf(stage))}};
  if (outcome != nullptr) labels["outcome"] = outcome;
  return labels;
}

Counter Calls(Metrics& metrics, face::Stage stage, const char* outcome) {
  return metrics.AddCounter("vigil_stage_calls_total", "Calls of stages in other processes",
                            LabelsOf(stage, outcome));
}

// SplitMix64's last step: every bit of the sum counts in every bit of the result.
std::uint64_t Mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t Affinity(std::string_view key, std::string_view endpoint) {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    hash = (hash ^ 0x100U) * 0x100000001B3U;  // an end that no text has
  };
  add(key);
  add(endpoint);
  return Mix(hash);
}

Replicas::Replicas(const StageClientOptions& options, Metrics& metrics)
    : options_(options),
      ok_(Calls(metrics, options.stage, "ok")),
      failed_(Calls(metrics, options.stage, "error")),
      late_(Calls(metrics, options.stage, "timeout")),
      skipped_(Calls(metrics, options.stage, "not_asked")),
      retried_(metrics.AddCounter("vigil_stage_retries_total",
                                  "Calls made once more at another replica",
                                  LabelsOf(options.stage))),
      states_lost_(metrics.AddCounter("vigil_stage_states_lost_total",
                                      "Streams that had to go on from a new state",
                                      LabelsOf(options.stage))),
      seconds_(metrics.AddHistogram("vigil_stage_call_seconds", "From a call to its answer",
                                    LatencyBounds(1e-3), LabelsOf(options.stage))) {
  LogThroughCore();
  std::random_device random;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (const std::string& endpoint : options.endpoints) {
    channels.push_back(Connect(options, endpoint, has_state()));
    replicas_.push_back(
        std::make_unique<Replica>(endpoint, channels.back(), options.breaker, random()));
  }
  probes_.emplace(channels);
}

std::optional<Replicas::Choice> Replicas::Ask(std::size_t replica, Clock::time_point now) {
  Replica& one = *replicas_[replica];
  std::lock_guard lock(one.mutex);
  const auto permit = one.breaker.Allow(now);
  if (!permit) return std::nullopt;
  return Choice{replica, *permit};
}

std::optional<Replicas::Choice> Replicas::InTurn(const Tried& tried, Clock::time_point now) {
  const std::size_t first = turn_.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const std::size_t replica = (first + i) % replicas_.size();
    if (tried[replica]) continue;
    if (const auto choice = Ask(replica, now)) return choice;
  }
  return std::nullopt;
}

std::optional<Replicas::Choice> Replicas::HomeOf(std::optional<std::size_t> home,
                                                 std::string_view key, Clock::time_point now) {
  if (home) {
    if (const auto choice = Ask(*home, now)) return choice;
  }
  Tried tried;
  if (home) tried.set(*home);
  while (true) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      if (!tried[i] && (!best || Affinity(key, endpoint(i)) > Affinity(key, endpoint(*best))))
        best = i;
    }
    if (!best) return std::nullopt;
    if (const auto choice = Ask(*best, now)) return choice;
    tried.set(*best);
  }
}

void Replicas::Done(const Choice& choice, const absl::Status& status, Clock::duration took) {
  const auto now = Clock::now();
  (status.ok() ? ok_ : absl::IsDeadlineExceeded(status) ? late_ : failed_).Add();
  if (status.ok()) seconds_.Observe(std::chrono::duration<double>(took).count());
  Replica& replica = *replicas_[choice.replica];
  BreakerState before{}, after{};
  {
    std::lock_guard lock(replica.mutex);
    before = replica.breaker.state();
    if (status.ok()) {
      replica.breaker.Succeeded(choice.permit, now);
    } else if (absl::IsInvalidArgument(status)) {
      replica.breaker.Withdraw(choice.permit);  // it says something about us
    } else if (absl::IsUnavailable(status) && replicas_.size() > 1) {
      replica.breaker.Trip(now);  // it is gone, and there are others
    } else {
      replica.breaker.Failed(choice.permit, now);
    }
    if (!status.ok()) replica.last_error = MessageOf(status);
    after = replica.breaker.state();
  }
  if (before == BreakerState::kClosed && after == BreakerState::kOpen)
    log::Warning("stage {}: {} is not asked for a while: {}", NameOf(stage()), replica.endpoint,
                 MessageOf(status));
  if (before != BreakerState::kClosed && after == BreakerState::kClosed)
    log::Info("stage {}: {} answers again", NameOf(stage()), replica.endpoint);
}

void Replicas::Probe() {
  const auto now = Clock::now();
  probes_->Turn(now);
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    Replica& one = *replicas_[i];
    const bool wrong = !probes_->WrongWith(i).empty();
    std::lock_guard lock(one.mutex);
    if (std::exchange(one.said_wrong, wrong) && !wrong) one.breaker.Hasten(now);
  }
}

std::optional<std::string> Replicas::NotAskedFor(std::size_t replica) const {
  const Replica& one = *replicas_[replica];
  std::lock_guard lock(one.mutex);
  // Once it is time to ask again, nothing is known until somebody does.
  if (one.breaker.state() != BreakerState::kOpen || Clock::now() >= one.breaker.next_probe())
    return std::nullopt;
  return one.last_error;
}

absl::Status Replicas::Nobody() const {
  std::string last_error;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const Replica& one = *replicas_[i];
    std::lock_guard lock(one.mutex);
    if (!one.last_error.empty()) last_error = one.last_error;  // one that is on trial has it still
  }
  return absl::UnavailableError(fmt::format(
      "stage {}: none of {} is asked just now: {}", NameOf(stage()),
      replicas_.size() == 1 ? replicas_[0]->endpoint : fmt::format("{} replicas", replicas_.size()),
      last_error));
}

StageClient::State Replicas::state() const {
  StageClient::State state;
  state.replicas = static_cast<int>(replicas_.size());
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    std::string wrong = probes_->WrongWith(i);
    if (wrong.empty()) wrong = NotAskedFor(i).value_or("");
    if (wrong.empty()) continue;
    ++state.away;
    state.last_error = fmt::format("{}: {}", endpoint(i), wrong);
  }
  return state;
}

}  // namespace vigil::rpc::internal

namespace vigil::rpc {

StageClient::StageClient(std::unique_ptr<internal::Replicas> replicas)
    : replicas_(std::move(replicas)) {}
StageClient::~StageClient() = default;

absl::StatusOr<std::unique_ptr<StageClient>> StageClient::Create(const StageClientOptions& options,
                                                                 Metrics& metrics) {
  const std::string_view name = NameOf(options.stage);
  if (options.endpoints.empty() || options.endpoints.size() > kMaxReplicas)
    return absl::InvalidArgumentError(fmt::format("stage {}: {} endpoints: 1 to {} can be named",
                                                  name, options.endpoints.size(), kMaxReplicas));
  for (const std::string& endpoint : options.endpoints) {
    const std::size_t colon = endpoint.rfind(':');
    const bool has_port = colon != std::string::npos && colon > 0 && colon + 1 < endpoint.size() &&
                          endpoint.size() - colon <= 6 &&
                          endpoint.find_first_not_of("0123456789", colon + 1) == std::string::npos;
    if (!has_port || endpoint.find("://") != std::string::npos)
      return absl::InvalidArgumentError(
          fmt::format("stage {}: endpoint \"{}\" is not host:port", name, endpoint));
    if (std::ranges::count(options.endpoints, endpoint) > 1)
      return absl::InvalidArgumentError(
          fmt::format("stage {}: endpoint {} is named twice", name, endpoint));
  }
  return std::unique_ptr<StageClient>(
      new StageClient(std::make_unique<internal::Replicas>(options, metrics)));
}

face::Stage StageClient::stage() const { return replicas_->stage(); }
void StageClient::Probe() { replicas_->Probe(); }
StageClient::State StageClient::state() const { return replicas_->state(); }

}  // namespace vigil::rpc
