// `email_immediate`: a mail for each event.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/mail.h"
#include "actions/smtp.h"
#include "actions/text_template.h"
#include "core/time_zone.h"

namespace vigil::actions {

struct EmailImmediateOptions {
  std::string subject = "[{severity}] {rule}: {event_type} at {place}";  ///< see Placeholders()
  std::string body =
      "{event_type} at {place}\n\n"
      "Time:       {time}\n"
      "Camera:     {camera} ({device})\n"
      "What:       {class} {confidence}\n"
      "Direction:  {direction}\n"
      "Rule:       {rule}\n"
      "Event:      {id}\n";
  std::string time_zone = "local";
  int max_pictures = 2;  ///< 0 to 20; the annotated one is the first
};

/// InvalidArgument: a template or the time zone, named.
[[nodiscard]] absl::Status Validate(const EmailImmediateOptions& options);

/// Lines of the body whose every gap is empty for the event are left out: a camera that is gone has
/// no class. Pictures stand below the text. Safe from any thread.
class EmailImmediate final : public Action {
 public:
  using Now = std::function<WallTime()>;
  /// `mailer` outlives it.
  static absl::StatusOr<std::unique_ptr<EmailImmediate>> Create(
      const EmailImmediateOptions& options, Mailer& mailer, Now now);

  std::string_view name() const override { return "email_immediate"; }
  absl::Status Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) override;

  /// The mail that Run sends. Pictures that are gone are left out.
  [[nodiscard]] Mail Compose(const Delivery& delivery) const;

 private:
  EmailImmediate(const EmailImmediateOptions& options, TextTemplate subject,
                 std::vector<TextTemplate> lines, TimeZone zone, Mailer& mailer, Now now);

  const EmailImmediateOptions options_;
  const TextTemplate subject_;
  const std::vector<TextTemplate> lines_;
  const TimeZone zone_;
  Mailer& mailer_;
  const Now now_;
};

}  // namespace vigil::actions
