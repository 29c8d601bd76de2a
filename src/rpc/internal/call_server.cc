#include "rpc/internal/call_server.h"

#include <absl/synchronization/mutex.h>
#include <fmt/format.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "core/status.h"
#include "rpc/internal/grpc_values.h"
#include "rpc/internal/peers.h"
#include "rpc/internal/send_queue.h"

namespace vigil::rpc::internal {
namespace {

constexpr std::chrono::milliseconds kTick{500};  // how exactly idle times are kept
constexpr std::int64_t kTicksOfPause = 6;        // without a call: memory is given back
constexpr int kWaitingPerMethod = 4;             // calls of a method that a queue takes at once

// A service of gRPC whose methods hand over bytes. All are served as bidirectional streams: on the wire, a unary call is
// one with a message each way.
class RawService final : public grpc::Service {
 public:
  explicit RawService(const internal::Service& service) {
    for (const Method& method : service.methods) {
      names_.push_back("/" + service.name + "/" + method.name);
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
      AddMethod(new grpc::internal::RpcServiceMethod(
          names_[i].c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
      MarkMethodRaw(static_cast<int>(i));
    }
  }
  void Request(std::size_t method, grpc::ServerContext& context,
               grpc::GenericServerAsyncReaderWriter& stream, grpc::ServerCompletionQueue& queue,
               void* tag) {
    RequestAsyncBidiStreaming(static_cast<int>(method), &context, &stream, &queue, &queue, tag);
  }
  const std::string& name(std::size_t method) const { return names_[method]; }

 private:
  std::vector<std::string> names_;
};

class Server;

// One call, or the wait for one. Operations of gRPC are begun under its mutex and end as events in its queue's thread.
class ServerCall final : public Call, public std::enable_shared_from_this<ServerCall> {
 public:
  ServerCall(Server& server, std::size_t queue, std::size_t service, std::size_t method)
      : server_(server), queue_(queue), service_(service), method_(method), stream_(&context_) {}

  void Await();  // from now on it keeps itself alive

  const std::string& method() const override { return name_; }
  const std::string& peer() const override { return peer_; }
  const std::string& trace_id() const override { return trace_id_; }
  Deadline deadline() const override { return deadline_; }

  void Read() override {
    std::lock_guard lock(mutex_);
    if (reading_ || over_ || final_status_ || client_done_) return;
    reading_ = true;
    ++pending_;
    stream_.Read(&incoming_, &read_tag_);
  }

  void Send(const grpc::ByteBuffer& message) override {
    std::lock_guard lock(mutex_);
    if (over_ || final_status_) return;
    answered_ = true;
    if (!writing_) return StartWrite(message);
    waiting_.Offer(message);
  }

  bool full() const override {
    std::lock_guard lock(mutex_);
    return waiting_.full();
  }

  void Finish(const absl::Status& status) override {
    std::lock_guard lock(mutex_);
    if (over_ || final_status_) return;
    final_status_ = ToGrpc(status);
    last_message_ = Clock::now();
    if (!writing_) StartFinish();
  }

  void SendLast(const grpc::ByteBuffer& message) override {
    std::lock_guard lock(mutex_);
    if (over_ || final_status_) return;
    answered_ = true;
    final_status_ = grpc::Status::OK;
    last_message_ = Clock::now();
    if (writing_) {
      waiting_.Add(message);
    } else {
      StartLastWrite(message);
    }
  }

  // Of the server.
  void Drain() {
    if (const auto handler = HandlerOf()) handler->OnDrain();
  }
  void FinishIfIdle(Clock::time_point now, std::chrono::milliseconds limit) {
    {
      std::lock_guard lock(mutex_);
      if (now - last_message_ < limit) return;
      // Who does not read what was sent would not read how the call ended either.
      if (writing_ || final_status_) context_.TryCancel();
    }
    Finish(absl::DeadlineExceededError("no message for too long"));
  }
  const std::string& address() const { return address_; }
  bool is_stream() const { return is_stream_; }

 private:
  friend class Server;
  enum class Kind : std::uint8_t { kBegun, kRead, kWritten, kFinished, kDone };
  struct Tag {
    ServerCall* call;
    Kind kind;
  };

  void Happened(Kind kind, bool ok);
  void Begin();
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnDone();
  void Release();

  std::shared_ptr<Handler> HandlerOf() const {
    std::lock_guard lock(mutex_);
    return handler_;
  }
  void StartWrite(const grpc::ByteBuffer& message) {
    writing_ = true;
    ++pending_;
    stream_.Write(message, &write_tag_);
  }
  void StartLastWrite(const grpc::ByteBuffer& message) {
    ++pending_;
    stream_.WriteAndFinish(message, grpc::WriteOptions(), *final_status_, &finish_tag_);
  }
  void StartFinish() {
    ++pending_;
    stream_.Finish(*final_status_, &finish_tag_);
  }

  Server& server_;
  const std::size_t queue_, service_, method_;
  grpc::ServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  Tag begun_tag_{this, Kind::kBegun}, read_tag_{this, Kind::kRead},
      write_tag_{this, Kind::kWritten}, finish_tag_{this, Kind::kFinished},
      done_tag_{this, Kind::kDone};
  // Set once, when the call begins.
  std::string name_, peer_, address_, trace_id_;
  Deadline deadline_ = Deadline::max();
  bool is_stream_ = false;
  std::shared_ptr<Peers::Peer> of_peer_;

  mutable std::mutex mutex_;
  // Under mutex_.
  std::shared_ptr<ServerCall> self_;
  std::shared_ptr<Handler> handler_;
  grpc::ByteBuffer incoming_;
  SendQueue waiting_{1};
  std::optional<grpc::Status> final_status_;
  Clock::time_point last_message_;
  int pending_ = 0;  // operations whose events are still to come
  bool reading_ = false, writing_ = false, client_done_ = false, answered_ = false;
  bool over_ = false;  // nothing more can be sent
};

class Server final : public CallServer {
 public:
  Server(const CallServerOptions& options, std::vector<Service> services, OnAbandoned on_abandoned)
      : options_(options), services_(std::move(services)), on_abandoned_(std::move(on_abandoned)) {
    for (const Service& service : services_) raw_.push_back(std::make_unique<RawService>(service));
  }

  ~Server() override { VIGIL_CHECK(threads_.empty() && calls_.empty()); }

  bool AwaitNoCalls(Deadline deadline) override {
    std::unique_lock lock(mutex_);
    return no_calls_.wait_until(lock, deadline, [this] { return calls_.empty(); });
  }

  void Stop() override {
    if (housekeeper_.joinable()) {
      housekeeper_.request_stop();
      housekeeper_.join();
    }
    for (auto& queue : queues_) queue->Shutdown();
    threads_.clear();  // each ends when its queue is empty
  }

  void Register(grpc::ServerBuilder& builder) override {
    for (auto& service : raw_) builder.RegisterService(service.get());
    for (int i = 0; i < options_.queues; ++i) queues_.push_back(builder.AddCompletionQueue());
  }

  void Start() override {
    for (std::size_t q = 0; q < queues_.size(); ++q) {
      for (std::size_t s = 0; s < services_.size(); ++s) {
        for (std::size_t m = 0; m < services_[s].methods.size(); ++m) {
          for (int i = 0; i < kWaitingPerMethod; ++i) AwaitCall(q, s, m);
        }
      }
      threads_.emplace_back([this, q] { Run(*queues_[q]); });
      pthread_setname_np(threads_.back().native_handle(), "rpc-queue");
    }
    housekeeper_ = std::jthread([this](std::stop_token stop) {
      while (SleepUntil(After(kTick), stop)) {
        FinishIdle();
        GiveBackMemory();
      }
    });
  }

  void Drain() override {
    draining_ = true;
    for (const auto& call : OpenCalls()) call->Drain();
  }

  CallCounts counts() const override {
    std::lock_guard lock(mutex_);
    CallCounts counts = counts_;
    counts.open = static_cast<int>(calls_.size());
    return counts;
  }

  PeerCounts CountsOf(const std::string& peer) const override {
    std::lock_guard lock(mutex_);
    const Peers::Peer* found = peers_.Find(peer);
    if (found == nullptr) return {};
    return {found->steps, found->open};
  }

  void AwaitCall(std::size_t queue, std::size_t service, std::size_t method) {
    std::make_shared<ServerCall>(*this, queue, service, method)->Await();
  }

  // Admits a call, or says why not.
  absl::Status Add(const std::shared_ptr<ServerCall>& call) {
    std::lock_guard lock(mutex_);
    ++counts_.begun;
    calls_.insert(call);
    call->of_peer_ = peers_.Begin(call->peer());
    if (draining_) return absl::UnavailableError("the server is stopping");
    if (!call->is_stream()) return absl::OkStatus();
    if (++streams_of_[call->address()] > options_.max_streams_per_client) {
      ++counts_.refused;
      return absl::ResourceExhaustedError(fmt::format("more than {} streams at once of one address",
                                                      options_.max_streams_per_client));
    }
    return absl::OkStatus();
  }

  void Remove(const std::shared_ptr<ServerCall>& call, bool cancelled, bool abandoned) {
    {
      std::lock_guard lock(mutex_);
      calls_.erase(call);
      peers_.End(call->peer(), *call->of_peer_);
      counts_.cancelled += cancelled;
      const auto count = streams_of_.find(call->address());
      if (call->is_stream() && count != streams_of_.end() && --count->second <= 0)
        streams_of_.erase(count);
      if (calls_.empty()) no_calls_.notify_all();
    }
    if (abandoned && on_abandoned_) on_abandoned_(call->peer());
  }

 private:
  friend class ServerCall;

  void Run(grpc::ServerCompletionQueue& queue) {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
      auto* event = static_cast<ServerCall::Tag*>(tag);
      event->call->Happened(event->kind, ok);
    }
  }

  std::vector<std::shared_ptr<ServerCall>> OpenCalls() const {
    std::lock_guard lock(mutex_);
    return {calls_.begin(), calls_.end()};
  }

  void FinishIdle() {
    const auto now = Clock::now();
    for (const auto& call : OpenCalls()) call->FinishIfIdle(now, options_.idle_timeout);
  }

  // What large messages took stays with the C library, in pieces, until it is asked for it: hundreds of megabytes, after many
  // at once. Asked for once in a pause: it takes a while, and what comes next has to take its memory anew.
  void GiveBackMemory() {
    const CallCounts now = counts();
    const bool quiet = now.open == 0 && now.begun == begun_before_;
    begun_before_ = now.begun;
    quiet_ticks_ = quiet ? quiet_ticks_ + 1 : 0;
    if (quiet_ticks_ == kTicksOfPause) malloc_trim(0);
  }

  const CallServerOptions options_;
  const std::vector<Service> services_;
  const OnAbandoned on_abandoned_;
  std::vector<std::unique_ptr<RawService>> raw_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::atomic<bool> draining_ = false;
  mutable std::mutex mutex_;
  std::condition_variable no_calls_;
  std::set<std::shared_ptr<ServerCall>> calls_;  // under mutex_, as those below
  std::map<std::string, int> streams_of_;
  Peers peers_;
  CallCounts counts_;
  std::vector<std::jthread> threads_;
  std::uint64_t begun_before_ = 0;  // calls, at the last tick; the housekeeper's, as the next
  std::int64_t quiet_ticks_ = 0;    // in a row without a call
  std::jthread housekeeper_;
};

void ServerCall::Await() {
  self_ = shared_from_this();
  context_.AsyncNotifyWhenDone(&done_tag_);
  server_.raw_[service_]->Request(method_, context_, stream_, *server_.queues_[queue_],
                                  &begun_tag_);
}

void ServerCall::Happened(Kind kind, bool ok) {
  switch (kind) {
    case Kind::kBegun:
      if (!ok) {  // the server has stopped; no other event comes
        self_.reset();
        return;
      }
      server_.AwaitCall(queue_, service_, method_);
      return Begin();
    case Kind::kRead:
      return OnRead(ok);
    case Kind::kWritten:
      return OnWritten(ok);
    case Kind::kFinished: {
      {
        std::lock_guard lock(mutex_);
        --pending_;
        over_ = true;
      }
      return Release();
    }
    case Kind::kDone:
      return OnDone();
  }
}

void ServerCall::Begin() {
  name_ = server_.raw_[service_]->name(method_);
  peer_ = PeerOf(context_.peer());
  address_ = peer_.substr(0, peer_.rfind(':'));
  const Method& method = server_.services_[service_].methods[method_];
  is_stream_ = method.is_stream;
  const auto& metadata = context_.client_metadata();
  if (const auto trace = metadata.find("traceparent"); trace != metadata.end())
    trace_id_ = TraceIdOf({trace->second.data(), trace->second.size()});
  // gRPC tells deadlines by the calendar; far ones mean none.
  const auto left = context_.deadline() - std::chrono::system_clock::now();
  if (left < std::chrono::hours(24 * 365)) deadline_ = After(left);
  {
    std::lock_guard lock(mutex_);
    pending_ = 1;  // the done event
    waiting_ = SendQueue(static_cast<std::size_t>(method.answers_ahead));
    last_message_ = Clock::now();
  }
  if (const auto status = server_.Add(shared_from_this()); !status.ok()) return Finish(status);
  auto handler = method.open(shared_from_this());
  if (handler == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    handler_ = handler;
  }
  Read();
  if (server_.draining_) handler->OnDrain();  // it may have begun before it could be told
}

void ServerCall::OnRead(bool ok) {
  grpc::ByteBuffer message;
  {
    std::lock_guard lock(mutex_);
    --pending_;
    reading_ = false;
    client_done_ = !ok;
    last_message_ = Clock::now();
    message.Swap(&incoming_);
  }
  if (ok) of_peer_->steps.fetch_add(1, std::memory_order_relaxed);
  if (const auto handler = HandlerOf()) {
    if (ok) {
      handler->OnMessage(message);
    } else {
      handler->OnClientDone();
    }
  }
  Release();
}

void ServerCall::OnWritten(bool ok) {
  bool was_full = false;
  {
    std::lock_guard lock(mutex_);
    was_full = waiting_.full();
    --pending_;
    writing_ = false;
    last_message_ = Clock::now();
    over_ = over_ || !ok;
    if (!over_) {
      if (!waiting_.empty()) {
        const grpc::ByteBuffer next = waiting_.Take();
        if (waiting_.empty() && final_status_ && final_status_->ok()) {
          StartLastWrite(next);
        } else {
          StartWrite(next);
        }
      } else if (final_status_) {
        StartFinish();
      }
    }
  }
  if (was_full) {
    if (const auto handler = HandlerOf()) handler->OnRoom();
  }
  Release();
}

void ServerCall::OnDone() {
  const bool cancelled = context_.IsCancelled();
  std::shared_ptr<Handler> handler;
  bool answered = false;
  {
    std::lock_guard lock(mutex_);
    --pending_;
    over_ = true;
    answered = answered_;
    waiting_ = SendQueue(1);
    handler = std::move(handler_);
  }
  if (handler) handler->OnGone(cancelled);
  server_.Remove(shared_from_this(), cancelled, cancelled && !answered);
  Release();
}

// The last event lets go of the call.
void ServerCall::Release() {
  std::shared_ptr<ServerCall> self;  // may be the last owner: goes after the lock
  std::lock_guard lock(mutex_);
  if (over_ && pending_ == 0) self = std::move(self_);
}

}  // namespace

std::unique_ptr<CallServer> CallServer::Create(const CallServerOptions& options,
                                               std::vector<Service> services,
                                               OnAbandoned on_abandoned) {
  // Debian builds Abseil with its search for deadlocks, which gRPC's mutexes pay for at every lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return std::make_unique<Server>(options, std::move(services), std::move(on_abandoned));
}

}  // namespace vigil::rpc::internal
