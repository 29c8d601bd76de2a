#include "rpc/gaze_client.h"

#include <fmt/format.h>
#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>
#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/status.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/internal/call_server.h"
#include "rpc/internal/frame_window.h"
#include "rpc/internal/from_messages.h"
#include "rpc/internal/gaze_connection.h"
#include "rpc/internal/grpc_log.h"
#include "rpc/internal/grpc_values.h"
#include "rpc/internal/health_probes.h"
#include "rpc/internal/messages.h"
#include "vigil/v1/gaze.pb.h"

namespace vigil::rpc {
namespace {

using internal::FrameMessage;
using internal::FrameWindow;
using internal::GazeConnection;

constexpr const char* kMethod = "/vigil.v1.GazeService/StreamGaze";
constexpr std::chrono::milliseconds kTick{500};  // the longest sleep of the thread

// What ends in the completion queue. One of each at a time.
enum class Event : std::uintptr_t {
  kWake = 1,
  kHealth,
  kStarted,
  kRead,
  kWritten,
  kDone,
  kFinished
};
void* Tag(Event event) {
  return reinterpret_cast<void*>(event);  // NOLINT(performance-no-int-to-ptr)
}

// Deadlines of gRPC by the clock that nobody sets.
gpr_timespec GrpcDeadline(std::chrono::milliseconds wait) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(wait.count(), GPR_TIMESPAN));
}

class Client final : public GazeClient {
 public:
  Client(const GazeClientOptions& options, GazeEvents& events)
      : options_(options), events_(events), window_(options.max_in_flight) {
    options_.stream_id.resize(std::min(options_.stream_id.size(), limits::kMaxIdBytes));
    thread_ = std::jthread([this] { Run(); });
    pthread_setname_np(thread_.native_handle(), "gaze-client");
  }
  ~Client() override { Stop(); }

  void Connect() override {
    std::lock_guard lock(mutex_);
    if (stopping_ || (connection_ != nullptr && !connection_->ending)) return;
    connect_wanted_ = true;
    if (connection_ == nullptr) Begin();
  }

  absl::Status Send(const SentFrame& frame, std::span<const std::uint8_t> bytes) override {
    if (bytes.empty() || bytes.size() > limits::kMaxPictureBytes)
      return absl::InvalidArgumentError(
          fmt::format("a frame of {} bytes is not sent, the limit is {}", bytes.size(),
                      limits::kMaxPictureBytes));
    const auto now = Clock::now();
    v1::VideoFrame head;
    head.set_timestamp_us(frame.timestamp_us);
    head.set_stream_id(options_.stream_id);
    head.set_encoding(frame.encoding == SentEncoding::kJpeg ? v1::IMAGE_ENCODING_JPEG
                                                            : v1::IMAGE_ENCODING_RGB24);
    head.set_width(frame.size.width);
    head.set_height(frame.size.height);
    head.set_sequence(frame.sequence);
    head.set_budget_us(std::max<std::int64_t>(1, MicrosBetween(now, frame.deadline)));

    std::lock_guard lock(mutex_);
    if (!Streaming()) return absl::UnavailableError("no stream is open");
    if (window_.full()) return absl::ResourceExhaustedError("too many frames are on their way");
    const bool first = window_.empty();
    window_.Add({frame.sequence, frame.timestamp_us, now, frame.deadline});
    auto message = FrameMessage(head, bytes);
    if (connection_->writing) {
      connection_->unsent.push_back({frame.sequence, message});
    } else {
      Write(message);
    }
    if (first) Wake();  // for its deadline
    return absl::OkStatus();
  }

  void Disconnect() override {
    std::lock_guard lock(mutex_);
    connect_wanted_ = false;
    if (connection_ == nullptr || connection_->ending) return;
    LoseAll(absl::CancelledError("the stream was given up"));
    End(std::nullopt);
    Wake();
  }

  void Stop() override {
    {
      std::unique_lock lock(mutex_);
      const bool polite = Streaming() && !connection_->writing && connection_->unsent.empty();
      if (std::exchange(stopping_, true)) {
        gone_.wait(lock, [this] { return stopped_; });
        return;
      }
      connect_wanted_ = false;
      LoseAll(absl::CancelledError("stopped"));
      if (polite) {
        // The server hears that this was all, and answers with its status.
        connection_->done_sending = true;
        ++connection_->pending;
        connection_->stream->WritesDone(Tag(Event::kDone));
        Wake();
        gone_.wait_for(lock, options_.last_words, [this] { return connection_ == nullptr; });
      }
      if (connection_ != nullptr) End(std::nullopt);
      Wake();
    }
    thread_.join();
    std::lock_guard lock(mutex_);
    stopped_ = true;
    gone_.notify_all();
  }

  State state() const override {
    std::lock_guard lock(mutex_);
    if (stopping_) return State::kStopped;
    if (connection_ == nullptr || connection_->ending)
      return connect_wanted_ ? State::kConnecting : State::kIdle;
    return connection_->up ? State::kStreaming : State::kConnecting;
  }

  std::size_t in_flight() const override {
    std::lock_guard lock(mutex_);
    return window_.size();
  }

 private:
  // What to tell, once the mutex is free.
  struct News {
    bool up = false;
    std::optional<absl::Status> down;
    std::vector<RemoteResult> results;
    std::vector<std::pair<std::uint64_t, absl::Status>> lost;
  };

  // --- the thread ---

  void Run() {
    for (;;) {
      void* tag = nullptr;
      bool ok = false;
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
          std::max(NextWake() - Clock::now(), Clock::duration::zero()));
      const auto happened = queue_.AsyncNext(&tag, &ok, GrpcDeadline(wait));
      News news;
      {
        std::lock_guard lock(mutex_);
        if (happened == grpc::CompletionQueue::GOT_EVENT)
          Happened(static_cast<Event>(reinterpret_cast<std::uintptr_t>(tag)), ok);
        LookAtTheClock();
        LetGo();
        news = std::exchange(news_, {});
        if (stopping_ && connection_ == nullptr && !waking_) {
          if (!std::exchange(shut_down_, true)) queue_.Shutdown();
          gone_.notify_all();
        }
      }
      Tell(std::move(news));
      if (happened == grpc::CompletionQueue::SHUTDOWN) return;
    }
  }

  void Tell(News news) {
    if (news.up) events_.OnUp();
    for (RemoteResult& result : news.results) events_.OnResult(std::move(result));
    for (const auto& [sequence, why] : news.lost) events_.OnLost(sequence, why);
    if (news.down) events_.OnDown(*news.down);
  }

  Clock::time_point NextWake() const {
    std::lock_guard lock(mutex_);
    auto next = std::min(Clock::now() + kTick, window_.next_deadline());
    if (connection_ != nullptr) next = std::min(next, connection_->next_health);
    return next;
  }

  // --- all below under mutex_ ---

  bool Streaming() const {
    return connection_ != nullptr && connection_->up && !connection_->ending && !stopping_;
  }

  // gRPC has no way to end a wait but an event.
  void Wake() {
    if (shut_down_ || std::exchange(waking_, true)) return;
    alarm_.emplace();
    alarm_->Set(&queue_, gpr_now(GPR_CLOCK_MONOTONIC), Tag(Event::kWake));
  }

  void Begin() {
    connect_wanted_ = false;
    connection_ = std::make_unique<GazeConnection>(options_);
    CheckHealth(options_.connect_timeout);
  }

  void CheckHealth(std::chrono::milliseconds limit) {
    GazeConnection& c = *connection_;
    c.next_health = Clock::time_point::max();
    c.health_context = std::make_unique<grpc::ClientContext>();
    c.health_context->set_deadline(GrpcDeadline(limit));
    c.health_reader = c.health_stub->AsyncCheck(c.health_context.get(),
                                                grpc::health::v1::HealthCheckRequest(), &queue_);
    ++c.pending;
    c.health_reader->Finish(&c.health_response, &c.health_status, Tag(Event::kHealth));
  }

  void Happened(Event event, bool ok) {
    if (event == Event::kWake) {
      waking_ = false;
      return;
    }
    --connection_->pending;
    switch (event) {
      case Event::kHealth:
        return OnHealth();
      case Event::kStarted:
        return OnStarted(ok);
      case Event::kRead:
        return OnRead(ok);
      case Event::kWritten:
        return OnWritten(ok);
      case Event::kFinished:
        return OnFinished();
      case Event::kDone:
      case Event::kWake:
        return;
    }
  }

  void OnHealth() {
    GazeConnection& c = *connection_;
    c.health_context.reset();
    if (c.ending) return;
    const std::string wrong =
        internal::WrongInHealth(c.health_status, c.health_response, options_.connect_timeout);
    const bool answered = c.health_status.ok();
    // A check that is not answered while results come says nothing; the frames' deadlines do.
    if (!wrong.empty() && (answered || !c.up)) return End(absl::UnavailableError(Named(wrong)));
    c.next_health = Clock::now() + options_.health_interval;
    if (c.up || c.stream != nullptr) return;
    if (!options_.trace_id.empty())
      c.context.AddMetadata("traceparent",
                            fmt::format("00-{}-{}-01", options_.trace_id, NewTraceId().substr(16)));
    c.stream = c.gaze_stub.PrepareCall(&c.context, kMethod, &queue_);
    ++c.pending;
    c.stream->StartCall(Tag(Event::kStarted));
  }

  void OnStarted(bool ok) {
    GazeConnection& c = *connection_;
    if (!ok || c.ending) return Finish();
    c.up = true;
    news_.up = true;
    Read();
  }

  // What failed stages would have found is absent, which is not the same as 0.
  static absl::Status Whole(const v1::FaceMeshResult& message) {
    if (message.failed_stages().empty()) return absl::OkStatus();
    return absl::InternalError(
        fmt::format("the server's stage {} gave nothing", message.failed_stages(0).substr(0, 32)));
  }

  void OnRead(bool ok) {
    GazeConnection& c = *connection_;
    if (!ok) return Finish();
    const auto now = Clock::now();
    v1::FaceMeshResult message;
    RemoteResult result;
    auto status = internal::Parse(c.incoming, message);
    c.incoming.Clear();
    if (!c.ending) Read();
    if (!status.ok()) return End(absl::DataLossError(Named("sends what is no result")));
    std::vector<std::uint64_t> passed_over;
    const auto sent = window_.Match(message.sequence(), message.timestamp_us(), passed_over);
    for (const std::uint64_t sequence : passed_over)
      Lose(sequence, absl::ResourceExhaustedError("passed over by the server"));
    if (!sent) return;  // too late, or never asked for
    if (message.has_error()) {
      status = absl::Status(static_cast<absl::StatusCode>(message.error().code()),
                            message.error().message().substr(0, 200));
      if (status.ok()) status = absl::UnknownError("an error without a code");
    } else {
      status = Whole(message);
      if (status.ok()) status = internal::FromMessage(message, result.faces);
    }
    if (!status.ok()) return Lose(sent->sequence, status);
    result.sequence = sent->sequence;
    result.round_trip_us = MicrosBetween(sent->sent, now);
    result.server_us = message.timings().total_us();
    result.decode_us = message.timings().decode_us();
    news_.results.push_back(std::move(result));
  }

  void OnWritten(bool ok) {
    GazeConnection& c = *connection_;
    c.writing = false;
    // One that cannot be written any more is over; reading says why.
    if (!ok || c.ending || c.unsent.empty()) return;
    const auto next = std::move(c.unsent.front());
    c.unsent.pop_front();
    Write(next.message);
  }

  void OnFinished() {
    GazeConnection& c = *connection_;  // its stream stays: a write may still be on its way back
    if (c.ending) return;
    auto status = internal::FromGrpc(c.status);
    if (status.ok()) status = absl::UnavailableError("has ended the stream");
    End(absl::Status(status.code() == absl::StatusCode::kCancelled ? absl::StatusCode::kUnavailable
                                                                   : status.code(),
                     Named(vigil::MessageOf(status))));
  }

  void Read() {
    ++connection_->pending;
    connection_->stream->Read(&connection_->incoming, Tag(Event::kRead));
  }
  void Write(const grpc::ByteBuffer& message) {
    connection_->writing = true;
    ++connection_->pending;
    connection_->stream->Write(message, Tag(Event::kWritten));
  }
  void Finish() {
    if (std::exchange(connection_->finishing, true)) return;
    ++connection_->pending;
    connection_->stream->Finish(&connection_->status, Tag(Event::kFinished));
  }

  // The connection comes to its end: what is under way is cancelled and waited for.
  void End(std::optional<absl::Status> why) {
    GazeConnection& c = *connection_;
    if (std::exchange(c.ending, true)) return;
    LoseAll(why.value_or(absl::CancelledError("the stream was given up")));
    c.why = std::move(why);
    c.unsent.clear();
    if (c.health_context != nullptr) c.health_context->TryCancel();
    c.context.TryCancel();
  }

  void LookAtTheClock() {
    const auto now = Clock::now();
    for (const std::uint64_t sequence : window_.Expire(now)) {
      Lose(sequence, absl::DeadlineExceededError("no result in time"));
      if (connection_ != nullptr)
        std::erase_if(connection_->unsent,
                      [&](const auto& one) { return one.sequence == sequence; });
    }
    if (Streaming() && connection_->health_context == nullptr && connection_->next_health <= now)
      CheckHealth(options_.connect_timeout);
  }

  // Forgets a connection whose last operation has ended.
  void LetGo() {
    if (connection_ == nullptr || connection_->pending > 0) return;
    if (!connection_->ending) return;  // waits for its next health check or frame
    if (connection_->stream != nullptr && !connection_->finishing && connection_->up)
      return Finish();
    if (connection_->why && !stopping_) news_.down = std::move(connection_->why);
    connection_.reset();
    if (connect_wanted_ && !stopping_) Begin();
    gone_.notify_all();
  }

  void Lose(std::uint64_t sequence, absl::Status why) {
    news_.lost.emplace_back(sequence, std::move(why));
  }
  void LoseAll(const absl::Status& why) {
    for (const std::uint64_t sequence : window_.Clear()) Lose(sequence, why);
  }

  std::string Named(std::string_view what) const {
    return fmt::format("{}: {}", options_.server.text(), what);
  }

  GazeClientOptions options_;
  GazeEvents& events_;
  grpc::CompletionQueue queue_;
  mutable std::mutex mutex_;
  std::condition_variable gone_;
  // Under mutex_.
  FrameWindow window_;
  std::unique_ptr<GazeConnection> connection_;
  std::optional<grpc::Alarm> alarm_;
  News news_;
  bool connect_wanted_ = false;
  bool waking_ = false;  // the alarm's event is still to come
  bool stopping_ = false, stopped_ = false, shut_down_ = false;
  std::jthread thread_;  // last member
};

}  // namespace

absl::Status Validate(const GazeClientOptions& options) {
  const ClientTls& tls = options.tls;
  if (tls.certificate.empty() != tls.key.empty())
    return absl::InvalidArgumentError("a client certificate and its key belong together");
  const bool any = !tls.ca.empty() || !tls.certificate.empty() || !tls.server_name.empty();
  if (any && !options.server.tls)
    return absl::InvalidArgumentError(fmt::format("{}: certificates need TLS; write https://{}",
                                                  options.server.text(), options.server.target()));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<GazeClient>> GazeClient::Create(const GazeClientOptions& options,
                                                               GazeEvents& events) {
  VIGIL_CHECK(options.max_in_flight >= 1 && options.max_in_flight <= 64);
  if (auto status = Validate(options); !status.ok()) return status;
  internal::LogThroughCore();
  return std::make_unique<Client>(options, events);
}

std::string_view Name(GazeClient::State state) {
  switch (state) {
    case GazeClient::State::kIdle:
      return "idle";
    case GazeClient::State::kConnecting:
      return "connecting";
    case GazeClient::State::kStreaming:
      return "streaming";
    case GazeClient::State::kStopped:
      return "stopped";
  }
  return "unknown";
}

std::string NewTraceId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random() | 1U);
}

}  // namespace vigil::rpc
