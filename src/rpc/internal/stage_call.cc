#include "rpc/internal/stage_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "core/check.h"
#include "core/status.h"
#include "rpc/internal/grpc_values.h"

namespace vigil::rpc::internal {
namespace {

// A call without the time to get there and back is not made.
constexpr std::chrono::milliseconds kLeastTime{1};

bool MayHelpElsewhere(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsInternal(status);
}

}  // namespace

StreamCalls::StreamCalls() {
  std::random_device random;
  next_span_ = (std::uint64_t{random()} << 32) | random();
}

StreamCalls::~StreamCalls() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) continue;
}

void StreamCalls::BeginFrame(Deadline deadline, std::string_view trace_id) {
  deadline_ = deadline;
  trace_id_ = trace_id;
}

std::string StreamCalls::NextTraceparent() {
  if (trace_id_.empty()) return {};
  next_span_ += 2;
  return fmt::format("00-{}-{:016x}-01", trace_id_, next_span_ | 1);  // all zero would be none
}

void StreamCalls::Turn() {
  void* tag = nullptr;
  bool ok = false;
  VIGIL_CHECK(queue_.Next(&tag, &ok));
  static_cast<StageCall*>(tag)->OnDone();
}

struct StageCall::Try {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  grpc::ByteBuffer reply;
  grpc::Status status;
  Replicas::Choice choice;
  Clock::time_point started;
};

StageCall::StageCall(StreamCalls& calls, Replicas& replicas, std::string method)
    : calls_(calls), replicas_(replicas), method_(std::move(method)) {}

StageCall::~StageCall() { VIGIL_CHECK(try_ == nullptr); }

void StageCall::Begin(grpc::ByteBuffer request, std::string_view key) {
  request_ = std::move(request);
  if (key_ != key) {
    key_ = key;
    home_.reset();
  }
  tried_.reset();
  if (!Start()) replicas_.Skipped();
}

// False: nobody may be asked, or there is no time; result_ says so.
bool StageCall::Start() {
  const auto now = Clock::now();
  if (calls_.deadline() - now < kLeastTime) {
    result_ = absl::DeadlineExceededError(
        fmt::format("stage {}: the frame's time is over", NameOf(replicas_.stage())));
    return false;
  }
  const auto choice =
      replicas_.has_state() ? replicas_.HomeOf(home_, key_, now) : replicas_.InTurn(tried_, now);
  if (!choice) {
    result_ = replicas_.Nobody();
    return false;
  }
  tried_.set(choice->replica);
  if (replicas_.has_state()) home_ = choice->replica;
  try_ = std::make_unique<Try>();
  try_->choice = *choice;
  try_->started = now;
  const Deadline deadline = std::min(calls_.deadline(), now + replicas_.timeout());
  try_->context.set_deadline(std::chrono::system_clock::now() + (deadline - now));
  if (const std::string traceparent = calls_.NextTraceparent(); !traceparent.empty())
    try_->context.AddMetadata("traceparent", traceparent);
  try_->reader = replicas_.stub(choice->replica)
                     .PrepareUnaryCall(&try_->context, method_, request_, &calls_.queue());
  try_->reader->StartCall();
  try_->reader->Finish(&try_->reply, &try_->status, this);
  return true;
}

void StageCall::OnDone() {
  const std::unique_ptr<Try> done = std::move(try_);
  const absl::Status status = FromGrpc(done->status);
  replicas_.Done(done->choice, status, Clock::now() - done->started);
  if (status.ok()) {
    result_ = std::move(done->reply);
    return;
  }
  // What keeps a state may have seen the frame already, and must not see it twice.
  if (!replicas_.has_state() && MayHelpElsewhere(status) && Start()) {
    replicas_.Retried();
    return;
  }
  result_ = absl::Status(status.code(),
                         fmt::format("stage {} at {}: {}", NameOf(replicas_.stage()),
                                     replicas_.endpoint(done->choice.replica), MessageOf(status)));
}

absl::StatusOr<grpc::ByteBuffer> StageCall::Await() {
  while (try_ != nullptr) calls_.Turn();
  request_.Clear();
  return std::exchange(result_, absl::UnknownError(""));
}

}  // namespace vigil::rpc::internal
