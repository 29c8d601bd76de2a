#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace vigil::internal {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "vigil: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace vigil::internal
