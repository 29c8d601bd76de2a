#include "rpc/internal/frame_request.h"

namespace vigil::rpc::internal {

absl::Status FrameRequest::Read(const grpc::ByteBuffer& message, std::uint32_t field,
                                std::uint32_t last_field, google::protobuf::MessageLite& rest) {
  Clear();
  rest.Clear();
  if (!message.Dump(&slices_).ok()) return absl::InternalError("the message cannot be read");
  for (const grpc::Slice& slice : slices_) pieces_.emplace_back(slice.begin(), slice.size());
  if (auto status = Split(pieces_, field, last_field, split_); !status.ok()) return status;
  if (!rest.ParseFromString(split_.rest))
    return absl::InvalidArgumentError("not a message of this service");
  return absl::OkStatus();
}

void FrameRequest::Clear() {
  split_.bytes.Clear();
  pieces_.clear();
  slices_.clear();
}

}  // namespace vigil::rpc::internal
