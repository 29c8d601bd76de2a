// `email_digest`: many events in one mail. When it is due is DigestSchedule's, what has been told
// already is the store's; this is the mail itself.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/mail.h"
#include "core/time_zone.h"
#include "core/wall_time.h"

namespace vigil::actions {

/// What a rule matched and did not act upon.
struct HeldBack {
  std::string rule;
  std::string reason;  ///< `cooldown`, `schedule` …
  std::int64_t count = 0;
  friend bool operator==(const HeldBack&, const HeldBack&) = default;
};

/// From `from` (not in it) to `until` (in it).
struct DigestWindow {
  WallTime from;
  WallTime until;
  WallTime written;  ///< when the digest was first attempted: the date of its mail
};

struct DigestOptions {
  std::string title = "Vigil";  ///< what the subject begins with: the site's name
  std::string time_zone = "local";
  int max_photos = 8;              ///< 0 to 30; spread over the window, severe events first
  int max_rows = 40;               ///< of each table; 5 to 200; the rest is summed up
  bool send_when_nothing = false;  ///< a mail that says that nothing happened
};

[[nodiscard]] absl::Status Validate(const DigestOptions& options);

/// Bytes of a spooled picture, or none where it is gone.
using PictureReader = std::function<std::optional<std::string>(const std::filesystem::path&)>;
/// Reads files up to limits::kMaxPictureBytes.
[[nodiscard]] std::optional<std::string> ReadPictureFile(const std::filesystem::path& path);

/// The mail of a window: totals, a chart over time, counts by rule (with what was held back), line,
/// zone, camera and class, and photos; in HTML and in text. None: nothing happened, nothing was
/// held back, and that is not to be told.
///
/// An event that several rules matched comes several times in `events`; it counts once in all
/// totals but those of rules. Its Message-ID comes from title and window, so that a repetition
/// collapses; its thread from the title. Pure but for `read`. InvalidArgument: options, or a
/// window that ends before it begins.
[[nodiscard]] absl::StatusOr<std::optional<Mail>> RenderDigest(std::span<const Delivery> events,
                                                               std::span<const HeldBack> held,
                                                               const DigestWindow& window,
                                                               const DigestOptions& options,
                                                               const PictureReader& read);

}  // namespace vigil::actions
