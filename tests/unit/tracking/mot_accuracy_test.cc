// How good the tracker is on recorded detections: the table of docs/tracking.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "core/status.h"
#include "support/plain_byte_track.h"
#include "support/test_data.h"
#include "tracking/mot_run.h"

namespace vigil::tracking {
namespace {

MotMeasures MeasurePlain(const MotRecording& recording) {
  test::PlainByteTrack tracker;
  std::vector<MotRow> rows;
  for (std::size_t frame = 0; frame < recording.detections.size(); ++frame) {
    for (const auto& track : tracker.Update(recording.detections[frame])) {
      const PixelBox& b = track.box;
      rows.push_back({.frame = static_cast<int>(frame) + 1,
                      .id = track.id,
                      .box = {b.x, b.y, b.width, b.height}});
    }
  }
  return Measure(PairFrames(recording.truth, rows, recording.info.length));
}

TEST(TrackingAccuracy, IsAtLeastThatOfPlainByteTrackOnEverySequence) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto recordings = FindRecordings(test::SharedPath("tracking"));
  ASSERT_TRUE(recordings.ok()) << recordings.status();
  EXPECT_EQ(recordings->size(), 8U);
  std::vector<TrackBenchRow> table;
  for (const MotRecording& recording : *recordings) {
    const auto plain = MeasurePlain(recording);
    const auto ours =
        Measure(PairFrames(recording.truth, TrackRecording(recording, {}), recording.info.length));
    table.push_back({recording.name, ours});
    table.push_back({"  plain ByteTrack", plain});
    EXPECT_GE(ours.mota(), plain.mota()) << recording.name;
    EXPECT_GE(ours.idf1(), plain.idf1()) << recording.name;
    EXPECT_GE(ours.hota, plain.hota) << recording.name;
  }
  fmt::print("{}", FormatTrackTable(table));
}

// MOTA that the SORT paper's tracker has on the same detections, by the MOTChallenge's own kit.
TEST(TrackingAccuracy, IsAboveThePublishedScoresOfSort) {
  VIGIL_NEEDS_SHARED_DATA();
  const std::map<std::string, double> published = {{"ETH-Sunnyday", 59.1}, {"KITTI-17", 60.2}};
  for (const auto& [sequence, mota] : published) {
    const auto recordings = FindRecordings(test::SharedPath("tracking/mot15/" + sequence));
    ASSERT_TRUE(recordings.ok()) << recordings.status();
    const auto sort =
        std::find_if(recordings->begin(), recordings->end(),
                     [&name = sequence](const auto& r) { return r.name == name + " det_frcnn"; });
    ASSERT_NE(sort, recordings->end());
    const auto ours =
        Measure(PairFrames(sort->truth, TrackRecording(*sort, {}), sort->info.length));
    EXPECT_GT(100 * ours.mota(), mota) << sequence;
  }
}

TEST(BenchTrack, SaysWhereThereIsNothingToTrack) {
  const test::TempDir dir;
  const auto nothing = FindRecordings(dir.path());
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(nothing.status()),
            dir.path().string() + ": no folder with seqinfo.ini, gt*.txt and det*.txt in it");
  EXPECT_EQ(FindRecordings("/nowhere").status().code(), absl::StatusCode::kNotFound);
}

TEST(BenchTrack, ReadsTheLayoutOfTheChallenge) {
  const test::TempDir dir;
  const auto sequence = dir / "train/A-01";
  std::filesystem::create_directories(sequence / "gt");
  std::filesystem::create_directories(sequence / "det");
  test::WriteFile(sequence / "seqinfo.ini", "name=A-01\nframeRate=10\nseqLength=9\n");
  std::string truth, detections;
  for (int frame = 1; frame <= 9; ++frame) {
    truth += fmt::format("{},1,{},5,10,20,1,-1,-1,-1\n", frame, frame);
    detections += fmt::format("{},-1,{},5,10,20,0.9\n", frame, frame);
  }
  test::WriteFile(sequence / "gt/gt.txt", truth);
  test::WriteFile(sequence / "det/det.txt", detections);
  const auto rows = BenchTrack(std::vector{dir.path()}, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].name, "A-01 det");
  EXPECT_EQ((*rows)[0].measures.truth_boxes, 9);
  EXPECT_EQ((*rows)[0].measures.misses, 1);  // the first sighting is not yet believed
  EXPECT_EQ((*rows)[0].measures.id_switches, 0);
}

}  // namespace
}  // namespace vigil::tracking
