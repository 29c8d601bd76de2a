#include "app/edge_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigil::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr EdgePlan kRemotely{.remote = true, .local = false, .fall_back = true};
constexpr EdgePlan kHere{.remote = false, .local = true, .fall_back = true};
constexpr EdgePlan kBothSides{.remote = true, .local = true, .fall_back = true};
constexpr EdgePlan kRemotelyOrNot{.remote = true, .local = false, .fall_back = false};

face::FaceResult Faces(const std::vector<std::pair<std::int64_t, float>>& ids_and_places) {
  face::FaceResult result;
  for (const auto& [id, x] : ids_and_places) {
    face::Face face;
    face.id = id;
    face.box = {x, 50, 60, 60};
    result.faces.push_back(face);
  }
  return result;
}

class EdgeMergeTest : public testing::Test {
 protected:
  std::uint64_t Add(const EdgePlan& plan, bool release = true) {
    auto frame = std::make_shared<Frame>();
    frame->number = sequence_++;
    frame->timestamp_us = static_cast<std::int64_t>(sequence_) * 33'000;
    now_ += 33ms;
    merge_.Add(sequence_, std::move(frame), plan, now_);
    if (release) merge_.Release(sequence_);
    return sequence_;
  }
  void Remote(std::uint64_t sequence, face::FaceResult faces = Faces({{1, 10}})) {
    rpc::RemoteResult result;
    result.sequence = sequence;
    result.faces = std::move(faces);
    result.round_trip_us = 5000;
    merge_.OnRemote(std::move(result));
  }
  void Lost(std::uint64_t sequence) {
    merge_.OnRemoteLost(sequence, absl::DeadlineExceededError("late"), now_);
  }
  // This device looks at the next frame that it has to, and gives its number.
  std::uint64_t LookHere(const face::FaceResult& faces = Faces({{1, 12}})) {
    const auto work = merge_.NextLocal(now_);
    if (!work) return 0;
    merge_.OnLocal(work->sequence, &faces, 3000);
    return work->sequence;
  }
  // "remote 1", "local 2", "lost 3": what is over, by number of the frame from 1 on.
  std::vector<std::string> Over() {
    std::vector<std::string> texts;
    while (auto result = merge_.Take()) {
      texts.push_back((result->computed ? std::string(Name(*result->computed)) : "lost") + " " +
                      std::to_string(result->frame->number + 1));
      last_ = *std::move(result);
    }
    return texts;
  }
  std::vector<std::int64_t> IdsOfLast() const {
    std::vector<std::int64_t> ids;
    for (const face::Face& face : last_.faces.faces) ids.push_back(face.id);
    return ids;
  }

  EdgeMerge merge_{{.capacity = 6, .waiting_local = 2, .local_limit = 200ms}};
  Clock::time_point now_{1h};
  std::uint64_t sequence_ = 0;
  EdgeResult last_;
};

TEST_F(EdgeMergeTest, ResultsComeOutInTheOrderOfTheFrames) {
  for (int i = 0; i < 3; ++i) Add(kRemotely);
  Remote(2);
  Remote(3);
  EXPECT_THAT(Over(), IsEmpty());
  Remote(1);
  EXPECT_THAT(Over(), ElementsAre("remote 1", "remote 2", "remote 3"));
  EXPECT_EQ(last_.remote_us, 5000);
  EXPECT_TRUE(merge_.empty());
}

TEST_F(EdgeMergeTest, ThisDeviceLooksWhereTheServerDoesNot) {
  for (int i = 0; i < 3; ++i) Add(kRemotely);
  Remote(1);
  Lost(2);
  Remote(3);
  EXPECT_THAT(Over(), ElementsAre("remote 1"));
  EXPECT_EQ(LookHere(), 2U);
  EXPECT_THAT(Over(), ElementsAre("local 2", "remote 3"));
}

TEST_F(EdgeMergeTest, WhatComesTwiceOrLateChangesNothing) {
  Add(kRemotely);
  Lost(1);
  Remote(1);  // after it was given up
  Lost(1);
  EXPECT_EQ(LookHere(), 1U);
  EXPECT_EQ(LookHere(), 0U);
  EXPECT_THAT(Over(), ElementsAre("local 1"));
  Remote(1);
  Lost(1);
  Remote(99);
  EXPECT_THAT(Over(), IsEmpty());
}

TEST_F(EdgeMergeTest, WithoutThisDeviceFramesAreLost) {
  Add(kRemotelyOrNot);
  Add({.remote = false, .local = false, .fall_back = false});
  Lost(1);
  EXPECT_THAT(Over(), ElementsAre("lost 1", "lost 2"));
  EXPECT_EQ(LookHere(), 0U);
}

TEST_F(EdgeMergeTest, AServerOnTrialIsNotWaitedFor) {
  Add(kHere);
  Remote(1);
  EXPECT_THAT(Over(), IsEmpty());
  EXPECT_EQ(LookHere(), 1U);
  EXPECT_THAT(Over(), ElementsAre("local 1"));
}

TEST_F(EdgeMergeTest, PixelsAreNotGivenAwayWhileSomebodyLooksAtThem) {
  Add(kHere, /*release=*/false);
  EXPECT_EQ(LookHere(), 1U);
  EXPECT_THAT(Over(), IsEmpty());
  merge_.Release(1);
  EXPECT_THAT(Over(), ElementsAre("local 1"));

  Add(kBothSides);
  const auto work = merge_.NextLocal(now_);
  ASSERT_TRUE(work);
  Remote(2);
  EXPECT_THAT(Over(), IsEmpty()) << "this device still looks";
  const auto faces = Faces({{1, 12}});
  merge_.OnLocal(2, &faces, 3000);
  EXPECT_THAT(Over(), ElementsAre("remote 2"));
}

TEST_F(EdgeMergeTest, BothMeansTheServersFacesAndThoseThatItDidNotSee) {
  Add(kBothSides);
  Remote(1, Faces({{1, 10}, {2, 300}}));
  LookHere(Faces({{1, 305}, {2, 500}}));
  EXPECT_THAT(Over(), ElementsAre("both 1"));
  EXPECT_THAT(IdsOfLast(), ElementsAre(1, 2, 3));
  EXPECT_THAT(last_.local_faces, ElementsAre(3));
  EXPECT_EQ(last_.faces.faces[1].box.x, 300) << "the server's";
  Add(kBothSides);
  Lost(2);
  LookHere(Faces({{1, 305}, {2, 500}}));
  EXPECT_THAT(Over(), ElementsAre("local 2"));
  EXPECT_THAT(IdsOfLast(), ElementsAre(2, 3));
}

TEST_F(EdgeMergeTest, IdsStayThroughTheSwitch) {
  Add(kRemotely);
  Remote(1, Faces({{4, 10}, {7, 300}}));
  EXPECT_THAT(Over(), ElementsAre("remote 1"));
  EXPECT_THAT(IdsOfLast(), ElementsAre(1, 2));
  Add(kHere);
  LookHere(Faces({{1, 300}, {2, 10}}));
  EXPECT_THAT(Over(), ElementsAre("local 2"));
  EXPECT_THAT(IdsOfLast(), ElementsAre(1, 2));
  EXPECT_EQ(last_.faces.faces[0].box.x, 10);
  merge_.OnRemoteRestarted();
  Add(kRemotely);
  Remote(3, Faces({{1, 300}}));
  Over();
  EXPECT_THAT(IdsOfLast(), ElementsAre(2));
}

TEST_F(EdgeMergeTest, NoMoreIsTakenThanCanBeLookedAt) {
  Add(kHere);
  EXPECT_TRUE(merge_.HasRoom());
  Add(kHere);
  EXPECT_FALSE(merge_.HasRoom()) << "newer frames wait in the camera's slot, where the newest wins";
  LookHere();
  EXPECT_TRUE(merge_.HasRoom());
  for (int i = 0; i < 4; ++i) Add(kRemotely);
  EXPECT_FALSE(merge_.HasRoom()) << "six are under way";
}

TEST_F(EdgeMergeTest, AFrameThatWaitedTooLongForThisDeviceIsLost) {
  Add(kRemotely);
  Add(kRemotely);
  Lost(1);
  Lost(2);
  now_ += 150ms;
  EXPECT_EQ(LookHere(), 1U);
  now_ += 60ms;
  EXPECT_EQ(LookHere(), 0U);
  EXPECT_THAT(Over(), ElementsAre("local 1", "lost 2"));
  EXPECT_TRUE(absl::IsResourceExhausted(last_.lost));
}

TEST_F(EdgeMergeTest, ANetworkThatFailsLosesItsFrameAlone) {
  Add(kHere);
  Add(kHere);
  const auto work = merge_.NextLocal(now_);
  ASSERT_TRUE(work);
  merge_.OnLocal(work->sequence, absl::InternalError("no memory"), 1);
  EXPECT_EQ(LookHere(), 2U);
  EXPECT_THAT(Over(), ElementsAre("lost 1", "local 2"));
}

}  // namespace
}  // namespace vigil::app
