#include "app/scene_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "core/nearest.h"
#include "core/status.h"
#include "events/rule.h"
#include "events/scene.h"
#include "objects/class_names.h"

namespace vigil::app {
namespace {

// `lines.0` of `lines.0.points: …`, else the section.
std::string_view PartOf(std::string_view problem) {
  const std::size_t section = problem.find_first_of(".:");
  if (!problem.starts_with("lines.") && !problem.starts_with("zones."))
    return problem.substr(0, section);
  return problem.substr(0, problem.find_first_of(".:", section + 1));
}

// Whether the names that rules may use are known though something was refused.
bool NamesAreKnown(const DeviceConfig& device, const config::Refusals& refused) {
  const auto& lines = device.scene.lines;
  const auto& zones = device.scene.zones;
  if ((lines.empty() && refused.Any("lines")) || (zones.empty() && refused.Any("zones")))
    return false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (const char* key : {"description", "type", "a_to_b", "b_to_a"}) {
      if (refused.Any(fmt::format("lines.{}.{}", i, key))) return false;
    }
  }
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (refused.Any(fmt::format("zones.{}.description", i))) return false;
  }
  return true;
}

}  // namespace

absl::Status DeviceIsRight(const DeviceConfig& device, const config::Refusals& refused) {
  std::vector<std::string_view> problems;
  const auto add = [&](std::string_view lines, bool only_whole_parts) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(lines.size(), line.size() + 1));
      if (!only_whole_parts || !refused.Any(PartOf(line))) problems.push_back(line);
    }
  };
  const absl::Status scene = events::Validate(SceneOf(device));
  add(MessageOf(scene), true);
  events::KnownNames known = NamesOf(device);
  known.complete = NamesAreKnown(device, refused);
  for (const char* part :
       {"lines", "zones", "speed", "tracks", "camera", "count_events", "object_events"}) {
    if (!refused.Any(part)) continue;
    known.kinds = std::nullopt;
    known.appear_age = std::nullopt;
    known.silent.clear();
  }
  const absl::Status rules = events::Validate(device.rules, known);
  add(MessageOf(rules), false);
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{}", fmt::join(problems, "\n")));
}

absl::Status ClassesAreRight(const SceneConfig& config) {
  std::vector<std::string> names = config.detector.names;
  if (config.detector_file == "hog") names = {"person"};
  if (names.empty()) return absl::OkStatus();
  return ClassesAreKnown(config, config.device_id, names);
}

absl::Status ClassesAreKnown(const SceneConfig& config, const std::string& device_id,
                             std::span<const std::string> class_names) {
  const std::vector<std::string> known(class_names.begin(), class_names.end());
  std::vector<std::string> tracked;
  const auto wanted = objects::SelectClasses(known, config.detector.classes);
  if (!wanted.ok())
    return absl::InvalidArgumentError(fmt::format("detector.{}", MessageOf(wanted.status())));
  for (std::size_t i = 0; i < known.size(); ++i) {
    if ((*wanted)[i]) tracked.push_back(known[i]);
  }
  const bool apart = config.devices.contains(device_id);
  const std::string prefix = apart ? fmt::format("devices.{}.", device_id) : "";
  std::vector<std::string> problems;
  const auto is_one_of = [](const std::vector<std::string>& names) {
    return [&names](const std::string& name) { return std::ranges::count(names, name) > 0; };
  };
  const auto check = [&](const std::string& key, const std::vector<std::string>& classes) {
    for (const std::string& name : classes) {
      if (is_one_of(known)(name)) continue;
      std::string meant = DidYouMean(name, known);
      if (meant.empty() && known.size() == 1)
        meant = fmt::format("; the detector knows {} alone, detector.model_file names others",
                            known[0]);
      if (meant.empty())
        meant = fmt::format("; it is none of the detector's {} classes", known.size());
      problems.push_back(fmt::format("{}{}: unknown class '{}'{}", prefix, key,
                                     name.substr(0, limits::kMaxIdBytes), meant));
    }
    if (classes.empty() || std::ranges::any_of(classes, is_one_of(tracked)) ||
        std::ranges::none_of(classes, is_one_of(known))) {
      return;
    }
    problems.push_back(fmt::format("{}{}: '{}' never comes: detector.track_classes leaves it out",
                                   prefix, key, classes[0]));
  };
  const DeviceConfig& device = DeviceOf(config, device_id);
  for (std::size_t i = 0; i < device.scene.lines.size(); ++i)
    check(fmt::format("lines.{}.classes", i), device.scene.lines[i].classes);
  for (std::size_t i = 0; i < device.scene.zones.size(); ++i) {
    check(fmt::format("zones.{}.classes", i), device.scene.zones[i].classes);
    for (const auto& [name, dwell] : device.scene.zones[i].dwell_by_class)
      check(fmt::format("zones.{}.dwell_by_class", i), {name});
  }
  for (std::size_t i = 0; i < device.rules.size(); ++i) {
    if (device.rules[i].enabled)
      check(fmt::format("events.{}.match.class", i), device.rules[i].match.classes);
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{}", fmt::join(problems, "\n")));
}

absl::Status DeviceIsKnown(const SceneConfig& config, const std::string& device_id) {
  if (config.devices.empty() || config.devices.contains(device_id) || HasScene(config.device))
    return absl::OkStatus();
  std::vector<std::string> known;
  for (const auto& [name, device] : config.devices) known.push_back(name);
  std::string meant = DidYouMean(device_id, known);
  if (meant.empty()) {
    constexpr std::size_t kShown = 5;
    const std::size_t shown = std::min(known.size(), kShown);
    meant = fmt::format("; known: {}{}", fmt::join(std::span(known).first(shown), ", "),
                        shown < known.size() ? " …" : "");
  }
  return absl::InvalidArgumentError(
      fmt::format("device_id: '{}' is none of devices, and would have no scene{}",
                  device_id.substr(0, limits::kMaxIdBytes), meant));
}

}  // namespace vigil::app
