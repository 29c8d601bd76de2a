// Pictures made smaller.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "core/geometry.h"
#include "core/image.h"

namespace vigil::media {

/// `size`, made smaller so that its longer side has at most `max_side` pixels; each side has at least one. 0: as it is.
Size ShrunkSize(Size size, int max_side);

/// Makes RGB pictures smaller by averaging over the area that each new pixel covers. Keeps its memory: no allocation for a
/// picture of the sizes of the last one. One thread at a time.
class Shrinker {
 public:
  Shrinker();
  Shrinker(Shrinker&&) noexcept;
  Shrinker& operator=(Shrinker&&) noexcept;
  ~Shrinker();

  /// Packed rows, valid until the next call. InvalidArgument: `size` is empty, or larger than the picture. ResourceExhausted: no memory.
  absl::StatusOr<ImageView> Shrink(ImageView image, Size size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vigil::media
