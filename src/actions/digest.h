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

/// An event of a digest, with all rules that asked for it.
struct DigestEvent {
  events::Event event;
  std::vector<std::string> rules;
  events::Severity severity = events::Severity::kInfo;
  std::vector<std::filesystem::path> pictures;  ///< spooled JPEG files; may be empty
};

/// Gives each event of the digest once, in the order in which they were collected. Called more than once, with the same
/// outcome: of a digest of a million events only one is in memory. Its error ends the digest.
using DigestEvents = std::function<absl::Status(const std::function<void(const DigestEvent&)>&)>;

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
  int max_photos = 8;              ///< 0 to 30; spread over the events, severe ones first
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
/// An event that several rules matched counts for each of them, and once in all other totals. The Message-ID comes from
/// title and window, so that a repetition collapses; the thread from the title. Pure but for `events` and `read`.
/// InvalidArgument: options, or a window that ends before it begins.
[[nodiscard]] absl::StatusOr<std::optional<Mail>> RenderDigest(const DigestEvents& events,
                                                               std::span<const HeldBack> held,
                                                               const DigestWindow& window,
                                                               const DigestOptions& options,
                                                               const PictureReader& read);

}  // namespace vigil::actions
