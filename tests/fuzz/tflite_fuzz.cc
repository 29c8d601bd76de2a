// The TFLite loader on hostile bytes: an error or a model, never a crash, never memory beyond the limits.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/check.h"
#include "nn/tflite_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // FlatBuffers are aligned, as files are when they are read whole.
  static std::vector<std::max_align_t> aligned;
  aligned.resize(size / sizeof(std::max_align_t) + 1);
  std::memcpy(aligned.data(), data, size);
  const auto model = vigil::nn::TfliteModel::Create(
      "fuzz", {reinterpret_cast<const std::byte*>(aligned.data()), size});
  if (!model.ok()) return 0;
  std::size_t elements = 0;
  for (const auto& info : (*model)->inputs()) elements += info.elements();
  for (const auto& info : (*model)->outputs()) elements += info.elements();
  // Small models also run: what the loader let pass must be consistent.
  if (elements < 20'000) VIGIL_CHECK((*model)->Run().ok());
  return 0;
}
