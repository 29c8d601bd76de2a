// Label files and class names, as files and as models carry them: any bytes give an answer or an
// error, within limits.
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/limits.h"
#include "objects/class_names.h"
#include "objects/label_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto labels = vigil::objects::ParseLabels(text, {640, 480}); labels.ok()) {
    for (const auto& label : *labels) {
      VIGIL_CHECK(label.class_id >= 0 && label.class_id < vigil::limits::kMaxClasses);
      VIGIL_CHECK(label.box.width >= 0 && label.box.width <= 640);
      VIGIL_CHECK(label.box.height >= 0 && label.box.height <= 480);
    }
  }
  const auto check = [](const std::vector<std::string>& names) {
    VIGIL_CHECK(names.size() <= static_cast<std::size_t>(vigil::limits::kMaxClasses));
    for (const auto& name : names)
      VIGIL_CHECK(!name.empty() && name.size() <= vigil::limits::kMaxIdBytes);
  };
  if (const auto names = vigil::objects::ParseClassNames(text); names.ok()) check(*names);
  check(vigil::objects::ParseNamesMetadata(text));
  return 0;
}
