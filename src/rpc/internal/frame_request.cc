#include "rpc/internal/frame_request.h"

#include <fmt/format.h>

#include "core/limits.h"

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

absl::StatusOr<FrameEncoding> EncodingOf(v1::ImageEncoding encoding, const FieldBytes& picture,
                                         FrameEncoding pixels) {
  switch (encoding) {
    case v1::IMAGE_ENCODING_JPEG:
      return FrameEncoding::kJpeg;
    case v1::IMAGE_ENCODING_RGB24:
      return FrameEncoding::kRgb24;
    case v1::IMAGE_ENCODING_BGR24:
      return FrameEncoding::kBgr24;
    case v1::IMAGE_ENCODING_UNSPECIFIED:
      return LooksLikeJpeg(picture) ? FrameEncoding::kJpeg : pixels;
    default:
      return absl::InvalidArgumentError(
          fmt::format("encoding {} is not known here", static_cast<int>(encoding)));
  }
}

absl::Status CheckStreamId(std::string_view stream_id) {
  if (stream_id.size() <= limits::kMaxIdBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("stream_id has more than {} bytes", limits::kMaxIdBytes));
}

absl::Status CheckTimestamp(std::int64_t timestamp_us) {
  if (timestamp_us >= 0 && timestamp_us <= kLatestTimestampUs) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("timestamp_us {}: 0 to {}", timestamp_us, kLatestTimestampUs));
}

absl::Status CheckRatio(float value, std::string_view name) {
  if (value >= 0 && value <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} {}: 0 to 1", name, value));
}

}  // namespace vigil::rpc::internal
