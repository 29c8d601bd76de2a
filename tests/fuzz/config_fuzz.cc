// Any bytes as a configuration file, and as the text of a --set, load or are refused in words; what loads prints to a
// file that loads to the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/check.h"
#include "unit/core/config_test_support.h"

namespace {

using vigil::config::File;
using vigil::config::Sources;
namespace test = vigil::config::test;

std::string Values(const vigil::config::Resolved& resolved) {
  const std::string json = resolved.ToJson();
  return json.substr(0, json.find("\n  \"origins\""));
}

void CheckLoad(const Sources& sources) {
  const auto first = test::LoadExample(sources);
  if (!first->resolved.ok()) {
    VIGIL_CHECK(!first->error().empty());
    return;
  }
  Sources printed;
  printed.file = File{"printed.yaml", first->resolved->ToYaml()};
  // Secrets and credentials in URLs are masked in print, and a print may outgrow what a file may have.
  const auto second = test::LoadExample(printed);
  const bool too_large = printed.file->text.size() > 500'000;
  VIGIL_CHECK(second->resolved.ok() || too_large);
  VIGIL_CHECK(too_large || Values(*first->resolved) == Values(*second->resolved));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Sources file;
  file.file = File{"fuzz.yaml", text};
  file.environment = {{"NAME", "value"}, {"LIST", "a,b"}};
  CheckLoad(file);

  const auto assignment = vigil::config::ParseSet(text);
  if (assignment.ok()) {
    Sources set;
    set.set = {*assignment};
    CheckLoad(set);
  }
  return 0;
}
