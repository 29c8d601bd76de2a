#include "nn/model_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/status.h"
#include "nn/model_file.h"
#include "support/environment.h"
#include "support/test_data.h"

namespace vigil::nn {
namespace {

using testing::HasSubstr;

TEST(KnownModels, AreThoseOfTheListThatSetUpChecks) {
  std::map<std::string, std::string> listed;
  std::ifstream list(test::ModelPath("SHA256SUMS"));
  for (std::string hash, file; list >> hash >> file;) listed[file] = hash;
  std::map<std::string, std::string> known;
  for (const auto& model : KnownModels()) {
    if (model.comes_with_setup()) known[std::string(model.file)] = model.sha256;
  }
  EXPECT_EQ(known, listed);
}

TEST(KnownModels, ComeFromThePackageThatSetUpFetches) {
  std::ifstream file(test::ModelPath("package.json"));
  std::stringstream manifest;
  manifest << file.rdbuf();
  for (const auto& model : KnownModels()) {
    if (!model.comes_with_setup()) continue;
    const std::string source(model.source);  // "npm <package> <version>"
    const auto space = source.rfind(' ');
    EXPECT_THAT(manifest.str(), HasSubstr("\"" + source.substr(4, space - 4) + "\": \"" +
                                          source.substr(space + 1) + "\""));
  }
}

TEST(KnownModels, AreFoundByName) {
  for (const auto& model : KnownModels()) EXPECT_EQ(FindKnownModel(model.name), &model);
  EXPECT_EQ(FindKnownModel("face"), nullptr);
}

TEST(VerifyModel, AcceptsWhatSetUpInstalled) {
  for (const auto& model : KnownModels()) {
    if (!model.comes_with_setup()) continue;
    EXPECT_EQ(VerifyModel(model, test::ModelPath("")), absl::OkStatus());
  }
}

// A file, an address that names a commit, a hash, a licence; the AGPL is called by its name.
TEST(KnownModels, ThatArePulledArePinned) {
  std::set<std::string_view> names, files;
  for (const auto& model : KnownModels()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    EXPECT_TRUE(files.insert(model.file).second) << model.file;
    EXPECT_THAT(std::string(model.sha256), testing::MatchesRegex("[0-9a-f]+"));
    EXPECT_EQ(model.sha256.size(), 64U);
    EXPECT_GT(model.bytes, 0U);
    EXPECT_FALSE(model.licence.empty());
    if (model.comes_with_setup()) continue;
    EXPECT_THAT(
        std::string(model.url),
        testing::ContainsRegex("^https://raw.githubusercontent.com/[^/]+/[^/]+/[0-9a-f]{40}/"));
    EXPECT_FALSE(model.family.empty());
    EXPECT_EQ(model.is_copyleft(),
              model.family.starts_with("yolov8") || model.family == "yolo_face");
  }
}

// The same bytes that lie in the shared data, where that is mounted.
TEST(KnownModels, ThatArePulledAreTheFilesWeTestWith) {
  VIGIL_NEEDS_SHARED_DATA();
  int found = 0;
  for (const auto& model : KnownModels()) {
    if (model.comes_with_setup()) continue;
    const std::string file =
        model.name == "nanodet-m" ? "nanodet_320.onnx" : std::string(model.file);
    const auto data = ModelFile::Read(test::SharedPath("models/" + file));
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->bytes().size(), model.bytes) << model.name;
    EXPECT_EQ(Sha256(data->bytes()), model.sha256) << model.name;
    ++found;
  }
  EXPECT_EQ(found, 8);
}

struct SpoiltCase {
  const char* name;
  void (*spoil)(const std::filesystem::path&);
  absl::StatusCode code;
  const char* message;
};
class VerifySpoiltModel : public testing::TestWithParam<SpoiltCase> {};

TEST_P(VerifySpoiltModel, SaysWhatIsWrong) {
  const KnownModel& model = KnownModels().front();
  const test::TempDir dir;
  const auto path = dir / std::string(model.file);
  std::filesystem::copy_file(test::ModelPath(std::string(model.file)), path);
  ASSERT_EQ(VerifyModel(model, dir.path()), absl::OkStatus());
  GetParam().spoil(path);
  const auto status = VerifyModel(model, dir.path());
  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(path.string()));
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Files, VerifySpoiltModel,
    testing::Values(
        SpoiltCase{"missing", [](const auto& path) { std::filesystem::remove(path); },
                   absl::StatusCode::kNotFound, "is missing; run `make setup`"},
        SpoiltCase{"another_model",
                   [](const auto& path) {
                     std::filesystem::copy_file(test::ModelPath("face_landmark.tflite"), path,
                                                std::filesystem::copy_options::overwrite_existing);
                   },
                   absl::StatusCode::kDataLoss,
                   "is face_landmark.tflite under another name, not face-detection; "
                   "run `make setup`"},
        SpoiltCase{"empty", [](const auto& path) { std::filesystem::resize_file(path, 0); },
                   absl::StatusCode::kInvalidArgument, "is empty; run `make setup`"},
        SpoiltCase{"shorter", [](const auto& path) { std::filesystem::resize_file(path, 1000); },
                   absl::StatusCode::kDataLoss, "has 1000 bytes instead of 229032"},
        SpoiltCase{"one_byte_changed",
                   [](const auto& path) {
                     std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
                     file.seekp(1000);
                     file.put(file.get() == 'a' ? 'b' : 'a');
                   },
                   absl::StatusCode::kDataLoss, "SHA-256"},
        SpoiltCase{"a_folder",
                   [](const auto& path) {
                     std::filesystem::remove(path);
                     std::filesystem::create_directory(path);
                   },
                   absl::StatusCode::kInvalidArgument, "is a folder"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FindModelsDir, OfThisBuildIsTheTreesOwn) {
  const auto found = FindModelsDir("");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(std::filesystem::equivalent(*found, test::ModelPath("")));
}

TEST(FindModelsDir, ConfigurationGoesBeforeEnvironment) {
  const test::TempDir configured, environment;
  const test::ScopedVariable variable("VIGIL_MODELS_DIR", environment.path());
  EXPECT_EQ(*FindModelsDir(configured.path().string()), configured.path());
  EXPECT_EQ(*FindModelsDir(""), environment.path());
}

TEST(FindModelsDir, ANamedFolderThatIsMissingIsAnError) {
  const auto configured = FindModelsDir("/nowhere/models");
  EXPECT_EQ(configured.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(MessageOf(configured.status())),
              HasSubstr("/nowhere/models (named by the configuration)"));
  const test::ScopedVariable variable("VIGIL_MODELS_DIR", "/nowhere/else");
  EXPECT_THAT(std::string(MessageOf(FindModelsDir("").status())),
              HasSubstr("/nowhere/else (named by VIGIL_MODELS_DIR)"));
}

}  // namespace
}  // namespace vigil::nn
