// Where frames come from: video files, cameras, and streams over the network.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/frame.h"
#include "core/geometry.h"

namespace vigil::media {

/// What is known of a source once it is open.
struct SourceInfo {
  std::string name{};   ///< the path or URL, credentials masked: fit for logs and messages
  std::string codec{};  ///< FFmpeg's name, such as "h264"
  Size size{};          ///< of the upright picture; {0, 0} while a live stream has not said
  double fps = 0;       ///< nominal frames a second; 0: unknown
  std::optional<std::int64_t> duration_us{};  ///< of the video, microseconds
  std::optional<std::int64_t> frames{};       ///< as the container counts them
  bool live = false;   ///< paced by a camera: frames not taken in time are lost
  bool still = false;  ///< one picture behind an address, a camera's snapshot: see FetchPicture
};

/// What happened to what was read so far.
struct SourceCounters {
  std::uint64_t frames = 0;   ///< delivered
  std::uint64_t corrupt = 0;  ///< packets and pictures that were damaged; the stream went on
};

/// One opened stream of pictures. Used by one thread at a time.
class FrameSource {
 public:
  virtual ~FrameSource() = default;

  /// The next frame, RGB, upright. Errors name the source; after one, every further call repeats
  /// it.
  ///  - OutOfRange: the end.
  ///  - Cancelled: `stop` was asked for (noticed within about 100 ms in every state).
  ///  - DeadlineExceeded: a live source was silent for its read timeout.
  ///  - DataLoss: a file ended, but breaks off or is damaged; what could be decoded was delivered.
  ///  - ResourceExhausted: the picture's size changed beyond core/limits.h.
  virtual absl::StatusOr<Frame> Read(std::stop_token stop) = 0;

  virtual const SourceInfo& info() const = 0;
  virtual SourceCounters counters() const = 0;
};

enum class RtspTransport : std::uint8_t {
  kTcp,  ///< inside the RTSP connection: passes firewalls, loses nothing
  kUdp,  ///< a little faster, loses packets on a poor network
};

struct SourceOptions {
  std::string stream_id{};  ///< Frame.stream_id; empty: the source's name
  RtspTransport rtsp_transport = RtspTransport::kTcp;
  std::chrono::milliseconds connect_timeout{
      10'000};  ///< until the first bytes were understood; network and cameras
  std::chrono::milliseconds read_timeout{
      5'000};              ///< silence after which a network source or camera has failed
  bool tls_verify = true;  ///< https only: refuse a certificate that this machine does not trust.
                           ///< FFmpeg 5 cannot check that of rtsps.
  int threads = 1;        ///< of the decoder, 1 to 16; more than one is for files, and costs memory
  Size camera_size{};     ///< asked of a local camera; {0, 0}: its own choice
  double camera_fps = 0;  ///< asked of a local camera; 0: its own choice
};

/// What an input is, by its name alone. Nothing is opened.
enum class InputKind : std::uint8_t {
  kFile,         ///< a path
  kCamera,       ///< /dev/video…
  kNetwork,      ///< rtsp, rtsps, http, https, rtmp, rtmps, srt, udp, tcp; in any case of letters
  kUnsupported,  ///< another scheme
};
InputKind KindOf(std::string_view url_or_path);

/// "rtsp" of "RTSP://host/path"; empty for a path.
std::string SchemeOf(std::string_view url_or_path);

/// What is wrong with an address, as far as its text tells: a scheme that is none of the above (kUnsupported), no host,
/// or no port where the scheme has no usual one (udp, tcp, srt). InvalidArgument, with what to write instead. Paths and
/// devices are always right.
absl::Status CheckAddress(std::string_view url_or_path);

/// Opens whatever FFmpeg reads: video files (animated GIF among them), /dev/video…, and the network
/// by the schemes above.
///
/// Files may open no other file and no connection, network sources no file (protocol and format
/// lists). Size limits are those of core/limits.h, checked before picture memory is taken.
///
/// Frame.timestamp_us: of files the presentation time, 0 at the first frame, variable frame rate
/// kept; of live sources microseconds since this call returned: in the camera's own spacing where it
/// sends time stamps (RTSP, /dev/video…, MPEG-TS; a clock that runs wrong is corrected smoothly),
/// else as the frames arrive (motion JPEG over HTTP, raw H.264). A burst in which a server sends
/// what it has kept is not squeezed; times are then ahead by its length. Strictly rising. Rotation
/// metadata is applied.
///
/// Errors, one line each, naming the source: NotFound, PermissionDenied, Unauthenticated,
/// InvalidArgument (not a video), Unimplemented (no decoder), ResourceExhausted (a limit),
/// DeadlineExceeded (no answer), Unavailable (refused, unreachable, name unknown), Cancelled
/// (`stop`).
absl::StatusOr<std::unique_ptr<FrameSource>> OpenVideo(const std::string& url_or_path,
                                                       const SourceOptions& options,
                                                       std::stop_token stop);

}  // namespace vigil::media
