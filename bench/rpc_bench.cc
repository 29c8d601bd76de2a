// How many messages a second go through the call server, there and back: against a plain TCP echo, and against the same
// service in python3-grpcio. The client is the same for both gRPC servers: HTTP/2 by hand, one thread, so that the server is
// what is measured. A run of each takes its turn; medians are compared: of messages a second, and of messages a second of the
// server's own processor time, which others on the machine do not change.
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/tcp_server.h"
#include "bench/timing.h"
#include "core/listener.h"
#include "core/stream_pool.h"
#include "rpc/internal/call_server.h"
#include "rpc/internal/pooled_calls.h"
#include "rpc/internal/transport.h"
#include "support/http2_client.h"

namespace vigil {
namespace {

using rpc::internal::CallServer;

class Echo final : public rpc::internal::Answerer {
 public:
  absl::StatusOr<grpc::ByteBuffer> Answer(rpc::internal::Request request) override {
    return std::move(request.message);
  }
};

// The call server as `vigil infer` has it: listener, queue thread, workers.
class VigilEcho {
 public:
  VigilEcho() {
    std::vector<rpc::internal::Service> services(1);
    services[0].name = "vigil.bench.Echo";
    const auto open =
        [](const rpc::internal::Call&) -> absl::StatusOr<std::unique_ptr<rpc::internal::Answerer>> {
      return std::make_unique<Echo>();
    };
    services[0].methods = {
        rpc::internal::QuickStreamMethod("Stream", open),
        rpc::internal::StreamMethod("Pooled", pool_, rpc::internal::Pace::kAnswerEvery, open)};
    calls_ = CallServer::Create({}, std::move(services), {});
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(12'000'000);
    rpc::internal::TuneTransport(builder);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    calls_->Register(builder);
    server_ = builder.BuildAndStart();
    calls_->Start();
    Listener::Routes routes;
    routes.http2 = [this](Descriptor connection, const std::string&) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
      parameters.fd = connection.Release();
      acceptor_->HandleNewConnection(&parameters);
    };
    listener_ = Listener::Open({"127.0.0.1", 0}, {}, std::move(routes)).value();
  }
  ~VigilEcho() {
    listener_.reset();
    server_->Shutdown(std::chrono::system_clock::now());
    calls_->Stop();
    server_.reset();
  }
  int port() const { return listener_->port(); }

 private:
  StreamPool pool_{1, "echo-"};
  std::unique_ptr<CallServer> calls_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
};

class PythonEcho {
 public:
  PythonEcho() {
    const std::string script = fmt::format("{}/bench/rpc_echo_server.py", VIGIL_SOURCE_DIR);
    std::array<int, 2> in, out;
    if (pipe(in.data()) != 0 || pipe(out.data()) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      close(in[1]);
      execl("/usr/bin/python3", "python3", script.c_str(), nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    input_ = Descriptor(in[1]);
    std::array<char, 32> line{};
    if (read(out[0], line.data(), line.size() - 1) > 0) port_ = std::atoi(line.data());
    close(out[0]);
  }
  int port() const { return port_; }
  double CpuSeconds() const {
    clockid_t clock = 0;
    timespec time{};
    if (clock_getcpuclockid(child_, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

 private:
  pid_t child_ = -1;
  Descriptor input_;  // its end is the server's
  int port_ = 0;
};

double CpuSeconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Of this process, without the thread that asks: of the servers in it.
double OthersCpuSeconds() {
  return CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
}

// Rates of runs, by the wall's clock and by the server's processor time.
struct Rates {
  std::vector<double> wall, cpu;
  template <typename Cpu, typename Run>
  void Add(int count, Cpu cpu_seconds, Run run) {
    const double before = cpu_seconds();
    wall.push_back(count / run());
    cpu.push_back(count / (cpu_seconds() - before));
  }
};

// Seconds for `count` messages with up to `window` on their way.
double RunTcp(int port, const std::string& message, int count, int window) {
  const Descriptor fd(test::ConnectTo(port));
  const std::string request = bench::TcpRequest(message.size(), message.size());
  std::string answer(message.size(), '\0');
  return bench::Milliseconds([&] {
           int sent = 0;
           for (int received = 0; received < count; ++received) {
             for (; sent < count && sent - received < window; ++sent) {
               if (!bench::WriteAll(fd.get(), request.data(), request.size())) std::abort();
             }
             if (!bench::ReadExactly(fd.get(), answer.data(), answer.size())) std::abort();
           }
         }) *
         1e-3;
}

double RunGrpc(int port, const std::string& message, int count, int window,
               const char* method = "Stream") {
  test::Http2Client client(port);
  client.Send(test::Http2Client::kHeaders, test::Http2Client::kEndHeaders, 1,
              test::Http2Client::CallHeaders(fmt::format("/vigil.bench.Echo/{}", method)));
  const std::size_t size = message.size() + 5;
  return bench::Milliseconds([&] {
           int sent = 0;
           std::size_t bytes = 0;
           while (bytes < static_cast<std::size_t>(count) * size) {
             const int received = static_cast<int>(bytes / size);
             while (sent < count && sent - received < window) {
               if (!client.SendMessage(
                       1, message, [&bytes](const auto& data) { bytes += data.payload.size(); }))
                 std::abort();
               ++sent;
             }
             if (bytes / size > static_cast<std::size_t>(received)) continue;
             const auto frame = client.Next();
             if (!frame) {
               fmt::print("nothing came after {} of {} messages\n", received, count);
               std::exit(1);
             }
             if (frame->type == test::Http2Client::kData) bytes += frame->payload.size();
           }
         }) *
         1e-3;
}

constexpr std::size_t kFrameBytes = 30'000;  // a JPEG of 640 x 480

void Compare(std::size_t bytes, int window) {
  VigilEcho vigil;
  bench::TcpServer tcp;
  PythonEcho python;
  const std::string message(bytes, 'x');
  const int count = static_cast<int>(600'000'000 / (bytes + 10'000));
  Rates quick, pooled, plain, pythons;
  constexpr int kRounds = 5;
  RunGrpc(vigil.port(), message, count / 10, window);
  RunTcp(tcp.port(), message, count / 10, window);
  for (int i = 0; i < kRounds; ++i) {
    quick.Add(count, OthersCpuSeconds,
              [&] { return RunGrpc(vigil.port(), message, count, window); });
    pooled.Add(count, OthersCpuSeconds,
               [&] { return RunGrpc(vigil.port(), message, count, window, "Pooled"); });
    plain.Add(count, OthersCpuSeconds, [&] { return RunTcp(tcp.port(), message, count, window); });
    if (python.port() > 0)
      pythons.Add(
          count / 10, [&] { return python.CpuSeconds(); },
          [&] { return RunGrpc(python.port(), message, count / 10, window); });
  }
  fmt::print("{} bytes, {} on their way\n", bytes, window);
  const double wall = bench::Median(quick.wall), cpu = bench::Median(quick.cpu);
  const auto line = [&](const char* name, const Rates& rates, const char* wanted = "") {
    if (rates.wall.empty()) return;
    const double w = bench::Median(rates.wall), c = bench::Median(rates.cpu);
    fmt::print(
        "  {:<28}{:>8.0f} messages/s, ratio {:>5.2f}{};{:>8.0f} a processor second, ratio "
        "{:>5.2f}\n",
        name, w, wall / w, wanted, c, cpu / c);
  };
  const bool is_frame = bytes == kFrameBytes;
  line("call server", quick);
  line("call server, by a worker", pooled);
  line("TCP", plain, is_frame ? " (at least 0.65 wanted)" : "");
  line("python3-grpcio", pythons, is_frame ? " (at least 6 wanted)" : "");
  std::fflush(stdout);
}

}  // namespace
}  // namespace vigil

int main() {
  for (const int window : {1, 4, 16}) vigil::Compare(vigil::kFrameBytes, window);
  vigil::Compare(300, 16);
  vigil::Compare(921'600, 2);
}
