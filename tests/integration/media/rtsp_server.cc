#include "rtsp_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "core/check.h"
#include "media/internal/ffmpeg.h"

namespace vigil::media::test {
namespace {

using internal::FfmpegPtr;

// Where RTP packets go: into the RTSP connection, framed (RFC 2326, 10.12), or to a UDP port.
struct Transport {
  Connection& connection;
  int udp = -1;  // a connected socket; -1: interleaved
  bool alive = true;

  void Send(const std::uint8_t* data, int size) {
    const bool control = size > 1 && data[1] >= 200 && data[1] <= 204;  // RTCP packet types
    if (udp >= 0) {
      if (!control) alive = send(udp, data, static_cast<std::size_t>(size), 0) == size;
      return;
    }
    std::string frame{'$', static_cast<char>(control), static_cast<char>(size >> 8),
                      static_cast<char>(size)};
    frame.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    alive = connection.Send(frame);
  }
  static int Write(void* self, std::uint8_t* data, int size) {
    auto* transport = static_cast<Transport*>(self);
    transport->Send(data, size);
    return transport->alive ? size : AVERROR(EPIPE);
  }
};

// The file and the muxer that makes RTP of it.
class RtpStream {
 public:
  explicit RtpStream(const std::filesystem::path& file) {
    VIGIL_CHECK(avformat_open_input(&in_, file.c_str(), nullptr, nullptr) >= 0);
    VIGIL_CHECK(avformat_find_stream_info(in_, nullptr) >= 0);
    VIGIL_CHECK(avformat_alloc_output_context2(&out_, nullptr, "rtp", "rtp://127.0.0.1") >= 0);
    AVStream* stream = avformat_new_stream(out_, nullptr);
    VIGIL_CHECK(avcodec_parameters_copy(stream->codecpar, in_->streams[0]->codecpar) >= 0);
    stream->codecpar->codec_tag = 0;
  }
  RtpStream(const RtpStream&) = delete;
  RtpStream& operator=(const RtpStream&) = delete;
  ~RtpStream() {
    if (out_->pb != nullptr) {
      av_freep(&out_->pb->buffer);
      avio_context_free(&out_->pb);
    }
    avformat_free_context(out_);
    avformat_close_input(&in_);
  }

  std::string Sdp() {
    std::array<char, 4096> text{};
    VIGIL_CHECK(av_sdp_create(&out_, 1, text.data(), static_cast<int>(text.size())) >= 0);
    return std::string(text.data()) + "a=control:track1\r\n";
  }

  void Play(Transport& transport, FrameGate& gate) {
    constexpr int kPacket = 1400;
    out_->pb = avio_alloc_context(static_cast<std::uint8_t*>(av_malloc(kPacket)), kPacket, 1,
                                  &transport, nullptr, &Transport::Write, nullptr);
    out_->pb->max_packet_size = kPacket;
    VIGIL_CHECK(avformat_write_header(out_, nullptr) >= 0);
    FfmpegPtr<AVPacket> packet(av_packet_alloc());
    Connection& connection = transport.connection;
    for (int number = 0; transport.alive && av_read_frame(in_, packet.get()) >= 0; ++number) {
      if (!gate.Wait(number, connection.stop(), [&] { return connection.Gone(); })) break;
      av_packet_rescale_ts(packet.get(), in_->streams[0]->time_base, out_->streams[0]->time_base);
      av_write_frame(out_, packet.get());
      avio_flush(out_->pb);
      av_packet_unref(packet.get());
    }
    av_write_trailer(out_);  // frees the muxer's buffer
  }

 private:
  AVFormatContext* in_ = nullptr;
  AVFormatContext* out_ = nullptr;
};

std::string Field(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

int UdpTo(int port) {
  const int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  VIGIL_CHECK(connect(udp, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return udp;
}

int LocalPort(int udp) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  VIGIL_CHECK(getsockname(udp, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

void Serve(Connection& connection, const std::filesystem::path& file, FrameGate& gate) {
  RtpStream stream(file);
  Transport transport{connection};
  for (std::string head = connection.ReadHead(); !head.empty(); head = connection.ReadHead()) {
    const std::string method = head.substr(0, head.find(' '));
    std::string fields = "\r\nCSeq: " + Field(head, "CSeq"), body;
    if (method == "OPTIONS") fields += "\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN";
    if (method == "DESCRIBE") body = stream.Sdp();
    if (method == "SETUP") {
      const std::string wanted = Field(head, "Transport");
      int rtp = 0, rtcp = 0;
      const std::size_t ports = wanted.find("client_port=");
      if (ports != std::string::npos &&
          std::sscanf(wanted.c_str() + ports, "client_port=%d-%d", &rtp, &rtcp) == 2) {
        transport.udp = UdpTo(rtp);
        const std::string own = std::to_string(LocalPort(transport.udp));
        fields += "\r\nTransport: " + wanted + ";server_port=" + own + "-" + own;
      } else {
        fields += "\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1";
      }
    }
    if (method != "OPTIONS" && method != "DESCRIBE") fields += "\r\nSession: 1";
    if (!body.empty())
      fields +=
          "\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size());
    if (!connection.Send("RTSP/1.0 200 OK" + fields + "\r\n\r\n" + body)) break;
    if (method == "TEARDOWN") break;
    if (method == "PLAY") {
      stream.Play(transport, gate);
      break;
    }
  }
  if (transport.udp >= 0) close(transport.udp);
}

}  // namespace

LoopbackServer::Handler RtspCamera(std::filesystem::path file, FrameGate& gate) {
  return [file = std::move(file), &gate](Connection& connection) { Serve(connection, file, gate); };
}

}  // namespace vigil::media::test
