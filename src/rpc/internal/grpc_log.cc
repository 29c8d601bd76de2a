#include "rpc/internal/grpc_log.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <mutex>
#include <string>

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

// What a peer sent that is no UTF-8, once for each text: the peer is told, and the log would be the peer's.
void LogOfMessages(google::protobuf::LogLevel level, const char*, int, const std::string& text) {
  if (level >= google::protobuf::LOGLEVEL_FATAL) {
    log::Error("protobuf: {}", text);
  } else {
    log::Debug("protobuf: {}", text);
  }
}

}  // namespace

void LogThroughCore() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(&Log);
    google::protobuf::SetLogHandler(&LogOfMessages);
  });
}

}  // namespace vigil::rpc::internal
