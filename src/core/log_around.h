// For whoever draws on the terminal that lines are logged to.
#pragma once

#include <functional>

namespace vigil::log {

/// Every line is then written within a call of `around`, which calls what it is given once; null: no more. For whoever
/// draws on the same terminal. `around` must not log. When this returns, none of the earlier one's calls is under way.
void SetAround(std::function<void(const std::function<void()>& write)> around);

}  // namespace vigil::log
