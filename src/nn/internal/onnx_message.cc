#include "nn/internal/onnx_message.h"

#include <algorithm>

namespace vigil::nn {
namespace {

constexpr std::size_t kLongest = 300;

// What comes after the first `mark`; the whole text where there is none.
std::string_view After(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  return at == std::string_view::npos ? text : text.substr(at + mark.size());
}

// "[ONNXRuntimeError] : 1 : FAIL : cause"
std::string_view WithoutCode(std::string_view text) {
  constexpr std::string_view kCode = "[ONNXRuntimeError] : ";
  if (!text.starts_with(kCode)) return text;
  text.remove_prefix(kCode.size());
  return After(After(text, " : "), " : ");
}

// "/path/session.cc:123 ReturnType Class::Function(Arguments) [with …] cause"
std::string_view WithoutLocation(std::string_view text) {
  const auto location = text.find(".cc:");
  if (!text.starts_with('/') || location == std::string_view::npos) return text;
  const auto signature = text.find(") ", location);
  return text.substr(signature == std::string_view::npos ? location + 1 : signature + 2);
}

// "… In Node, ("name", Operator, … , Error cause": `node "name": cause`.
std::string WithShortNode(std::string_view text) {
  constexpr std::string_view kNode = "In Node, (\"", kError = ", Error ";
  const auto node = text.find(kNode), error = text.find(kError);
  if (node == std::string_view::npos || error == std::string_view::npos || error < node)
    return std::string(text);
  const auto name = text.substr(node + kNode.size());
  return "node \"" + std::string(name.substr(0, name.find('"'))) +
         "\": " + std::string(text.substr(error + kError.size()));
}

}  // namespace

std::string OrtEssence(std::string_view message) {
  message = WithoutCode(WithoutLocation(message.substr(0, message.find('\n'))));
  for (const auto wrapper :
       {"Load model from memory failed:", "Exception during initialization: ", " with error: "}) {
    message = After(message, wrapper);
  }
  std::string essence = WithShortNode(message);
  essence.resize(std::min(essence.size(), kLongest));
  std::replace_if(
      essence.begin(), essence.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return essence;
}

}  // namespace vigil::nn
