// The one executable: reads the command line and calls the subcommand.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/analyze.h"
#include "app/bench_detect.h"
#include "app/config.h"
#include "app/config_command.h"
#include "app/edge.h"
#include "app/infer.h"
#include "app/models_command.h"
#include "app/outbox_command.h"
#include "app/replay.h"
#include "app/signals.h"
#include "app/stage_command.h"
#include "app/test_notify_command.h"
#include "app/version.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/status.h"
#include "tracking/mot_run.h"

namespace vigil::app {
namespace {

// Options that every command with a configuration has.
void AddConfigOptions(CLI::App& command, ConfigArguments& arguments) {
  command
      .add_option("--config", arguments.file,
                  "configuration file, YAML or JSON (default: $VIGIL_CONFIG, else none)")
      ->type_name("FILE");
  command
      .add_option_function<std::vector<std::string>>(
          "--set",
          [&arguments](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              auto set = config::ParseSet(text);
              if (!set.ok())
                throw CLI::ValidationError("--set", std::string(MessageOf(set.status())));
              arguments.set.push_back(*std::move(set));
            }
          },
          "one configuration key: --set face.max_faces=4")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

// A flag that stands for a configuration key. Its text is checked with all the others, when the
// configuration is loaded.
void AddKeyFlag(CLI::App& command, ConfigArguments& arguments, const std::string& flag,
                const std::string& path, const std::string& help, const std::string& type) {
  command
      .add_option_function<std::string>(flag, config::FlagInto(arguments.flags, path, flag),
                                        fmt::format("{} ({})", help, path))
      ->type_name(type);
}

// A line each of what is wrong. What stands on the command line alone is wrong usage.
int RefuseConfiguration(std::string_view lines) {
  bool usage = true;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    usage = usage && line.starts_with("--");
    fmt::print(stderr, "vigil: {}\n", line);
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
  return usage ? kExitUsage : kExitBadConfiguration;
}

// The first word that should be a command, or an option, and is none; the words before it name commands.
std::string UnknownWord(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  for (int i = 1; i < argc && command->get_require_subcommand_min() > 0; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-")) {
      if (command->get_option_no_throw(word) != nullptr) return {};
      return fmt::format("{}: no such option", word);
    }
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* one : command->get_subcommands({})) {
      names.push_back(one->get_name());
      if (one->get_name() == word) next = one;
    }
    if (next == nullptr) return fmt::format("{}: no such command{}", word, DidYouMean(word, names));
    command = next;
  }
  return {};
}

// Loads the configuration and sets up logging in the name of `service`, then runs `command`. `defaults` are those of the
// command where it has its own.
int WithConfig(const ConfigArguments& arguments, const std::function<int(const Config&)>& command,
               const std::string& service = "vigil",
               const std::function<void(Config&)>& defaults = nullptr) {
  Config config;
  if (defaults) defaults(config);
  config::Schema schema;
  Register(schema, config);
  const auto resolved = LoadConfiguration(schema, arguments, config::ProcessEnvironment());
  if (!resolved.ok()) return RefuseConfiguration(MessageOf(resolved.status()));
  log::Setup(config.log.level, config.log.format, service);
  return command(config);
}

const CLI::Validator kNamed(
    [](const std::string& name) {
      return name.empty() ? std::string("the name is empty; leave the flag out for none") : "";
    },
    "");

class CommandLine {
 public:
  CommandLine() : app_("Vigil: real-time vision. Cameras in, understanding out.", "vigil") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", VersionText());
    app_.get_formatter()->column_width(36);
    app_.footer("Example: vigil analyze portrait.jpg --save annotated.jpg");
    AddAnalyze();
    AddInfer();
    AddStage();
    AddOrchestrate();
    AddEdge();
    AddReplay();
    AddTestNotify();
    AddOutbox();
    AddBench();
    AddModels();
    AddConfig();
  }

  int Run(int argc, char** argv) {
    if (const std::string unknown = UnknownWord(app_, argc, argv); !unknown.empty()) {
      fmt::print(stderr, "vigil: {} (see vigil --help)\n", unknown);
      return kExitUsage;
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp& e) {
      return app_.exit(e);
    } catch (const CLI::CallForAllHelp& e) {
      return app_.exit(e);
    } catch (const CLI::CallForVersion& e) {
      return app_.exit(e);
    } catch (const CLI::ParseError& e) {
      fmt::print(stderr, "vigil: {} (see vigil{} --help)\n", e.what(), CommandName());
      return kExitUsage;
    }
    const int code = command_();
    // What was to be printed and could not be: a full disk, a closed pipe. Commands with outputs of their own say more.
    if (std::cout.flush() && std::fflush(stdout) == 0) return code;
    if (code == kExitOk) fmt::print(stderr, "vigil: standard output: cannot be written\n");
    return code == kExitOk ? static_cast<int>(kExitFailed) : code;
  }

 private:
  std::string CommandName() const {
    const auto subcommands = app_.get_subcommands();
    return subcommands.empty() ? "" : " " + subcommands.front()->get_name();
  }

  void AddAnalyze() {
    CLI::App& c = *app_.add_subcommand("analyze",
                                       "pictures, videos and cameras: faces, gaze, attention, "
                                       "drowsiness; objects, tracks, line and zone events");
    c.add_option(
        "INPUT", analyze_.inputs,
        "pictures, folders, patterns, videos, /dev/video0, addresses (rtsp, http, rtmp, srt, udp); "
        "default: camera.url");
    c.add_option("--save", analyze_.save, "annotated picture or video; a folder for several inputs")
        ->type_name("PATH")
        ->check(kNamed);
    c.add_option("--json", analyze_.json, "one JSON object a frame; '-' for standard output")
        ->type_name("FILE")
        ->check(kNamed);
    c.add_option("--csv", analyze_.csv, "one row a face and frame; '-' for standard output")
        ->type_name("FILE")
        ->check(kNamed);
    c.add_option("--events", analyze_.events, "one JSON object an event; '-' for standard output")
        ->type_name("FILE")
        ->check(kNamed);
    c.add_option("--detections", analyze_.detections,
                 "one detection message a frame, for `vigil replay`; '-' for standard output")
        ->type_name("FILE")
        ->check(kNamed);
    c.add_flag("--display", analyze_.display, "show the annotated frames in a window");
    c.add_flag("--recursive", analyze_.recursive, "take the subfolders of folders too");
    c.add_flag("-q,--quiet", analyze_.quiet, "no progress, no summary");
    AddConfigOptions(c, arguments_);
    AddKeyFlag(c, arguments_, "--detector", "detector.model_file",
               "objects: hog (the built-in person detector), a model's name, or an ONNX file",
               "NAME|FILE");
    c.add_flag_callback(
        "--faces",
        [this] {
          arguments_.flags.push_back({"face.enabled", "true", "--faces"});
        },
        "faces too, beside objects (face.enabled)");
    AddKeyFlag(c, arguments_, "--face-detector", "face.detector",
               "auto, whole, tiles, yunet or yolo_face", "NAME");
    AddKeyFlag(c, arguments_, "--max-faces", "face.max_faces",
               "faces at once; default: 100 in a picture, 20 in a video", "N");
    AddKeyFlag(c, arguments_, "--mesh", "face.mesh", "points of the mesh: 468, or 478 with irises",
               "468|478");
    AddKeyFlag(c, arguments_, "--threads", "threads", "inputs worked on at once; 0: one a core",
               "N");
    c.footer(
        "Examples:\n  vigil analyze holiday.jpg --save out.jpg\n  vigil analyze clip.mp4 --save "
        "out.mp4 --json out.jsonl\n  vigil analyze photos/ --json - | jq '.faces | length'\n"
        "  vigil analyze street.mp4 --detector hog --config scene.yaml --events events.jsonl\n\n"
        "Exit code: 0 fine, 1 an input or output failed, 2 wrong usage, 78 wrong configuration,\n"
        "130 or 143 interrupted before the end of a file.");
    c.callback([this] {
      command_ = [this] {
        return WithConfig(arguments_,
                          [this](const Config& config) { return RunAnalyze(analyze_, config); });
      };
    });
  }

  void AddInfer() {
    CLI::App& c = *app_.add_subcommand(
        "infer", "inference server: faces, objects and single networks for others, over gRPC");
    AddConfigOptions(c, arguments_);
    AddKeyFlag(c, arguments_, "--listen", "server.listen",
               "gRPC and HTTP on one port; default: 127.0.0.1:50051", "HOST:PORT");
    AddKeyFlag(c, arguments_, "--http", "server.http_listen",
               "HTTP alone: /health, /metrics; default: 127.0.0.1:8080", "HOST:PORT");
    AddKeyFlag(c, arguments_, "--tls-cert", "server.tls.certificate_file",
               "the server's certificate, PEM", "FILE");
    AddKeyFlag(c, arguments_, "--tls-key", "server.tls.key_file", "its private key, PEM", "FILE");
    AddKeyFlag(c, arguments_, "--tls-client-ca", "server.tls.client_ca_file",
               "who signs the certificates that clients have to show, PEM", "FILE");
    c.add_flag_callback(
        "--insecure",
        [this] {
          arguments_.flags.push_back({"server.insecure", "true", "--insecure"});
        },
        "listen beyond this machine without TLS (server.insecure)");
    AddKeyFlag(c, arguments_, "--detector", "detector.model_file",
               "objects: hog (the built-in person detector), a model's name, or an ONNX file",
               "NAME|FILE");
    c.add_flag_callback(
        "--faces",
        [this] {
          arguments_.flags.push_back({"face.enabled", "true", "--faces"});
        },
        "faces too, beside objects (face.enabled)");
    AddKeyFlag(c, arguments_, "--threads", "threads", "workers; 0: one a core", "N");
    c.footer(
        "Examples:\n  vigil infer\n  vigil infer --faces --detector yolox-nano --threads 4\n"
        "  vigil infer --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key\n"
        "  curl http://127.0.0.1:50051/health\n\n"
        "Ctrl-C or SIGTERM: streams come to their end within server.drain, then exit code 0.");
    c.callback([this] {
      command_ = [this] {
        return WithConfig(
            arguments_, [](const Config& config) { return RunInfer(config); }, "infer");
      };
    });
  }

  void AddServerFlags(CLI::App& c, const std::string& listen) {
    AddConfigOptions(c, arguments_);
    AddKeyFlag(c, arguments_, "--listen", "server.listen",
               fmt::format("gRPC and HTTP on one port; default: {}", listen), "HOST:PORT");
    AddKeyFlag(c, arguments_, "--tls-cert", "server.tls.certificate_file",
               "the server's certificate, PEM", "FILE");
    AddKeyFlag(c, arguments_, "--tls-key", "server.tls.key_file", "its private key, PEM", "FILE");
    AddKeyFlag(c, arguments_, "--tls-client-ca", "server.tls.client_ca_file",
               "who signs the certificates that clients have to show, PEM", "FILE");
    c.add_flag_callback(
        "--insecure",
        [this] {
          arguments_.flags.push_back({"server.insecure", "true", "--insecure"});
        },
        "listen beyond this machine without TLS (server.insecure)");
    AddKeyFlag(c, arguments_, "--threads", "threads", "workers; 0: one a core", "N");
  }

  void AddStage() {
    CLI::App& c = *app_.add_subcommand(
        "stage", "one stage of the face pipeline as a service, for vigil orchestrate");
    std::vector<std::string> names;
    for (const face::Stage stage : face::kStages) names.emplace_back(NameOf(stage));
    c.add_option("NAME", stage_, "which")
        ->required()
        ->check(CLI::IsMember(names))
        ->type_name("");
    AddServerFlags(c, "127.0.0.1 and 50052 to 50057, in the order of names");
    c.footer(
        "Examples:\n  vigil stage head-pose\n  vigil stage face-detection --listen 127.0.0.1:50152 --threads 1\n"
        "  curl http://127.0.0.1:50054/health\n\n"
        "Blink and attention keep a state a stream: a stream's frames belong to one replica.");
    c.callback([this] {
      command_ = [this] {
        const face::Stage stage = *face::StageNamed(stage_);
        return WithConfig(
            arguments_, [stage](const Config& config) { return RunStage(stage, config); }, stage_,
            [stage](Config& config) {
              config.server.listen = StageAddress(stage);
              config.server.http_listen.clear();
            });
      };
    });
  }

  void AddOrchestrate() {
    CLI::App& c = *app_.add_subcommand(
        "orchestrate", "the face pipeline over gRPC, its stages in this process or in others");
    AddServerFlags(c, "127.0.0.1:50051");
    for (const face::Stage stage : face::kStages) {
      AddKeyFlag(c, arguments_, fmt::format("--{}", NameOf(stage)),
                 fmt::format("orchestrate.stages.{}.endpoints", NameOf(stage)),
                 "where it is served; [a, b] for several replicas", "HOST:PORT");
    }
    AddKeyFlag(c, arguments_, "--redis", "orchestrate.redis.url",
               "publish attention updates there", "URL");
    c.footer(
        "Examples:\n  vigil orchestrate\n"
        "  vigil orchestrate --head-pose 127.0.0.1:50054 --blink '[10.0.0.5:50056, 10.0.0.6:50056]'\n"
        "  vigil orchestrate --config cluster.yaml --redis redis://127.0.0.1\n\n"
        "A stage that does not answer is named in each result (failed_stages) and costs its part alone.\n"
        "docs/stages.md has the walk-through.");
    c.callback([this] {
      command_ = [this] {
        return WithConfig(
            arguments_, [](const Config& config) { return RunOrchestrate(config); }, "orchestrate",
            [](Config& config) { config.server.http_listen.clear(); });
      };
    });
  }

  void AddEdge() {
    CLI::App& c = *app_.add_subcommand(
        "edge", "camera device: frames to an inference server, and faces here where it is away");
    c.add_option("INPUT", edge_.inputs,
                 "/dev/video0, rtsp:// or http:// addresses, videos (played at their own pace); "
                 "default: camera.url");
    AddKeyFlag(c, arguments_, "--remote-dgx", "remote_dgx_url",
               "the server, where vigil infer runs: http://HOST:PORT, https://HOST:PORT", "URL");
    AddKeyFlag(c, arguments_, "--mode", "edge.mode",
               "remote, local, both, or auto: this device looks where the server does not answer",
               "MODE");
    c.add_option("--json", edge_.json, "one JSON object a result; '-' for standard output")
        ->type_name("FILE");
    c.add_option("--save", edge_.save, "annotated video; a folder for several inputs")
        ->type_name("PATH");
    c.add_flag("--display", edge_.display, "show the annotated frames in a window");
    c.add_flag("-q,--quiet", edge_.quiet, "no progress, no summary");
    AddKeyFlag(c, arguments_, "--deadline", "edge.deadline",
               "from a frame's capture until its result has to be there", "TIME");
    AddKeyFlag(c, arguments_, "--fps", "edge.max_fps", "frames a second at most; 0: all", "N");
    AddKeyFlag(c, arguments_, "--encoding", "edge.encoding", "how frames are sent", "jpeg|raw");
    AddKeyFlag(c, arguments_, "--quality", "edge.jpeg_quality", "of JPEG, 1 to 100", "N");
    AddKeyFlag(c, arguments_, "--http", "edge.http_listen",
               "where /health and /metrics are; default: nowhere", "HOST:PORT");
    c.add_flag_callback(
        "--insecure",
        [this] {
          arguments_.flags.push_back({"edge.insecure", "true", "--insecure"});
        },
        "let --http be reached from other machines (edge.insecure)");
    AddConfigOptions(c, arguments_);
    AddKeyFlag(c, arguments_, "--max-faces", "face.max_faces", "faces at once; default: 20", "N");
    c.footer(
        "Examples:\n  vigil edge /dev/video0 --remote-dgx http://dgx.local:50051 --display\n"
        "  vigil edge rtsp://camera.local/main --remote-dgx https://dgx.local:50051 --json -\n"
        "  vigil edge /dev/video0 --config config.json     # {\"remote_dgx_url\": \"http://…\"}\n"
        "  vigil edge clip.mp4 --mode local --save out.mp4\n\n"
        "Each result says where it was computed. Ctrl-C ends it with a summary; exit code: 0 fine,\n"
        "1 an input or output failed, 2 wrong usage, 78 wrong configuration.");
    c.callback([this] {
      command_ = [this] {
        return WithConfig(
            arguments_, [this](const Config& config) { return RunEdge(edge_, config); }, "edge");
      };
    });
  }

  void AddReplay() {
    CLI::App& c = *app_.add_subcommand(
        "replay", "recorded detection messages once more through lines, zones and rules");
    c.add_option(
         "INPUT", replay_.inputs,
         "files of detection messages, as analyze --detections writes them; '-' for standard input")
        ->required();
    c.add_option("--events", replay_.events, "one JSON object an event; '-' for standard output")
        ->type_name("FILE")
        ->check(kNamed);
    c.add_option("--speed", replay_.speed,
                 "times the recorded pace: 1, 10 …; max: as fast as it goes (default)")
        ->type_name("N|max");
    c.add_flag("-q,--quiet", replay_.quiet, "no summary");
    AddConfigOptions(c, arguments_);
    c.footer("Example: vigil replay detections.jsonl --config scene.yaml --events events.jsonl");
    c.callback([this] {
      command_ = [this] {
        return WithConfig(arguments_,
                          [this](const Config& config) { return RunReplay(replay_, config); });
      };
    });
  }

  void AddTestNotify() {
    CLI::App& c =
        *app_.add_subcommand("test-notify", "send a test event through the configured actions");
    c.add_option("ACTION", test_notify_.names,
                 "which, such as json_log or webhook:ops; default: all that are configured");
    c.add_option("--timeout", notify_timeout_s_, "seconds for each (default 30)")
        ->check(CLI::Range(1, 600))
        ->type_name("N");
    AddConfigOptions(c, arguments_);
    c.footer("Example: vigil test-notify --config vigil.yaml email_immediate");
    c.callback([this] {
      command_ = [this] {
        return WithConfig(arguments_, [this](const Config& config) {
          StopOnSignal signals;
          test_notify_.timeout = std::chrono::seconds(notify_timeout_s_);
          const int tried = TestNotify(NotifyPaths(config.delivery), test_notify_, signals.token(),
                                       std::cout, std::cerr);
          if (!test_notify_.names.empty()) return tried;
          // What a rule asks for and has no path yet would fail first of all.
          const auto missing =
              MissingActions(config.delivery, DeviceOf(config.scene, config.scene.device_id).rules);
          for (const std::string& one : missing) fmt::print(stderr, "vigil: {}\n", one);
          return missing.empty() ? tried : 1;
        });
      };
    });
  }

  void AddOutbox() {
    CLI::App& c = *app_.add_subcommand(
        "outbox", "deliveries of events: what waits, what was given up and why, once more");
    c.require_subcommand(1);
    c.footer("Example: vigil outbox dead");
    CLI::App& list = *c.add_subcommand("list", "deliveries by action, and their last failure");
    CLI::App& dead = *c.add_subcommand("dead", "deliveries that were given up, and why");
    CLI::App& retry = *c.add_subcommand("retry", "have given up deliveries made again");
    CLI::App& send = *c.add_subcommand("send", "deliver what waits, without analysing anything");
    for (CLI::App* one : {&list, &dead}) {
      one->add_option("-o,--output", output_, "text or json")
          ->check(CLI::IsMember({"text", "json"}))
          ->type_name("FORMAT");
    }
    dead.add_option("-n,--limit", outbox_.limit, "at most so many, the latest (default 20)")
        ->check(CLI::Range(1, store::kMaxRows))
        ->type_name("N");
    auto* number = retry.add_option("NUMBER", outbox_.sequence, "of the event, as `dead` shows it")
                       ->check(CLI::PositiveNumber);
    auto* all = retry.add_flag("--all", outbox_all_, "all that were given up");
    retry.add_option("--action", outbox_.action, "of this action alone, such as webhook:ops")
        ->type_name("NAME");
    number->excludes(all);
    retry.callback([this, number, all] {
      if (number->count() + all->count() == 0) throw CLI::RequiredError("NUMBER, or --all");
      OutboxCommand([this](const Config& config) {
        return RetryDeadLetters(OutboxFile(config.delivery), config.delivery.outbox, outbox_,
                                std::cout, std::cerr);
      });
    });
    list.callback([this] {
      OutboxCommand([this](const Config& config) {
        return ListOutbox(OutboxFile(config.delivery), outbox_, std::cout, std::cerr);
      });
    });
    dead.callback([this] {
      OutboxCommand([this](const Config& config) {
        return ListDeadLetters(OutboxFile(config.delivery), outbox_, std::cout, std::cerr);
      });
    });
    send.add_option("--timeout", outbox_timeout_s_, "seconds for all (default 60)")
        ->check(CLI::Range(1, 86'400))
        ->type_name("N");
    send.callback([this] {
      OutboxCommand([this](const Config& config) {
        const StopOnSignal signals;
        outbox_.timeout = std::chrono::seconds(outbox_timeout_s_);
        return SendOutbox(config.delivery, DeviceOf(config.scene, config.scene.device_id).rules,
                          outbox_, std::cout, std::cerr, signals.token());
      });
    });
    for (CLI::App* one : {&list, &dead, &retry, &send}) AddConfigOptions(*one, arguments_);
    retry.footer("Examples:\n  vigil outbox retry 12\n  vigil outbox retry --all --action webhook");
    send.footer("Example: vigil outbox send --config scene.yaml");
  }

  void OutboxCommand(std::function<int(const Config&)> run) {
    command_ = [this, run = std::move(run)] {
      outbox_.json = output_ == "json";
      return WithConfig(arguments_, run);
    };
  }

  void AddBench() {
    CLI::App& c =
        *app_.add_subcommand("bench", "how good detectors and the tracker are on labelled data");
    c.require_subcommand(1);
    c.footer("Example: vigil bench track MOT15/train");
    CLI::App& detect = *c.add_subcommand(
        "detect", "precision, recall and mAP of ONNX detectors on labelled pictures");
    detect.add_option("--models", bench_detect_.models_dir, "folder of .onnx files")
        ->required()
        ->type_name("DIR");
    detect.add_option("--images", bench_detect_.images_dir, "folder of pictures")
        ->required()
        ->type_name("DIR");
    detect.add_option("--labels", bench_detect_.labels_dir, "folder of YOLO label files")
        ->required()
        ->type_name("DIR");
    detect.add_option("--score", bench_detect_.score, "for precision and recall (default 0.25)")
        ->check(CLI::Range(0.0, 1.0))
        ->type_name("S");
    AddConfigOptions(detect, arguments_);
    detect.footer("Example: vigil bench detect --models models/ --images images/ --labels labels/");
    detect.callback([this] {
      command_ = [this] {
        return WithConfig(arguments_, [this](const Config& config) {
          StopOnSignal signals;
          bench_detect_.runtime_library = config.models.onnxruntime_library;
          bench_detect_.progress = isatty(STDERR_FILENO) != 0;
          return BenchDetect(bench_detect_, std::cout, std::cerr, signals.token());
        });
      };
    });
    CLI::App& track =
        *c.add_subcommand("track", "MOTA, IDF1 and HOTA of the tracker on MOTChallenge sequences");
    track
        .add_option("DIR", bench_track_,
                    "folders with seqinfo.ini, gt.txt and det*.txt in or below them")
        ->required();
    AddConfigOptions(track, arguments_);
    track.footer("Example: vigil bench track MOT15/train");
    track.callback([this] {
      command_ = [this] {
        return WithConfig(arguments_, [this](const Config& config) {
          const std::vector<std::filesystem::path> folders(bench_track_.begin(),
                                                           bench_track_.end());
          const auto rows = tracking::BenchTrack(folders, config.scene.tracker);
          if (!rows.ok()) {
            fmt::print(stderr, "vigil: {}\n", MessageOf(rows.status()));
            return static_cast<int>(kExitFailed);
          }
          fmt::print("{}", tracking::FormatTrackTable(*rows));
          return static_cast<int>(kExitOk);
        });
      };
    });
  }

  void AddModels() {
    CLI::App& c = *app_.add_subcommand("models", "the models: those of set-up, and more to fetch");
    c.require_subcommand(1);
    c.footer("Example: vigil models verify");
    for (const char* verb : {"list", "verify"}) {
      CLI::App& v = *c.add_subcommand(verb, std::string(verb) == "list"
                                                ? "what is known, and whether it is there"
                                                : "check sizes and hashes");
      v.add_option("-o,--output", output_, "text or json")
          ->check(CLI::IsMember({"text", "json"}))
          ->type_name("FORMAT");
      AddConfigOptions(v, arguments_);
      v.footer(fmt::format("Example: vigil models {}", verb));
      v.callback([this, verb] {
        command_ = [this, verb = std::string(verb)] {
          return WithConfig(arguments_, [this, verb](const Config& config) {
            const ModelsArguments arguments{.models_dir = config.models.dir,
                                            .json = output_ == "json"};
            return verb == "list" ? ListModels(arguments, std::cout, std::cerr)
                                  : VerifyModels(arguments, std::cout, std::cerr);
          });
        };
      });
    }
    CLI::App& pull = *c.add_subcommand("pull", "fetch models that set-up does not bring");
    pull.add_option("NAME", models_.names, "which; see vigil models list")->required();
    pull.add_option("--from", models_.from,
                    "fetch from here: the address of a folder that has the file, or of the file "
                    "itself; https, or http on this machine")
        ->type_name("URL");
    AddConfigOptions(pull, arguments_);
    pull.footer("Example: vigil models pull fastestdet");
    pull.callback([this] {
      command_ = [this] {
        return WithConfig(arguments_, [this](const Config& config) {
          models_.models_dir = config.models.dir;
          const StopOnSignal stop;
          return PullModels(models_, std::cout, std::cerr, stop.token());
        });
      };
    });
  }

  void AddConfig();

  CLI::App app_;
  ConfigArguments arguments_;
  AnalyzeArguments analyze_;
  EdgeArguments edge_;
  ReplayArguments replay_;
  TestNotifyArguments test_notify_;
  int notify_timeout_s_ = 30;
  OutboxArguments outbox_;
  bool outbox_all_ = false;
  int outbox_timeout_s_ = 60;
  BenchDetectArguments bench_detect_;
  std::vector<std::string> bench_track_;
  ModelsArguments models_;
  std::string output_ = "text";
  std::string stage_;
  std::function<int()> command_;
};

void CommandLine::AddConfig() {
  CLI::App& c = *app_.add_subcommand("config", "what is configured, from where, and what can be");
  c.require_subcommand(1);
  c.footer("Example: vigil config print");
  const std::pair<const char*, const char*> verbs[] = {
      {"print", "every value in effect, and where it comes from"},
      {"check", "say whether the configuration is right"},
      {"schema", "JSON Schema of the file, for editors"},
      {"reference", "every key, in Markdown"}};
  for (const auto& [verb, help] : verbs) {
    CLI::App& v = *c.add_subcommand(verb, help);
    const bool of_a_file = std::string_view(verb) == "print" || std::string_view(verb) == "check";
    if (of_a_file) {
      AddConfigOptions(v, arguments_);
      v.add_option("FILE", arguments_.file, "the same as --config")->type_name("");
      v.add_option("-o,--output", output_, "text or json")
          ->check(CLI::IsMember({"text", "json"}))
          ->type_name("FORMAT");
    }
    v.footer(fmt::format("Example: vigil config {}{}", verb, of_a_file ? " vigil.yaml" : ""));
    v.callback([this, name = std::string(verb)] {
      command_ = [this, name] {
        auto config = std::make_shared<Config>();
        return RunConfigCommand(
            name, output_ == "json" ? "json" : "yaml", arguments_,
            [config](config::Schema& schema) { Register(schema, *config); },
            config::ProcessEnvironment(), std::cout, std::cerr,
            [config] {
              std::vector<std::string> notes = NotYet(*config);
              const auto note = [&](const DeviceConfig& device, const std::string& path) {
                for (std::string& one : MissingActions(config->delivery, device.rules, path))
                  notes.push_back(std::move(one) + "; until then, analyze does not start");
              };
              note(config->scene.device, "events");
              for (const auto& [id, device] : config->scene.devices)
                note(device, fmt::format("devices.{}.events", id));
              return notes;
            });
      };
    });
  }
}

}  // namespace
}  // namespace vigil::app

int main(int argc, char** argv) {
  try {
    return vigil::app::CommandLine().Run(argc, argv);
  } catch (const std::exception& e) {  // a library's: ours throws none
    std::fprintf(stderr, "vigil: %s\n", e.what());
    return 1;
  }
}
