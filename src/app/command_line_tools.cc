// Commands beside the main job: notifications, the outbox, benches, models.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "app/command_line.h"
#include "app/signals.h"
#include "core/status.h"
#include "tracking/mot_run.h"

namespace vigil::app {

void CommandLine::AddTestNotify() {
  CLI::App& c =
      *app_.add_subcommand("test-notify", "send a test event through the configured actions");
  c.add_option("ACTION", test_notify_.names,
               "which, such as json_log or webhook:ops; default: all that are configured");
  c.add_option("--timeout", notify_timeout_s_, "seconds for each (default 30)")
      ->check(CLI::Range(1, 600))
      ->type_name("N");
  AddConfigOptions(c);
  c.footer("Example: vigil test-notify --config vigil.yaml email_immediate");
  c.callback([this] {
    command_ = [this] {
      return WithConfig([this](const Config& config) {
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

void CommandLine::AddOutbox() {
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
  for (CLI::App* one : {&list, &dead, &retry, &send}) AddConfigOptions(*one);
  retry.footer("Examples:\n  vigil outbox retry 12\n  vigil outbox retry --all --action webhook");
  send.footer("Example: vigil outbox send --config scene.yaml");
}

void CommandLine::OutboxCommand(std::function<int(const Config&)> run) {
  command_ = [this, run = std::move(run)] {
    outbox_.json = output_ == "json";
    return WithConfig(run);
  };
}

void CommandLine::AddBench() {
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
  AddConfigOptions(detect);
  detect.footer("Example: vigil bench detect --models models/ --images images/ --labels labels/");
  detect.callback([this] {
    command_ = [this] {
      return WithConfig([this](const Config& config) {
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
  AddConfigOptions(track);
  track.footer("Example: vigil bench track MOT15/train");
  track.callback([this] {
    command_ = [this] {
      return WithConfig([this](const Config& config) {
        const std::vector<std::filesystem::path> folders(bench_track_.begin(), bench_track_.end());
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

void CommandLine::AddModels() {
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
    AddConfigOptions(v);
    v.footer(fmt::format("Example: vigil models {}", verb));
    v.callback([this, verb] {
      command_ = [this, verb = std::string(verb)] {
        return WithConfig([this, verb](const Config& config) {
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
  AddConfigOptions(pull);
  pull.footer("Example: vigil models pull fastestdet");
  pull.callback([this] {
    command_ = [this] {
      return WithConfig([this](const Config& config) {
        models_.models_dir = config.models.dir;
        const StopOnSignal stop;
        return PullModels(models_, std::cout, std::cerr, stop.token());
      });
    };
  });
}

}  // namespace vigil::app
