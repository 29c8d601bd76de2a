#include "rpc/internal/gaze_connection.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <cstring>

namespace vigil::rpc::internal {
namespace {

constexpr int kMaxResultBytes = 8 << 20;  // limits::kMaxFaces meshes have 2 MB
constexpr std::chrono::milliseconds kPingEvery{15'000}, kPingTimeout{5'000};

std::shared_ptr<grpc::Channel> NewChannel(const GazeClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResultBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kPingEvery.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(kPingTimeout.count()));
  // Frames go where they were told to, by nobody else's way; each attempt is a connection of its own.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetServiceConfigJSON("{}");
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  if (!options.server.tls)
    return grpc::CreateCustomChannel(options.server.target(), grpc::InsecureChannelCredentials(),
                                     arguments);
  if (!options.tls.server_name.empty()) arguments.SetSslTargetNameOverride(options.tls.server_name);
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = options.tls.ca;
  ssl.pem_cert_chain = options.tls.certificate;
  ssl.pem_private_key = options.tls.key;
  return grpc::CreateCustomChannel(options.server.target(), grpc::SslCredentials(ssl), arguments);
}

}  // namespace

GazeConnection::GazeConnection(const GazeClientOptions& options)
    : channel(NewChannel(options)),
      health_stub(grpc::health::v1::Health::NewStub(channel)),
      gaze_stub(channel) {}

grpc::ByteBuffer FrameMessage(const v1::VideoFrame& head, std::span<const std::uint8_t> picture) {
  using google::protobuf::internal::WireFormatLite;
  using google::protobuf::io::CodedOutputStream;
  constexpr std::uint32_t kKey = WireFormatLite::MakeTag(v1::VideoFrame::kFrameDataFieldNumber,
                                                         WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  const auto size = static_cast<std::uint32_t>(picture.size());
  grpc::Slice slice(head.ByteSizeLong() + CodedOutputStream::VarintSize32(kKey) +
                    CodedOutputStream::VarintSize32(size) + size);
  // The slice is new, and nobody else sees it yet.
  auto* at = const_cast<std::uint8_t*>(slice.begin());
  at = head.SerializeWithCachedSizesToArray(at);
  at = CodedOutputStream::WriteVarint32ToArray(kKey, at);
  at = CodedOutputStream::WriteVarint32ToArray(size, at);
  std::memcpy(at, picture.data(), picture.size());
  return {&slice, 1};
}

}  // namespace vigil::rpc::internal
