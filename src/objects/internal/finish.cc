#include "objects/internal/finish.h"

namespace vigil::objects {

void ToPicture(std::span<const Detection> finds, const Placement& placement, Size picture,
               std::vector<Detection>& out) {
  const PixelBox whole{0, 0, static_cast<float>(picture.width), static_cast<float>(picture.height)};
  out.clear();
  for (Detection find : finds) {
    find.box = Intersect(placement.ToPicture(find.box), whole);
    if (find.box.area() > 0) out.push_back(find);
  }
}

}  // namespace vigil::objects
