// Certificates and keys, from their files.
#pragma once

#include <absl/status/status.h>

#include <initializer_list>
#include <string>

namespace vigil::app {

/// A file that the configuration names, and where its text goes.
struct PemFile {
  const char* key;  ///< of the configuration, named in messages
  const std::string& path;
  std::string& text;  ///< left as it is where `path` is empty
};

/// InvalidArgument for the first that cannot be read or is no PEM; what is in a file is in no message.
absl::Status ReadPemFiles(std::initializer_list<PemFile> files);

}  // namespace vigil::app
