// vigil models list|verify: what models there are, and whether the installed files are they.
#pragma once

#include <iosfwd>
#include <string>

namespace vigil::app {

struct ModelsArguments {
  std::string models_dir;  ///< as configured; empty: found as nn::FindModelsDir does
  bool json = false;       ///< -o json
};

/// Writes the known models with size, licence, source and use, and whether a file of that name is
/// in the folder. Results go to `out`, one line for what failed to `err`. Returns the exit code: 0,
/// or 1 without a models folder.
int ListModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err);

/// Checks size and SHA-256 of every known model. As above; 1 also where one of them is missing or
/// another file. Every model is checked, whatever the first ones are like.
int VerifyModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace vigil::app
