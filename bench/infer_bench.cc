// What `vigil infer` adds to the networks: a frame there and its result back, one after the other, over one connection; less
// what the server spent on decoding, networks and calculation. The client's own time is in it too. Beside it, in turns: as
// many bytes there and back over plain TCP.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "bench/tcp_server.h"
#include "bench/timing.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "support/http2_client.h"
#include "support/process.h"
#include "support/test_data.h"
#include "vigil/v1/gaze.grpc.pb.h"

namespace vigil {
namespace {

void Measure(const char* name, const std::string& address, const v1::VideoFrame& first) {
  constexpr int kFrames = 400, kWarm = 50;
  const auto stub =
      v1::GazeService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->StreamGaze(&context);
  v1::VideoFrame frame = first;
  v1::FaceMeshResult result;
  bench::TcpServer plain;
  const Descriptor connection(test::ConnectTo(plain.port()));
  std::vector<double> overhead_ms, inside_ms, model_ms, share, plain_ms;
  for (int i = 0; i < kFrames; ++i) {
    frame.set_timestamp_us(std::int64_t{i} * 33'333);
    const double total_ms = bench::Milliseconds([&] {
      if (!stream->Write(frame) || !stream->Read(&result) || result.faces_size() != 1) std::abort();
    });
    if (i < kWarm) continue;
    const auto& t = result.timings();
    const double model = 1e-3 * static_cast<double>(t.detect_us() + t.mesh_us());
    const double rest = total_ms - model - 1e-3 * static_cast<double>(t.decode_us() + t.other_us());
    inside_ms.push_back(1e-3 * static_cast<double>(t.total_us() - t.detect_us() - t.mesh_us() -
                                                   t.decode_us() - t.other_us()));
    model_ms.push_back(model);
    overhead_ms.push_back(rest);
    share.push_back(rest / model);
    const std::string request = bench::TcpRequest(frame.ByteSizeLong(), result.ByteSizeLong());
    std::string answer(result.ByteSizeLong(), '\0');
    plain_ms.push_back(bench::Milliseconds([&] {
      if (!bench::WriteAll(connection.get(), request.data(), request.size()) ||
          !bench::ReadExactly(connection.get(), answer.data(), answer.size()))
        std::abort();
    }));
  }
  stream->WritesDone();
  fmt::print(
      "{:<22} networks {:.2f} ms, there and back {:.3f} ms more (at most 0.4 wanted), {:.1f} % of "
      "the networks (at most 15 wanted); from the frame's arrival to its result {:.3f} ms of it; "
      "as many bytes over plain TCP {:.3f} ms\n",
      name, bench::Median(model_ms), bench::Median(overhead_ms), 100 * bench::Median(share),
      bench::Median(inside_ms), bench::Median(plain_ms));
}

}  // namespace
}  // namespace vigil

int main() {
  using namespace vigil;
  test::Program server({VIGIL_BINARY, "infer", "--listen", "127.0.0.1:0", "--http", ""});
  const std::string line = server.ReadLine();
  const std::string address = line.substr(line.find("127.0.0.1:"));
  const Image image = media::ReadPicture(test::SamplePath("astronaut.png")).value();
  media::JpegEncoder encoder;
  const auto jpeg = encoder.Encode(image.view(), 85).value();
  v1::VideoFrame frame;
  frame.set_frame_data(jpeg.data(), jpeg.size());
  Measure(fmt::format("JPEG, {} KB", jpeg.size() / 1000).c_str(), address, frame);
  frame.set_frame_data(image.view().data, image.bytes());
  frame.set_encoding(v1::IMAGE_ENCODING_RGB24);
  frame.set_width(image.width());
  frame.set_height(image.height());
  Measure(fmt::format("RGB, {} KB", image.bytes() / 1000).c_str(), address, frame);
  server.Signal(SIGTERM);
}
