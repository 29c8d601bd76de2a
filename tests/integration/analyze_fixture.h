// What tests of `vigil analyze` share: the program, a portrait, and videos made of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "media/picture.h"
#include "media/video_writer.h"
#include "support/process.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil {

using nlohmann::json;

inline std::vector<std::string> AnalyzeCommand(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {VIGIL_BINARY, "analyze"});
  return arguments;
}

inline test::Outcome Analyze(const std::vector<std::string>& arguments,
                             const std::vector<std::string>& environment = {}) {
  return test::RunProgram(AnalyzeCommand(arguments), environment);
}

inline std::vector<json> ReadJsonLines(const std::filesystem::path& path) {
  std::vector<json> lines;
  for (const std::string& line : test::ReadLines(path)) lines.push_back(json::parse(line));
  return lines;
}

inline const std::string kPortrait = test::SamplePath("astronaut.png").string();

class AnalyzeTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (dir_ / name).string(); }
  // A configuration file.
  std::string Config(const std::string& text) const {
    test::WriteText(Path("scene.yaml"), text);
    return Path("scene.yaml");
  }

  // A short video of the portrait drifting to the right, `frames` at 25 a second.
  std::string MakeVideo(const std::string& name, int frames) const {
    const auto portrait = media::ReadPicture(kPortrait);
    EXPECT_TRUE(portrait.ok());
    auto writer = media::VideoWriter::Create(Path(name), {400, 400});
    EXPECT_TRUE(writer.ok()) << writer.status();
    for (int i = 0; i < frames; ++i) {
      ImageView part = portrait->view();
      part.data += 3 * (2 * std::min(i, 50));
      part.width = part.height = 400;
      EXPECT_TRUE((*writer)->Add(part, i * 40'000).ok());
    }
    EXPECT_TRUE((*writer)->Finish().ok());
    return Path(name);
  }

  test::TempDir dir_;
};

}  // namespace vigil
