#include "nn/tflite_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/test_data.h"

namespace vigil::nn {
namespace {

using testing::HasSubstr;

std::vector<std::byte> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

std::unique_ptr<TfliteModel> LoadModel(const std::string& file) {
  auto model = TfliteModel::Create(file, ReadFile(test::ModelPath(file)));
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *std::move(model) : nullptr;
}

struct FaceModel {
  const char* name;
  const char* file;
  std::vector<std::int64_t> input;
  std::vector<std::size_t> outputs;  // elements of each
};
class FaceModels : public testing::TestWithParam<FaceModel> {};

TEST_P(FaceModels, HaveTheDocumentedTensorsAndRunRepeatably) {
  const auto model = LoadModel(GetParam().file);
  ASSERT_TRUE(model);
  ASSERT_EQ(model->inputs().size(), 1U);
  EXPECT_EQ(model->inputs()[0].shape, GetParam().input);
  ASSERT_EQ(model->outputs().size(), GetParam().outputs.size());
  for (std::size_t i = 0; i < model->input(0).size(); ++i)
    model->input(0)[i] = static_cast<float>(i % 97) / 97;
  ASSERT_TRUE(model->Run().ok());
  std::vector<std::vector<float>> first;
  for (std::size_t i = 0; i < model->outputs().size(); ++i) {
    EXPECT_EQ(model->output(i).size(), GetParam().outputs[i]);
    first.emplace_back(model->output(i).begin(), model->output(i).end());
    for (const float value : first.back()) ASSERT_TRUE(std::isfinite(value));
  }
  ASSERT_TRUE(model->Run().ok());
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(first[i], model->output(i)));
}

INSTANTIATE_TEST_SUITE_P(
    MediaPipe, FaceModels,
    testing::Values(
        FaceModel{"detector", "face_detection_short_range.tflite", {1, 128, 128, 3}, {14336, 896}},
        FaceModel{"mesh", "face_landmark.tflite", {1, 192, 192, 3}, {1404, 1}},
        FaceModel{"attention",
                  "face_landmark_with_attention.tflite",
                  {1, 192, 192, 3},
                  {1404, 160, 142, 142, 10, 10, 1}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TfliteModel, ForeignFilesAreNamedAsSuch) {
  const std::vector<std::byte> text(100, std::byte{'a'});
  EXPECT_THAT(TfliteModel::Create("notes.txt", text).status().message(),
              HasSubstr("notes.txt: not a TFLite model"));
  EXPECT_THAT(TfliteModel::Create("empty", {}).status().message(),
              HasSubstr("empty: not a TFLite model"));
}

TEST(TfliteModel, EveryTruncationIsAnError) {
  const auto file = ReadFile(test::ModelPath("face_detection_short_range.tflite"));
  for (std::size_t keep = 0; keep < file.size(); keep += 997) {
    EXPECT_FALSE(TfliteModel::Create("cut", std::span(file).first(keep)).ok()) << keep;
  }
}

// Whatever single byte is damaged: an error, or a model that still runs. The sanitizer presets judge the rest.
TEST(TfliteModel, DamagedBytesNeverCrash) {
  const auto file = ReadFile(test::ModelPath("face_detection_short_range.tflite"));
  int refused = 0, tried = 0;
  for (std::size_t at = 0; at < file.size(); at += at < 60'000 ? 211 : 4001) {
    auto damaged = file;
    damaged[at] ^= std::byte{0x5A};
    auto model = TfliteModel::Create("damaged", damaged);
    ++tried;
    if (!model.ok()) {
      ++refused;
      continue;
    }
    EXPECT_TRUE((*model)->Run().ok());
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, tried);
}

// Found by fuzzing: an ADD whose result is neither read nor an output.
TEST(TfliteModel, AnOperatorThatNobodyReadsIsLeftOut) {
  const auto file =
      ReadFile(test::SourcePath("tests/fuzz/seeds/tflite_fuzz/unread_operator.tflite"));
  const auto model = TfliteModel::Create("unread", file);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE((*model)->Run().ok());
}

}  // namespace
}  // namespace vigil::nn
