// Labels of objects lie over no other text, and stay where they are.
#include "app/label_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace vigil::app {
namespace {

constexpr Size kPicture{640, 480};

LabelRequest Of(std::int64_t id, const PixelBox& object) {
  return {id, object, {{{0, 0, 60, 14}, {0, 0, 20, 14}}}};
}

bool Overlap(const PixelBox& a, const PixelBox& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

TEST(PlaceLabels, LieAboveTheirObjectWhereThatIsFree) {
  const std::vector<LabelRequest> one = {Of(1, {100, 100, 80, 160})};
  const auto spots = PlaceLabels(kPicture, {}, one);
  ASSERT_EQ(spots.size(), 1U);
  EXPECT_EQ(spots[0], (LabelSpot{LabelForm::kWhole, 0, {100, 86, 60, 14}}));
}

TEST(PlaceLabels, KeepClearOfNamesAndOfOneAnother) {
  const std::vector<PixelBox> names = {{90, 80, 120, 20}};
  const std::vector<LabelRequest> two = {Of(2, {110, 100, 80, 160}), Of(1, {100, 100, 80, 160})};
  const auto spots = PlaceLabels(kPicture, names, two);
  for (const LabelSpot& spot : spots) {
    EXPECT_EQ(spot.form, LabelForm::kWhole);
    EXPECT_FALSE(Overlap(spot.box, names[0]));
  }
  EXPECT_FALSE(Overlap(spots[0].box, spots[1].box));
  EXPECT_EQ(spots[1].place, 2);  // who is there for longest has the first choice
}

TEST(PlaceLabels, StayInThePictureAndWhereTheyWere) {
  std::vector<LabelRequest> one = {Of(1, {600, -20, 80, 160})};
  auto spots = PlaceLabels(kPicture, {}, one);
  EXPECT_LE(spots[0].box.right(), 640);
  EXPECT_GE(spots[0].box.y, 0);
  one = {Of(1, {100, 100, 80, 160})};
  one[0].before = 4;
  spots = PlaceLabels(kPicture, {}, one);
  EXPECT_EQ(spots[0].place, 4);
  EXPECT_EQ(spots[0].box.y, 260);
}

TEST(PlaceLabels, ACrowdHasNumbersAndNoneIsLeftOut) {
  std::mt19937 random(5);
  std::vector<LabelRequest> crowd;
  for (int i = 0; i < 60; ++i) {
    crowd.push_back(
        Of(i, {static_cast<float>(random() % 600), static_cast<float>(random() % 420), 40, 60}));
  }
  const auto spots = PlaceLabels(kPicture, {}, crowd);
  int overlaps = 0, numbers = 0;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    EXPECT_GT(spots[i].box.width, 0) << i;
    numbers += spots[i].form == LabelForm::kNumber ? 1 : 0;
    for (std::size_t k = 0; k < i; ++k) overlaps += Overlap(spots[i].box, spots[k].box) ? 1 : 0;
  }
  EXPECT_EQ(overlaps, 0);
  EXPECT_LT(numbers, 60);
  EXPECT_EQ(PlaceLabels(kPicture, {}, crowd), spots);

  // Where everything is full, each still has its number.
  const std::vector<PixelBox> full = {{0, 0, 640, 480}};
  for (const LabelSpot& spot : PlaceLabels(kPicture, full, crowd))
    EXPECT_EQ(spot.form, LabelForm::kNumber);
}

TEST(NameAndCounts, OfATextThatDoesNotFitTheNameIsCut) {
  const auto within = [](std::size_t most) {
    return [most](const std::string& text) { return text.size() <= most; };
  };
  EXPECT_EQ(NameAndCounts("door", "in 3 / out 1", within(40)), "door  in 3 / out 1");
  EXPECT_EQ(NameAndCounts("door", "", within(40)), "door");
  EXPECT_EQ(NameAndCounts("the door of the yard", "in 3 / out 1", within(20)),
            "the ..  in 3 / out 1");
  EXPECT_EQ(NameAndCounts("Tür Süd", "1", within(8)), "Tü..  1") << "whole characters";
  EXPECT_EQ(NameAndCounts("door", "in 3 / out 1", within(5)), "in 3 / out 1");
  EXPECT_EQ(NameAndCounts(std::string(128, 'x'), "", within(6)), "xxxx..");
}

}  // namespace
}  // namespace vigil::app
