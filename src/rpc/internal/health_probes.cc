#include "rpc/internal/health_probes.h"

#include <fmt/format.h>

#include <chrono>

#include "core/status.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/internal/grpc_values.h"

namespace vigil::rpc::internal {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr std::chrono::milliseconds kEvery{1000}, kTimeout{1000};

}  // namespace

std::string WrongInHealth(const grpc::Status& status, const HealthCheckResponse& response,
                          std::chrono::milliseconds timeout) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return response.status() == HealthCheckResponse::SERVING ? "" : "says that it is not serving";
    case grpc::StatusCode::UNIMPLEMENTED:
      return {};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return fmt::format("no answer within {} ms", timeout.count());
    default:
      return std::string(MessageOf(FromGrpc(status)));
  }
}

struct HealthProbes::Probe {
  // A question under way.
  struct Question {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<HealthCheckResponse>> reader;
    HealthCheckResponse response;
    grpc::Status status;
  };
  std::unique_ptr<Health::Stub> stub;
  std::unique_ptr<Question> question;  // null: none
  Clock::time_point next;
  std::string wrong = "has not answered yet";
};

HealthProbes::HealthProbes(const std::vector<std::shared_ptr<grpc::Channel>>& servers) {
  for (const auto& server : servers) {
    probes_.push_back(std::make_unique<Probe>());
    probes_.back()->stub = Health::NewStub(server);
  }
}

HealthProbes::~HealthProbes() {
  for (const auto& probe : probes_) {
    if (probe->question) probe->question->context.TryCancel();
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) continue;
}

void HealthProbes::Turn(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  void* tag = nullptr;
  bool ok = false;
  const gpr_timespec no_wait = gpr_time_0(GPR_CLOCK_MONOTONIC);
  while (queue_.AsyncNext(&tag, &ok, no_wait) == grpc::CompletionQueue::GOT_EVENT) {
    Probe& probe = *static_cast<Probe*>(tag);
    probe.wrong = WrongInHealth(probe.question->status, probe.question->response, kTimeout);
    probe.question.reset();
  }
  for (const auto& probe : probes_) {
    if (!probe->question && now >= probe->next) Ask(*probe, now);
  }
}

void HealthProbes::Ask(Probe& probe, Clock::time_point now) {
  probe.next = now + kEvery;
  probe.question = std::make_unique<Probe::Question>();
  Probe::Question& question = *probe.question;
  question.context.set_deadline(std::chrono::system_clock::now() + kTimeout);
  question.reader = probe.stub->AsyncCheck(&question.context, HealthCheckRequest(), &queue_);
  question.reader->Finish(&question.response, &question.status, &probe);
}

std::string HealthProbes::WrongWith(std::size_t server) const {
  const std::lock_guard lock(mutex_);
  return probes_[server]->wrong;
}

}  // namespace vigil::rpc::internal
