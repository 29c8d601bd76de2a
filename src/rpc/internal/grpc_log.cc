#include "rpc/internal/grpc_log.h"

#include <grpc/support/log.h>

#include "core/log.h"

namespace vigil::rpc::internal {
namespace {

// Its lines would be in no format of ours, between those that machines read.
void Log(gpr_log_func_args* line) {
  if (line->severity == GPR_LOG_SEVERITY_ERROR) {
    log::Warning("gRPC: {}", line->message);
  } else {
    log::Debug("gRPC: {}", line->message);
  }
}

}  // namespace

void LogThroughCore() { gpr_set_log_function(&Log); }

}  // namespace vigil::rpc::internal
