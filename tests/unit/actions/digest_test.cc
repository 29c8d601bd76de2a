#include "actions/digest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <set>

#include "actions/digest_schedule.h"
#include "actions/internal/digest_chart.h"
#include "actions/internal/digest_counts.h"
#include "core/status.h"
#include "media/picture.h"
#include "support/test_data.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using test::Utc;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct NextCase {
  const char* name;
  const char* zone;
  std::vector<std::string> times;
  int period_min;
  const char* after;
  const char* next;
};
class NextAfter : public testing::TestWithParam<NextCase> {};
TEST_P(NextAfter, IsTheNextMomentDue) {
  const NextCase& c = GetParam();
  const auto schedule =
      DigestSchedule::Create({c.times, c.zone, std::chrono::minutes(c.period_min)});
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(ToIso8601(schedule->NextAfter(Utc(c.after))), ToIso8601(Utc(c.next)));
}
INSTANTIATE_TEST_SUITE_P(
    Schedules, NextAfter,
    testing::Values(
        NextCase{
            "today", "Europe/Berlin", {"08:00"}, 0, "2026-11-24T05:00:00Z", "2026-11-24T07:00:00Z"},
        NextCase{"tomorrow",
                 "Europe/Berlin",
                 {"08:00"},
                 0,
                 "2026-11-24T08:00:00Z",
                 "2026-11-25T07:00:00Z"},
        NextCase{"never_the_moment_itself",
                 "Europe/Berlin",
                 {"08:00"},
                 0,
                 "2026-11-24T07:00:00Z",
                 "2026-11-25T07:00:00Z"},
        NextCase{"one_of_several",
                 "UTC",
                 {"20:00", "8:00", "12:30"},
                 0,
                 "2026-11-24T08:00:01Z",
                 "2026-11-24T12:30:00Z"},
        NextCase{"an_hour_less_that_night",
                 "Europe/Berlin",
                 {"08:00"},
                 0,
                 "2026-03-28T07:00:00Z",
                 "2026-03-29T06:00:00Z"},
        NextCase{"an_hour_more_that_night",
                 "Europe/Berlin",
                 {"08:00"},
                 0,
                 "2026-10-24T06:00:00Z",
                 "2026-10-25T07:00:00Z"},
        NextCase{"left_out",
                 "Europe/Berlin",
                 {"02:30"},
                 0,
                 "2026-03-29T00:00:00Z",
                 "2026-03-29T01:00:00Z"},
        NextCase{"twice_first",
                 "Europe/Berlin",
                 {"02:30"},
                 0,
                 "2026-10-25T00:00:00Z",
                 "2026-10-25T00:30:00Z"},
        NextCase{"twice_not_again",
                 "Europe/Berlin",
                 {"02:30"},
                 0,
                 "2026-10-25T00:30:00Z",
                 "2026-10-26T01:30:00Z"},
        NextCase{"west",
                 "America/Los_Angeles",
                 {"23:59"},
                 0,
                 "2026-11-24T00:00:00Z",
                 "2026-11-24T07:59:00Z"},
        NextCase{"a_day_that_never_was",
                 "Pacific/Apia",
                 {"12:00"},
                 0,
                 "2011-12-29T22:00:01Z",
                 "2011-12-30T10:00:00Z"},
        NextCase{"period", "UTC", {}, 60, "2026-11-24T08:10:00Z", "2026-11-24T09:00:00Z"},
        NextCase{
            "period_at_its_moment", "UTC", {}, 15, "2026-11-24T08:15:00Z", "2026-11-24T08:30:00Z"}),
    [](const auto& test) { return std::string(test.param.name); });

// Each time of day comes once a local day, through a year with both changes.
TEST(DigestSchedule, OncePerDayThroughAYear) {
  for (const char* zone : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"}) {
    for (const char* time : {"00:00", "01:45", "02:30", "12:00", "23:59"}) {
      const auto schedule = DigestSchedule::Create({{time}, zone, {}});
      WallTime at = Utc("2026-01-01T12:00:00Z");
      for (int day = 0; day < 365; ++day) {
        const WallTime next = schedule->NextAfter(at);
        EXPECT_GT(next, at);
        EXPECT_LE(next - at, std::chrono::hours(day == 0 ? 48 : 25)) << zone << " " << time;
        EXPECT_GE(next - at, std::chrono::hours(day == 0 ? 0 : 22)) << zone << " " << time;
        at = next;
      }
      EXPECT_LT(at, Utc("2027-01-02T13:00:00Z"));
      EXPECT_GT(at, Utc("2026-12-30T00:00:00Z"));
    }
  }
}

TEST(DigestSchedule, RefusesWhatIsNoTimeOfDay) {
  for (const char* time :
       {"", "8", "24:00", "08:60", "8:0", "aa:bb", "008:00", "-1:00", "08:00 "}) {
    EXPECT_FALSE(DigestSchedule::Create({{time}, "UTC", {}}).ok()) << time;
  }
  EXPECT_FALSE(DigestSchedule::Create({{}, "UTC", {}}).ok());
  EXPECT_FALSE(DigestSchedule::Create({{"08:00"}, "Atlantis", {}}).ok());
  EXPECT_FALSE(DigestSchedule::Create({{}, "UTC", std::chrono::hours(24 * 8)}).ok());
}

class DigestTest : public testing::Test {
 protected:
  DigestTest() {
    options_.time_zone = "Europe/Berlin";
    // A day as cameras see it: few at night, many at eight and at five.
    std::int64_t sequence = 0;
    const int at_hour[24] = {0, 0, 1, 0, 0,  2,  6,  14, 31, 12, 7, 5,
                             9, 8, 6, 9, 17, 26, 13, 6,  3,  1,  1, 0};
    for (int hour = 0; hour < 24; ++hour) {
      for (int i = 0; i < at_hour[hour]; ++i) {
        Delivery d = test::CarCrossing(
            ++sequence, fmt::format("2026-11-{}T{:02}:{:02}:00Z", hour == 0 ? 24 : 24, hour, i));
        if (i % 3 == 0) d.event.class_name = "person";
        if (i % 4 == 0) d.event.direction = "right_to_left";
        if (i % 10 == 0) {
          d.event.type = events::EventType::kZoneEnter;
          d.event.line.clear();
          d.event.zone = "garden";
          d.rule = "someone-in-garden";
          d.severity = events::Severity::kWarning;
          d.pictures = {"photo"};
        }
        Add(d);
      }
    }
  }
  void Add(const Delivery& d) { events_.push_back({d.event, {d.rule}, d.severity, d.pictures}); }
  DigestEvents Events() const {
    return [this](const auto& visit) {
      std::ranges::for_each(events_, visit);
      return absl::OkStatus();
    };
  }
  absl::StatusOr<std::optional<Mail>> Render() {
    return RenderDigest(Events(), held_, window_, options_,
                        [](const auto&) { return std::string("\xFF\xD8 a photo"); });
  }

  std::vector<DigestEvent> events_;
  std::vector<HeldBack> held_ = {{"car-detected", "cooldown", 12}, {"night-watch", "schedule", 3}};
  DigestWindow window_{Utc("2026-11-23T23:00:00Z"), Utc("2026-11-24T23:00:00Z"),
                       Utc("2026-11-25T07:00:00Z")};
  DigestOptions options_;
};

TEST_F(DigestTest, SaysWhatHappenedAndWhatWasHeldBack) {
  const auto mail = Render();
  ASSERT_TRUE(mail.ok() && *mail) << mail.status();
  const std::size_t events = events_.size();
  EXPECT_EQ((*mail)->subject,
            fmt::format("Vigil: {} events (2026-11-24 00:00 – 2026-11-25 00:00 CET)", events));
  for (const std::string& text : {(*mail)->text, (*mail)->html}) {
    EXPECT_THAT(text, HasSubstr(fmt::format("{} events, ", events)));
    EXPECT_THAT(text, HasSubstr("15 more held back by cooldowns and schedules"));
    EXPECT_THAT(text, HasSubstr("night-watch"));
    EXPECT_THAT(text, HasSubstr("driveway entry"));
    EXPECT_THAT(text, HasSubstr("garden"));
    EXPECT_THAT(text, HasSubstr("right_to_left"));
  }
  EXPECT_EQ((*mail)->pictures.size(), 9U);
  EXPECT_EQ((*mail)->pictures[0].name, "chart.png");
  for (const MailPicture& picture : (*mail)->pictures) {
    EXPECT_THAT((*mail)->html, HasSubstr("cid:" + ContentId(**mail, picture.name)));
  }
}

// What it delivers in other ways is not in here, and is no nothing.
TEST_F(DigestTest, ARuleThatOnlyHeldBackHasNoCount) {
  const auto mail = Render();
  ASSERT_TRUE(mail.ok() && *mail) << mail.status();
  EXPECT_THAT((*mail)->text, testing::ContainsRegex("night-watch +– +3\n"));
  EXPECT_THAT((*mail)->html, testing::ContainsRegex("night-watch</td><td[^>]*>–</td>"));
  EXPECT_THAT((*mail)->text, testing::ContainsRegex("car-detected +[1-9][0-9]* +12\n"));
}

TEST_F(DigestTest, TheCountsAddUp) {
  const auto counts =
      *internal::Count(Events(), held_, window_, TimeZone::Load("Europe/Berlin").value(), 40);
  const auto sum = [](const std::vector<internal::CountRow>& rows) {
    std::int64_t total = 0;
    for (const auto& row : rows) total += row.count;
    return total;
  };
  const auto events = static_cast<std::int64_t>(events_.size());
  EXPECT_EQ(counts.events, events);
  EXPECT_EQ(sum(counts.rules), events);
  EXPECT_EQ(sum(counts.classes), events);
  EXPECT_EQ(sum(counts.lines) + sum(counts.zones) + sum(counts.others), events);
  EXPECT_EQ(counts.held, 15);
  ASSERT_EQ(counts.bins.size(), 24U);
  EXPECT_EQ(counts.bins[9].label, "09");  // eight UTC
  EXPECT_EQ(counts.bins[9].count, 31);
  // Short tables: the rest is summed up, not dropped.
  const auto small = *internal::Count(Events(), held_, window_, TimeZone(), 5);
  EXPECT_EQ(sum(small.lines) + sum(small.zones) + sum(small.others), events);
}

// One crossing is up to three events, of which each has a row of its own.
TEST_F(DigestTest, ACrossingIsCountedOnceThoughItIsThreeEvents) {
  events_.clear();
  for (std::int64_t crossing = 0; crossing < 11; ++crossing) {
    for (const auto type : {events::EventType::kLineCross, events::EventType::kLineCount,
                            events::EventType::kWrongWay}) {
      Delivery d =
          test::CarCrossing(static_cast<std::int64_t>(events_.size()), "2026-11-24T08:00:00Z");
      d.event.type = type;
      Add(d);
    }
  }
  const auto counts = *internal::Count(Events(), {}, window_, TimeZone(), 40);
  ASSERT_EQ(counts.lines.size(), 3U);
  std::set<std::string> types;
  for (const internal::CountRow& row : counts.lines) {
    EXPECT_EQ(row.count, 11) << row.cells[2];
    types.insert(row.cells[2]);
  }
  EXPECT_THAT(types, ElementsAre("LINE_COUNT", "LINE_CROSS", "WRONG_WAY"));
  EXPECT_THAT(Render()->value().text, testing::ContainsRegex("LINE_CROSS +left_to_right +car +11"));
}

TEST_F(DigestTest, AnEventOfTwoRulesCountsOnce) {
  const std::size_t once = events_.size();
  events_[0].rules.emplace_back("another");
  const auto counts = *internal::Count(Events(), held_, window_, TimeZone(), 40);
  EXPECT_EQ(counts.events, static_cast<std::int64_t>(once));
  EXPECT_THAT(Render()->value().text, HasSubstr("another"));
}

TEST_F(DigestTest, NothingHappenedIsToldOnlyIfWanted) {
  events_.clear();
  EXPECT_TRUE(Render()->has_value()) << "held back is not nothing";
  held_.clear();
  EXPECT_FALSE(Render()->has_value());
  options_.send_when_nothing = true;
  const auto mail = Render();
  EXPECT_THAT((*mail)->subject, HasSubstr("nothing happened"));
  EXPECT_THAT((*mail)->text, HasSubstr("Nothing happened."));
  EXPECT_TRUE((*mail)->pictures.empty());
}

TEST_F(DigestTest, IsTheSameMailForTheSameWindowAndThreads) {
  const Mail first = Render()->value();
  EXPECT_EQ(first, Render()->value());
  window_.until += std::chrono::hours(1);
  const Mail second = Render()->value();
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(first.thread, second.thread);
}

TEST_F(DigestTest, NamesFromMessagesStayText) {
  events_[0].event.class_name = "<script>alert(1)</script>\n\x1b[2J";
  events_[0].event.line = "\"><img src=x>";
  const Mail mail = Render()->value();
  EXPECT_THAT(mail.html, Not(HasSubstr("<script>")));
  EXPECT_THAT(mail.html, Not(HasSubstr("<img src=x>")));
  EXPECT_THAT(mail.html, HasSubstr("&lt;script&gt;"));
  EXPECT_EQ(mail.text.find('\x1b'), std::string::npos);
}

TEST_F(DigestTest, APictureThatIsGoneIsLeftOut) {
  const auto mail = RenderDigest(Events(), held_, window_, options_,
                                 [](const auto&) { return std::optional<std::string>(); });
  EXPECT_EQ((*mail)->pictures.size(), 1U);
}

TEST_F(DigestTest, SevereEventsGetTheirPhotosFirst) {
  options_.max_photos = 1;
  for (DigestEvent& event : events_) event.pictures = {"photo"};
  events_[100].severity = events::Severity::kCritical;
  events_[100].event.camera_id = "the-critical-one";
  const Mail mail = Render()->value();
  EXPECT_THAT(mail.text, HasSubstr("photo1.jpg: "));
  EXPECT_THAT(mail.text.substr(mail.text.find("photo1.jpg")), HasSubstr("the-critical-one"));
}

TEST_F(DigestTest, PhotosAreSpreadOverTheEvents) {
  options_.max_photos = 4;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    events_[i].severity = events::Severity::kInfo;
    events_[i].pictures = {std::to_string(i)};
  }
  std::vector<std::string> read;
  const auto mail =
      RenderDigest(Events(), held_, window_, options_,
                   [&](const std::filesystem::path& path) -> std::optional<std::string> {
                     read.push_back(path.string());
                     return "a photo";
                   });
  ASSERT_TRUE(mail.ok()) << mail.status();
  const std::size_t n = events_.size();
  EXPECT_THAT(read, ElementsAre("0", std::to_string(n / 4), std::to_string(n * 2 / 4),
                                std::to_string(n * 3 / 4)));
}

TEST_F(DigestTest, WhatCannotBeCollectedEndsIt) {
  const auto broken = [](const auto&) { return absl::DataLossError("the store is broken"); };
  EXPECT_EQ(RenderDigest(broken, held_, window_, options_, ReadPictureFile).status(),
            absl::DataLossError("the store is broken"));
}

// A recording's events are of its own time, 1970 if need be; the mail is of today.
TEST_F(DigestTest, TheMailIsDatedWhenItIsWritten) {
  const Mail mail = Render()->value();
  EXPECT_EQ(mail.date, window_.written);
  window_.written += std::chrono::hours(1);
  EXPECT_NE(Render()->value().id, mail.id) << "another digest, though of the same time";
}

struct ShortCase {
  const char* from;
  const char* until;
  const char* span;
  const char* first_bin;
  std::size_t bins;
};
class ShortWindow : public DigestTest, public testing::WithParamInterface<ShortCase> {};
TEST_P(ShortWindow, IsShownInFinerSteps) {
  options_.time_zone = "UTC";
  window_.from = Utc(GetParam().from) - std::chrono::microseconds(1);
  window_.until = Utc(GetParam().until);
  EXPECT_THAT(Render()->value().subject, HasSubstr(fmt::format("({})", GetParam().span)));
  const auto counts = *internal::Count(Events(), {}, window_, TimeZone(), 40);
  EXPECT_EQ(counts.bins.size(), GetParam().bins);
  EXPECT_EQ(counts.bins.front().label, GetParam().first_bin);
}
INSTANTIATE_TEST_SUITE_P(
    Windows, ShortWindow,
    testing::Values(ShortCase{"2026-11-20T22:00:03Z", "2026-11-20T22:00:48Z",
                              "2026-11-20 22:00:03 – 22:00:48 UTC", "22:00:00", 10},
                    ShortCase{"2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z",
                              "2026-11-20 22:00:00 UTC", "22:00:00", 1},
                    ShortCase{"2026-11-20T23:59:50Z", "2026-11-21T00:00:50Z",
                              "2026-11-20 23:59:50 – 2026-11-21 00:00:50 UTC", "23:59:50", 12},
                    ShortCase{"2026-11-20T22:01:30Z", "2026-11-20T22:21:00Z",
                              "2026-11-20 22:01 – 22:21 UTC", "22:01", 20},
                    ShortCase{"2026-11-20T08:07:00Z", "2026-11-20T10:00:00Z",
                              "2026-11-20 08:07 – 10:00 UTC", "08:05", 23},
                    ShortCase{"2026-11-20T08:00:00Z", "2026-11-20T20:00:00Z",
                              "2026-11-20 08:00 – 20:00 UTC", "08", 12}));

TEST_F(DigestTest, LongWindowsAreShownInDays) {
  window_.from = Utc("2026-10-20T22:00:00Z");
  const auto counts =
      *internal::Count(Events(), {}, window_, TimeZone::Load("Europe/Berlin").value(), 40);
  EXPECT_EQ(counts.bins.size(), 35U);
  EXPECT_EQ(counts.bins.front().label, "21 Oct");
  EXPECT_EQ(counts.bins.back().count, static_cast<std::int64_t>(events_.size()));
  window_.from = Utc("2020-01-01T00:00:00Z");
  EXPECT_EQ(internal::Count(Events(), {}, window_, TimeZone(), 40)->bins.size(), 62U);
}

TEST_F(DigestTest, TheChartShowsTheBars) {
  const auto counts =
      *internal::Count(Events(), {}, window_, TimeZone::Load("Europe/Berlin").value(), 40);
  const Image chart = internal::DrawChart(counts.bins);
  const auto blue = [&](std::size_t bin) {  // pixels of the bar's colour, in the middle of its slot
    const int x = static_cast<int>(84 + (1280 - 84 - 24) * (static_cast<float>(bin) + 0.5F) / 24);
    int count = 0;
    for (int y = 0; y < chart.height(); ++y) {
      const std::uint8_t* pixel = chart.view().row(y) + x * 3;
      if (pixel[0] < 60 && pixel[2] > 150) ++count;
    }
    return count;
  };
  EXPECT_EQ(blue(1), 0);
  EXPECT_NEAR(blue(9), 31.0 / 40 * 316, 4);  // the axis goes to 40
  EXPECT_NEAR(blue(18), 26.0 / 40 * 316, 4);
  EXPECT_EQ(internal::Sparkline(counts.bins), "   ▁  ▁▂▄█▃▂▁▂▂▂▂▄▇▃▂▁▁▁");
  // To look at: VIGIL_TEST_KEEP=folder keeps the mail's parts.
  if (const char* keep = std::getenv("VIGIL_TEST_KEEP")) {
    const Mail mail = Render()->value();
    vigil::test::WriteFile(std::filesystem::path(keep) / "chart.png", mail.pictures[0].bytes);
    vigil::test::WriteFile(std::filesystem::path(keep) / "digest.html", mail.html);
    vigil::test::WriteFile(std::filesystem::path(keep) / "digest.txt", mail.text);
  }
}

TEST_F(DigestTest, OptionsAreChecked) {
  options_.max_photos = 31;
  EXPECT_FALSE(Render().ok());
  options_ = {};
  options_.time_zone = "x";
  EXPECT_FALSE(Render().ok());
  options_ = {};
  std::swap(window_.from, window_.until);
  EXPECT_FALSE(Render().ok());
}

}  // namespace
}  // namespace vigil::actions
