#include "nn/onnx_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <thread>

#include "core/status.h"
#include "support/environment.h"
#include "support/onnx_builder.h"
#include "support/test_data.h"

namespace vigil::nn {
namespace {

using test::OnnxFile;
using test::OnnxNode;
using test::OnnxUnary;
using test::OnnxValue;
using test::Proto;
using testing::HasSubstr;
using Shape = std::vector<std::int64_t>;

std::filesystem::path RealModel(const std::string& file) {
  return test::SharedPath("models") / file;
}

// Some picture-like values, always the same.
void FillInput(Model& model, float scale) {
  const auto input = model.input(0);
  for (std::size_t i = 0; i < input.size(); ++i)
    input[i] = scale * static_cast<float>((i * 2654435761U) % 997) / 997.0F;
}

std::vector<std::vector<float>> OutputsOf(const Model& model) {
  std::vector<std::vector<float>> all;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto values = model.output(i);
    all.emplace_back(values.begin(), values.end());
  }
  return all;
}

struct RealCase {
  const char* name;
  const char* file;
  Shape override_shape;
  Shape input;
  std::size_t outputs;
  const char* an_output;
  Shape output;
};
class RealOnnxModel : public testing::TestWithParam<RealCase> {};

TEST_P(RealOnnxModel, LoadsAndRunsAlikeTwice) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto model =
      OnnxModel::Create(RealModel(GetParam().file), {.input_shape = GetParam().override_shape});
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->inputs().size(), 1U);
  EXPECT_EQ((*model)->inputs()[0].shape, GetParam().input);
  EXPECT_EQ((*model)->input(0).size(), (*model)->inputs()[0].elements());
  ASSERT_EQ((*model)->outputs().size(), GetParam().outputs);
  const int index = (*model)->FindOutput(GetParam().an_output);
  ASSERT_GE(index, 0);
  EXPECT_EQ((*model)->outputs()[static_cast<std::size_t>(index)].shape, GetParam().output);

  FillInput(**model, 1.0F);
  const float* memory = (*model)->output(0).data();
  ASSERT_EQ((*model)->Run(), absl::OkStatus());
  const auto first = OutputsOf(**model);
  for (const auto& output : first) {
    EXPECT_TRUE(std::all_of(output.begin(), output.end(),
                            [](float value) { return std::isfinite(value); }));
    EXPECT_NE(std::adjacent_find(output.begin(), output.end(), std::not_equal_to<>()), output.end())
        << "all alike";
  }
  FillInput(**model, 0.5F);
  ASSERT_EQ((*model)->Run(), absl::OkStatus());
  EXPECT_NE(OutputsOf(**model), first);
  FillInput(**model, 1.0F);
  ASSERT_EQ((*model)->Run(), absl::OkStatus());
  EXPECT_EQ(OutputsOf(**model), first);
  EXPECT_EQ((*model)->output(0).data(), memory);
}

INSTANTIATE_TEST_SUITE_P(
    Models, RealOnnxModel,
    testing::Values(
        RealCase{
            "yunet_320", "yunet_n_320_320.onnx", {}, {1, 3, 320, 320}, 12, "kps_8", {1, 1600, 10}},
        RealCase{
            "yunet_640", "yunet_n_640_640.onnx", {}, {1, 3, 640, 640}, 12, "cls_32", {1, 400, 1}},
        RealCase{"yunet_dynamic",
                 "yunet_n_dynamic.onnx",
                 {1, 3, 480, 640},
                 {1, 3, 480, 640},
                 12,
                 "bbox_16",
                 {1, 1200, 4}},
        RealCase{"fastest_det", "FastestDet.onnx", {}, {1, 3, 352, 352}, 1, "758", {1, 85, 22, 22}},
        RealCase{"ultralight",
                 "ultralight_RFB-320.onnx",
                 {},
                 {1, 3, 240, 320},
                 2,
                 "boxes",
                 {1, 4420, 4}},
        RealCase{
            "yolov8n_int8", "yolov8n_int8.onnx", {}, {1, 3, 640, 640}, 1, "output0", {1, 84, 8400}},
        RealCase{
            "pfld_open_batch_is_one", "pfld_68.onnx", {}, {1, 3, 112, 112}, 1, "output", {1, 136}},
        RealCase{"pfld_batch_of_three",
                 "pfld_68.onnx",
                 {3, 3, 112, 112},
                 {3, 3, 112, 112},
                 1,
                 "output",
                 {3, 136}}),
    [](const auto& test) { return std::string(test.param.name); });

// Two workers, each with its own session; their results are those of one alone.
TEST(OnnxModel, TwoSessionsRunSideBySide) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto run = [] {
    const auto model = OnnxModel::Create(RealModel("yunet_n_320_320.onnx"), {});
    EXPECT_TRUE(model.ok()) << model.status();
    std::vector<std::vector<float>> outputs;
    for (int i = 0; model.ok() && i < 5; ++i) {
      FillInput(**model, 255.0F);
      EXPECT_EQ((*model)->Run(), absl::OkStatus());
      outputs = OutputsOf(**model);
    }
    return outputs;
  };
  std::vector<std::vector<float>> other;
  std::vector<std::vector<float>> mine;
  {
    std::jthread worker([&] { other = run(); });
    mine = run();
  }
  EXPECT_FALSE(mine.empty());
  EXPECT_EQ(mine, other);
}

TEST(OnnxModel, ComputesWhatTheFileSays) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", OnnxUnary("Neg", OnnxValue("x", test::kFloat, {2, 3}),
                                            OnnxValue("y", test::kFloat, {2, 3}))
                                      .data());
  const auto model = OnnxModel::Create(dir / "m.onnx", {.threads = 2});
  ASSERT_TRUE(model.ok()) << model.status();
  const auto x = (*model)->input(0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  ASSERT_EQ((*model)->Run(), absl::OkStatus());
  EXPECT_THAT((*model)->output(0), testing::ElementsAre(0, -1, -2, -3, -4, -5));
}

// The output's size follows the values: 0 at the zeros of the first run.
Proto SizeFollowsValues() {
  return OnnxFile(
      Proto()
          .Message(1, OnnxNode("NonZero", {"x"}, {"n"}))
          .Message(1, OnnxNode("Cast", {"n"}, {"y"})
                          .Message(5, Proto().Bytes(1, "to").Varint(3, test::kFloat).Varint(20, 2)))
          .Bytes(2, "test")
          .Message(11, OnnxValue("x", test::kFloat, {1, 4}))
          .Message(12, OnnxValue("y", test::kFloat, {2, -1})));
}

Proto TwoInputs() {
  return OnnxFile(Proto()
                      .Message(1, OnnxNode("Add", {"x", "b"}, {"y"}))
                      .Bytes(2, "test")
                      .Message(11, OnnxValue("x", test::kFloat, {-1, 4}))
                      .Message(11, OnnxValue("b", test::kFloat, {-1, 4}))
                      .Message(12, OnnxValue("y", test::kFloat, {-1, 4})));
}

TEST(OnnxModel, OpenSideFillsWhatTheFileLeavesOpen) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", OnnxUnary("Relu", OnnxValue("x", test::kFloat, {-1, 3, -1, -1}),
                                            OnnxValue("y", test::kFloat, {-1, 3, -1, -1}))
                                      .data());
  const auto model = OnnxModel::Create(dir / "m.onnx", {.open_side = 8});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->inputs()[0].shape, (Shape{1, 3, 8, 8}));
  EXPECT_EQ((*model)->outputs()[0].shape, (Shape{1, 3, 8, 8}));
}

TEST(OnnxModel, TakesSeveralInputs) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", TwoInputs().data());
  const auto model = OnnxModel::Create(dir / "m.onnx", {});
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->inputs().size(), 2U);
  std::fill_n((*model)->input(0).begin(), 4, 1.0F);
  std::fill_n((*model)->input(1).begin(), 4, 2.0F);
  ASSERT_EQ((*model)->Run(), absl::OkStatus());
  EXPECT_THAT((*model)->output(0), testing::Each(3.0F));
}

TEST(OnnxModel, GivesWholeNumbersAsFloats) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", OnnxUnary("Shape", OnnxValue("x", test::kFloat, {3, 4}),
                                            OnnxValue("y", test::kInt64, {2}))
                                      .data());
  const auto model = OnnxModel::Create(dir / "m.onnx", {});
  ASSERT_TRUE(model.ok()) << model.status();
  for (int run = 0; run < 2; ++run) {
    ASSERT_EQ((*model)->Run(), absl::OkStatus());
    EXPECT_THAT((*model)->output(0), testing::ElementsAre(3, 4));
  }
}

TEST(OnnxModel, OutputsMayVaryWhereThatIsAskedFor) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", OnnxUnary("NonZero", OnnxValue("x", test::kFloat, {1, 4}),
                                            OnnxValue("y", test::kInt64, {2, -1}))
                                      .data());
  test::WriteFile(dir / "f.onnx", SizeFollowsValues().data());
  for (const char* file : {"m.onnx", "f.onnx"}) {
    const auto model = OnnxModel::Create(dir / file, {.varying_outputs = true});
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ((*model)->outputs()[0].shape, (Shape{2, 0}));
    EXPECT_TRUE((*model)->output(0).empty());
    (*model)->input(0)[1] = (*model)->input(0)[3] = 5;
    ASSERT_EQ((*model)->Run(), absl::OkStatus());
    EXPECT_EQ((*model)->outputs()[0].shape, (Shape{2, 2}));
    EXPECT_THAT((*model)->output(0), testing::ElementsAre(0, 0, 1, 3));
    (*model)->input(0)[3] = 0;
    ASSERT_EQ((*model)->Run(), absl::OkStatus());
    EXPECT_THAT((*model)->output(0), testing::ElementsAre(0, 1));
  }
}

TEST(OnnxModel, TellsWhatTheFileSaysOfItself) {
  const test::TempDir dir;
  Proto file =
      OnnxUnary("Neg", OnnxValue("x", test::kFloat, {1}), OnnxValue("y", test::kFloat, {1}));
  file.Message(14, Proto().Bytes(1, "stride").Bytes(2, "32"));
  file.Message(14, Proto().Bytes(1, "huge").Bytes(2, std::string((1U << 20) + 1, 'x')));
  test::WriteFile(dir / "m.onnx", file.data());
  const auto model = OnnxModel::Create(dir / "m.onnx", {});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->metadata("stride"), "32");
  EXPECT_EQ((*model)->metadata("huge"), "");
  EXPECT_EQ((*model)->metadata("names"), "");
}

struct BadModel {
  const char* name;
  std::string file;
  OnnxOptions options;
  const char* message;
};
class OnnxModelRefuses : public testing::TestWithParam<BadModel> {};

TEST_P(OnnxModelRefuses, InOneLineNamingTheFile) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", GetParam().file);
  const auto model = OnnxModel::Create(dir / "m.onnx", GetParam().options);
  ASSERT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument) << model.status();
  const std::string message(MessageOf(model.status()));
  EXPECT_THAT(message, testing::StartsWith("model " + (dir / "m.onnx").string() + ": "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_THAT(message, testing::Not(HasSubstr("\n")));
}

std::string Relu(test::OnnxType type, std::initializer_list<int> sides) {
  return OnnxUnary("Relu", OnnxValue("x", type, sides), OnnxValue("y", type, sides)).data();
}

INSTANTIATE_TEST_SUITE_P(
    Files, OnnxModelRefuses,
    testing::Values(
        BadModel{"text", "no model at all", {}, "is not an ONNX model"},
        BadModel{"cut_short", Relu(test::kFloat, {1, 4}).substr(0, 40), {}, "cut short"},
        BadModel{"float16", Relu(test::kFloat16, {1, 4}), {}, "input \"x\" is float16"},
        BadModel{"bool_output",
                 OnnxUnary("IsNaN", OnnxValue("x", test::kFloat, {1, 4}),
                           OnnxValue("y", test::kBool, {1, 4}))
                     .data(),
                 {},
                 "output \"y\" is bool"},
        BadModel{"unknown_operator",
                 OnnxUnary("Wibble", OnnxValue("x", test::kFloat, {1, 4}),
                           OnnxValue("y", test::kFloat, {1, 4}))
                     .data(),
                 {},
                 "Wibble"},
        BadModel{"open_dimensions",
                 Relu(test::kFloat, {1, 3, -1, -1}),
                 {},
                 "input \"x\" is 1x3x?x? in the file; say"},
        BadModel{"shape_of_other_rank",
                 Relu(test::kFloat, {1, -1}),
                 {.input_shape = {1, 2, 3}},
                 "does not fit"},
        BadModel{"shape_against_the_file",
                 Relu(test::kFloat, {1, 3}),
                 {.input_shape = {1, 4}},
                 "does not fit"},
        BadModel{"empty_shape",
                 Relu(test::kFloat, {1, -1}),
                 {.input_shape = {1, 0}},
                 "is empty or larger"},
        BadModel{
            "negative_shape", Relu(test::kFloat, {1, -1}), {.input_shape = {1, -7}}, "say what"},
        BadModel{"huge_shape",
                 Relu(test::kFloat, {1, -1}),
                 {.input_shape = {1, 1LL << 40}},
                 "larger than 64 M"},
        BadModel{"overflowing_shape",
                 Relu(test::kFloat, {-1, -1}),
                 {.input_shape = {1LL << 32, 1LL << 32}},
                 "larger than"},
        BadModel{
            "shape_for_two_inputs", TwoInputs().data(), {.input_shape = {2, 4}}, "has 2 inputs"},
        BadModel{
            "size_follows_values", SizeFollowsValues().data(), {}, "output \"y\" of 2x0 is empty"},
        BadModel{"no_threads", Relu(test::kFloat, {1, 4}), {.threads = 0}, "threads: 0"},
        BadModel{"too_many_threads", Relu(test::kFloat, {1, 4}), {.threads = 65}, "threads: 65"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(OnnxModel, RealFileCutAnywhereIsRefused) {
  VIGIL_NEEDS_SHARED_DATA();
  const test::TempDir dir;
  const auto size = std::filesystem::file_size(RealModel("yunet_n_320_320.onnx"));
  for (const std::uintmax_t cut : {std::uintmax_t{1}, std::uintmax_t{100}, size / 2, size - 1}) {
    std::filesystem::copy_file(RealModel("yunet_n_320_320.onnx"), dir / "m.onnx",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(dir / "m.onnx", std::filesystem::perms::owner_all);
    std::filesystem::resize_file(dir / "m.onnx", cut);
    EXPECT_EQ(OnnxModel::Create(dir / "m.onnx", {}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << cut;
  }
}

TEST(OnnxModel, ForeignModelIsNamed) {
  const auto model = OnnxModel::Create(test::ModelPath("face_landmark.tflite"), {});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(model.status())),
              HasSubstr("face_landmark.tflite: is not an ONNX model"));
}

TEST(OnnxModel, RuntimeLibraryThatCannotBeOpenedIsNamed) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", Relu(test::kFloat, {1, 4}));
  const auto model =
      OnnxModel::Create(dir / "m.onnx", {.runtime_library = "/nowhere/libonnxruntime.so"});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(model.status())),
              HasSubstr("ONNX Runtime /nowhere/libonnxruntime.so: "));
  EXPECT_TRUE(OnnxModel::Create(dir / "m.onnx", {}).ok()) << "a failure must not stick";
}

std::size_t Threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

// The runtime's own telemetry starts a thread, a device id and a database in the cache folder. It
// is set to a place where it would show, and must stay away.
TEST(OnnxModel, NothingIsReportedToAnybody) {
  const test::TempDir dir;
  const test::ScopedVariable home("HOME", dir.path()), cache("XDG_CACHE_HOME", dir.path()),
      temporary("TMPDIR", dir.path());
  const std::size_t before = Threads();
  test::WriteFile(dir / "m.onnx", Relu(test::kFloat, {1, 4}));
  const auto model = OnnxModel::Create(dir / "m.onnx", {});
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->Run(), absl::OkStatus());
  EXPECT_EQ(Threads(), before);
  const std::filesystem::directory_iterator files(dir.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "the model, and nothing else";
}

// Whatever runs in this environment is set up for the CPU; asking for a GPU must say what is
// missing.
TEST(OnnxModel, ProviderThatCannotBeHadIsNamed) {
  const test::TempDir dir;
  test::WriteFile(dir / "m.onnx", Relu(test::kFloat, {1, 4}));
  const auto model =
      OnnxModel::Create(dir / "m.onnx", {.provider = OnnxProvider::kCuda, .device = 99});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kFailedPrecondition) << model.status();
  EXPECT_THAT(std::string(MessageOf(model.status())), HasSubstr("CUDAExecutionProvider"));
}

}  // namespace
}  // namespace vigil::nn
