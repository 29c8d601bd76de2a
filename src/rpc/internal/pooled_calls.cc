#include "rpc/internal/pooled_calls.h"

#include <mutex>
#include <utility>

namespace vigil::rpc::internal {
namespace {

constexpr int kWaitingOfEvery = 4;  // messages of a stream, either way, where every one is answered

absl::Status Stopping() { return absl::UnavailableError("the server is stopping"); }

struct Waiting {
  grpc::ByteBuffer message;
  Clock::time_point arrived;
};

class PooledHandler final : public Handler, public std::enable_shared_from_this<PooledHandler> {
 public:
  PooledHandler(std::shared_ptr<Call> call, Pace pace, bool is_stream,
                std::unique_ptr<Answerer> answerer)
      : call_(std::move(call)),
        every_(pace == Pace::kAnswerEvery),
        is_stream_(is_stream),
        answerer_(std::move(answerer)) {}

  void Start(StreamPool& pool) {
    queue_ = StreamQueue<Waiting>::Create(
        pool, every_ ? WhenFull::kRefuse : WhenFull::kNewestWins,
        every_ ? std::size_t{kWaitingOfEvery} : 1,
        [weak = weak_from_this()](int worker, const Waiting& waiting) {
          if (const auto self = weak.lock()) self->Work(worker, waiting);
        },
        [weak = weak_from_this()] {
          const auto self = weak.lock();
          return self != nullptr && !self->call_->full();
        });
  }

  void OnMessage(const grpc::ByteBuffer& message) override {
    bool read = is_stream_;
    {
      std::lock_guard lock(mutex_);
      if (drained_) return answerer_->OnDropped(1);
      ++open_;
    }
    Waiting waiting{message, Clock::now()};
    switch (queue_->Offer(waiting)) {
      case Offered::kTaken:
        break;
      case Offered::kReplacedOlder: {
        answerer_->OnDropped(1);
        std::lock_guard lock(mutex_);
        --open_;
        break;
      }
      case Offered::kRefused:  // the call is over
        return answerer_->OnDropped(1);
    }
    if (every_ && read) {
      std::lock_guard lock(mutex_);
      read_when_room_ = queue_->full();
      read = !read_when_room_;
    }
    if (read) call_->Read();
  }

  void OnClientDone() override {
    std::unique_lock lock(mutex_);
    client_done_ = true;
    if (open_ > 0) return;
    lock.unlock();
    call_->Finish(is_stream_ ? absl::OkStatus()
                             : absl::InvalidArgumentError("the call came without a message"));
  }

  void OnRoom() override { queue_->Nudge(); }

  void OnDrain() override {
    std::unique_lock lock(mutex_);
    drained_ = true;
    if (open_ > 0) return;
    lock.unlock();
    call_->Finish(Stopping());
  }

  void OnGone(bool) override { answerer_->OnDropped(queue_->Close()); }

 private:
  void Work(int worker, const Waiting& waiting) {
    bool read = false;
    {
      std::lock_guard lock(mutex_);
      // What was taken out may have made room only for one that had come in between.
      read = read_when_room_ && !queue_->full();
      if (read) read_when_room_ = false;
    }
    if (read) call_->Read();
    absl::StatusOr<grpc::ByteBuffer> reply =
        answerer_->Answer({worker, waiting.message, waiting.arrived});
    if (!reply.ok()) return call_->Finish(reply.status());
    if (!is_stream_) return call_->SendLast(*reply);
    call_->Send(*reply);
    std::unique_lock lock(mutex_);
    if (--open_ > 0 || (!client_done_ && !drained_)) return;
    const bool stopping = !client_done_;
    lock.unlock();
    call_->Finish(stopping ? Stopping() : absl::OkStatus());
  }

  const std::shared_ptr<Call> call_;
  const bool every_, is_stream_;
  const std::unique_ptr<Answerer> answerer_;  // workers, one at a time
  std::shared_ptr<StreamQueue<Waiting>> queue_;
  std::mutex mutex_;
  // Under mutex_.
  int open_ = 0;  // messages that wait or are worked on
  bool read_when_room_ = false, client_done_ = false, drained_ = false;
};

class QuickStreamHandler final : public Handler {
 public:
  QuickStreamHandler(std::shared_ptr<Call> call, std::unique_ptr<Answerer> answerer)
      : call_(std::move(call)), answerer_(std::move(answerer)) {}

  void OnMessage(const grpc::ByteBuffer& message) override {
    auto reply = answerer_->Answer({0, message, Clock::now()});
    if (!reply.ok()) return call_->Finish(reply.status());
    call_->Send(*reply);
    if (!call_->full()) call_->Read();  // full() changes in this thread alone
  }
  void OnRoom() override { call_->Read(); }
  void OnClientDone() override { call_->Finish(absl::OkStatus()); }
  void OnDrain() override { call_->Finish(Stopping()); }
  void OnGone(bool) override {}

 private:
  const std::shared_ptr<Call> call_;
  const std::unique_ptr<Answerer> answerer_;
};

class QuickHandler final : public Handler {
 public:
  using Answer = std::function<absl::StatusOr<grpc::ByteBuffer>(const grpc::ByteBuffer&)>;
  QuickHandler(std::shared_ptr<Call> call, const Answer& answer)
      : call_(std::move(call)), answer_(answer) {}

  void OnMessage(const grpc::ByteBuffer& message) override {
    auto reply = answer_(message);
    if (reply.ok()) {
      call_->SendLast(*reply);
    } else {
      call_->Finish(reply.status());
    }
  }
  void OnClientDone() override {
    call_->Finish(absl::InvalidArgumentError("the call came without a message"));
  }
  void OnDrain() override {}
  void OnGone(bool) override {}

 private:
  const std::shared_ptr<Call> call_;
  const Answer& answer_;
};

Method Pooled(std::string name, StreamPool& pool, Pace pace, bool is_stream, OpenAnswerer open) {
  Method method;
  method.name = std::move(name);
  method.is_stream = is_stream;
  if (pace == Pace::kAnswerEvery) method.answers_ahead = kWaitingOfEvery;
  method.open = [&pool, pace, is_stream,
                 open = std::move(open)](std::shared_ptr<Call> call) -> std::shared_ptr<Handler> {
    auto answerer = open(*call);
    if (!answerer.ok()) {
      call->Finish(answerer.status());
      return nullptr;
    }
    auto handler =
        std::make_shared<PooledHandler>(std::move(call), pace, is_stream, *std::move(answerer));
    handler->Start(pool);
    return handler;
  };
  return method;
}

}  // namespace

Method StreamMethod(std::string name, StreamPool& pool, Pace pace, OpenAnswerer open) {
  return Pooled(std::move(name), pool, pace, true, std::move(open));
}

Method UnaryMethod(std::string name, StreamPool& pool, OpenAnswerer open) {
  return Pooled(std::move(name), pool, Pace::kNewestWins, false, std::move(open));
}

Method QuickStreamMethod(std::string name, OpenAnswerer open) {
  Method method;
  method.name = std::move(name);
  method.is_stream = true;
  method.answers_ahead = kWaitingOfEvery;
  method.open = [open = std::move(open)](std::shared_ptr<Call> call) -> std::shared_ptr<Handler> {
    auto answerer = open(*call);
    if (!answerer.ok()) {
      call->Finish(answerer.status());
      return nullptr;
    }
    return std::make_shared<QuickStreamHandler>(std::move(call), *std::move(answerer));
  };
  return method;
}

Method QuickMethod(std::string name, QuickHandler::Answer answer) {
  Method method;
  method.name = std::move(name);
  const auto kept = std::make_shared<QuickHandler::Answer>(std::move(answer));
  method.open = [kept](std::shared_ptr<Call> call) -> std::shared_ptr<Handler> {
    return std::make_shared<QuickHandler>(std::move(call), *kept);
  };
  return method;
}

}  // namespace vigil::rpc::internal
