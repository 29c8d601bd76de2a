// `frame_capture`: pictures of an event, kept under names that people read.
//
// Two halves. At the time of the event, FrameSpool writes pictures into a spool folder under names
// made from the event's id; their paths travel with the delivery, so a mail can attach them too.
// Later the action FrameCapture gives them their names in the capture folder. The spool's files
// stay until all deliveries of the event are done (FrameSpool::Remove) or its retention ends them.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/action.h"
#include "actions/frame_ring.h"
#include "actions/retention.h"
#include "actions/text_template.h"
#include "core/image.h"
#include "core/time_zone.h"
#include "media/jpeg.h"

namespace vigil::actions {

struct FrameCaptureOptions {
  std::filesystem::path folder = "captures";
  std::filesystem::path spool = "captures/.spool";  ///< best on the same disk as `folder`
  /// See Placeholders(). Ends in .jpg. `_clean`, `_pre1` … `_post1` … go before that.
  std::string file_name = "{device}/{camera}/{date}/{time}_{event_type}_{track}.jpg";
  std::string time_zone = "local";         ///< of {date} and {time}
  bool annotated = true;                   ///< with boxes, lines and zones
  bool clean = true;                       ///< as the camera saw it
  int quality = 88;                        ///< of JPEG, 50 to 100
  int pre_frames = 0;                      ///< pictures from before the event, 0 to 20
  int post_frames = 0;                     ///< … and from after it, 0 to 20
  std::chrono::milliseconds spacing{500};  ///< between them; 40 ms to 10 s
  ByteSize ring_bytes = MiB(16);  ///< kept in memory for a camera, for the pictures from before
  std::chrono::hours max_age{24 * 30};  ///< retention of `folder`; see RetentionOptions
  ByteSize max_bytes = GiB(10);
  ByteSize min_free = GiB(1);            ///< of both folders
  std::chrono::hours spool_age{24 * 3};  ///< longer than deliveries are retried
  ByteSize spool_bytes = GiB(1);
};

[[nodiscard]] absl::Status Validate(const FrameCaptureOptions& options);

/// The retention of the two folders, both to be swept every few minutes. `folder` may contain
/// `spool`, whose files then count for both.
[[nodiscard]] RetentionOptions CaptureRetention(const FrameCaptureOptions& options);
[[nodiscard]] RetentionOptions SpoolRetention(const FrameCaptureOptions& options);

/// Writes pictures at the time of events. Safe from any thread; encoding of one camera waits for
/// that of no other.
class FrameSpool {
 public:
  using Now = std::function<WallTime()>;

  /// `retention` outlives it: nothing is begun for which it has no room. Where both folders are on
  /// one disk it is that of the captures (CaptureRetention), so that old ones make room for new.
  static absl::StatusOr<std::unique_ptr<FrameSpool>> Create(const FrameCaptureOptions& options,
                                                            Retention& retention, Now now);

  /// Offers a frame as the camera saw it, privacy masks applied, for pictures from before and after
  /// events. Does nothing where neither is configured; encodes one frame in `spacing`.
  void OnFrame(std::string_view device, std::string_view camera, WallTime time, ImageView frame);

  /// Writes the pictures of an event and returns their paths, the annotated one first. Those from
  /// after the event are named too and appear as frames come. The same event again writes the same
  /// files again. ResourceExhausted: no room for them; the event goes on without.
  absl::StatusOr<std::vector<std::filesystem::path>> Save(const events::Event& event,
                                                          ImageView annotated, ImageView clean);

  /// Whether pictures from after the event may still come. Not for ever: a camera without a frame
  /// for kSilence is gone, and so are pictures that an earlier process waited for.
  bool Awaits(const events::Event& event);
  /// The input has ended: no frame comes any more, and nothing is awaited.
  void EndOfFrames();

  /// Removes what was spooled for an event, once nobody needs it any more; no more comes.
  void Remove(const std::string& event_id);

  /// Where the pictures of an event are: a name that only its id decides.
  static std::filesystem::path FolderOf(const std::filesystem::path& spool,
                                        const std::string& event_id);

  static constexpr std::chrono::seconds kSilence{30};

 private:
  struct Pending {  // pictures from after an event that are still to come
    std::filesystem::path folder;
    WallTime last;  // of the event, or of the picture before
    int next = 1;
  };
  struct Camera {
    explicit Camera(const FrameRingOptions& options) : ring(options) {}
    std::mutex mutex;
    FrameRing ring;  // under mutex, as all below
    media::JpegEncoder encoder;
    std::deque<Pending> pending;  // at most kMaxPending
    WallTime heard;               // when the last frame or event came, by the clock
  };
  FrameSpool(const FrameCaptureOptions& options, Retention& retention, Now now)
      : options_(options), retention_(retention), now_(std::move(now)) {}

  std::shared_ptr<Camera> CameraOf(std::string_view device, std::string_view camera);
  absl::StatusOr<std::string> Encode(Camera& camera, ImageView image);

  const FrameCaptureOptions options_;
  Retention& retention_;
  const Now now_;
  std::mutex mutex_;
  // Under mutex_, as `ended_`.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Camera>> cameras_;
  bool ended_ = false;
};

/// Safe from any thread.
class FrameCapture final : public Action {
 public:
  using Now = std::function<WallTime()>;
  using Awaits = std::function<bool(const events::Event&)>;
  /// `retention`, of the capture folder, outlives it. `awaits` says whether pictures from after an
  /// event may still come (FrameSpool::Awaits); without it, none do. Event times say nothing about
  /// that: those of a recording are not the clock's.
  static absl::StatusOr<std::unique_ptr<FrameCapture>> Create(const FrameCaptureOptions& options,
                                                              Retention& retention, Now now,
                                                              Awaits awaits = {});

  std::string_view name() const override { return "frame_capture"; }
  bool repeats_unseen() const override { return true; }

  /// Gives the delivery's pictures their names; by hard links, so it costs no room, and a
  /// repetition finds them there (on disks without links, and from another disk, they are copied).
  /// A name that another event has already taken gets a piece of this event's id. Pictures that
  /// never came are left out; OK without any. Unavailable, with a time: pictures from after the
  /// event may still come. ResourceExhausted: no room.
  absl::Status Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) override;

  /// Where a spooled picture of the delivery goes, relative to the folder. For any event below the
  /// folder, in components of safe characters.
  [[nodiscard]] std::filesystem::path NameFor(const Delivery& delivery,
                                              const std::filesystem::path& spooled,
                                              bool with_id) const;

 private:
  FrameCapture(const FrameCaptureOptions& options, TextTemplate name, TimeZone zone,
               Retention& retention, Now now, Awaits awaits);
  absl::Status Keep(const Delivery& delivery, const std::filesystem::path& spooled,
                    std::stop_token stop);

  const FrameCaptureOptions options_;
  const TextTemplate name_;
  const TimeZone zone_;
  Retention& retention_;
  const Now now_;
  const Awaits awaits_;
};

}  // namespace vigil::actions
