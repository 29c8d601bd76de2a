// Reads a configuration into the fields registered with a Schema.
//
// Layers, lowest first: the defaults in the program, the file, the environment, `--set key=value`, command-line flags.
//
// * Environment: `face.max_faces` is VIGIL_FACE_MAX_FACES; items of lists by number, VIGIL_SOURCES_0_URL; of maps by the
//   names that the file has. A variable without text counts as not set. A VIGIL_ variable that no key has is an error,
//   but for those that Kubernetes sets for a service named vigil.
// * Secrets (KeyOf::Secret) also from the file that VIGIL_SMTP_PASSWORD_FILE names, or from the file `smtp.password` in
//   the folder CREDENTIALS_DIRECTORY, as systemd, Docker and Kubernetes offer them. One line end at its end is dropped.
// * In the file, `${NAME}` and `${NAME:text to use otherwise}` stand for environment variables; where NAME is not set, for
//   the contents of the file NAME_FILE or CREDENTIALS_DIRECTORY/NAME. `$${` is a plain `${`.
// * A list given as text (environment, --set, flags) is `a,b` or YAML: `[a, b]`. `--set section={…}` works as well.
// * Names at the top of the file that begin with `x-`, a place for anchors, and `$schema` are left alone.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/schema.h"

namespace vigil::config {

using Environment = std::map<std::string, std::string>;

/// The environment of this process. Call from main, before there are threads.
[[nodiscard]] Environment ProcessEnvironment();

struct File {
  std::string name;  ///< for messages and origins
  std::string text;
};

/// NotFound, PermissionDenied or InvalidArgument (a folder; more than limits::kMaxConfigBytes) naming the file, as `what` it
/// was to be read.
[[nodiscard]] absl::StatusOr<File> ReadFile(const std::string& path,
                                            std::string_view what = "configuration");

/// A key given as text from outside the file.
struct Assignment {
  std::string
      path;  ///< `face.max_faces`, `sources.0.url`; a name with dots in it in quotes: `devices."10.0.0.5".id`
  std::string text;
  std::string origin;  ///< what the user wrote it with: `--set`, `--max-faces`
};

/// `key=value`, as --set takes it. InvalidArgument without a key or `=`.
[[nodiscard]] absl::StatusOr<Assignment> ParseSet(std::string_view text);

/// For command-line libraries: a function that puts the text of `flag` (as the user types it: `--max-faces`) for `path`
/// into `layer`, which outlives it. The text is validated like any other, by Load.
[[nodiscard]] std::function<void(const std::string&)> FlagInto(std::vector<Assignment>& layer,
                                                               std::string path, std::string flag);

struct Sources {
  std::optional<File> file;
  Environment environment;
  std::vector<Assignment> set;
  std::vector<Assignment> flags;
  /// Variables that are the program's own and no keys.
  std::vector<std::string> reserved = {"VIGIL_CONFIG", "VIGIL_MODELS_DIR",
                                       "VIGIL_ONNXRUNTIME_LIBRARY"};
};

/// The configuration in effect, and where each value is from. Secrets are masked in all that it returns.
class Resolved {
 public:
  struct Tree;  ///< core/internal/config/resolved_tree.h
  explicit Resolved(std::shared_ptr<const Tree> tree);

  /// `default`, `vigil.yaml:12`, `environment VIGIL_X`, `--set`, `--max-faces`; of a section, the highest layer in it.
  /// Empty: no such key.
  std::string Origin(std::string_view path) const;
  /// A configuration file that gives the same configuration, each value with its origin as a comment.
  std::string ToYaml() const;
  /// `{"config": {…}, "origins": {"face.max_faces": "default", …}}`.
  std::string ToJson() const;
  /// How many values are not defaults.
  int count_set() const;

 private:
  std::shared_ptr<const Tree> tree_;
};

/// Fills in the schema's fields, in which defaults stand until then: one load per registration. On an error,
/// InvalidArgument with a line for each problem (`vigil.yaml:12:5: face.max_facs: unknown key; did you mean
/// face.max_faces?`), at most 20, and the fields are not to be used.
[[nodiscard]] absl::StatusOr<Resolved> Load(const Schema& schema, const Sources& sources);

}  // namespace vigil::config
