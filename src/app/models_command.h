// vigil models list|verify|pull: what models there are, whether the files are they, and to fetch
// more.
#pragma once

#include <iosfwd>
#include <stop_token>
#include <string>
#include <vector>

namespace vigil::app {

struct ModelsArguments {
  std::string models_dir;               ///< as configured; empty: found as nn::FindModelsDir does
  bool json = false;                    ///< -o json
  std::vector<std::string> names = {};  ///< pull: which
  std::string from = {};                ///< pull: another address, see nn::DownloadOptions
};

/// Writes the known models with size, licence, source and use, and whether a file of that name is
/// in the folder. Results go to `out`, one line for what failed to `err`. Returns the exit code: 0,
/// or 1 without a models folder.
int ListModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err);

/// Checks size and SHA-256 of every model of set-up, and of those that were pulled. As above; 1
/// also where one of them is missing or another file. Every model is checked, whatever the first
/// ones are like.
int VerifyModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err);

/// Fetches the named models into the folder, one after the other, and says their licences. How far
/// it is goes to `err`, if that is a terminal. As above; 1 where one of them could not be had, the
/// others are fetched nevertheless; 2 where a name is not known, then nothing is.
int PullModels(const ModelsArguments& arguments, std::ostream& out, std::ostream& err,
               std::stop_token stop);

}  // namespace vigil::app
