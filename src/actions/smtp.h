// Sends mails to a mail server.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "actions/mail.h"
#include "core/byte_size.h"
#include "core/time.h"

namespace vigil::actions {

enum class SmtpSecurity : std::uint8_t {
  kStartTls,  ///< begins in the clear and must become TLS before anything is said; port 587
  kTls,       ///< TLS from the start; port 465
  kNone,      ///< for a server on this machine; port 25
};

struct SmtpOptions {
  std::string host;  ///< `smtp.example.org`, or an address
  int port = 0;      ///< 0: the one of `security`
  SmtpSecurity security = SmtpSecurity::kStartTls;
  std::string user;              ///< empty: no login
  std::string password;          ///< a secret
  std::string from;              ///< `Vigil <vigil@example.org>`
  std::vector<std::string> to;   ///< 1 to 50 addresses
  std::string ca_file;           ///< certificates to trust instead of the system's
  std::string hello;             ///< the name that this side gives itself; empty: the machine's
  ByteSize max_bytes = MiB(10);  ///< of a mail as it is sent; pictures beyond are left out. 64 KiB
                                 ///< to 100 MiB
};

/// InvalidArgument: what does not fit together, such as a password that would go out in the clear.
[[nodiscard]] absl::Status Validate(const SmtpOptions& options);

/// Safe from any thread; each Send is a connection of its own.
class Mailer {
 public:
  static absl::StatusOr<std::unique_ptr<Mailer>> Create(const SmtpOptions& options);

  /// Sends the mail to all recipients. A recipient whom the server refuses for good is logged and
  /// keeps it from nobody else; one refused for now is tried alone when the same mail is sent again
  /// (as long as this object lives; after that everybody gets it again, under its Message-ID).
  ///
  /// @return  OK once the server has taken it for at least one recipient and no other is left to
  ///          try. Unavailable, DeadlineExceeded, Aborted (stopped), ResourceExhausted: worth
  ///          another attempt; the network, the certificate, or an answer 4yz. PermissionDenied:
  ///          the login was refused. FailedPrecondition: an answer 5yz, or no STARTTLS there.
  ///          InvalidArgument: too large. Messages never have the password in them.
  absl::Status Send(const Mail& mail, Deadline deadline, std::stop_token stop);

 private:
  struct Session;
  Mailer(const SmtpOptions& options, MailAddress from, std::vector<MailAddress> to);

  std::vector<MailAddress> NotYetServed(const std::string& message_id);
  absl::Status Outcome(const Session& session, const std::string& message_id, std::size_t asked);
  void Prepare(Session& session, const std::vector<MailAddress>& to) const;

  const SmtpOptions options_;
  const MailAddress from_;
  const std::vector<MailAddress> to_;
  const std::string peer_;  // host:port, for messages

  std::mutex mutex_;
  // Mails that only some have got: their Message-ID, and who. Few at a time; the oldest go.
  std::deque<std::pair<std::string, std::set<std::string>>> served_;  // under mutex_
};

}  // namespace vigil::actions
