#include "actions/internal/digest_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "actions/internal/text.h"

namespace vigil::actions::internal {
namespace {

constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t kMaxBins = 62;

class Table {
 public:
  void Add(std::vector<std::string> cells, std::int64_t count, std::int64_t held = 0) {
    for (std::string& cell : cells) cell = cell.empty() ? "–" : OneLine(cell, 128);
    auto& [counted, held_back] = rows_[std::move(cells)];
    counted += count;
    held_back += held;
  }

  std::vector<CountRow> Rows(int max_rows) const {
    std::vector<CountRow> rows;
    for (const auto& [cells, counts] : rows_) rows.push_back({cells, counts.first, counts.second});
    std::ranges::stable_sort(rows, [](const CountRow& a, const CountRow& b) {
      return a.count + a.held > b.count + b.held;
    });
    const auto limit = static_cast<std::size_t>(max_rows);
    if (rows.size() <= limit) return rows;
    CountRow rest{std::vector<std::string>(rows[0].cells.size()), 0, 0};
    rest.cells[0] = fmt::format("{} more", rows.size() - limit + 1);
    for (std::size_t i = limit - 1; i < rows.size(); ++i) {
      rest.count += rows[i].count;
      rest.held += rows[i].held;
    }
    rows.resize(limit - 1);
    rows.push_back(std::move(rest));
    return rows;
  }

 private:
  std::map<std::vector<std::string>, std::pair<std::int64_t, std::int64_t>> rows_;
};

// Of at most an hour, so that there are not many of them.
std::chrono::seconds BinWidth(std::chrono::microseconds span) {
  constexpr int kMany = 24;
  for (const int seconds : {5, 15, 60, 300, 900}) {
    if (span <= std::chrono::seconds(seconds) * kMany) return std::chrono::seconds(seconds);
  }
  return std::chrono::hours(1);
}

std::string BinLabel(const CivilTime& t, std::chrono::seconds width) {
  if (width >= std::chrono::hours(1)) return fmt::format("{:02}", t.hour);
  if (width >= std::chrono::minutes(1)) return fmt::format("{:02}:{:02}", t.hour, t.minute);
  return fmt::format("{:02}:{:02}:{:02}", t.hour, t.minute, t.second);
}

// Whole hours of the zone's clock, or parts of them, or days, from the one the window begins in.
std::vector<TimeBin> Bins(const DigestWindow& window, const TimeZone& zone) {
  std::vector<TimeBin> bins;
  const WallTime begin = window.from + std::chrono::microseconds(1);
  const CivilTime first = zone.At(begin);
  if (window.until - window.from <= std::chrono::hours(48)) {
    const std::chrono::seconds width = BinWidth(window.until - window.from);
    const std::chrono::seconds into_hour(first.minute * 60 + first.second);
    // By duration and not by the clock's face: an hour that comes twice has two bins.
    WallTime from = std::chrono::floor<std::chrono::seconds>(begin) - into_hour % width;
    for (; bins.empty() || (from < window.until && bins.size() < kMaxBins); from += width) {
      bins.push_back({from, BinLabel(zone.At(from), width), 0});
    }
    return bins;
  }
  for (int day = 0; bins.size() < kMaxBins; ++day) {
    const WallTime from = zone.Of(first.year, first.month, first.day + day, 0);
    if (from >= window.until) break;
    const CivilTime t = zone.At(from);
    bins.push_back(
        {from, fmt::format("{} {}", t.day, kMonths.at(static_cast<std::size_t>(t.month - 1))), 0});
  }
  return bins;
}

void AddToBin(std::vector<TimeBin>& bins, WallTime time) {
  if (bins.empty()) return;
  auto bin = std::ranges::upper_bound(bins, time, {}, &TimeBin::from);
  // What is a little outside, by a clock that was set, belongs to the nearest.
  if (bin != bins.begin()) --bin;
  ++bin->count;
}

}  // namespace

absl::StatusOr<DigestCounts> Count(const DigestEvents& events, std::span<const HeldBack> held,
                                   const DigestWindow& window, const TimeZone& zone, int max_rows) {
  DigestCounts counts;
  counts.bins = Bins(window, zone);
  Table rules, lines, zones, others, classes;
  const auto add = [&](const DigestEvent& one) {
    const events::Event& e = one.event;
    for (const std::string& rule : one.rules) rules.Add({rule}, 1);
    ++counts.events;
    counts.warnings += one.severity == events::Severity::kWarning ? 1 : 0;
    counts.critical += one.severity == events::Severity::kCritical ? 1 : 0;
    if (!one.pictures.empty()) ++counts.with_pictures.at(static_cast<std::size_t>(one.severity));
    AddToBin(counts.bins, e.time);
    const std::string type(events::NameOf(e.type));
    if (!e.line.empty()) {
      lines.Add({e.camera_id, e.line, type, e.direction, e.class_name}, 1);
    } else if (!e.zone.empty()) {
      zones.Add({e.camera_id, e.zone, type, e.class_name}, 1);
    } else {
      others.Add({e.camera_id, type, e.class_name}, 1);
    }
    if (!e.class_name.empty()) classes.Add({e.class_name}, 1);
  };
  if (auto status = events(add); !status.ok()) return status;
  for (const HeldBack& entry : held) {
    counts.held += entry.count;
    if (entry.count > 0) rules.Add({entry.rule}, 0, entry.count);
  }
  counts.rules = rules.Rows(max_rows);
  counts.lines = lines.Rows(max_rows);
  counts.zones = zones.Rows(max_rows);
  counts.others = others.Rows(max_rows);
  counts.classes = classes.Rows(max_rows);
  return counts;
}

}  // namespace vigil::actions::internal
