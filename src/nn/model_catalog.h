// The models that Vigil knows by name: what they are, where they come from, and whether the files
// are theirs.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "nn/model_file.h"

namespace vigil::nn {

/// One model: of set-up, or one that `vigil models pull` fetches. All text is static.
struct KnownModel {
  std::string_view name;  ///< as the command line and the configuration write it
  std::string_view file;  ///< in the models folder
  std::string_view
      sha256;  ///< 64 lower-case hexadecimal digits, for set-up as in models/SHA256SUMS
  std::size_t bytes = 0;
  std::string_view licence;      ///< SPDX
  std::string_view source;       ///< the package or repository it is taken from
  std::string_view use;          ///< what it is used for, one line
  std::string_view url = {};     ///< where pull fetches it; empty: set-up installs it
  std::string_view family = {};  ///< of an ONNX detector, as its decoder is named; else empty

  bool comes_with_setup() const { return url.empty(); }
  /// Whoever passes the model on, or lets others use it over a network, owes them the source of the
  /// whole work under the same licence.
  bool is_copyleft() const { return licence.starts_with("AGPL"); }
};

/// All of them, by name.
std::span<const KnownModel> KnownModels();

/// Null where no model has that name.
const KnownModel* FindKnownModel(std::string_view name);

/// The folder of the model files: `configured`, else the environment's VIGIL_MODELS_DIR, else
/// `models/` beside the running program or up to six folders above it, else
/// <program>/../share/vigil/models. A folder that was named is taken as it is when it exists.
/// NotFound tells where it was looked for. Reads the environment: call it while no other thread
/// changes that.
absl::StatusOr<std::filesystem::path> FindModelsDir(std::string_view configured);

/// The model's file in `dir`, whose size and hash are right (2.5 MB in about 3 ms). NotFound, or
/// DataLoss for a file that is not the model; the message names the file and the remedy.
absl::StatusOr<ModelFile> ReadKnownModel(const KnownModel& model, const std::filesystem::path& dir);

/// OK where ReadKnownModel() would succeed, else its error.
absl::Status VerifyModel(const KnownModel& model, const std::filesystem::path& dir);

}  // namespace vigil::nn
