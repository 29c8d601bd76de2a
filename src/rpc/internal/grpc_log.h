// What gRPC and protobuf have to say goes where everything else is logged.
#pragma once

namespace vigil::rpc::internal {

/// From now on, in all of the process. Safe from any thread, and again.
void LogThroughCore();

}  // namespace vigil::rpc::internal
