// Where tests find real data. Models and samples are there after set-up; ../shared/data may be absent.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace vigil::test {

inline std::filesystem::path SourcePath(const std::string& path) {
  return std::filesystem::path(VIGIL_SOURCE_DIR) / path;
}
inline std::filesystem::path ModelPath(const std::string& file) {
  return SourcePath("models") / file;
}
inline std::filesystem::path SamplePath(const std::string& file) {
  return SourcePath("samples") / file;
}
inline std::filesystem::path SharedPath(const std::string& path) {
  return SourcePath("../shared/data") / path;
}

/// A fresh folder of this test's own, removed at the end.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "vigil-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Replaces what is there.
inline void WriteFile(const std::filesystem::path& path, std::string_view data) {
  std::ofstream(path, std::ios::binary)
      .write(data.data(), static_cast<std::streamsize>(data.size()));
}

}  // namespace vigil::test

/// First line of a test that measures on the shared data set: skips, visibly, where it is not mounted.
#define VIGIL_NEEDS_SHARED_DATA()                                       \
  if (!std::filesystem::exists(::vigil::test::SharedPath("README.md"))) \
  GTEST_SKIP() << "needs ../shared/data"
