#include "app/edge_remote.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "core/limits.h"
#include "core/status.h"

namespace vigil::app {
namespace {

BreakerOptions WithConnection(BreakerOptions options, const EdgeConfig& config) {
  // A trial is an attempt to connect, or a frame.
  options.probe_timeout =
      std::max(config.connect_timeout, config.deadline) + std::chrono::milliseconds(1000);
  return options;
}

std::uint64_t Seed() { return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()); }

// Pixels of what was sent are pixels of the frame. Depth is in widths.
void ScaleBy(float x, float y, face::FaceResult& result) {
  if (x == 1 && y == 1) return;
  for (face::Face& face : result.faces) {
    face.box = {face.box.x * x, face.box.y * y, face.box.width * x, face.box.height * y};
    for (int i = 0; i < face.mesh.count; ++i) {
      Point3f& point = face.mesh.points[static_cast<std::size_t>(i)];
      point = {point.x * x, point.y * y, point.z * x};
    }
  }
}

}  // namespace

EdgeRemote::EdgeRemote(const EdgeConfig& config, const rpc::GazeClientOptions& options,
                       std::string without, EdgeRemoteEvents& events)
    : config_(config),
      server_(options.server.text()),
      stream_id_(options.stream_id),
      without_(std::move(without)),
      events_(events),
      breaker_(WithConnection(config.breaker, config), Seed()) {}

absl::StatusOr<std::unique_ptr<EdgeRemote>> EdgeRemote::Create(
    const EdgeConfig& config, const rpc::GazeClientOptions& options, std::string without,
    EdgeRemoteEvents& events) {
  std::unique_ptr<EdgeRemote> remote(new EdgeRemote(config, options, std::move(without), events));
  auto client = rpc::GazeClient::Create(options, *remote);
  if (!client.ok()) return client.status();
  remote->client_ = *std::move(client);
  return remote;
}

std::optional<EdgeRemote::Question> EdgeRemote::Ask(Clock::time_point now) {
  if (client_->state() != rpc::GazeClient::State::kStreaming) return std::nullopt;
  std::lock_guard lock(mutex_);
  const auto permit = breaker_.Allow(now);
  if (!permit) return std::nullopt;
  return Question{*permit, breaker_.state() == BreakerState::kHalfOpen};
}

absl::Status EdgeRemote::Send(std::uint64_t sequence, const Frame& frame, const Question& question,
                              Deadline deadline) {
  ImageView image = frame.image.view();
  absl::Status status;
  if (const Size sent = media::ShrunkSize(image.size(), config_.max_side); sent != image.size()) {
    const auto smaller = shrinker_.Shrink(image, sent);
    if (smaller.ok()) image = *smaller;
    status = smaller.status();
  }
  std::span<const std::uint8_t> bytes{image.data, 3 * static_cast<std::size_t>(image.width) *
                                                      static_cast<std::size_t>(image.height)};
  if (status.ok() && config_.encoding == rpc::SentEncoding::kJpeg) {
    const auto jpeg = encoder_.Encode(image, config_.jpeg_quality);
    if (jpeg.ok()) bytes = *jpeg;
    status = jpeg.status();
  }
  {
    // Before it is sent: its outcome may come at once.
    std::lock_guard lock(mutex_);
    asked_[sequence] = {
        question.permit, static_cast<float>(frame.image.width()) / static_cast<float>(image.width),
        static_cast<float>(frame.image.height()) / static_cast<float>(image.height)};
    ++counts_.sent;
  }
  if (status.ok())
    status = client_->Send({sequence, frame.timestamp_us, config_.encoding, image.size(), deadline},
                           bytes);
  if (status.ok()) return status;
  {
    std::lock_guard lock(mutex_);
    asked_.erase(sequence);
    --counts_.sent;
    breaker_.Withdraw(question.permit);
  }
  if (absl::IsInvalidArgument(status) && !std::exchange(told_too_large_, true))
    Log(log::Level::kWarning,
        fmt::format(
            "{}: frames of {}x{} are not sent: {}; send them smaller (edge.max_side), or as "
            "JPEG",
            server_, image.width, image.height, MessageOf(status)));
  return status;
}

void EdgeRemote::Tick(Clock::time_point now) {
  if (client_->state() != rpc::GazeClient::State::kIdle) return;
  {
    std::lock_guard lock(mutex_);
    const auto permit = breaker_.Allow(now);
    if (!permit) return;
    connecting_ = permit;
  }
  client_->Connect();
}

void EdgeRemote::OnUp() {
  {
    std::lock_guard lock(mutex_);
    ++counts_.connects;
    up_ = true;
    if (connecting_) breaker_.Succeeded(*std::exchange(connecting_, std::nullopt), Clock::now());
  }
  Log(log::Level::kInfo, fmt::format("{}: connected", server_));
  events_.OnRemoteRestarted();
}

void EdgeRemote::OnDown(const absl::Status& why) {
  {
    std::lock_guard lock(mutex_);
    connecting_.reset();
    breaker_.Trip(Clock::now());
  }
  LogAway(std::string(MessageOf(why)));
}

void EdgeRemote::OnResult(rpc::RemoteResult result) {
  {
    std::lock_guard lock(mutex_);
    if (const auto asked = asked_.find(result.sequence); asked != asked_.end())
      ScaleBy(asked->second.scale_x, asked->second.scale_y, result.faces);
  }
  Report(result.sequence, absl::OkStatus());
  events_.OnRemote(std::move(result));
}

void EdgeRemote::OnLost(std::uint64_t sequence, const absl::Status& why) {
  const bool opened = Report(sequence, why);
  if (opened) {
    // A new connection, later, is the better one: what this one still holds is old.
    client_->Disconnect();
    LogAway(
        fmt::format("{}: {} frames in a row, or too many, without a result in time (the last: {})",
                    server_, config_.breaker.failures, MessageOf(why)));
  }
  events_.OnRemoteLost(sequence, why);
}

// True: that was one failure too many.
bool EdgeRemote::Report(std::uint64_t sequence, const absl::Status& outcome) {
  const auto now = Clock::now();
  std::lock_guard lock(mutex_);
  const auto found = asked_.find(sequence);
  if (found == asked_.end()) return false;
  const auto permit = found->second.permit;
  asked_.erase(found);
  const BreakerState before = breaker_.state();
  switch (outcome.code()) {
    case absl::StatusCode::kOk:
      ++counts_.in_time;
      breaker_.Succeeded(permit, now);
      if (before == BreakerState::kHalfOpen && breaker_.state() == BreakerState::kClosed)
        Log(log::Level::kInfo, fmt::format("{}: results come in time", server_));
      return false;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      ++counts_.lost;
      breaker_.Withdraw(permit);  // the stream is what failed
      return false;
    case absl::StatusCode::kDeadlineExceeded:
      ++counts_.late;
      break;
    case absl::StatusCode::kResourceExhausted:
      ++counts_.passed_over;
      break;
    default:
      ++counts_.lost;
      break;
  }
  breaker_.Failed(permit, now);
  return before != BreakerState::kOpen && breaker_.state() == BreakerState::kOpen;
}

void EdgeRemote::LogAway(const std::string& why) {
  double wait_s = 0;
  bool news = false;
  {
    std::lock_guard lock(mutex_);
    news = up_ || last_error_ != why;
    counts_.away += std::exchange(up_, false);
    last_error_ = why;
    wait_s = static_cast<double>(MicrosBetween(Clock::now(), breaker_.next_probe())) / 1e6;
  }
  Log(news ? log::Level::kWarning : log::Level::kDebug,
      fmt::format("{}; {}, and it is tried again in {:.1f} s", why, without_, wait_s));
}

void EdgeRemote::Log(log::Level level, const std::string& text) const {
  const log::Field fields[] = {{"stream_id", stream_id_}};
  log::Write(level, text, fields);
}

EdgeRemoteCounts EdgeRemote::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

EdgeRemoteState EdgeRemote::state() const {
  const bool streaming = client_->state() == rpc::GazeClient::State::kStreaming;
  std::lock_guard lock(mutex_);
  return {streaming && breaker_.state() == BreakerState::kClosed, breaker_.state(), last_error_};
}

}  // namespace vigil::app
