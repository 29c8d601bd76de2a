// A message of bytes, taken apart into its picture and its other fields.
#pragma once

#include <absl/status/status.h>
#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <vector>

#include "rpc/internal/split_message.h"

namespace vigil::rpc::internal {

/// Keeps the memory that taking messages apart needs. One thread at a time.
class FrameRequest {
 public:
  /// Splits `message` and parses what is beside the picture into `rest`. The picture's bytes are valid until the next call.
  absl::Status Read(const grpc::ByteBuffer& message, std::uint32_t field, std::uint32_t last_field,
                    google::protobuf::MessageLite& rest);
  const FieldBytes& bytes() const { return split_.bytes; }
  /// Lets go of the message.
  void Clear();

 private:
  std::vector<grpc::Slice> slices_;
  std::vector<FieldBytes::Piece> pieces_;
  SplitMessage split_;
};

}  // namespace vigil::rpc::internal
