#include "actions/text_template.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/status.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using testing::HasSubstr;

TimeZone Berlin() { return TimeZone::Load("Europe/Berlin").value(); }

struct RenderCase {
  const char* name;
  const char* text;
  const char* expected;
  Escape escape = Escape::kNone;
};
class Render : public testing::TestWithParam<RenderCase> {};

TEST_P(Render, FillsTheGaps) {
  const auto text = TextTemplate::Parse(GetParam().text);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->Render(test::CarCrossing(), Berlin(), GetParam().escape), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Templates, Render,
    testing::Values(
        RenderCase{"empty", "", ""}, RenderCase{"no_gap", "a car", "a car"},
        RenderCase{"several", "{rule}: {class} {direction} over {line}",
                   "car-detected: car left_to_right over driveway entry"},
        RenderCase{"local_time", "{time}|{date}|{clock}",
                   "2026-11-24 21:57:24 CET|2026-11-24|21:57:24"},
        RenderCase{"utc", "{time_utc}", "2026-11-24T20:57:24.123Z"},
        RenderCase{"place", "{place} {camera} {device}", "driveway entry driveway jetson-01"},
        RenderCase{"numbers", "{track} {confidence}", "42 87%"},
        RenderCase{"not_of_this_event", "<{zone}{dwell}{count}{speed}{reason}>", "<>"},
        RenderCase{"json_around", R"({"a":{"b":"{class}"}})", R"({"a":{"b":"car"}})",
                   Escape::kJson},
        RenderCase{"braces_that_are_text", "{ {} {Class} {a b} }{", "{ {} {Class} {a b} }{"},
        RenderCase{"url", "{line}", "driveway%20entry", Escape::kUrl},
        RenderCase{"file", "{date}/{time}_{event_type}_{zone}.jpg",
                   "2026-11-24/21-57-24.123_LINE_CROSS_none.jpg", Escape::kFileName}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TextTemplate, EveryPlaceholderRenders) {
  for (const Placeholder& placeholder : Placeholders()) {
    const auto text = TextTemplate::Parse(fmt::format("{{{}}}", placeholder.name));
    ASSERT_TRUE(text.ok()) << placeholder.name;
    EXPECT_THAT(text->Render(test::CarCrossing(), TimeZone(), Escape::kNone),
                testing::Not(HasSubstr("{")));
    EXPECT_FALSE(placeholder.doc.empty());
  }
}

TEST(TextTemplate, UnknownPlaceholderIsAnErrorWithTheNearestName) {
  const auto text = TextTemplate::Parse("at {camra}");
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(text.status())), HasSubstr("{camra}; did you mean camera?"));
  EXPECT_THAT(std::string(MessageOf(TextTemplate::Parse("{xyzzyx}").status())),
              HasSubstr("there are rule, event_type"));
  EXPECT_THAT(std::string(MessageOf(TextTemplate::Parse("{{class}}").status())),
              HasSubstr("single braces: {class}"));
  EXPECT_FALSE(TextTemplate::Parse(std::string(20'000, 'x')).ok());
}

// Class names come from messages, which anybody on the bus may write.
TEST(TextTemplate, HostileNamesStayText) {
  Delivery delivery = test::CarCrossing();
  delivery.event.class_name = "a\"b\\c\r\nBcc: x@y\x1b[2J<script>\xff../..{rule}";
  const auto render = [&](Escape escape) {
    return TextTemplate::Parse("{class}")->Render(delivery, TimeZone(), escape);
  };
  EXPECT_EQ(render(Escape::kNone), "a\"b\\c  Bcc: x@y [2J<script>\xEF\xBF\xBD../..{rule}");
  EXPECT_EQ(nlohmann::json::parse(fmt::format("\"{}\"", render(Escape::kJson))).get<std::string>(),
            render(Escape::kNone));
  EXPECT_THAT(render(Escape::kHtml), HasSubstr("&lt;script&gt;"));
  EXPECT_EQ(render(Escape::kFileName), "a_b_c__Bcc__x_y__2J_script__.._.._rule_");
  EXPECT_EQ(render(Escape::kUrl).find_first_of("\r\n<\"\x1b"), std::string::npos);

  delivery.event.class_name = "..";
  EXPECT_EQ(render(Escape::kFileName), "_.");
  delivery.event.class_name = std::string(5000, 'x');
  EXPECT_EQ(render(Escape::kFileName).size(), 64U);
  EXPECT_LT(render(Escape::kNone).size(), 1100U);
}

}  // namespace
}  // namespace vigil::actions
