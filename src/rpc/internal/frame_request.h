// A message of bytes, taken apart into its picture and its other fields.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <string_view>
#include <vector>

#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/split_message.h"
#include "vigil/v1/image.pb.h"

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

/// How `picture` is encoded. Where its sender does not say: JPEG if it begins as such a file does, else `pixels`.
/// InvalidArgument: an encoding of later versions.
absl::StatusOr<FrameEncoding> EncodingOf(v1::ImageEncoding encoding, const FieldBytes& picture,
                                         FrameEncoding pixels);

/// InvalidArgument: longer than limits::kMaxIdBytes.
absl::Status CheckStreamId(std::string_view stream_id);

/// Microseconds: 285 years, so that times can be added without a thought.
inline constexpr std::int64_t kLatestTimestampUs = 9'000'000'000'000'000;
/// InvalidArgument: below 0, or above the latest.
absl::Status CheckTimestamp(std::int64_t timestamp_us);
/// InvalidArgument: not 0 to 1. `name` is that of the message's field.
absl::Status CheckRatio(float value, std::string_view name);

}  // namespace vigil::rpc::internal
