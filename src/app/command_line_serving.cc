// Commands that serve others, or stream to who serves.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "app/command_line.h"
#include "app/infer.h"
#include "app/stage_command.h"

namespace vigil::app {
namespace {

constexpr const char* kExitCodes =
    "Exit code: 0 stopped,\n1 a port or model failed, 2 wrong usage, 78 wrong configuration.";

}  // namespace

void CommandLine::AddServerFlags(CLI::App& c, const std::string& listen) {
  AddConfigOptions(c);
  AddKeyFlag(c, "--listen", "server.listen",
             fmt::format("gRPC and HTTP on one port; default: {}", listen), "HOST:PORT");
  AddKeyFlag(c, "--tls-cert", "server.tls.certificate_file", "the server's certificate, PEM",
             "FILE");
  AddKeyFlag(c, "--tls-key", "server.tls.key_file", "its private key, PEM", "FILE");
  AddKeyFlag(c, "--tls-client-ca", "server.tls.client_ca_file",
             "who signs the certificates that clients have to show, PEM", "FILE");
  AddKeySwitch(c, "--insecure", "server.insecure", "listen beyond this machine without TLS");
  AddKeyFlag(c, "--threads", "threads", "workers; 0: one a core", "N");
  AddKeyFlag(c, "--attention-purpose", "face.attention_purpose",
             "what people's attention is scored for; needed beyond this machine", "TEXT");
}

void CommandLine::AddInfer() {
  CLI::App& c = *app_.add_subcommand(
      "infer", "inference server: faces, objects and single networks for others, over gRPC");
  AddServerFlags(c, "127.0.0.1:50051");
  AddKeyFlag(c, "--http", "server.http_listen",
             "HTTP alone: /health, /metrics; default: 127.0.0.1:8080", "HOST:PORT");
  AddDetectorFlags(c);
  c.footer(
      "Examples:\n  vigil infer\n  vigil infer --faces --detector yolox-nano --threads 4\n"
      "  vigil infer --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key "
      "--attention-purpose \"driver safety\"\n"
      "  curl http://127.0.0.1:50051/health\n\n"
      "Ctrl-C or SIGTERM: streams come to their end within server.drain. " +
      std::string(kExitCodes));
  c.callback([this] {
    command_ = [this] {
      return WithConfig([](const Config& config) { return RunInfer(config); }, "infer");
    };
  });
}

void CommandLine::AddStage() {
  CLI::App& c = *app_.add_subcommand(
      "stage", "one stage of the face pipeline as a service, for vigil orchestrate");
  std::vector<std::string> names;
  for (const face::Stage stage : face::kStages) names.emplace_back(NameOf(stage));
  c.add_option("NAME", stage_, "which")->required()->check(CLI::IsMember(names))->type_name("");
  AddServerFlags(c, "127.0.0.1 and 50052 to 50057, in the order of names");
  c.footer(
      "Examples:\n  vigil stage head-pose\n  vigil stage face-detection --listen 127.0.0.1:50152 "
      "--threads 1\n"
      "  curl http://127.0.0.1:50054/health\n\n"
      "Blink and attention keep a state a stream: a stream's frames belong to one replica.\n" +
      std::string(kExitCodes));
  c.callback([this] {
    command_ = [this] {
      const face::Stage stage = *face::StageNamed(stage_);
      return WithConfig([stage](const Config& config) { return RunStage(stage, config); }, stage_,
                        [stage](Config& config) {
                          config.server.listen = StageAddress(stage);
                          config.server.http_listen.clear();
                        });
    };
  });
}

void CommandLine::AddOrchestrate() {
  CLI::App& c = *app_.add_subcommand(
      "orchestrate", "the face pipeline over gRPC, its stages in this process or in others");
  AddServerFlags(c, "127.0.0.1:50051");
  for (const face::Stage stage : face::kStages) {
    AddKeyFlag(c, fmt::format("--{}", NameOf(stage)),
               fmt::format("orchestrate.stages.{}.endpoints", NameOf(stage)),
               "where it is served; [a, b] for several replicas", "HOST:PORT");
  }
  AddKeyFlag(c, "--redis", "orchestrate.redis.url", "publish attention updates there", "URL");
  c.footer(
      "Examples:\n  vigil orchestrate\n"
      "  vigil orchestrate --head-pose 127.0.0.1:50054 --blink '[10.0.0.5:50056, 10.0.0.6:50056]'\n"
      "  vigil orchestrate --config cluster.yaml --redis redis://127.0.0.1\n\n"
      "A stage that does not answer is named in each result (failed_stages) and costs its part "
      "alone.\n"
      "docs/stages.md has the walk-through.\n" +
      std::string(kExitCodes));
  c.callback([this] {
    command_ = [this] {
      return WithConfig([](const Config& config) { return RunOrchestrate(config); }, "orchestrate",
                        [](Config& config) { config.server.http_listen.clear(); });
    };
  });
}

void CommandLine::AddEdge() {
  CLI::App& c = *app_.add_subcommand(
      "edge", "camera device: frames to an inference server, and faces here where it is away");
  c.add_option("INPUT", edge_.inputs,
               "/dev/video0, rtsp:// or http:// addresses, videos (played at their own pace); "
               "default: camera.url");
  AddKeyFlag(c, "--remote-dgx", "remote_dgx_url",
             "the server, where vigil infer runs: http://HOST:PORT, https://HOST:PORT", "URL");
  AddKeyFlag(c, "--mode", "edge.mode",
             "remote, local, both, or auto: this device looks where the server does not answer",
             "MODE");
  AddFileOption(c, "--json", edge_.json, "one JSON object a result; '-' for standard output");
  AddFileOption(c, "--save", edge_.save, "annotated video; a folder for several inputs", "PATH");
  c.add_flag("--display", edge_.display, "show the annotated frames in a window");
  c.add_flag("-q,--quiet", edge_.quiet, "no progress, no summary");
  AddKeyFlag(c, "--deadline", "edge.deadline",
             "from a frame's capture until its result has to be there", "TIME");
  AddKeyFlag(c, "--fps", "edge.max_fps", "frames a second at most; 0: all", "N");
  AddKeyFlag(c, "--encoding", "edge.encoding", "how frames are sent", "jpeg|raw");
  AddKeyFlag(c, "--quality", "edge.jpeg_quality", "of JPEG, 1 to 100", "N");
  AddKeyFlag(c, "--http", "edge.http_listen", "where /health and /metrics are; default: nowhere",
             "HOST:PORT");
  AddKeySwitch(c, "--insecure", "edge.insecure", "let --http be reached from other machines");
  AddConfigOptions(c);
  AddKeyFlag(c, "--max-faces", "face.max_faces", "faces at once; default: 20", "N");
  c.footer(
      "Examples:\n  vigil edge /dev/video0 --remote-dgx http://dgx.local:50051 --display\n"
      "  vigil edge rtsp://camera.local/main --remote-dgx https://dgx.local:50051 --json -\n"
      "  vigil edge /dev/video0 --config config.json     # {\"remote_dgx_url\": \"http://…\"}\n"
      "  vigil edge clip.mp4 --mode local --save out.mp4\n\n"
      "Each result says where it was computed. Ctrl-C ends it with a summary; exit code: 0 fine,\n"
      "1 an input or output failed, 2 wrong usage, 78 wrong configuration.");
  c.callback([this] {
    command_ = [this] {
      return WithConfig([this](const Config& config) { return RunEdge(edge_, config); }, "edge");
    };
  });
}

}  // namespace vigil::app
