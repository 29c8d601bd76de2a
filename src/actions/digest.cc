#include "actions/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <utility>

#include "actions/internal/digest_chart.h"
#include "actions/internal/digest_counts.h"
#include "actions/internal/files.h"
#include "actions/internal/text.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/status.h"
#include "media/picture_writer.h"

namespace vigil::actions {
namespace {

using internal::CountRow;
using internal::DigestCounts;
using internal::EscapeHtml;

// `2026-11-24 08:00 – 20:00 UTC`, with a date of the end where it is another one, and with seconds
// where there are few of them.
std::string Span(const DigestWindow& window, const TimeZone& zone) {
  const CivilTime from = zone.At(window.from + std::chrono::microseconds(1));
  const CivilTime until = zone.At(window.until);
  const bool seconds = window.until - window.from < std::chrono::minutes(5);
  const auto clock = [&](const CivilTime& t) {
    const std::string text = fmt::format("{:02}:{:02}", t.hour, t.minute);
    return seconds ? fmt::format("{}:{:02}", text, t.second) : text;
  };
  const bool same_day = DateText(from) == DateText(until);
  if (same_day && clock(from) == clock(until)) return DateTimeText(until);
  return fmt::format("{} {} – {}{} {}", DateText(from), clock(from),
                     same_day ? std::string() : DateText(until) + " ", clock(until),
                     until.abbreviation);
}

std::string Plural(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string Summary(const DigestCounts& counts) {
  if (counts.events == 0 && counts.held == 0) return "Nothing happened.";
  std::string text = Plural(counts.events, "event", "events");
  if (counts.critical > 0) text += fmt::format(", {} critical", counts.critical);
  if (counts.warnings > 0) text += ", " + Plural(counts.warnings, "warning", "warnings");
  if (counts.held > 0) {
    text += fmt::format("; {} more held back by cooldowns and schedules", counts.held);
  }
  return text + ".";
}

struct Table {
  std::string_view title;
  std::vector<std::string> heads;
  std::span<const CountRow> rows;
  bool with_held = false;
};

std::vector<Table> Tables(const DigestCounts& c) {
  std::vector<Table> tables = {
      {"Rules", {"Rule"}, c.rules, c.held > 0},
      {"Lines", {"Camera", "Line", "Event", "Direction", "Class"}, c.lines},
      {"Zones", {"Camera", "Zone", "Event", "Class"}, c.zones},
      {"Cameras", {"Camera", "Event", "Class"}, c.others},
      {"Classes", {"Class"}, c.classes}};
  std::erase_if(tables, [](const Table& table) { return table.rows.empty(); });
  return tables;
}

// Columns on a screen: characters, not bytes.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// A rule that only held back has told nothing here: it may deliver in other ways than by digest.
std::string CountOf(const CountRow& row) {
  return row.count == 0 && row.held > 0 ? "–" : std::to_string(row.count);
}

std::string TextTable(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.heads.size(); ++i) {
    widths.push_back(Width(table.heads[i]));
    for (const CountRow& row : table.rows) widths[i] = std::max(widths[i], Width(row.cells[i]));
  }
  const auto line = [&](const std::vector<std::string>& cells, std::string_view count,
                        std::string_view held) {
    std::string text = " ";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += " " + cells[i] + std::string(widths[i] - Width(cells[i]) + 1, ' ');
    }
    text += fmt::format("{:>8}", count);
    if (table.with_held) text += fmt::format("{:>11}", held);
    return text + "\n";
  };
  std::string text = fmt::format("{}\n{}", table.title, line(table.heads, "Count", "Held back"));
  for (const CountRow& row : table.rows) {
    text += line(row.cells, CountOf(row), std::to_string(row.held));
  }
  return text + "\n";
}

constexpr std::string_view kCell = "padding:5px 10px;border-bottom:1px solid #e6eaf0;";

std::string HtmlTable(const Table& table) {
  std::string html = fmt::format(
      "<h2 style=\"font-size:15px;margin:24px 0 6px\">{}</h2>\n<table role=\"presentation\" "
      "style=\"border-collapse:collapse;width:100%;font-size:14px\">\n<tr>",
      table.title);
  const auto cell = [&](std::string_view tag, std::string_view text, bool number) {
    html += fmt::format("<{0} style=\"{1}text-align:{2}{3}\">{4}</{0}>", tag, kCell,
                        number ? "right" : "left",
                        tag == "th" ? ";color:#546274;font-weight:600" : "", EscapeHtml(text));
  };
  for (const std::string& head : table.heads) cell("th", head, false);
  cell("th", "Count", true);
  if (table.with_held) cell("th", "Held back", true);
  html += "</tr>\n";
  for (const CountRow& row : table.rows) {
    html += "<tr>";
    for (const std::string& text : row.cells) cell("td", text, false);
    cell("td", CountOf(row), true);
    if (table.with_held) cell("td", std::to_string(row.held), true);
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

struct Photo {
  MailPicture picture;
  std::string caption;
};

// Which of the events with a picture are shown, by their place among those of their severity: the severe ones first,
// those of one severity evenly spread.
using Chosen = std::array<std::set<std::int64_t>, 3>;
Chosen ChooseForPhotos(const std::array<std::int64_t, 3>& with_pictures, std::int64_t count) {
  Chosen chosen;
  for (std::size_t severity = chosen.size(); severity-- > 0;) {
    const std::int64_t all = with_pictures.at(severity), room = std::min(count, all);
    for (std::int64_t i = 0; i < room; ++i) chosen.at(severity).insert(i * all / room);
    count -= room;
  }
  return chosen;
}

std::string Caption(const events::Event& e, const TimeZone& zone) {
  std::string caption =
      fmt::format("{}, {} {}", DateTimeText(zone.At(e.time)), e.camera_id, events::NameOf(e.type));
  for (const std::string& text : {e.line, e.zone, e.direction, e.class_name}) {
    if (!text.empty()) caption += ", " + text;
  }
  return internal::OneLine(caption, 300);
}

// In the order of time.
absl::StatusOr<std::vector<Photo>> Photos(const DigestEvents& events, const DigestCounts& counts,
                                          const DigestOptions& options, const TimeZone& zone,
                                          const PictureReader& read) {
  const Chosen chosen = ChooseForPhotos(counts.with_pictures, options.max_photos);
  std::vector<DigestEvent> shown;
  std::array<std::int64_t, 3> place{};
  const auto pick = [&](const DigestEvent& event) {
    if (event.pictures.empty()) return;
    const auto severity = static_cast<std::size_t>(event.severity);
    if (chosen.at(severity).contains(place.at(severity)++)) shown.push_back(event);
  };
  if (std::ranges::any_of(chosen, [](const auto& places) { return !places.empty(); })) {
    if (auto status = events(pick); !status.ok()) return status;
  }
  std::ranges::stable_sort(shown, {}, [](const DigestEvent& one) { return one.event.time; });
  std::vector<Photo> photos;
  for (const DigestEvent& event : shown) {
    auto bytes = read(event.pictures.front());
    if (!bytes) continue;
    photos.push_back({{fmt::format("photo{}.jpg", photos.size() + 1), *std::move(bytes)},
                      Caption(event.event, zone)});
  }
  return photos;
}

std::string Html(const Mail& mail, const std::string& head, const std::string& summary,
                 const DigestCounts& counts, const std::vector<Photo>& photos, bool chart) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html><body style=\"margin:0;padding:16px;background:#ffffff;color:#111820;"
      "font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif\">\n<div "
      "style=\"max-width:640px;margin:0 auto\">\n<h1 style=\"font-size:20px;margin:0 0 4px\">{}"
      "</h1>\n<p style=\"font-size:15px;margin:0 0 16px;color:#546274\">{}</p>\n",
      EscapeHtml(head), EscapeHtml(summary));
  if (chart) {
    html += fmt::format(
        "<img src=\"cid:{}\" width=\"640\" alt=\"events over time\" style=\"width:100%;max-width:"
        "640px;height:auto\">\n",
        ContentId(mail, "chart.png"));
  }
  for (const Table& table : Tables(counts)) html += HtmlTable(table);
  for (const Photo& photo : photos) {
    html += fmt::format(
        "<p style=\"margin:20px 0 4px\"><img src=\"cid:{}\" width=\"640\" alt=\"\" style=\"width:"
        "100%;max-width:640px;height:auto;border-radius:6px\"></p>\n<p style=\"font-size:13px;"
        "color:#546274;margin:0\">{}</p>\n",
        ContentId(mail, photo.picture.name), EscapeHtml(photo.caption));
  }
  return html + "</div>\n</body></html>\n";
}

}  // namespace

absl::Status Validate(const DigestOptions& options) {
  if (options.max_photos < 0 || options.max_photos > 30) {
    return absl::InvalidArgumentError("max_photos: 0 to 30");
  }
  if (options.max_rows < 5 || options.max_rows > 200) {
    return absl::InvalidArgumentError("max_rows: 5 to 200");
  }
  return TimeZone::Load(options.time_zone).status();
}

std::optional<std::string> ReadPictureFile(const std::filesystem::path& path) {
  auto bytes = internal::ReadFileWhole(path, limits::kMaxPictureBytes);
  if (bytes.ok()) return *std::move(bytes);
  log::Warning("email_digest: {}", MessageOf(bytes.status()));
  return std::nullopt;
}

absl::StatusOr<std::optional<Mail>> RenderDigest(const DigestEvents& events,
                                                 std::span<const HeldBack> held,
                                                 const DigestWindow& window,
                                                 const DigestOptions& options,
                                                 const PictureReader& read) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  if (window.until < window.from) {
    return absl::InvalidArgumentError("digest: its window ends before it begins");
  }
  const TimeZone zone = *TimeZone::Load(options.time_zone);
  const auto counted = internal::Count(events, held, window, zone, options.max_rows);
  if (!counted.ok()) return counted.status();
  const DigestCounts& counts = *counted;
  const bool nothing = counts.events == 0 && counts.held == 0;
  if (nothing && !options.send_when_nothing) return std::nullopt;

  Mail mail;
  mail.id = fmt::format("digest/{}/{}/{}/{}", options.title, ToIso8601(window.from),
                        ToIso8601(window.until), ToIso8601(window.written));
  mail.thread = "digest/" + options.title;
  mail.date = window.written;
  const std::string span = Span(window, zone), summary = Summary(counts);
  mail.subject =
      fmt::format("{}: {} ({})", options.title,
                  nothing ? "nothing happened" : Plural(counts.events, "event", "events"), span);
  const bool chart = counts.events > 0;
  if (chart) {
    auto png = media::EncodePicture(".png", internal::DrawChart(counts.bins).view());
    if (!png.ok()) return png.status();
    mail.pictures.push_back({"chart.png", *std::move(png)});
  }
  auto photos = Photos(events, counts, options, zone, read);
  if (!photos.ok()) return photos.status();
  const std::string head = fmt::format("{}: {}", options.title, span);
  mail.html = Html(mail, head, summary, counts, *photos, chart);
  mail.text = fmt::format("{}\n\n{}\n\n", head, summary);
  if (chart) {
    mail.text += fmt::format("|{}|  {} to {}\n\n", internal::Sparkline(counts.bins),
                             counts.bins.front().label, counts.bins.back().label);
  }
  for (const Table& table : Tables(counts)) mail.text += TextTable(table);
  for (Photo& photo : *photos) {
    mail.text += fmt::format("{}: {}\n", photo.picture.name, photo.caption);
    mail.pictures.push_back(std::move(photo.picture));
  }
  return mail;
}

}  // namespace vigil::actions
