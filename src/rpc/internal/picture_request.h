// Requests that carry a vigil.v1.Image beside their other fields.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <vector>

#include "core/image.h"
#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/split_message.h"
#include "vigil/v1/image.pb.h"

namespace vigil::rpc::internal {

/// Keeps the memory that taking messages apart needs. One thread at a time.
class PictureRequest {
 public:
  /// Takes `message` apart and parses what is beside field `image_field`, an Image, into `rest`; nothing is copied but that.
  absl::Status Read(const grpc::ByteBuffer& message, std::uint32_t image_field,
                    std::uint32_t last_field, google::protobuf::MessageLite& rest);
  /// The picture, decoded by `decoder`; valid until its next call and the next Read(). Errors: as FrameDecoder's.
  absl::StatusOr<ImageView> Decode(FrameDecoder& decoder) const;
  /// Lets go of the message.
  void Clear();

 private:
  std::vector<grpc::Slice> slices_;
  std::vector<FieldBytes::Piece> pieces_;
  SplitMessage outer_, inner_;
  v1::Image image_;  // all but the bytes
};

/// A request with a picture, in the wire format: `rest` and, as field `image_field`, an Image of `bytes`, which are shared
/// and not copied.
grpc::ByteBuffer SerialiseWithPicture(const google::protobuf::MessageLite& rest,
                                      std::uint32_t image_field, const grpc::Slice& bytes,
                                      v1::ImageEncoding encoding, Size size);

}  // namespace vigil::rpc::internal
