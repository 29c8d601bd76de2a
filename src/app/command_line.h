// The command line: subcommands, their flags, and what they call.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

#include "app/analyze.h"
#include "app/bench_detect.h"
#include "app/config.h"
#include "app/config_command.h"
#include "app/edge.h"
#include "app/models_command.h"
#include "app/outbox_command.h"
#include "app/replay.h"
#include "app/test_notify_command.h"

namespace vigil::app {

/// Parses and runs once. Its commands are in three files: those that look at pictures and the configuration, those that
/// serve or stream, and tools.
class CommandLine {
 public:
  CommandLine();
  /// The exit code of the command; 2 for wrong usage.
  int Run(int argc, char** argv);

 private:
  std::string CommandName() const;
  // Loads the configuration and sets up logging in the name of `service`, then runs `command`. `defaults` are those of the
  // command where it has its own.
  int WithConfig(const std::function<int(const Config&)>& command,
                 const std::string& service = "vigil",
                 const std::function<void(Config&)>& defaults = nullptr);
  // Options that every command with a configuration has.
  void AddConfigOptions(CLI::App& command);
  // A flag that stands for a configuration key. Its text is checked with all the others, when the configuration is loaded.
  void AddKeyFlag(CLI::App& command, const std::string& flag, const std::string& path,
                  const std::string& help, const std::string& type);
  // One without a value: the key is true then.
  void AddKeySwitch(CLI::App& command, const std::string& flag, const std::string& path,
                    const std::string& help);
  void AddDetectorFlags(CLI::App& c);
  void AddServerFlags(CLI::App& c, const std::string& listen);

  void AddAnalyze();
  void AddReplay();
  void AddConfig();
  // command_line_serving.cc
  void AddInfer();
  void AddStage();
  void AddOrchestrate();
  void AddEdge();
  // command_line_tools.cc
  void AddTestNotify();
  void AddOutbox();
  void OutboxCommand(std::function<int(const Config&)> run);
  void AddBench();
  void AddModels();

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

/// An option that names what is to be written. An empty name is refused.
void AddFileOption(CLI::App& command, const std::string& flag, std::string& path,
                   const std::string& help, const std::string& type = "FILE");

}  // namespace vigil::app
