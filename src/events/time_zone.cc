#include "events/time_zone.h"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/nearest.h"

namespace vigil::events {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxKnownNames = 4096;  // Debian's database has about 600

std::filesystem::path DatabaseFolder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// The loader would open any path; a name from a configuration must stay inside the database.
bool IsName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '/' &&
         std::ranges::all_of(name, allowed);
}

std::vector<std::string> KnownNames() {
  std::vector<std::string> names;
  const std::filesystem::path folder = DatabaseFolder();
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end;
       !error && it != end && names.size() < kMaxKnownNames; it.increment(error)) {
    const std::string name = it->path().lexically_relative(folder).string();
    if (it->is_directory(error)) {
      // The same zones once more: `posix/…` without, `right/…` with leap seconds.
      if (name == "posix" || name == "right") it.disable_recursion_pending();
    } else if (IsName(name) && std::isupper(static_cast<unsigned char>(name[0])) != 0) {
      names.push_back(name);
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

struct TimeZone::Rules {
  absl::TimeZone zone;
};

absl::StatusOr<TimeZone> TimeZone::Load(std::string_view name) {
  auto rules = std::make_shared<Rules>();
  if (name.empty()) {
    rules->zone = absl::LocalTimeZone();
    return TimeZone(std::move(rules));
  }
  if (IsName(name) && absl::LoadTimeZone({name.data(), name.size()}, &rules->zone)) {
    return TimeZone(std::move(rules));
  }
  const std::vector<std::string> known = KnownNames();
  if (known.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("time zone '{}' cannot be read: no database in {}; install tzdata",
                    name.substr(0, kMaxNameBytes), DatabaseFolder().string()));
  }
  const std::string meant = DidYouMean(name, known);
  return absl::InvalidArgumentError(
      fmt::format("unknown time zone '{}'{}", name.substr(0, kMaxNameBytes),
                  meant.empty() ? "; write one such as Europe/Berlin or UTC" : meant));
}

LocalTime TimeZone::At(WallTime time) const {
  const auto civil = rules_->zone.At(absl::FromUnixMicros(time.time_since_epoch().count())).cs;
  return {.weekday = static_cast<Weekday>(absl::GetWeekday(civil)),
          .second_of_day = civil.hour() * 3600 + civil.minute() * 60 + civil.second()};
}

}  // namespace vigil::events
