#include "nn/model.h"

#include <functional>
#include <numeric>

namespace vigil::nn {

std::size_t TensorInfo::elements() const {
  return static_cast<std::size_t>(
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
}

std::string_view Model::metadata(std::string_view) const { return {}; }

int Model::FindOutput(std::string_view name) const {
  for (std::size_t i = 0; i < outputs().size(); ++i) {
    if (outputs()[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace vigil::nn
