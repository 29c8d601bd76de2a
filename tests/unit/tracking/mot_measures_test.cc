#include "tracking/mot_measures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "support/test_data.h"

namespace vigil::tracking {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

MotMeasures MeasureFiles(const std::filesystem::path& dir) {
  const auto info = ReadSeqInfo(dir / "seqinfo.ini");
  const auto truth = ReadMotFile(dir / "gt.txt");
  const auto tracked = ReadMotFile(dir / "result_example.txt");
  EXPECT_TRUE(info.ok() && truth.ok() && tracked.ok());
  return Measure(PairFrames(*truth, *tracked, info->length));
}

// IDF1 64.5, IDP 82.0, IDR 53.1 … as py-motmetrics publishes them.
TEST(MotMeasures, ReproducesThePublishedScoresOfTudStadtmitte) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto m = MeasureFiles(test::SharedPath("tracking/mot15/TUD-Stadtmitte"));
  const auto percent = [](double ratio) { return std::round(ratio * 1000) / 10; };
  EXPECT_EQ(percent(m.idf1()), 64.5);
  EXPECT_EQ(percent(m.idp()), 82.0);
  EXPECT_EQ(percent(m.idr()), 53.1);
  EXPECT_EQ(percent(m.recall()), 60.9);
  EXPECT_EQ(percent(m.precision()), 94.0);
  EXPECT_EQ(m.mostly_tracked, 5);
  EXPECT_EQ(m.partly_tracked, 4);
  EXPECT_EQ(m.mostly_lost, 1);
  EXPECT_EQ(m.false_positives, 45);
  EXPECT_EQ(m.misses, 452);
  EXPECT_EQ(m.id_switches, 7);
  EXPECT_EQ(m.fragmentations, 6);
  EXPECT_EQ(percent(m.mota()), 56.4);
  EXPECT_EQ(percent(m.motp()), 65.4);
}

// Every number that TrackEval publishes for this result and that we have, to the last digit.
TEST(MotMeasures, ReproducesThePublishedScoresOfMot17) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto dir = test::SharedPath("tracking/mot17/MOT17-09-FRCNN");
  const auto m = MeasureFiles(dir);
  std::map<std::string, double> published;
  {
    std::ifstream file(dir / "result_example_scores.csv");
    std::string names, values;
    std::getline(file, names);
    std::getline(file, values);
    std::istringstream n(names), v(values);
    for (std::string name, value; std::getline(n, name, ',') && std::getline(v, value, ',');) {
      if (name != "seq") published[name] = std::stod(value);
    }
  }
  const std::map<std::string, double> ours = {
      {"HOTA___AUC", m.hota},
      {"DetA___AUC", m.det_a},
      {"AssA___AUC", m.ass_a},
      {"MOTA", m.mota()},
      {"MOTP", m.motp()},
      {"MOTP_sum", m.overlap_sum},
      {"CLR_Re", m.recall()},
      {"CLR_Pr", m.precision()},
      {"CLR_TP", static_cast<double>(m.matches)},
      {"CLR_FN", static_cast<double>(m.misses)},
      {"CLR_FP", static_cast<double>(m.false_positives)},
      {"IDSW", static_cast<double>(m.id_switches)},
      {"MT", static_cast<double>(m.mostly_tracked)},
      {"PT", static_cast<double>(m.partly_tracked)},
      {"ML", static_cast<double>(m.mostly_lost)},
      {"Frag", static_cast<double>(m.fragmentations)},
      {"CLR_Frames", m.frames},
      {"IDF1", m.idf1()},
      {"IDR", m.idr()},
      {"IDP", m.idp()},
      {"IDTP", static_cast<double>(m.id_matches)},
      {"IDFN", static_cast<double>(m.truth_boxes - m.id_matches)},
      {"IDFP", static_cast<double>(m.tracked_boxes - m.id_matches)},
      {"Dets", static_cast<double>(m.tracked_boxes)},
      {"GT_Dets", static_cast<double>(m.truth_boxes)},
      {"IDs", static_cast<double>(m.tracked_ids)},
      {"GT_IDs", static_cast<double>(m.truth_ids)},
  };
  for (const auto& [name, value] : ours) {
    ASSERT_TRUE(published.contains(name)) << name;
    EXPECT_NEAR(value, published.at(name), 1e-12 * std::max(1.0, published.at(name))) << name;
  }
}

constexpr MotBox kHere{0, 0, 10, 10}, kThere{100, 0, 10, 10};

TEST(MotMeasures, PerfectIsOne) {
  const std::vector<MotFrame> frames(
      4, MotFrame{{{1, kHere}, {2, kThere}}, {{8, kThere}, {9, kHere}}});
  const auto m = Measure(frames);
  EXPECT_EQ(m.mota(), 1);
  EXPECT_EQ(m.motp(), 1);
  EXPECT_EQ(m.idf1(), 1);
  EXPECT_NEAR(m.hota, 1, 1e-12);
  EXPECT_EQ(m.mostly_tracked, 2);
}

TEST(MotMeasures, NothingDividesByNothing) {
  for (const auto& frames : {std::vector<MotFrame>{}, std::vector<MotFrame>(2),
                             std::vector<MotFrame>(2, {{}, {{1, kHere}}}),
                             std::vector<MotFrame>(2, {{{1, kHere}}, {}})}) {
    const auto m = Measure(frames);
    EXPECT_EQ(m.motp(), 0);
    EXPECT_EQ(m.idf1(), 0);
    EXPECT_EQ(m.hota, 0);
  }
}

// Seen as 5, missed, seen as 5, then as 6: one switch, one fragmentation; of four boxes three are
// matched, and of the identity two.
TEST(MotMeasures, ASwitchAndAGapAreCounted) {
  const MotFrame as5{{{1, kHere}}, {{5, kHere}}}, as6{{{1, kHere}}, {{6, kHere}}};
  const auto m = Measure(std::vector{as5, MotFrame{{{1, kHere}}, {{7, kThere}}}, as5, as6});
  EXPECT_EQ(m.id_switches, 1);
  EXPECT_EQ(m.fragmentations, 1);
  EXPECT_EQ(m.matches, 3);
  EXPECT_EQ(m.misses, 1);
  EXPECT_EQ(m.false_positives, 1);
  EXPECT_EQ(m.id_matches, 2);
  EXPECT_DOUBLE_EQ(m.mota(), 1.0 / 4);
  EXPECT_EQ(m.partly_tracked, 1);
}

// A match goes on while it may, also where another box fits better now.
TEST(MotMeasures, AMatchGoesOn) {
  const MotBox off{2, 0, 10, 10};
  const auto m = Measure(std::vector{MotFrame{{{1, kHere}}, {{5, kHere}}},
                                     MotFrame{{{1, kHere}}, {{5, off}, {6, kHere}}}});
  EXPECT_EQ(m.id_switches, 0);
  EXPECT_EQ(m.false_positives, 1);
}

TEST(PairFrames, TakesOutWhatIsNotToBeJudged) {
  const std::vector<MotRow> truth = {
      {1, 1, kHere, 1, 1},   // a pedestrian
      {1, 2, kThere, 0, 8},  // a reflection
      {2, 1, kHere, 0, 1},   // a pedestrian that does not count
      {9, 1, kHere, 1, 1},   // beyond the end
  };
  const std::vector<MotRow> tracked = {
      {1, 5, kHere, 1, 1}, {1, 6, kThere, 1, 1}, {2, 5, kHere, 1, 1}};
  const auto frames = PairFrames(truth, tracked, 2);
  ASSERT_THAT(frames, SizeIs(2));
  ASSERT_THAT(frames[0].truth, SizeIs(1));
  ASSERT_THAT(frames[0].tracked, SizeIs(1));
  EXPECT_EQ(frames[0].tracked[0].id, 5);
  EXPECT_THAT(frames[1].truth, IsEmpty());
  EXPECT_THAT(frames[1].tracked, SizeIs(1));
}

}  // namespace
}  // namespace vigil::tracking
