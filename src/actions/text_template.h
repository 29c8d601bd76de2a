// Texts of mails, web hooks and file names with gaps for what happened:
// `{class} at {line}, {camera}, {time}`.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "core/time_zone.h"

namespace vigil::actions {

/// What a gap may be filled with, and what that is: for documentation and messages.
struct Placeholder {
  std::string_view name;
  std::string_view doc;
};
[[nodiscard]] std::span<const Placeholder> Placeholders();

/// How values are written, so that a name from a message can never be more than text there. The
/// template itself, which comes from the configuration, is left as it is.
enum class Escape : std::uint8_t {
  kNone,  ///< one line of text
  kJson,  ///< inside a JSON string
  kHtml,
  kUrl,       ///< percent-encoded, for query strings and form bodies
  kFileName,  ///< one component of a path; see FrameCapture
};

/// A template, read once. A value; safe from any thread.
///
/// `{name}` with a name of small letters and `_` is a gap; any other brace is text, so JSON can be
/// written as it is.
class TextTemplate {
 public:
  TextTemplate() = default;

  /// InvalidArgument: a gap of an unknown name, with the nearest known one; `{{name}}`; more than
  /// 16 KiB.
  static absl::StatusOr<TextTemplate> Parse(std::string_view text);

  /// Each value has at most 1 KiB. Fields that do not concern the event give an empty text, in file
  /// names `none`.
  [[nodiscard]] std::string Render(const Delivery& delivery, const TimeZone& zone,
                                   Escape escape) const;

  /// Whether it has gaps and all of them are empty for this event.
  [[nodiscard]] bool SaysNothing(const Delivery& delivery) const;

 private:
  struct Piece {
    std::string text;      // before the gap
    int placeholder = -1;  // index into Placeholders(); -1: no gap follows
  };
  std::vector<Piece> pieces_;
};

}  // namespace vigil::actions
