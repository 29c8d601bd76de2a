// What tests of scenes share: a street from the sample, and the program that replays.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "integration/analyze_fixture.h"
#include "media/source.h"
#include "media/video_writer.h"

namespace vigil {

inline const std::string kScene = R"(
device_id: jetson-01
lines:
  - {type: vertical, position_pct: 50, description: path, evaluation_point: bottom_center}
zones:
  - {x1_pct: 20, y1_pct: 20, x2_pct: 90, y2_pct: 90, description: lawn}
speed: {metres_per_pixel: 0.02}
)";

class SceneTest : public AnalyzeTest {
 protected:
  // The pedestrians of the sample, `frames` of them.
  std::string MakeStreet(int frames) const {
    auto source = media::OpenVideo(test::SamplePath("vtest.avi").string(), {}, {});
    EXPECT_TRUE(source.ok()) << source.status();
    auto writer = media::VideoWriter::Create(Path("street.mp4"), (*source)->info().size);
    EXPECT_TRUE(writer.ok()) << writer.status();
    for (int i = 0; i < frames; ++i) {
      auto frame = (*source)->Read({});
      EXPECT_TRUE(frame.ok()) << frame.status();
      EXPECT_TRUE((*writer)->Add(frame->image.view(), frame->timestamp_us).ok());
    }
    EXPECT_TRUE((*writer)->Finish().ok());
    return Path("street.mp4");
  }
  static test::Outcome Replay(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {VIGIL_BINARY, "replay"});
    return test::RunProgram(arguments);
  }
  std::string Text(const std::string& name) const { return test::ReadText(Path(name)); }
};

}  // namespace vigil
