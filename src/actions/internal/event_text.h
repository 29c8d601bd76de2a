// An event as JSON, as logs, web hooks and commands get it. One place, so that all say the same.
#pragma once

#include <string>

#include "actions/action.h"

namespace vigil::actions::internal {

/// One object in one line, without a line end: the event's fields with `rule` and `severity`.
[[nodiscard]] std::string EventJson(const Delivery& delivery);

/// The same in a CloudEvents 1.0 envelope, structured mode.
[[nodiscard]] std::string CloudEventJson(const Delivery& delivery);

}  // namespace vigil::actions::internal
