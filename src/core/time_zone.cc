#include "core/time_zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "core/nearest.h"

namespace vigil {

struct TimeZone::Zone {
  absl::TimeZone zone;
};

namespace {

// The database is a folder, and a name is a path in it: nothing else is to be opened.
bool LooksLikeZone(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/') return false;
  return name.find("..") == std::string_view::npos && std::ranges::all_of(name, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '/' || c == '_' || c == '-' || c == '+';
         });
}

std::filesystem::path DatabaseFolder() {
  const char* folder = std::getenv("TZDIR");  // NOLINT(concurrency-mt-unsafe): nobody changes it
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// To find out which one was meant.
std::vector<std::string> KnownNames() {
  constexpr std::size_t kMost = 4096;  // Debian's database has about 600
  std::vector<std::string> names;
  const std::filesystem::path folder = DatabaseFolder();
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end;
       !error && it != end && names.size() < kMost; it.increment(error)) {
    const std::string name = it->path().lexically_relative(folder).string();
    if (it->is_directory(error)) {
      // The same zones once more: `posix/…` without, `right/…` with leap seconds.
      if (name == "posix" || name == "right") it.disable_recursion_pending();
    } else if (LooksLikeZone(name) && name[0] >= 'A' && name[0] <= 'Z') {
      names.push_back(name);
    }
  }
  std::ranges::sort(names);
  return names;
}

absl::Status Unknown(std::string_view name) {
  const std::vector<std::string> known = KnownNames();
  if (known.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("time zone '{}' cannot be read: no database in {}; install tzdata",
                    name.substr(0, 64), DatabaseFolder().string()));
  }
  const std::string meant = DidYouMean(name, known);
  return absl::InvalidArgumentError(
      fmt::format("unknown time zone '{}'{}", name.substr(0, 64),
                  meant.empty() ? "; use a name such as Europe/Berlin, UTC or local" : meant));
}

}  // namespace

TimeZone::TimeZone() = default;

absl::StatusOr<TimeZone> TimeZone::Load(std::string_view name) {
  TimeZone zone;
  if (name == "UTC") return zone;
  if (name == "local") {
    zone.zone_ = std::make_shared<Zone>(Zone{absl::LocalTimeZone()});
    return zone;
  }
  Zone loaded;
  if (!LooksLikeZone(name) ||
      !absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &loaded.zone)) {
    return Unknown(name);
  }
  zone.zone_ = std::make_shared<Zone>(loaded);
  return zone;
}

CivilTime TimeZone::At(WallTime time) const {
  const absl::TimeZone zone = zone_ ? zone_->zone : absl::UTCTimeZone();
  const absl::TimeZone::CivilInfo info =
      zone.At(absl::FromUnixMicros(time.time_since_epoch().count()));
  const absl::Weekday weekday = absl::GetWeekday(info.cs);
  return {.year = static_cast<int>(info.cs.year()),
          .month = info.cs.month(),
          .day = info.cs.day(),
          .hour = info.cs.hour(),
          .minute = info.cs.minute(),
          .second = info.cs.second(),
          .millisecond = static_cast<int>(absl::ToInt64Milliseconds(info.subsecond)),
          .weekday = static_cast<int>(weekday) - static_cast<int>(absl::Weekday::monday),
          .utc_offset_s = info.offset,
          .abbreviation = info.zone_abbr};
}

WallTime TimeZone::Of(int year, int month, int day, int minute_of_day) const {
  const absl::TimeZone zone = zone_ ? zone_->zone : absl::UTCTimeZone();
  const auto info = zone.At(absl::CivilSecond(year, month, day, 0, minute_of_day));
  const absl::Time time = info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
  return WallTime(std::chrono::microseconds(absl::ToUnixMicros(time)));
}

std::string DateText(const CivilTime& time) {
  return fmt::format("{:04}-{:02}-{:02}", time.year, time.month, time.day);
}

std::string DateTimeText(const CivilTime& time) {
  return fmt::format("{} {:02}:{:02}:{:02} {}", DateText(time), time.hour, time.minute, time.second,
                     time.abbreviation);
}

}  // namespace vigil
