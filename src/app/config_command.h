// `vigil config print|check|schema|reference`: what is configured, whether it is right, and what can be.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "core/config/load.h"
#include "core/config/schema.h"

namespace vigil::app {

/// Exit codes of the program.
enum ExitCode : int { kExitOk = 0, kExitFailed = 1, kExitUsage = 2, kExitBadConfiguration = 78 };

/// What the command line says about the configuration; the same for every verb of the program.
struct ConfigArguments {
  std::string file;  ///< --config; empty: what VIGIL_CONFIG names, and without that no file
  std::vector<config::Assignment> set;    ///< --set, as config::ParseSet reads it
  std::vector<config::Assignment> flags;  ///< see config::FlagInto
};

/// Reads the file and loads every layer into the fields of `schema`. Every error is for exit code 78; its message has a
/// line for each problem.
absl::StatusOr<config::Resolved> LoadConfiguration(const config::Schema& schema,
                                                   const ConfigArguments& arguments,
                                                   config::Environment environment);

/// Registers all keys of the program; the fields belong to the caller and outlive the command.
using RegisterKeys = std::function<void(config::Schema&)>;

/// What is right and yet worth a line, once the fields have their values.
using ConfigNotes = std::function<std::vector<std::string>()>;

/// Runs `verb` (print, check, schema, reference): results to `out`, problems to `err`. `output` is the -o of print and
/// check: yaml or json. Returns an ExitCode.
int RunConfigCommand(const std::string& verb, const std::string& output,
                     const ConfigArguments& arguments, const RegisterKeys& keys,
                     config::Environment environment, std::ostream& out, std::ostream& err,
                     const ConfigNotes& notes = {});

}  // namespace vigil::app
