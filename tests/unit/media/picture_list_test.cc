#include "media/picture_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "picture_samples.h"

namespace vigil::media {
namespace {

using samples::Data;
using testing::ElementsAre;
using testing::HasSubstr;

Data Png() { return samples::Png({1, 1, 8, 0, {5}, {}, {}, {}, {}}); }
Data Text(std::string_view text) { return Data(text.begin(), text.end()); }

// The names below `folder`.
std::vector<std::string> Names(const std::vector<Input>& inputs, const test::TempDir& folder) {
  std::vector<std::string> names;
  for (const Input& input : inputs)
    names.push_back(std::filesystem::relative(input.name, folder.path()).string());
  return names;
}

struct OrderCase {
  const char *name, *before, *after;
};
class NaturalOrder : public testing::TestWithParam<OrderCase> {};

TEST_P(NaturalOrder, IsAsPeopleCount) {
  EXPECT_TRUE(NaturalLess(GetParam().before, GetParam().after));
  EXPECT_FALSE(NaturalLess(GetParam().after, GetParam().before));
  EXPECT_FALSE(NaturalLess(GetParam().before, GetParam().before));
}
INSTANTIATE_TEST_SUITE_P(
    PictureList, NaturalOrder,
    testing::Values(
        OrderCase{"numbers", "shot2.jpg", "shot10.jpg"}, OrderCase{"letters", "a.jpg", "b.jpg"},
        OrderCase{"case_is_nothing", "a2", "A10"}, OrderCase{"beginning_first", "a", "a1"},
        OrderCase{"zeros_decide_last", "a01", "a1"}, OrderCase{"zeros_count_nothing", "a01", "a2"},
        OrderCase{"long_numbers", "9999999999999999999998", "9999999999999999999999"},
        OrderCase{"second_number", "1-2", "1-10"}, OrderCase{"nothing", "", "0"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

struct KindCase {
  const char* name;
  const char* input;
  Input::Kind kind;
};
class Addresses : public testing::TestWithParam<KindCase> {};
TEST_P(Addresses, AreToldByTheirScheme) {
  const auto kind = Classify(GetParam().input);
  ASSERT_TRUE(kind.ok()) << kind.status();
  EXPECT_EQ(*kind, GetParam().kind);
}
INSTANTIATE_TEST_SUITE_P(
    PictureList, Addresses,
    testing::Values(KindCase{"rtsp", "rtsp://camera/main", Input::Kind::kStream},
                    KindCase{"rtsps", "rtsps://user:pass@camera/main", Input::Kind::kStream},
                    KindCase{"http", "http://camera/stream.mjpg", Input::Kind::kStream},
                    KindCase{"https_in_capitals", "HTTPS://camera/a.mjpg", Input::Kind::kStream},
                    KindCase{"a_picture", "https://host/a.JPG?size=2#x", Input::Kind::kPicture},
                    KindCase{"a_file", "http://host/a.MP4?x", Input::Kind::kVideo},
                    KindCase{"no_file", "rtsp://host/a.mp4", Input::Kind::kStream},
                    KindCase{"srt", "srt://host:9000", Input::Kind::kStream}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Classify, FilesByWhatIsInThem) {
  const test::TempDir folder;
  const auto kind_of = [&](const std::string& name, const Data& bytes) {
    samples::WriteAll(folder / name, bytes);
    return *Classify((folder / name).string());
  };
  EXPECT_EQ(kind_of("picture.mp4", Png()), Input::Kind::kPicture);
  EXPECT_EQ(kind_of("noending", samples::Jpeg(samples::Gradient(8, 8))), Input::Kind::kPicture);
  EXPECT_EQ(kind_of("list.jpg", Text("a text file")), Input::Kind::kPicture)
      << "decoding says what is wrong";
  EXPECT_EQ(kind_of("empty.png", {}), Input::Kind::kPicture);
  EXPECT_EQ(kind_of("moving.gif", Text("GIF89a\1\0\1\0")), Input::Kind::kVideo);
  EXPECT_EQ(kind_of("clip.mkv", {0x1A, 0x45, 0xDF, 0xA3}), Input::Kind::kVideo);
  EXPECT_EQ(kind_of("empty", {}), Input::Kind::kVideo);
}

TEST(Classify, SaysWhatIsWrong) {
  const test::TempDir folder;
  const auto missing = Classify((folder / "missing.mp4").string());
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("missing.mp4"));
  EXPECT_EQ(Classify("/dev/video_of_nobody").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Classify(folder.path().string()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Classify("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Classify("/dev/null").status().code(), absl::StatusCode::kInvalidArgument);

  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(Classify((folder / "pipe").string()).status().code(),
            absl::StatusCode::kInvalidArgument)
      << "and does not wait";

  const auto scheme = Classify("ftp://user:secret@host/a.jpg");
  EXPECT_EQ(scheme.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(scheme.status().message()), HasSubstr("ftp://***@host"));
}

class Folder : public testing::Test {
 protected:
  Folder() {
    std::filesystem::create_directories(folder_ / "deeper/still");
    for (const char* name : {"shot10.png", "shot2.png", "Shot1.png", "deeper/a.png",
                             "deeper/still/b.png", "strange[1].png"}) {
      samples::WriteAll(folder_ / name, Png());
    }
    samples::WriteAll(folder_ / "notes.txt", Text("no picture"));
    samples::WriteAll(folder_ / "broken.jpg", Text("no picture"));
    samples::WriteAll(folder_ / "clip.mkv", {0x1A, 0x45, 0xDF, 0xA3});
    std::filesystem::create_directory_symlink(folder_.path(), folder_ / "deeper/loop");
  }
  absl::StatusOr<std::vector<Input>> Expand(const std::string& name,
                                            const ExpandOptions& options = {}) {
    return ExpandInput(name.empty() ? folder_.path().string() : (folder_ / name).string(), options);
  }
  test::TempDir folder_;
};

TEST_F(Folder, GivesItsPicturesInNaturalOrder) {
  const auto inputs = Expand("");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT(Names(*inputs, folder_),
              ElementsAre("broken.jpg", "Shot1.png", "shot2.png", "shot10.png", "strange[1].png"));
  for (const Input& input : *inputs) EXPECT_EQ(input.kind, Input::Kind::kPicture);
}

TEST_F(Folder, GoesDeeperOnlyWhenAsked) {
  const auto inputs = Expand("", {.recursive = true});
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT(Names(*inputs, folder_),
              ElementsAre("broken.jpg", "deeper/a.png", "deeper/still/b.png", "Shot1.png",
                          "shot2.png", "shot10.png", "strange[1].png"));
}

TEST_F(Folder, PatternsMatchFiles) {
  const auto shots = Expand("shot*.png");
  ASSERT_TRUE(shots.ok()) << shots.status();
  EXPECT_THAT(Names(*shots, folder_), ElementsAre("shot2.png", "shot10.png"));
  const auto all = Expand("*");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(Names(*all, folder_), ElementsAre("broken.jpg", "clip.mkv", "notes.txt", "Shot1.png",
                                                "shot2.png", "shot10.png", "strange[1].png"));
  EXPECT_EQ((*all)[1].kind, Input::Kind::kVideo);
}

TEST_F(Folder, AFileThatLooksLikeAPatternIsAFile) {
  const auto inputs = Expand("strange[1].png");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT(Names(*inputs, folder_), ElementsAre("strange[1].png"));
}

TEST_F(Folder, NothingIsNotFound) {
  const auto nothing = Expand("*.webp");
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(nothing.status().message()), HasSubstr("*.webp"));
  EXPECT_EQ(Expand("dee*").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Expand("missing.jpg").status().code(), absl::StatusCode::kNotFound);
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_EQ(Expand("empty").status().code(), absl::StatusCode::kNotFound);
}

TEST(ExpandInput, AnAddressStandsForItself) {
  const auto inputs = ExpandInput("http://camera/still?id=[1]*");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT(*inputs, ElementsAre(Input{Input::Kind::kStream, "http://camera/still?id=[1]*"}));
}

}  // namespace
}  // namespace vigil::media
