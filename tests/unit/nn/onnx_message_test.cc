#include "nn/internal/onnx_message.h"

#include <gtest/gtest.h>

namespace vigil::nn {
namespace {

struct MessageCase {
  const char* name;
  std::string message;
  std::string essence;
};
class OrtEssenceOf : public testing::TestWithParam<MessageCase> {};

TEST_P(OrtEssenceOf, IsTheCause) { EXPECT_EQ(OrtEssence(GetParam().message), GetParam().essence); }

INSTANTIATE_TEST_SUITE_P(
    Messages, OrtEssenceOf,
    testing::Values(
        MessageCase{"empty", "", ""},
        MessageCase{"plain", "Invalid input name: x", "Invalid input name: x"},
        MessageCase{"first_line", "cause\nStacktrace:\n  a\n  b", "cause"},
        MessageCase{
            "location",
            "/src/core/session.cc:1234 onnxruntime::Status Session::Run(int, long) the cause",
            "the cause"},
        MessageCase{"location_alone", "/src/core/session.cc:12", "cc:12"},
        MessageCase{"code", "[ONNXRuntimeError] : 1 : FAIL : the cause: detail",
                    "the cause: detail"},
        MessageCase{"both",
                    "/s/p.cc:9 void F() [ONNXRuntimeError] : 1 : FAIL : Failed to load library "
                    "/l.so with error: /l.so: cause",
                    "/l.so: cause"},
        MessageCase{"wrapped", "Load model from memory failed:Protobuf parsing failed.",
                    "Protobuf parsing failed."},
        MessageCase{"node",
                    "This is an invalid model. In Node, (\"Conv_3\", Conv, \"\", -1) : (\"2\": "
                    "tensor(float),) -> "
                    "(\"4\": tensor(float),) , Error No Op registered for Conv",
                    "node \"Conv_3\": No Op registered for Conv"},
        MessageCase{"control_characters", "name 'a\x1b[31m\xff'", "name 'a?[31m?'"},
        MessageCase{"long", std::string(5000, 'a'), std::string(300, 'a')}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::nn
