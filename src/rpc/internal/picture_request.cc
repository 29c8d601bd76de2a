#include "rpc/internal/picture_request.h"

#include <array>
#include <string>

#include "rpc/internal/frame_request.h"

namespace vigil::rpc::internal {
namespace {

constexpr std::uint32_t kData = v1::Image::kDataFieldNumber;
constexpr std::uint32_t kLastOfImage = v1::Image::kHeightFieldNumber;
constexpr std::uint32_t kLengthDelimited = 2;

void AppendVarint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

void AppendHead(std::string& to, std::uint32_t field, std::size_t size) {
  AppendVarint(to, (field << 3) | kLengthDelimited);
  AppendVarint(to, size);
}

}  // namespace

absl::Status PictureRequest::Read(const grpc::ByteBuffer& message, std::uint32_t image_field,
                                  std::uint32_t last_field, google::protobuf::MessageLite& rest) {
  Clear();
  rest.Clear();
  if (!message.Dump(&slices_).ok()) return absl::InternalError("the message cannot be read");
  for (const grpc::Slice& slice : slices_) pieces_.emplace_back(slice.begin(), slice.size());
  if (auto status = Split(pieces_, image_field, last_field, outer_); !status.ok()) return status;
  if (auto status = Split(outer_.bytes.pieces(), kData, kLastOfImage, inner_); !status.ok())
    return status;
  if (!rest.ParseFromString(outer_.rest) || !image_.ParseFromString(inner_.rest))
    return absl::InvalidArgumentError("not a message of this service");
  return absl::OkStatus();
}

absl::StatusOr<ImageView> PictureRequest::Decode(FrameDecoder& decoder) const {
  const auto encoding = EncodingOf(image_.encoding(), inner_.bytes, FrameEncoding::kRgb24);
  if (!encoding.ok()) return encoding.status();
  return decoder.Decode(inner_.bytes, *encoding, {image_.width(), image_.height()});
}

void PictureRequest::Clear() {
  outer_.bytes.Clear();
  inner_.bytes.Clear();
  pieces_.clear();
  slices_.clear();
}

grpc::ByteBuffer SerialiseWithPicture(const google::protobuf::MessageLite& rest,
                                      std::uint32_t image_field, const grpc::Slice& bytes,
                                      v1::ImageEncoding encoding, Size size) {
  v1::Image image;
  image.set_encoding(encoding);
  image.set_width(size.width);
  image.set_height(size.height);
  std::string data_head;
  AppendHead(data_head, kData, bytes.size());
  const std::string behind = image.SerializeAsString();
  std::string before = rest.SerializeAsString();
  AppendHead(before, image_field, data_head.size() + bytes.size() + behind.size());
  before += data_head;
  const std::array<grpc::Slice, 3> slices{grpc::Slice(before), bytes, grpc::Slice(behind)};
  return {slices.data(), slices.size()};
}

}  // namespace vigil::rpc::internal
