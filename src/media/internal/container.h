// Packets of one video stream, out of a file, a camera or a network connection (libavformat).
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "media/internal/ffmpeg.h"
#include "media/internal/interrupt.h"
#include "media/source.h"

namespace vigil::media::internal {

/// The most pixels a picture of such an input may have.
std::int64_t MaxPixels(InputKind kind);

/// ResourceExhausted where a picture of that size is beyond the limits. Sizes not yet known (0)
/// pass.
absl::Status CheckPictureSize(const std::string& name, int width, int height,
                              std::int64_t max_pixels);

/// One opened input. Used by one thread at a time.
class Container {
 public:
  static absl::StatusOr<std::unique_ptr<Container>> Open(const std::string& url_or_path,
                                                         const SourceOptions& options,
                                                         std::stop_token stop);
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  /// Binds the waits that follow. A file's deadline is never: its reads end by themselves.
  void Arm(std::stop_token stop);
  bool stopped() const { return interrupt_.stopped(); }

  /// The next packet of the video stream into `packet`. OutOfRange: the end, where the container
  /// says it is. DataLoss: a file breaks off; the message is the reason alone. Cancelled,
  /// DeadlineExceeded, Unavailable: as FrameSource::Read.
  absl::Status Read(AVPacket& packet);
  /// Places of a file that could not be read and were passed over.
  std::uint64_t gaps() const { return gaps_; }

  InputKind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  bool live() const { return live_; }
  /// One picture behind an address, and nothing after it.
  bool still() const;
  /// False where FFmpeg makes the packets' time stamps up, by a guessed rate: motion JPEG over HTTP,
  /// pictures and raw H.264 one after the other. A live stream's nominal rate is then unknown.
  bool stamped() const;
  const AVStream& stream() const { return *stream_; }
  /// Nominal; {0, 1} where unknown.
  AVRational frame_rate() const;
  std::optional<std::int64_t> duration_us() const;
  std::optional<std::int64_t> frames() const;

 private:
  Container(InputKind kind, std::string name) : kind_(kind), name_(std::move(name)) {}
  absl::Status Connect(const std::string& address, const SourceOptions& options);
  absl::Status ChooseStream();
  absl::Status Examine();
  absl::Status Failed(int error, const std::string& doing) const;
  std::optional<std::int64_t> declared_end_us() const;
  void WatchAllStreams();
  bool SkipsUnreadable();
  void Note(const AVPacket& packet);
  bool BreaksOff() const;

  const InputKind kind_;
  const std::string name_;
  Interrupt interrupt_;
  std::chrono::milliseconds connect_timeout_{};
  std::chrono::milliseconds read_timeout_{};
  AVFormatContext* context_ = nullptr;
  AVStream* stream_ = nullptr;
  bool connected_ = false;  // opened and understood
  bool live_ = false;
  bool all_streams_ = false;          // read, not the video's alone
  std::int64_t packets_ = 0;          // of the video stream
  bool last_packet_cut_ = false;      // the demuxer found less of it than announced
  bool end_with_error_ = false;       // the demuxer's own log: it ended because it could not go on
  std::int64_t cut_packet_ = -1'000;  // the last such
  std::uint64_t gaps_ = 0;
  std::int64_t stuck_at_ = -1;  // where a file could not be read last
  std::int64_t begin_us_ = 0;   // of the last packet of the video stream
  std::int64_t end_us_ = 0;     // where the packets read so far end, on the stream's own time line
};

}  // namespace vigil::media::internal
