// One port for several protocols: accepts connections, looks at their first bytes and hands them on.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/descriptor.h"

namespace vigil {

/// Where to listen: an address of this machine, and a port.
struct ListenAddress {
  std::string host;  ///< "127.0.0.1", "::1", "0.0.0.0", "::" or "localhost"
  int port = 0;      ///< 0: one that is free

  /// Reads "host:port", "[::1]:port" and ":port" (all addresses). InvalidArgument.
  static absl::StatusOr<ListenAddress> Parse(std::string_view text);
  /// Only this machine can connect.
  bool is_loopback() const;
};

/// What the first bytes of a connection say.
enum class FirstBytes : std::uint8_t {
  kUnknown,  ///< too few, so far
  kHttp2,    ///< HTTP/2's preface, without TLS
  kHttp1,    ///< a method of HTTP/1
  kTls,      ///< a TLS handshake
  kOther,
};

/// Three bytes suffice. Pure.
FirstBytes Recognise(std::string_view bytes);

/// What the server of a connection has made of what came.
struct Progress {
  std::uint64_t steps = 0;         ///< rises with each message and call
  std::int64_t bytes_allowed = 0;  ///< that may come before the next step
};

struct ListenerOptions {
  int max_connections = 1000;  ///< at once; further ones are closed
  int max_per_address = 64;    ///< of one peer address; loopback is not counted by address
  std::chrono::milliseconds first_bytes_timeout{
      5000};  ///< silence after which a connection is closed
  std::chrono::milliseconds linger{
      5000};  ///< until one that its peer has closed is closed here too
};

/// A thread that accepts, and counts connections as long as they are open, whoever serves them: a second descriptor of
/// each socket stays here.
class Listener {
 public:
  /// Takes a connection (non-blocking, TCP_NODELAY); called in the listener's thread and must not wait. `peer` is
  /// "127.0.0.1:1234" or "[::1]:1234".
  using Route = std::function<void(Descriptor connection, const std::string& peer)>;
  struct Routes {
    // Empty: such connections are closed.
    Route http2 = {}, http1 = {}, tls = {};
  };
  /// Asked ten times a second of connections that went to `http2` or `tls`, in the listener's thread. One that takes
  /// more than it is allowed without any step is closed: its server keeps what leads to nothing (headers without an
  /// end), and would for ever. Empty: none is.
  using ProgressOf = std::function<Progress(const std::string& peer)>;
  struct Counts {
    std::uint64_t accepted = 0;  ///< all that were accepted, so far
    std::uint64_t refused = 0;   ///< of them: over a limit
    std::uint64_t unknown = 0;   ///< of them: first bytes that nobody takes, or too late
    std::uint64_t flooded = 0;   ///< of them: closed for sending without progress
    int open = 0;                ///< now
  };

  /// InvalidArgument: no such address. Unavailable: taken, with the reason. Accepts from now on.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const ListenAddress& address,
                                                        const ListenerOptions& options,
                                                        Routes routes, ProgressOf progress = {});
  virtual ~Listener() = default;

  /// The one that was taken.
  virtual int port() const = 0;
  virtual Counts counts() const = 0;
  /// No further connections; those that are open stay.
  virtual void StopAccepting() = 0;
  /// Ends the connection of that peer at once, both ways. False: there is none, or this was said before.
  virtual bool Disconnect(const std::string& peer) = 0;
  /// The same for all.
  virtual void DisconnectAll() = 0;
};

}  // namespace vigil
