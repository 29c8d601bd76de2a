// A broken invariant stops the process. For what input, network or environment can cause, return a Status instead.
#pragma once

namespace vigil::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}

#define VIGIL_CHECK(condition)        \
  ((condition) ? static_cast<void>(0) \
               : ::vigil::internal::CheckFailed(#condition, __FILE__, __LINE__))
