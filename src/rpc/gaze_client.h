// The client of vigil.v1.GazeService: the frames of one video to a server, what it sees in them back.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/geometry.h"
#include "core/time.h"
#include "face/types.h"
#include "rpc/server_address.h"

namespace vigil::rpc {

/// PEM texts, for https. All empty: whom this machine trusts is trusted.
struct ClientTls {
  std::string ca{};           ///< whom to trust instead
  std::string certificate{};  ///< shown to servers that ask for one, with the key
  std::string key{};
  std::string
      server_name{};  ///< the name that the server's certificate has; empty: the host of the address
};

struct GazeClientOptions {
  ServerAddress server{};
  ClientTls tls{};
  std::string stream_id{};  ///< in the server's logs; at most limits::kMaxIdBytes are sent
  std::string trace_id{};   ///< 32 hexadecimal digits: sent as W3C traceparent; empty: none is
  std::size_t max_in_flight = 8;  ///< frames sent and not answered, 1..64
  std::chrono::milliseconds connect_timeout{
      5'000};  ///< until the server has said that it is healthy
  std::chrono::milliseconds health_interval{2'000};  ///< between checks while a stream is open
  std::chrono::milliseconds last_words{200};  ///< how long Stop() waits for what is on its way
};

/// InvalidArgument: certificates without https, a key without its certificate.
absl::Status Validate(const GazeClientOptions& options);

enum class SentEncoding : std::uint8_t { kJpeg, kRgb24 };

struct SentFrame {
  std::uint64_t sequence = 0;     ///< from 1, rises strictly
  std::int64_t timestamp_us = 0;  ///< >= 0, rises strictly
  SentEncoding encoding = SentEncoding::kJpeg;
  Size size;          ///< pixels
  Deadline deadline;  ///< when the result is of no more use; the server is told
};

/// What came back for a frame.
struct RemoteResult {
  std::uint64_t sequence = 0;
  face::FaceResult faces;
  std::int64_t round_trip_us = 0;  ///< from Send() until now
  std::int64_t server_us = 0;      ///< of it, within the server, as it says
  std::int64_t decode_us = 0;      ///< of that, decoding
};

/// Who is told. Called in the client's thread, without a lock; must not wait, nor destroy the client. Send(), Connect()
/// and Disconnect() may be called from it.
class GazeEvents {
 public:
  virtual ~GazeEvents() = default;
  /// The server is healthy and a stream is open.
  virtual void OnUp() = 0;
  /// An attempt has failed, or the stream is lost; `why` names the server. Not after Disconnect() and Stop().
  virtual void OnDown(const absl::Status& why) = 0;
  /// One of these two follows for each frame that Send() took, exactly once.
  virtual void OnResult(RemoteResult result) = 0;
  /// DeadlineExceeded: no result in time. ResourceExhausted: the server has passed it over for a newer one. Unavailable:
  /// the stream is lost. Cancelled: Disconnect() or Stop(). Internal: a stage of the server gave nothing, so the result is
  /// not whole. Else what the server says of this very frame.
  virtual void OnLost(std::uint64_t sequence, const absl::Status& why) = 0;
};

///   idle ──▶ connecting ──▶ streaming ──▶ idle …      each may end in stopped
///
/// One attempt at a time: a new connection, the server's health (grpc.health.v1; one that does not know the protocol
/// passes), then the stream. It does not try again by itself: who owns it knows when. Safe from any thread.
class GazeClient {
 public:
  enum class State : std::uint8_t { kIdle, kConnecting, kStreaming, kStopped };

  /// Errors of Validate(). `events` outlives it.
  static absl::StatusOr<std::unique_ptr<GazeClient>> Create(const GazeClientOptions& options,
                                                            GazeEvents& events);
  /// As Stop().
  virtual ~GazeClient() = default;

  /// Begins an attempt, unless one is under way or a stream is open. Does not wait.
  virtual void Connect() = 0;
  /// Copies `bytes` once and sends them when those before are sent. Does not wait.
  /// Unavailable: no stream is open. ResourceExhausted: max_in_flight. InvalidArgument: over limits::kMaxPictureBytes.
  virtual absl::Status Send(const SentFrame& frame, std::span<const std::uint8_t> bytes) = 0;
  /// Gives up the stream or the attempt. Does not wait.
  virtual void Disconnect() = 0;
  /// Ends everything, within options.last_words and what gRPC needs to cancel a call. Nobody is told anything after it.
  virtual void Stop() = 0;

  virtual State state() const = 0;
  virtual std::size_t in_flight() const = 0;
};

/// "idle", "connecting", "streaming", "stopped".
std::string_view Name(GazeClient::State state);

/// A new W3C trace id, 32 hexadecimal digits.
std::string NewTraceId();

}  // namespace vigil::rpc
