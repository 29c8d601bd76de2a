// Why a detection message is refused: a code to count and a text to read.
#pragma once

#include <absl/status/status.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigil::events {

enum class RefusalReason : std::uint8_t {
  kTooLarge,         ///< more bytes, or a larger picture, than core/limits.h allows
  kBadJson,          ///< not JSON, not UTF-8, nested too deep
  kBadVersion,       ///< not version 1
  kMissingField,     ///< something that every message has is not there
  kRepeatedField,    ///< the same field twice in one object
  kWrongType,        ///< text where a number belongs, and the like
  kBadId,            ///< an empty or too long name, or one with control characters
  kBadTime,          ///< not a time
  kBadNumber,        ///< not finite, negative where nothing is, or beyond every bound
  kBadBox,           ///< turned inside out, far outside the frame, or a region outside of it
  kBadConfidence,    ///< outside 0 to 1
  kBadState,         ///< an unknown state of a track
  kBadPicture,       ///< frame_data that is no base64 or no known encoding; an incomplete frame_ref
  kTooManyObjects,   ///< more than limits::kMaxDetections
  kDuplicateTrack,   ///< one track twice in a message
  kWrongSource,      ///< of another device or camera than the state it was given to
  kStaleEpoch,       ///< of a stream that has been replaced by a later one
  kRepeatedMessage,  ///< seen before
  kOutOfOrder,       ///< older than what was processed last
};
inline constexpr std::size_t kRefusalReasons = 19;

/// `too_large` and so on: the label of a metric.
[[nodiscard]] std::string_view NameOf(RefusalReason reason);

/// An InvalidArgument status (AlreadyExists for repeated and outdated messages) that remembers its
/// reason.
[[nodiscard]] absl::Status Refuse(RefusalReason reason, const std::string& text);

/// The reason that Refuse put into `status`, also after it was passed on.
[[nodiscard]] std::optional<RefusalReason> RefusalReasonOf(const absl::Status& status);

/// How many messages were refused, by reason.
class RefusalCounts {
 public:
  /// Counts the reason of `status`, if it has one.
  void Add(const absl::Status& status);
  std::int64_t of(RefusalReason reason) const { return counts_[static_cast<std::size_t>(reason)]; }
  std::int64_t total() const;

 private:
  std::array<std::int64_t, kRefusalReasons> counts_{};
};

}  // namespace vigil::events
