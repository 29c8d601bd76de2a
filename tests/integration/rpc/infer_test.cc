// `vigil infer` as its operators see it: port, health, limits, TLS, the end.
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <gtest/gtest.h>

#include <thread>

#include "grpc/health/v1/health.grpc.pb.h"
#include "integration/rpc/infer_fixture.h"
#include "vigil/v1/inference.grpc.pb.h"

namespace vigil {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using test::GazeCall;
using test::Http2Client;
using test::InferServer;
using test::Portrait;

HealthCheckResponse::ServingStatus Check(const std::shared_ptr<grpc::Channel>& channel,
                                         const std::string& service) {
  auto stub = grpc::health::v1::Health::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(test::In(std::chrono::seconds(10)));
  HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  const auto status = stub->Check(&context, request, &response);
  return status.ok() ? response.status() : HealthCheckResponse::SERVICE_UNKNOWN;
}

TEST(Infer, OnePortAnswersGrpcAndHttp) {
  InferServer server;
  for (const char* service : {"", "vigil.v1.GazeService", "vigil.v1.InferenceService",
                              "inference.GRPCInferenceService"}) {
    EXPECT_EQ(Check(test::Connect(server.address()), service), HealthCheckResponse::SERVING)
        << service;
  }
  EXPECT_EQ(Check(test::Connect(server.address()), "nobody"), HealthCheckResponse::SERVICE_UNKNOWN);
  for (const int port : {server.port(), server.http_port()}) {
    const std::string health = InferServer::Get(port, "/health");
    EXPECT_TRUE(health.starts_with("HTTP/1.1 200")) << health;
    EXPECT_NE(health.find(R"("status":"healthy","service":"infer","version":")"),
              std::string::npos);
    EXPECT_NE(health.find(R"("statistics":{"frames_dropped_total":0)"), std::string::npos);
    EXPECT_TRUE(InferServer::Get(port, "/readyz").starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(InferServer::Get(port, "/livez").starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(InferServer::Get(port, "/nothing").starts_with("HTTP/1.1 404"));
    EXPECT_NE(InferServer::Get(port, "/metrics").find("inference_requests_total"),
              std::string::npos);
  }
  // HTTP/2 on the port of HTTP is nobody's.
  Http2Client wrong(server.http_port());
  EXPECT_TRUE(wrong.AwaitClosed());
}

TEST(Infer, ASignalLetsStreamsComeToTheirEnd) {
  InferServer server;
  const Portrait portrait;
  const auto channel = test::Connect(server.address());
  auto stub = grpc::health::v1::Health::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(test::In(std::chrono::seconds(60)));
  auto watch = stub->Watch(&context, {});
  HealthCheckResponse health;
  ASSERT_TRUE(watch->Read(&health));
  EXPECT_EQ(health.status(), HealthCheckResponse::SERVING);

  GazeCall call(channel);
  (void)call.Ask(portrait.Frame(0));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(1200));  // nothing new is said to who watches meanwhile
  call.stream().Write(portrait.Frame(1));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(50));  // it is there; or it is refused, and that is right too
  const auto start = std::chrono::steady_clock::now();
  server.program().Signal(SIGTERM);
  ASSERT_TRUE(watch->Read(&health));
  EXPECT_EQ(health.status(), HealthCheckResponse::NOT_SERVING);
  v1::FaceMeshResult result;
  while (call.stream().Read(&result)) EXPECT_EQ(result.error().code(), 0);
  EXPECT_EQ(call.stream().Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto outcome = server.program().Wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

// USERS.md, pains 17 and 18: a thousand streams in and out.
TEST(Infer, StreamsOpenedAndAbandonedLeaveNothingBehind) {
  // A line of each stream would fill the pipe that nobody reads until the end.
  InferServer server({"--set", "server.limits.resets=1000000", "--set", "log.level=warning"});
  const Portrait portrait;
  const v1::VideoFrame frame = portrait.Frame(0);
  const auto abandon = [&](int count) {
    for (int i = 0; i < count; ++i) {
      // Every tenth with a connection of its own, which is abandoned too.
      static std::shared_ptr<grpc::Channel> channel;
      if (i % 10 == 0) channel = test::Connect(server.address());
      GazeCall call(channel);
      if (i % 3 != 0) call.stream().Write(frame);
      if (i % 5 == 0) {
        v1::FaceMeshResult ignored;
        if (i % 3 != 0) call.stream().Read(&ignored);
      }
      call.context().TryCancel();
    }
  };
  abandon(200);  // all memory that is kept was taken once
  EXPECT_EQ(server.AwaitMetric("vigil_calls", 0), 0);
  const int descriptors = server.OpenDescriptors();
  const long memory = server.Memory();
  abandon(1000);
  EXPECT_EQ(server.AwaitMetric("vigil_calls", 0), 0);
  EXPECT_EQ(server.AwaitMetric("vigil_streams{service=\"gaze\"}", 0), 0);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LE(server.OpenDescriptors(), descriptors + 10);
  EXPECT_LE(server.Memory(), memory * 11 / 10 + 8192) << "KiB";
  GazeCall call(test::Connect(server.address()));
  EXPECT_EQ(call.Ask(frame).faces_size(), 1);
}

// What many had sent of large messages before they went is not kept.
TEST(Infer, MemoryOfLargeMessagesIsGivenBack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer has an allocator of its own, which gives back when it likes";
#endif
  const InferServer server;
  constexpr int kClients = 30;
  std::string part = Http2Client::Message(std::string(11'000'000, 'x'));
  part.resize(10'000'000);
  const auto all_send = [&] {
    std::vector<std::unique_ptr<Http2Client>> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.push_back(std::make_unique<Http2Client>(server.port()));
      clients.back()->Send(Http2Client::kHeaders, Http2Client::kEndHeaders, 1,
                           Http2Client::CallHeaders("/vigil.v1.GazeService/StreamGaze"));
      EXPECT_TRUE(clients.back()->SendData(1, part, [](const auto&) {}));
    }
    EXPECT_EQ(server.AwaitMetric("vigil_calls", kClients), kClients);
  };
  const long before = server.Memory();
  all_send();
  EXPECT_EQ(server.AwaitMetric("vigil_calls", 0), 0);
  const long most = before + 64 * 1024;
  for (int i = 0; i < 100 && server.Memory() > most; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LE(server.Memory(), most) << "KiB, of before " << before;
}

// A frame that takes its time is a sign of life, though what answers a ping waits behind it.
TEST(InferLimits, ASlowSenderIsNotCutOff) {
  const InferServer server(
      {"--set", "server.limits.ping_every=1s", "--set", "server.limits.ping_timeout=1s"});
  Http2Client client(server.port());
  client.Send(Http2Client::kHeaders, Http2Client::kEndHeaders, 1,
              Http2Client::CallHeaders("/vigil.v1.GazeService/StreamGaze"));
  while (client.Next(std::chrono::milliseconds(300)))
    continue;  // large frames count once settings are answered
  const std::string message = Http2Client::Message(std::string(60'000, 'x'));
  ASSERT_TRUE(client.Write(Http2Client::Header(Http2Client::kData, 0, 1, message.size())));
  constexpr std::size_t kPieces = 20;
  const std::size_t piece = message.size() / kPieces + 1;
  for (std::size_t at = 0; at < message.size(); at += piece) {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    ASSERT_TRUE(client.Write(message.substr(at, piece))) << at;
  }
  bool answered = false;
  while (const auto frame = client.Next()) {
    if (answered = frame->type == Http2Client::kData; answered) break;
  }
  EXPECT_TRUE(answered);
}

TEST(InferLimits, StreamsOfAClient) {
  InferServer server({"--set", "server.limits.streams_per_client=3"});
  const Portrait portrait;
  std::vector<std::unique_ptr<GazeCall>> calls;
  for (int i = 0; i < 3; ++i) {
    calls.push_back(std::make_unique<GazeCall>(test::Connect(server.address())));
    EXPECT_EQ(calls.back()->Ask(portrait.Frame(0)).faces_size(), 1);
  }
  GazeCall one_more(test::Connect(server.address()));
  const auto refused = one_more.Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.error_message(), "more than 3 streams at once of one address");
  EXPECT_EQ(server.AwaitMetric("vigil_calls_refused_total", 1), 1);
  EXPECT_TRUE(calls[0]->Finish().ok());
  EXPECT_EQ(server.AwaitMetric("vigil_calls", 2), 2);
  GazeCall again(test::Connect(server.address()));
  EXPECT_EQ(again.Ask(portrait.Frame(0)).faces_size(), 1);
  server.program().Signal(SIGTERM);
  EXPECT_NE(server.program().Wait().err.find("server.limits.streams_per_client"),
            std::string::npos);
}

TEST(InferLimits, IdleStreamsEnd) {
  InferServer server({"--set", "server.limits.idle_call=500ms"});
  GazeCall call(test::Connect(server.address()));
  v1::FaceMeshResult ignored;
  EXPECT_FALSE(call.stream().Read(&ignored));
  EXPECT_EQ(call.stream().Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

// USERS.md, pain 25: results that nobody takes fill the connection; the call ends all the same, and its memory is free.
TEST(InferLimits, StreamsThatAreNotReadEnd) {
  InferServer server({"--set", "server.limits.idle_call=1s"});
  const Portrait portrait;
  grpc::ChannelArguments narrow;  // or the connection would hold all of them
  narrow.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  narrow.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 5);
  GazeCall call(
      grpc::CreateCustomChannel(server.address(), grpc::InsecureChannelCredentials(), narrow));
  for (int i = 0; i < 60; ++i) {
    if (!call.stream().Write(portrait.Frame(i))) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(server.AwaitMetric("vigil_calls", 0), 0);
}

TEST(InferLimits, SizeOfMessages) {
  InferServer server({"--set", "server.limits.message=1MiB"});
  const Portrait portrait;
  for (const bool beyond : {false, true}) {
    GazeCall call(test::Connect(server.address()));
    v1::VideoFrame frame = portrait.Frame(0);
    frame.mutable_frame_data()->append(
        std::string((1 << 20) - frame.ByteSizeLong() - 10 + (beyond ? 1000 : 0), 'x'));
    call.stream().Write(frame);
    v1::FaceMeshResult result;
    EXPECT_EQ(call.stream().Read(&result), !beyond);
    if (beyond) {
      EXPECT_EQ(call.stream().Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    }
  }
}

// A bomb of zeros cannot be compressed into a small message.
TEST(InferLimits, CompressedMessagesAreRefused) {
  InferServer server;
  auto stub = v1::InferenceService::NewStub(test::Connect(server.address()));
  grpc::ClientContext context;
  context.set_deadline(test::In(std::chrono::seconds(20)));
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::InferenceRequest request;
  request.set_frame(std::string(10'000'000, '\0'));
  v1::InferenceResponse response;
  EXPECT_EQ(stub->Infer(&context, request, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST(InferLimits, Connections) {
  InferServer server({"--set", "server.limits.connections=5"});
  std::vector<std::unique_ptr<Http2Client>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<Http2Client>(server.port()));
    EXPECT_TRUE(clients.back()->Next());
  }
  Http2Client one_more(server.port());
  EXPECT_TRUE(one_more.AwaitClosed(std::chrono::seconds(2)));
  clients.pop_back();
  bool served = false;
  for (int i = 0; i < 50 && !served; ++i) {
    Http2Client again(server.port());
    served = again.Next(std::chrono::milliseconds(500)).has_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(served);
}

TEST(InferLimits, ConnectionsThatSayNothingAreClosed) {
  InferServer server({"--set", "server.limits.first_bytes=300ms"});
  for (const char* first : {"", "P", "PR", "\x16\x03\x01", "\x01\x02\x03", "xyz"}) {
    const int fd = test::ConnectTo(server.port());
    ASSERT_EQ(write(fd, first, strlen(first)), static_cast<ssize_t>(strlen(first)));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(test::ReadAll(fd), "") << first;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4)) << first;
    close(fd);
  }
  EXPECT_TRUE(InferServer::Get(server.port(), "/livez").starts_with("HTTP/1.1 200"));
}

// HTTP/2's rapid reset (CVE-2023-44487): calls that are opened only to be cut off.
TEST(InferLimits, RapidResetsEndTheConnection) {
  InferServer server;
  Http2Client client(server.port());
  const std::string headers = Http2Client::CallHeaders("/vigil.v1.GazeService/StreamGaze");
  bool open = true;
  for (std::uint32_t i = 0; i < 20'000 && open; ++i) {
    open = client.Send(Http2Client::kHeaders, Http2Client::kEndHeaders, 2 * i + 1, headers) &&
           client.Send(Http2Client::kReset, 0, 2 * i + 1, Http2Client::Big(8));
    while (open && client.Next(std::chrono::milliseconds(0))) {
    }
  }
  EXPECT_TRUE(!open || client.AwaitClosed());
  EXPECT_EQ(server.AwaitMetric("vigil_connections_reset_total", 1),
            1);  // counted once it is closed
  EXPECT_EQ(server.AwaitMetric("vigil_calls", 0), 0);
}

TEST(InferLimits, HeadersAreBounded) {
  InferServer server;
  const long memory = server.Memory();
  Http2Client client(server.port());
  // Continuation frames without an end (CONTINUATION flood), which gRPC 1.51 keeps: 1 GiB of them at most.
  bool open = client.Send(Http2Client::kHeaders, 0, 1, Http2Client::CallHeaders("/x/y"));
  const std::string more = Http2Client::Literal("x-padding", std::string(16'000, 'a'));
  for (int i = 0; i < 65'536 && open; ++i)
    open = client.Send(Http2Client::kContinuation, 0, 1, more);
  EXPECT_FALSE(open);
  EXPECT_LT(server.Memory(), memory + 512 * 1024) << "KiB";
  EXPECT_EQ(server.AwaitMetric("vigil_connections_flooding_total", 1), 1);
  // One call with too much metadata ends, the server does not.
  auto stub = grpc::health::v1::Health::NewStub(test::Connect(server.address()));
  grpc::ClientContext context;
  context.AddMetadata("x-large", std::string(40'000, 'a'));
  HealthCheckResponse response;
  EXPECT_EQ(stub->Check(&context, {}, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Check(test::Connect(server.address()), ""), HealthCheckResponse::SERVING);
}

TEST(InferLimits, PingsWithoutCallsAreCounted) {
  InferServer server;
  Http2Client client(server.port());
  bool open = true;
  for (int i = 0; i < 1000 && open; ++i) {
    open = client.Send(Http2Client::kPing, 0, 0, "12345678");
    const auto frame = client.Next(std::chrono::milliseconds(10));
    if (frame && frame->type == Http2Client::kGoAway) open = false;
  }
  EXPECT_FALSE(open);
}

TEST(InferAddress, BeyondThisMachineNeedsTlsOrAWord) {
  const auto refused = test::RunProgram({VIGIL_BINARY, "infer", "--listen", "0.0.0.0:0"});
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_NE(refused.err.find("--insecure"), std::string::npos) << refused.err;
  const auto http = test::RunProgram({VIGIL_BINARY, "infer", "--http", "0.0.0.0:0"});
  EXPECT_EQ(http.exit_code, 78);
  InferServer insecure({"--listen", "0.0.0.0:0", "--insecure", "--attention-purpose", "a test"});
}

TEST(InferAddress, BeyondThisMachineAttentionNeedsAPurpose) {
  const auto refused =
      test::RunProgram({VIGIL_BINARY, "infer", "--listen", "0.0.0.0:0", "--insecure"});
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_NE(refused.err.find("--attention-purpose"), std::string::npos) << refused.err;
  InferServer told({"--listen", "0.0.0.0:0", "--insecure", "--attention-purpose", "a test"});
  EXPECT_NE(InferServer::Get(told.port(), "/health").find("scored for: a test"), std::string::npos);
  InferServer objects({"--listen", "0.0.0.0:0", "--insecure", "--detector", "hog"});
}

TEST(InferAddress, APortThatIsTakenIsAnErrorOfOneLine) {
  InferServer server;
  const auto second =
      test::RunProgram({VIGIL_BINARY, "infer", "--listen", server.address(), "--http", ""});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("cannot listen on"), std::string::npos) << second.err;
}

class InferTls : public testing::Test {
 protected:
  InferTls() {
    Run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout $D/ca.key -out "
        "$D/ca.pem");
    for (const std::string name : {"server", "client", "stranger"}) {
      Run("openssl req -newkey rsa:2048 -nodes -subj /CN=" + name + " -keyout $D/" + name +
          ".key -out $D/" + name + ".csr");
      test::WriteFile(dir_ / "ext", "subjectAltName=DNS:localhost,IP:127.0.0.1");
      Run("openssl x509 -req -days 2 -in $D/" + name + ".csr " +
          (name == "stranger" ? "-signkey $D/stranger.key"
                              : "-CA $D/ca.pem -CAkey $D/ca.key -CAcreateserial") +
          " -extfile $D/ext -out $D/" + name + ".pem");
    }
  }
  void Run(const std::string& command) {
    const auto outcome =
        test::RunProgram({"sh", "-c", "D=" + dir_.path().string() + "; " + command});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  std::string Path(const std::string& name) const { return (dir_ / name).string(); }
  std::string Text(const std::string& name) const {
    std::ifstream file(dir_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool Works(InferServer& server, const std::string& client) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Text("ca.pem");
    if (!client.empty()) {
      options.pem_cert_chain = Text(client + ".pem");
      options.pem_private_key = Text(client + ".key");
    }
    GazeCall call(test::Connect(server.address(), grpc::SslCredentials(options)),
                  std::chrono::seconds(20));
    v1::FaceMeshResult result;
    return call.stream().Write(portrait_.Frame(0)) && call.stream().Read(&result) &&
           result.faces_size() == 1;
  }

  test::TempDir dir_;
  const Portrait portrait_;
};

TEST_F(InferTls, EncryptsAndKnowsItsClients) {
  {
    InferServer server({"--tls-cert", Path("server.pem"), "--tls-key", Path("server.key")});
    EXPECT_TRUE(Works(server, ""));
    GazeCall plain(test::Connect(server.address()), std::chrono::seconds(3));
    EXPECT_FALSE(plain.Finish().ok());
    EXPECT_TRUE(InferServer::Get(server.http_port(), "/health").starts_with("HTTP/1.1 200"));
  }
  InferServer server({"--tls-cert", Path("server.pem"), "--tls-key", Path("server.key"),
                      "--tls-client-ca", Path("ca.pem")});
  EXPECT_TRUE(Works(server, "client"));
  EXPECT_FALSE(Works(server, ""));
  EXPECT_FALSE(Works(server, "stranger"));
}

TEST_F(InferTls, AKeyOfAnotherCertificateIsToldAtOnce) {
  const auto outcome =
      test::RunProgram({VIGIL_BINARY, "infer", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
                        "--tls-cert", Path("server.pem"), "--tls-key", Path("client.key")});
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_EQ(outcome.err.find("PRIVATE"), std::string::npos);
  const auto missing =
      test::RunProgram({VIGIL_BINARY, "infer", "--listen", "127.0.0.1:0", "--tls-cert",
                        Path("none.pem"), "--tls-key", Path("server.key")});
  EXPECT_EQ(missing.exit_code, 78);
  EXPECT_NE(missing.err.find("server.tls.certificate_file"), std::string::npos) << missing.err;
}

}  // namespace
}  // namespace vigil
