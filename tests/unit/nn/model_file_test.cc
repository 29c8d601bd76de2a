#include "nn/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "core/limits.h"
#include "core/status.h"
#include "support/test_data.h"

namespace vigil::nn {
namespace {

using testing::HasSubstr;

TEST(ModelFile, ReadsWholeFilesAligned) {
  const test::TempDir dir;
  const std::string content(100'001, 'x');
  test::WriteFile(dir / "model", content);
  const auto file = ModelFile::Read(dir / "model");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->bytes().size(), content.size());
  EXPECT_EQ(std::memcmp(file->bytes().data(), content.data(), content.size()), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file->bytes().data()) % 64, 0U);
}

struct BadFile {
  const char* name;
  void (*make)(const std::filesystem::path&);
  absl::StatusCode code;
  const char* message;
};
class ModelFileRefuses : public testing::TestWithParam<BadFile> {};

TEST_P(ModelFileRefuses, AndNamesIt) {
  const test::TempDir dir;
  const auto path = dir / "thing";
  GetParam().make(path);
  const auto file = ModelFile::Read(path);
  EXPECT_EQ(file.status().code(), GetParam().code);
  EXPECT_THAT(std::string(MessageOf(file.status())), HasSubstr(path.string()));
  EXPECT_THAT(std::string(MessageOf(file.status())), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Paths, ModelFileRefuses,
    testing::Values(
        BadFile{"missing", [](const auto&) {}, absl::StatusCode::kNotFound, "No such file"},
        BadFile{"folder", [](const auto& path) { std::filesystem::create_directory(path); },
                absl::StatusCode::kInvalidArgument, "folder"},
        BadFile{"pipe_without_writer",
                [](const auto& path) { ASSERT_EQ(mkfifo(path.c_str(), 0600), 0); },
                absl::StatusCode::kInvalidArgument, "regular file"},
        BadFile{"empty", [](const auto& path) { test::WriteFile(path, ""); },
                absl::StatusCode::kInvalidArgument, "empty"},
        BadFile{"link_to_nothing",
                [](const auto& path) { std::filesystem::create_symlink("nowhere", path); },
                absl::StatusCode::kNotFound, "No such file"},
        BadFile{"huge",  // sparse: takes no disk
                [](const auto& path) {
                  test::WriteFile(path, "x");
                  std::filesystem::resize_file(path, limits::kMaxModelBytes + 1);
                },
                absl::StatusCode::kInvalidArgument, "more than the 512 MiB"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Sha256, GivesPublishedDigests) {  // FIPS 180-4 examples
  EXPECT_EQ(Sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string_view abc = "abc";
  EXPECT_EQ(Sha256(std::as_bytes(std::span(abc))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace vigil::nn
