#include "app/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "app/version.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/status.h"

namespace vigil::app {
namespace {

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

}  // namespace

void AddFileOption(CLI::App& command, const std::string& flag, std::string& path,
                   const std::string& help, const std::string& type) {
  command.add_option(flag, path, help)
      ->type_name(type)
      ->check(
          [](const std::string& name) {
            return name.empty() ? std::string("the name is empty; leave the flag out for none")
                                : "";
          },
          "");
}

CommandLine::CommandLine()
    : app_("Vigil: real-time vision. Cameras in, understanding out.", "vigil") {
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

int CommandLine::Run(int argc, char** argv) {
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

std::string CommandLine::CommandName() const {
  const auto subcommands = app_.get_subcommands();
  return subcommands.empty() ? "" : " " + subcommands.front()->get_name();
}

int CommandLine::WithConfig(const std::function<int(const Config&)>& command,
                            const std::string& service,
                            const std::function<void(Config&)>& defaults) {
  Config config;
  if (defaults) defaults(config);
  config::Schema schema;
  Register(schema, config);
  const auto resolved = LoadConfiguration(schema, arguments_, config::ProcessEnvironment());
  if (!resolved.ok()) return RefuseConfiguration(MessageOf(resolved.status()));
  log::Setup(config.log.level, config.log.format, service);
  return command(config);
}

void CommandLine::AddConfigOptions(CLI::App& command) {
  command
      .add_option("--config", arguments_.file,
                  "configuration file, YAML or JSON (default: $VIGIL_CONFIG, else none)")
      ->type_name("FILE");
  command
      .add_option_function<std::vector<std::string>>(
          "--set",
          [this](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              auto set = config::ParseSet(text);
              if (!set.ok())
                throw CLI::ValidationError("--set", std::string(MessageOf(set.status())));
              arguments_.set.push_back(*std::move(set));
            }
          },
          "one configuration key: --set face.max_faces=4")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void CommandLine::AddKeyFlag(CLI::App& command, const std::string& flag, const std::string& path,
                             const std::string& help, const std::string& type) {
  command
      .add_option_function<std::string>(flag, config::FlagInto(arguments_.flags, path, flag),
                                        fmt::format("{} ({})", help, path))
      ->type_name(type);
}

void CommandLine::AddKeySwitch(CLI::App& command, const std::string& flag, const std::string& path,
                               const std::string& help) {
  command.add_flag_callback(
      flag,
      [this, flag, path] {
        arguments_.flags.push_back({path, "true", flag});
      },
      fmt::format("{} ({})", help, path));
}

void CommandLine::AddDetectorFlags(CLI::App& c) {
  AddKeyFlag(c, "--detector", "detector.model_file",
             "objects: hog (the built-in person detector), a model's name, or an ONNX file",
             "NAME|FILE");
  AddKeySwitch(c, "--faces", "face.enabled", "faces too, beside objects");
}

void CommandLine::AddAnalyze() {
  CLI::App& c = *app_.add_subcommand("analyze",
                                     "pictures, videos and cameras: faces, gaze, attention, "
                                     "drowsiness; objects, tracks, line and zone events");
  c.add_option(
      "INPUT", analyze_.inputs,
      "pictures, folders, patterns, videos, /dev/video0, addresses (rtsp, http, rtmp, srt, udp); "
      "default: camera.url");
  AddFileOption(c, "--save", analyze_.save,
                "annotated picture or video; a folder for several inputs", "PATH");
  AddFileOption(c, "--json", analyze_.json, "one JSON object a frame; '-' for standard output");
  AddFileOption(c, "--csv", analyze_.csv, "one row a face and frame; '-' for standard output");
  AddFileOption(c, "--events", analyze_.events,
                "one JSON object an event; '-' for standard output");
  AddFileOption(c, "--detections", analyze_.detections,
                "one detection message a frame, for `vigil replay`; '-' for standard output");
  c.add_flag("--display", analyze_.display, "show the annotated frames in a window");
  c.add_flag("--recursive", analyze_.recursive, "take the subfolders of folders too");
  c.add_flag("-q,--quiet", analyze_.quiet, "no progress, no summary");
  AddConfigOptions(c);
  AddDetectorFlags(c);
  AddKeyFlag(c, "--face-detector", "face.detector", "auto, whole, tiles, yunet or yolo_face",
             "NAME");
  AddKeyFlag(c, "--max-faces", "face.max_faces",
             "faces at once; default: 100 in a picture, 20 in a video", "N");
  AddKeyFlag(c, "--mesh", "face.mesh", "points of the mesh: 468, or 478 with irises", "468|478");
  AddKeyFlag(c, "--threads", "threads", "inputs worked on at once; 0: one a core", "N");
  c.footer(
      "Examples:\n  vigil analyze holiday.jpg --save out.jpg\n  vigil analyze clip.mp4 --save "
      "out.mp4 --json out.jsonl\n  vigil analyze photos/ --json - | jq '.faces | length'\n"
      "  vigil analyze street.mp4 --detector hog --config scene.yaml --events events.jsonl\n\n"
      "Exit code: 0 fine, 1 an input or output failed, 2 wrong usage, 78 wrong configuration,\n"
      "130 or 143 interrupted before the end of a file.");
  c.callback([this] {
    command_ = [this] {
      return WithConfig([this](const Config& config) { return RunAnalyze(analyze_, config); });
    };
  });
}

void CommandLine::AddReplay() {
  CLI::App& c = *app_.add_subcommand(
      "replay", "recorded detection messages once more through lines, zones and rules");
  c.add_option(
       "INPUT", replay_.inputs,
       "files of detection messages, as analyze --detections writes them; '-' for standard input")
      ->required();
  AddFileOption(c, "--events", replay_.events, "one JSON object an event; '-' for standard output");
  c.add_option("--speed", replay_.speed,
               "times the recorded pace: 1, 10 …; max: as fast as it goes (default)")
      ->type_name("N|max");
  c.add_flag("-q,--quiet", replay_.quiet, "no summary");
  AddConfigOptions(c);
  c.footer("Example: vigil replay detections.jsonl --config scene.yaml --events events.jsonl");
  c.callback([this] {
    command_ = [this] {
      return WithConfig([this](const Config& config) { return RunReplay(replay_, config); });
    };
  });
}

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
      AddConfigOptions(v);
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

}  // namespace vigil::app
