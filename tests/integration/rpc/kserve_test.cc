// KServe v2 both ways: our server with our engine, and with clients that are not ours.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "inference/grpc_predict_v2.grpc.pb.h"
#include "integration/rpc/infer_fixture.h"
#include "nn/kserve_model.h"
#include "nn/model_file.h"
#include "nn/tflite_model.h"
#include "support/text_file.h"
#include "vigil/v1/inference.grpc.pb.h"

namespace vigil {
namespace {

using test::InferServer;

constexpr const char* kMesh = "face-mesh-attention";

std::unique_ptr<nn::TfliteModel> LocalMesh() {
  const auto file = nn::ModelFile::Read(test::ModelPath("face_landmark_with_attention.tflite"));
  return nn::TfliteModel::Create(kMesh, file->bytes()).value();
}

// Any model that is served is a Model like any other, and says the same to the bit.
TEST(Kserve, ARemoteModelSaysWhatTheLocalOneSays) {
  InferServer server;
  const auto options = nn::ParseKserveUrl("grpc://" + server.address() + "/" + kMesh);
  ASSERT_TRUE(options.ok());
  const auto remote = nn::KserveModel::Create(*options);
  ASSERT_TRUE(remote.ok()) << remote.status();
  const auto local = LocalMesh();
  ASSERT_EQ((*remote)->inputs().size(), local->inputs().size());
  ASSERT_EQ((*remote)->outputs().size(), local->outputs().size());
  std::mt19937 random(7);
  std::uniform_real_distribution<float> pixel(0, 1);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ((*remote)->inputs()[0].shape, local->inputs()[0].shape);
    for (std::size_t i = 0; i < local->input(0).size(); ++i)
      (*remote)->input(0)[i] = local->input(0)[i] = pixel(random);
    ASSERT_TRUE(local->Run().ok());
    ASSERT_TRUE((*remote)->Run().ok());
    for (std::size_t o = 0; o < local->outputs().size(); ++o) {
      EXPECT_EQ((*remote)->outputs()[o].name, local->outputs()[o].name);
      EXPECT_EQ((*remote)->outputs()[o].shape, local->outputs()[o].shape);
      EXPECT_TRUE(std::ranges::equal((*remote)->output(o), local->output(o)));
    }
  }
}

// The face networks on another machine: what is found is the same, to the last digit.
TEST(Kserve, FacesAreThoseOfTheNetworksHere) {
  InferServer server;
  const test::TempDir dir;
  const auto faces = [&](const std::string& name, std::vector<std::string> more) {
    const std::string json = (dir / name).string();
    std::vector<std::string> command = {VIGIL_BINARY, "analyze",
                                        test::SamplePath("astronaut.png").string(), "--json", json};
    command.insert(command.end(), more.begin(), more.end());
    const auto outcome = test::RunProgram(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    auto frame = nlohmann::json::parse(test::ReadText(json));
    EXPECT_EQ(frame["faces"].size(), 1U);
    return frame["faces"];
  };
  EXPECT_EQ(faces("there.jsonl", {"--set", "models.server=grpc://" + server.address()}),
            faces("here.jsonl", {}));
  EXPECT_GT(
      server.Metric("vigil_model_requests_total{model=\"face-mesh-attention\",outcome=\"ok\"}"), 0);
  const auto wrong =
      test::RunProgram({VIGIL_BINARY, "analyze", test::SamplePath("astronaut.png").string(),
                        "--set", "models.server=http://somewhere"});
  EXPECT_EQ(wrong.exit_code, 2);
}

TEST(Kserve, AServerThatIsAwayIsAnErrorOfThatRun) {
  auto server = std::make_unique<InferServer>();
  auto options = nn::ParseKserveUrl("grpc://" + server->address() + "/" + kMesh).value();
  options.timeout = std::chrono::seconds(2);
  const auto model = nn::KserveModel::Create(options).value();
  EXPECT_TRUE(model->Run().ok());
  server->program().Signal(SIGKILL);
  (void)server->program().Wait();
  const auto status = model->Run();
  EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) << status;
  options.model = "nobody";
  EXPECT_FALSE(nn::KserveModel::Create(options).ok());
}

TEST(Kserve, RefusesWhatDoesNotFitTheModel) {
  InferServer server;
  auto stub = inference::GRPCInferenceService::NewStub(test::Connect(server.address()));
  const auto local = LocalMesh();
  const auto good = [&] {
    inference::ModelInferRequest request;
    request.set_model_name(kMesh);
    auto& tensor = *request.add_inputs();
    tensor.set_name(local->inputs()[0].name);
    tensor.set_datatype("FP32");
    for (const auto side : local->inputs()[0].shape) tensor.add_shape(side);
    request.add_raw_input_contents(std::string(local->inputs()[0].elements() * 4, '\0'));
    return request;
  };
  const auto ask = [&](const inference::ModelInferRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(test::In(std::chrono::seconds(20)));
    inference::ModelInferResponse response;
    return stub->ModelInfer(&context, request, &response).error_code();
  };
  EXPECT_EQ(ask(good()), grpc::StatusCode::OK);
  using Request = inference::ModelInferRequest;
  const std::pair<const char*, std::function<void(Request&)>> cases[] = {
      {"model", [](Request& r) { r.set_model_name("nobody"); }},
      {"version", [](Request& r) { r.set_model_version("99"); }},
      {"no input", [](Request& r) { r.clear_inputs(); }},
      {"two inputs", [](Request& r) { *r.add_inputs() = r.inputs(0); }},
      {"input twice",
       [](Request& r) {
         *r.add_inputs() = r.inputs(0);
         r.add_raw_input_contents(r.raw_input_contents(0));
       }},
      {"name", [](Request& r) { r.mutable_inputs(0)->set_name("x"); }},
      {"type", [](Request& r) { r.mutable_inputs(0)->set_datatype("INT8"); }},
      {"shape", [](Request& r) { r.mutable_inputs(0)->set_shape(1, 1 << 30); }},
      {"shape below 0", [](Request& r) { r.mutable_inputs(0)->set_shape(0, -1); }},
      {"short", [](Request& r) { r.mutable_raw_input_contents(0)->resize(10); }},
      {"contents twice",
       [](Request& r) { r.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1); }},
      {"no contents", [](Request& r) { r.clear_raw_input_contents(); }},
      {"output", [](Request& r) { r.add_outputs()->set_name("x"); }},
  };
  for (const auto& [name, spoil] : cases) {
    Request request = good();
    spoil(request);
    const auto code = ask(request);
    EXPECT_TRUE(code == grpc::StatusCode::INVALID_ARGUMENT || code == grpc::StatusCode::NOT_FOUND)
        << name << ": " << code;
  }
  EXPECT_EQ(ask(good()), grpc::StatusCode::OK);
}

TEST(Infer, ObjectsOfAPictureAndOfAStream) {
  InferServer server({"--detector", "hog", "--faces"});
  const auto street = media::ReadPicture(test::SamplePath("astronaut.png")).value();
  auto stub = v1::InferenceService::NewStub(test::Connect(server.address()));
  v1::InferenceRequest request;
  request.set_width(street.width());
  request.set_height(street.height());
  request.set_frame(street.view().data, street.bytes());
  request.set_timestamp_us(5);
  request.set_sequence(6);
  {
    grpc::ClientContext context;
    v1::InferenceResponse response;
    const auto status = stub->Infer(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.model_name(), "hog");
    EXPECT_EQ(response.timestamp_us(), 5);
    EXPECT_EQ(response.sequence(), 6U);
    EXPECT_EQ(response.width(), street.width());
    for (const auto& one : response.detections()) EXPECT_EQ(one.class_name(), "person");
  }
  {
    grpc::ClientContext context;
    auto stream = stub->StreamInfer(&context);
    v1::InferenceResponse response;
    for (int i = 0; i < 3; ++i) {
      request.set_height(i == 1 ? 7 : street.height());
      ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
      EXPECT_EQ(response.has_error(), i == 1);
    }
    stream->WritesDone();
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
  }
  {
    grpc::ClientContext context;
    v1::InferenceResponse response;
    request.set_height(7);
    EXPECT_EQ(stub->Infer(&context, request, &response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  request.set_height(street.height());
  for (const float confidence : {-0.1F, 1.1F, std::numeric_limits<float>::quiet_NaN()}) {
    grpc::ClientContext context;
    v1::InferenceResponse response;
    request.set_min_confidence(confidence);
    const auto status = stub->Infer(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_NE(status.error_message().find("min_confidence"), std::string::npos);
  }
  const auto health_of = [&](const std::string& service, v1::HealthCheckResponse& health) {
    grpc::ClientContext context;
    v1::HealthCheckRequest question;
    question.set_service(service);
    return stub->HealthCheck(&context, question, &health).error_code();
  };
  v1::HealthCheckResponse health;
  for (const char* service : {"", "vigil.v1.GazeService"}) {
    EXPECT_EQ(health_of(service, health), grpc::StatusCode::OK);
    EXPECT_EQ(health.status(), v1::HealthCheckResponse::STATUS_HEALTHY);
    EXPECT_EQ(health.details().at("objects"), "hog");
  }
  EXPECT_EQ(health_of("vigil.v1.NoService", health), grpc::StatusCode::NOT_FOUND);
}

// Debian's python3-grpcio, with messages that protoc makes of our files: health, reflection, gaze, KServe.
TEST(Python, AClientThatIsNotOurs) {
  InferServer server;
  const test::TempDir dir;
  const std::string protos = test::SourcePath("proto").string();
  const auto made =
      test::RunProgram({"sh", "-c",
                        "cd " + protos + " && protoc -I. --python_out=" + dir.path().string() +
                            " vigil/v1/*.proto inference/*.proto grpc/health/v1/*.proto"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const test::Portrait portrait;
  test::WriteFile(dir / "portrait.jpg", portrait.jpeg);
  const auto outcome = test::RunProgram(
      {"/usr/bin/python3", test::SourcePath("tests/integration/rpc/client.py").string(),
       server.address(), dir.path().string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
}

}  // namespace
}  // namespace vigil
