// `vigil analyze` as a user meets it: the real program, real pictures and videos, and everything
// that can be wrong.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "analyze_fixture.h"
#include "media/picture.h"
#include "media/picture_writer.h"
#include "media/source.h"

namespace vigil {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(AnalyzeTest, APortraitBecomesAFaceAnAnnotatedPictureAndASummary) {
  const auto run = Analyze({kPortrait, "--save", Path("out.png"), "--json", Path("out.jsonl"),
                            "--csv", Path("out.csv")});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("1 face"));
  EXPECT_THAT(run.err, testing::IsEmpty());

  const auto lines = ReadJsonLines(Path("out.jsonl"));
  ASSERT_EQ(lines.size(), 1U);
  ASSERT_EQ(lines[0]["faces"].size(), 1U);
  const json& face = lines[0]["faces"][0];
  EXPECT_EQ(face["landmarks"].size(), 478U);
  EXPECT_NEAR(face["bbox"]["x"].get<double>() + face["bbox"]["width"].get<double>() / 2, 225, 15);
  EXPECT_LT(std::abs(face["head_pose"]["yaw"].get<double>()), 25);
  EXPECT_EQ(face["eyes"]["state"], "open");

  // Drawn over: the picture differs from the original where the face is, and nowhere far from it.
  const auto before = media::ReadPicture(kPortrait), after = media::ReadPicture(Path("out.png"));
  ASSERT_TRUE(before.ok() && after.ok());
  ASSERT_EQ(before->size(), after->size());
  EXPECT_NE(std::memcmp(before->view().row(120), after->view().row(120), 512 * 3), 0);
  EXPECT_EQ(std::memcmp(before->view().row(500), after->view().row(500), 512 * 3), 0);

  const auto rows = test::ReadLines(Path("out.csv"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(std::ranges::count(rows[0], ','), std::ranges::count(rows[1], ','));
}

TEST_F(AnalyzeTest, OutputFollowsItsSchema) {
  const auto run =
      Analyze({kPortrait, MakeVideo("clip.mp4", 30), "--json", Path("out.jsonl"), "-q"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto plain = Analyze({kPortrait, "--mesh", "468", "--json", Path("plain.jsonl"), "-q"});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const std::string script = R"(
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
lines = [json.loads(line) for path in sys.argv[2:] for line in open(path)]
for line in lines: validator.validate(line)
broken = json.loads(json.dumps(lines[0])); broken['faces'][0]['attention']['score'] = 101
assert not validator.is_valid(broken), 'the schema accepts an attention of 101'
print(len(lines))
)";
  const auto check =
      test::RunProgram({"/usr/bin/python3", "-c", script,
                        test::SourcePath("docs/schema/analyze-frame.schema.json").string(),
                        Path("out.jsonl"), Path("plain.jsonl")});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_EQ(check.out, "32\n");
}

TEST_F(AnalyzeTest, AVideoKeepsItsFramesAndTimes) {
  const auto run =
      Analyze({MakeVideo("clip.mp4", 50), "--save", Path("out.mp4"), "--json", Path("out.jsonl")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto lines = ReadJsonLines(Path("out.jsonl"));
  ASSERT_EQ(lines.size(), 50U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["frame"], i);
    EXPECT_NEAR(lines[i]["timestamp_us"].get<double>(), 40'000.0 * static_cast<double>(i), 1000);
    ASSERT_EQ(lines[i]["faces"].size(), 1U) << i;
    EXPECT_EQ(lines[i]["faces"][0]["id"], 1) << i;  // one person, one id
  }
  auto annotated = media::OpenVideo(Path("out.mp4"), {}, {});
  ASSERT_TRUE(annotated.ok()) << annotated.status();
  std::size_t frames = 0;
  for (auto frame = (*annotated)->Read({}); frame.ok(); frame = (*annotated)->Read({})) {
    EXPECT_NEAR(static_cast<double>(frame->timestamp_us), 40'000.0 * static_cast<double>(frames++),
                1000);
  }
  EXPECT_EQ(frames, 50U);
}

TEST_F(AnalyzeTest, SeveralInputsComeInOrderWhateverTheThreads) {
  std::vector<std::string> arguments{
      kPortrait, MakeVideo("clip.mp4", 20), kPortrait, "--threads", "3", "--json", "-", "-q"};
  const auto run = Analyze(arguments);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::vector<std::string> streams;
  std::size_t from = 0;
  for (std::size_t end = run.out.find('\n'); end != std::string::npos;
       from = end + 1, end = run.out.find('\n', from)) {
    const std::string stream = json::parse(run.out.substr(from, end - from))["stream_id"];
    if (streams.empty() || streams.back() != stream) streams.push_back(stream);
  }
  EXPECT_THAT(streams, testing::ElementsAre(kPortrait, Path("clip.mp4"), kPortrait));
}

// USERS.md, pain 20: what a mask covers reaches no output.
TEST_F(AnalyzeTest, Pain20MaskedPixelsReachNoOutput) {
  test::WriteText(Path("mask.yaml"),
                  "masks:\n  - [[25%, 0%], [65%, 0%], [65%, 60%], [25%, 60%]]\n");  // over the face
  const auto video = MakeVideo("clip.mp4", 10);
  const auto run = Analyze({kPortrait, video, "--config", Path("mask.yaml"), "--save",
                            Path("saved") + "/", "--json", Path("out.jsonl")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const json& line : ReadJsonLines(Path("out.jsonl"))) {
    if (line["stream_id"] != kPortrait) continue;
    EXPECT_TRUE(line["faces"].empty());
  }
  const auto picture = media::ReadPicture(Path("saved/astronaut.png"));
  ASSERT_TRUE(picture.ok());
  for (int y = 0; y < 300; ++y) {
    for (int x = 130; x < 330; ++x) ASSERT_EQ(picture->view().row(y)[3 * x], 0) << x << "," << y;
  }
  auto annotated = media::OpenVideo(Path("saved/clip.mp4"), {}, {});
  ASSERT_TRUE(annotated.ok());
  const auto frame = (*annotated)->Read({});
  ASSERT_TRUE(frame.ok());
  for (int y = 5; y < 235; ++y) {
    for (int x = 105; x < 255; ++x)
      ASSERT_LT(frame->image.view().row(y)[3 * x], 30) << x << "," << y;  // H.264 is not exact
  }
}

struct BadInput {
  const char* name;
  std::string content;  // of the file "bad.<ending>"; nothing: no file
  const char* ending;
  const char* complaint;
};
class BadInputs : public AnalyzeTest, public testing::WithParamInterface<BadInput> {};

// One line that names the file; the good input of the same call is analysed all the same; exit
// code 1.
TEST_P(BadInputs, AreOneLineAndTheOthersGoOn) {
  const std::string bad = Path(std::string("bad.") + GetParam().ending);
  if (!GetParam().content.empty() || std::string(GetParam().name) == "empty")
    test::WriteText(bad, GetParam().content);
  const auto run = Analyze({bad, kPortrait, "--json", Path("out.jsonl")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr(bad));
  EXPECT_THAT(run.err, HasSubstr(GetParam().complaint));
  EXPECT_EQ(ReadJsonLines(Path("out.jsonl")).size(), 1U);
}

std::string Png60000() {
  const unsigned char header[] = {0x89, 'P',  'N', 'G', 13,  10, 26, 10,   0,    0,    0,
                                  13,   'I',  'H', 'D', 'R', 0,  0,  0xEA, 0x60, 0,    0,
                                  0xEA, 0x60, 8,   2,   0,   0,  0,  0xA5, 0xC7, 0x5B, 0x25};
  return {reinterpret_cast<const char*>(header), sizeof header};
}

INSTANTIATE_TEST_SUITE_P(
    Analyze, BadInputs,
    testing::Values(BadInput{"missing", "", "jpg", "No such file"},
                    BadInput{"text_named_jpg", "this is not a picture\n", "jpg", "not a"},
                    BadInput{"empty", "", "png", "empty"},
                    BadInput{"png_60000", Png60000(), "png", "60000"},
                    BadInput{"text_named_mp4", "this is not a video\n", "mp4",
                             "; copy or record it again, or convert it to MP4"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(AnalyzeTest, ATruncatedJpegIsAnError) {
  const auto portrait = media::ReadPicture(kPortrait);
  ASSERT_TRUE(media::WritePicture(Path("whole.jpg"), portrait->view()).ok());
  const std::string whole = test::ReadText(Path("whole.jpg"));
  test::WriteText(Path("cut.jpg"), whole.substr(0, whole.size() / 2));
  const auto run = Analyze({Path("cut.jpg")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("cut.jpg"));
  EXPECT_THAT(run.err, HasSubstr("truncated"));
}

// What was decoded before a break is kept: its results, and an annotated video that plays.
TEST_F(AnalyzeTest, AVideoThatBreaksInTheMiddleKeepsWhatCameBefore) {
  VIGIL_NEEDS_SHARED_DATA();
  const std::string whole = test::ReadText(test::SharedPath("videos/sign_walk.mkv"));
  test::WriteText(Path("cut.mkv"), whole.substr(0, whole.size() / 2));
  const auto run =
      Analyze({Path("cut.mkv"), "--json", Path("out.jsonl"), "--save", Path("out.mp4")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("cut.mkv"));
  const auto lines = ReadJsonLines(Path("out.jsonl"));
  EXPECT_GT(lines.size(), 20U);
  EXPECT_LT(lines.size(), 89U);
  auto annotated = media::OpenVideo(Path("out.mp4"), {}, {});
  ASSERT_TRUE(annotated.ok()) << annotated.status();
  std::size_t frames = 0;
  while ((*annotated)->Read({}).ok()) ++frames;
  EXPECT_EQ(frames, lines.size());
}

// Nor is damage inside a file a success, with or without a copy being saved.
TEST_F(AnalyzeTest, AVideoWithAHoleFailsAndKeepsTheRest) {
  VIGIL_NEEDS_SHARED_DATA();
  std::string bytes = test::ReadText(test::SharedPath("videos/pexels_video02.mp4"));
  const std::size_t begin = bytes.size() * 4 / 10;
  bytes.replace(begin, bytes.size() / 5, bytes.size() / 5, '\0');
  test::WriteText(Path("hole.mp4"), bytes);
  const auto run =
      Analyze({Path("hole.mp4"), "--json", Path("out.jsonl"), "--save", Path("out.mp4")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
  EXPECT_THAT(run.err, testing::StartsWith("vigil: " + Path("hole.mp4") + ": damaged inside: "));
  EXPECT_THAT(run.err, HasSubstr("; copy or record it again"));
  const auto lines = ReadJsonLines(Path("out.jsonl"));
  EXPECT_GT(lines.size(), 150U);
  EXPECT_LT(lines.size(), 214U);
  auto annotated = media::OpenVideo(Path("out.mp4"), {}, {});
  ASSERT_TRUE(annotated.ok()) << annotated.status();
  std::size_t frames = 0;
  absl::Status end;
  for (; end.ok(); frames += end.ok()) end = (*annotated)->Read({}).status();
  EXPECT_TRUE(absl::IsOutOfRange(end)) << end;
  EXPECT_EQ(frames, lines.size());
}

TEST_F(AnalyzeTest, NothingListeningIsSaidWithinTheTimeout) {
  const auto run = Analyze({"http://127.0.0.1:9/stream", "--set", "source.give_up_after=2s"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, testing::StartsWith("vigil: http://127.0.0.1:9/stream: given up"));
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
}

TEST_F(AnalyzeTest, PasswordsOfAddressesAreNotShown) {
  const auto run =
      Analyze({"http://admin:secret@127.0.0.1:9/stream", "--set", "source.give_up_after=1s"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err + run.out, Not(HasSubstr("secret")));
}

TEST_F(AnalyzeTest, NoPermissionToWriteIsSaid) {
  const auto run = Analyze({kPortrait, "--save", "/proc/out.png"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("/proc/out.png"));
  const auto json_run = Analyze({kPortrait, "--json", "/proc/out.jsonl"});
  EXPECT_EQ(json_run.exit_code, 1);
  EXPECT_THAT(json_run.err, HasSubstr("/proc/out.jsonl"));
}

// A name can hold anything; what reaches a terminal is one line without commands for it, and CSV and
// JSON agree on it.
TEST_F(AnalyzeTest, NamesWithControlCharactersAreWrittenOut) {
  const std::string name = Path("a\x1b[31m\nb\xFF.png");
  std::filesystem::copy_file(kPortrait, name);
  const auto good = Analyze({name, "--json", Path("out.jsonl"), "--csv", Path("out.csv")});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("a\\x1b[31m\\nb\xEF\xBF\xBD.png: 1 face"));
  EXPECT_THAT(good.out, Not(HasSubstr("\x1b")));
  const std::string id = ReadJsonLines(Path("out.jsonl")).at(0)["stream_id"];
  EXPECT_THAT(id, testing::EndsWith("b\xEF\xBF\xBD.png"));
  EXPECT_THAT(test::ReadText(Path("out.csv")), HasSubstr("\"" + id + "\""));
  const auto bad = Analyze({Path("x\x1b[2J\ny.png")});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_EQ(std::ranges::count(bad.err, '\n'), 1) << bad.err;
  EXPECT_THAT(bad.err, HasSubstr("x\\x1b[2J\\ny.png: "));
}

TEST_F(AnalyzeTest, AFullDiskIsSaid) {
  const auto run = Analyze({kPortrait, "--json", "/dev/full"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("/dev/full"));
}

TEST_F(AnalyzeTest, AnOutputThatNobodyReadsEndsTheRunAndIsSaidOnce) {
  test::WriteText(Path("run.sh"),
                  fmt::format("{} analyze {} {} {} --json - | head -c 1 >/dev/null; "
                              "echo ${{PIPESTATUS[0]}}",
                              VIGIL_BINARY, kPortrait, kPortrait, kPortrait));
  const auto run = test::RunProgram({"bash", Path("run.sh")});
  EXPECT_EQ(run.out, "1\n");
  const std::string complaint = "standard output: cannot be written";
  const auto first = run.err.find(complaint);
  ASSERT_NE(first, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find(complaint, first + 1), std::string::npos) << run.err;
}

TEST_F(AnalyzeTest, WhatWasNotFoundIsCounted) {
  const auto run = Analyze({kPortrait, "/nowhere.jpg", "/nowhere2.jpg"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.out, HasSubstr("3 inputs, 1 frame, 2 failed"));
}

TEST(CommandLine, AWrongWordIsNamed) {
  const std::tuple<std::vector<std::string>, const char*> cases[] = {
      {{"analyse", "x.jpg"}, "analyse: no such command; did you mean analyze?"},
      {{"config", "prnt"}, "prnt: no such command; did you mean print?"},
      {{"--verson"}, "--verson: no such option"}};
  for (auto [words, complaint] : cases) {
    words.insert(words.begin(), VIGIL_BINARY);
    const auto run = test::RunProgram(words);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, HasSubstr(complaint));
  }
}

struct Usage {
  const char* name;
  std::vector<std::string> arguments;
  int exit_code;
  const char* complaint;
};
class WrongUsage : public AnalyzeTest, public testing::WithParamInterface<Usage> {};

TEST_P(WrongUsage, IsExplainedWithItsExitCode) {
  const auto run = Analyze(GetParam().arguments);
  EXPECT_EQ(run.exit_code, GetParam().exit_code);
  EXPECT_THAT(run.err, HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Analyze, WrongUsage,
    testing::Values(
        Usage{"no_input", {}, 2, "INPUT"},
        Usage{"unknown_flag", {kPortrait, "--savee", "x"}, 2, "--savee"},
        Usage{"wrong_ending", {kPortrait, "--save", "x.txt"}, 2, "x.txt"},
        Usage{"mesh", {kPortrait, "--mesh", "500"}, 2, "468 or 478"},
        Usage{"max_faces", {kPortrait, "--max-faces", "0"}, 2, "--max-faces"},
        Usage{"unknown_key", {kPortrait, "--set", "face.max_facs=3"}, 2, "face.max_faces"},
        Usage{"two_outputs_in_one", {kPortrait, "--json", "-", "--csv", "-"}, 2, "--csv -: --json"},
        Usage{"input_as_output", {kPortrait, "--json", kPortrait}, 2, "this is an input too"},
        Usage{"mask_on_a_line",
              {kPortrait, "--set", "masks=[[[0,0],[0.5,0.5],[1,1]]]"},
              2,
              "masks: mask 0 hides nothing: its corners lie on one line"},
        Usage{"mask_without_a_bracket",
              {kPortrait, "--set", "masks=[[0,0],[1,0],[1,1]]"},
              2,
              "one pair of brackets is missing around it"},
        Usage{"preset",
              {kPortrait, "--set", "output.video_preset=medum"},
              2,
              "output.video_preset: \"medum\" is not one of ultrafast, "},
        Usage{"standard_input", {"-"}, 1, "-: standard input is not read; name a file"},
        Usage{"no_config_file", {kPortrait, "--config", "/nowhere.yaml"}, 78, "/nowhere.yaml"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(AnalyzeTest, ConfigurationLayersReachTheAnalysis) {
  test::WriteText(Path("vigil.yaml"), "face:\n  mesh: 468\n");
  const auto mesh = [&](std::vector<std::string> more,
                        const std::vector<std::string>& environment) {
    more.insert(more.begin(),
                {kPortrait, "-q", "--json", Path("out.jsonl"), "--config", Path("vigil.yaml")});
    const auto run = Analyze(more, environment);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return ReadJsonLines(Path("out.jsonl")).at(0)["faces"][0]["landmarks"].size();
  };
  EXPECT_EQ(mesh({}, {}), 468U);
  EXPECT_EQ(mesh({}, {"VIGIL_FACE_MESH=478"}), 478U);
  EXPECT_EQ(mesh({"--mesh", "468"}, {"VIGIL_FACE_MESH=478"}), 468U);
}

struct WrongModel {
  const char* name;
  const char* file;
  void (*spoil)(const std::filesystem::path&);
  std::vector<std::string> arguments;
  const char* complaint;
};
class WrongModels : public AnalyzeTest, public testing::WithParamInterface<WrongModel> {};

void ReplaceBy(const char* model, const std::filesystem::path& path) {
  std::filesystem::copy_file(test::ModelPath(model), path,
                             std::filesystem::copy_options::overwrite_existing);
}

void ChangeOneByte(const std::filesystem::path& path) {
  std::string bytes = test::ReadText(path.string());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  test::WriteText(path.string(), bytes);
}

// One line with the file and the remedy, whichever model it is, and no result.
TEST_P(WrongModels, AreOneErrorThatNamesTheFile) {
  const auto& [name, file, spoil, more, complaint] = GetParam();
  const std::filesystem::path models = Path("models");
  std::filesystem::create_directory(models);
  for (const auto& entry : std::filesystem::directory_iterator(test::ModelPath("")))
    std::filesystem::copy_file(entry.path(), models / entry.path().filename());
  spoil(models / file);
  std::vector<std::string> arguments = {kPortrait, "--set", "models.dir=" + models.string(),
                                        "--json", Path("out.jsonl")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto run = Analyze(arguments);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("model " + (models / file).string() + ": "));
  EXPECT_THAT(run.err, HasSubstr(complaint));
  EXPECT_THAT(run.err, HasSubstr("; run `make setup`"));
  EXPECT_THAT(test::ReadText(Path("out.jsonl")), testing::IsEmpty());
}

constexpr const char* kGeometry = "geometry_pipeline_metadata_landmarks.binarypb";
constexpr const char* kMesh = "face_landmark.tflite";
constexpr const char* kAttention = "face_landmark_with_attention.tflite";
INSTANTIATE_TEST_SUITE_P(
    Analyze, WrongModels,
    testing::Values(
        WrongModel{"plain_mesh_as_attention",
                   kAttention,
                   [](const auto& path) { ReplaceBy(kMesh, path); },
                   {},
                   "is face_landmark.tflite under another name"},
        WrongModel{"attention_as_plain_mesh",
                   kMesh,
                   [](const auto& path) { ReplaceBy(kAttention, path); },
                   {"--mesh", "468"},
                   "is face_landmark_with_attention.tflite under another name"},
        WrongModel{"mesh_as_detector",
                   "face_detection_short_range.tflite",
                   [](const auto& path) { ReplaceBy(kMesh, path); },
                   {},
                   "is face_landmark.tflite under another name"},
        WrongModel{"one_byte", kAttention, ChangeOneByte, {}, "is another file or damaged"},
        WrongModel{"geometry", kGeometry, ChangeOneByte, {}, "is another file or damaged"},
        WrongModel{"truncated",
                   kAttention,
                   [](const auto& path) { std::filesystem::resize_file(path, 1'000'000); },
                   {},
                   "has 1000000 bytes instead of 2495952"},
        WrongModel{"missing",
                   kAttention,
                   [](const auto& path) { std::filesystem::remove(path); },
                   {},
                   "is missing"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(AnalyzeTest, AMissingModelSaysWhatToDo) {
  const auto run = Analyze({kPortrait, "--set", "models.dir=" + dir_.path().string()});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr(dir_.path().string()));
  EXPECT_THAT(run.err, HasSubstr("; run `make setup`"));
}

}  // namespace
}  // namespace vigil
