// Where the frames of `vigil edge` come from: cameras, streams, and files that are played as if they were cameras.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <stop_token>

#include "app/config.h"
#include "core/frame.h"
#include "core/latest_slot.h"
#include "media/picture_list.h"

namespace vigil::app {

struct CaptureCounts {
  std::uint64_t captured = 0;  ///< frames that came
  std::uint64_t dropped = 0;   ///< of them, replaced by newer ones before anybody took them
  std::uint64_t corrupt = 0;   ///< damaged packets and pictures
};

/// Puts frames into a slot, masked, each when its time has come; the slot is closed at the end. Destruction stops.
class EdgeCapture {
 public:
  /// InvalidArgument: a picture. Of files, what opening them says; cameras and streams are opened later, and again.
  static absl::StatusOr<std::unique_ptr<EdgeCapture>> Start(const Config& config,
                                                            const media::Input& input,
                                                            LatestSlot<Frame>& slot,
                                                            const std::stop_token& stop);
  virtual ~EdgeCapture() = default;

  virtual void Stop() = 0;
  virtual CaptureCounts counts() const = 0;
  /// Nominal frames a second; 0: not known (yet).
  virtual double fps() const = 0;
  /// Once the slot is closed: why it ended before its end.
  virtual absl::Status status() const = 0;
  /// Frames are coming.
  virtual bool streaming() const = 0;
};

}  // namespace vigil::app
