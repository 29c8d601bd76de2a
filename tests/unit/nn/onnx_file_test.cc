#include "nn/internal/onnx_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"
#include "support/onnx_builder.h"

namespace vigil::nn {
namespace {

using test::OnnxFile;
using test::OnnxNode;
using test::Proto;
using testing::HasSubstr;

absl::Status Check(std::string_view data) { return CheckOnnxFile(std::as_bytes(std::span(data))); }

Proto ExternalTensor() {
  const Proto entry = Proto().Bytes(1, "location").Bytes(2, "../../etc/passwd");
  return Proto()
      .Varint(1, 4)
      .Varint(2, test::kFloat)
      .Bytes(8, "w")
      .Message(13, entry)
      .Varint(14, 1);
}
Proto NodeWith(std::uint64_t attribute_field, const Proto& value) {
  return OnnxNode("Constant", {}, {"y"})
      .Message(5, Proto().Bytes(1, "value").Message(attribute_field, value));
}
Proto Nested(int levels) {
  Proto graph = Proto().Bytes(2, "innermost");
  for (int i = 0; i < levels; ++i) graph = Proto().Message(1, NodeWith(6, graph));
  return graph;
}

const Proto kGood = test::OnnxUnary("Relu", test::OnnxValue("x", test::kFloat, {1, 4}),
                                    test::OnnxValue("y", test::kFloat, {1, 4}));

TEST(CheckOnnxFile, TakesAPlainModel) { EXPECT_EQ(Check(kGood.data()), absl::OkStatus()); }

struct BadCase {
  const char* name;
  std::string data;
  const char* message;
};
class CheckOnnxFileRefuses : public testing::TestWithParam<BadCase> {};

TEST_P(CheckOnnxFileRefuses, AndSaysWhy) {
  const auto status = Check(GetParam().data);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Files, CheckOnnxFileRefuses,
    testing::Values(
        BadCase{"empty", "", "not an ONNX model"},
        BadCase{"text", "this is a text, no model at all", "not an ONNX model"},
        BadCase{"zeros", std::string(64, '\0'), "not an ONNX model"},
        BadCase{"tflite", std::string("\x1c\0\0\0TFL3", 8), "not an ONNX model"},
        BadCase{"zip", std::string("PK\x03\x04", 4), "not an ONNX model"},
        BadCase{"no_graph", Proto().Varint(1, 7).data(), "not an ONNX model"},
        BadCase{"cut_short", kGood.data().substr(0, kGood.data().size() - 1), "cut short"},
        BadCase{"damaged_inside", OnnxFile(Proto().Bytes(1, "\xff\xff")).data(), "damaged"},
        BadCase{"initializer_elsewhere", OnnxFile(Proto().Message(5, ExternalTensor())).data(),
                "external data"},
        BadCase{"location_alone", OnnxFile(Proto().Message(5, Proto().Varint(14, 1))).data(),
                "external data"},
        BadCase{"location_beyond_32_bits",
                OnnxFile(Proto().Message(5, Proto().Varint(14, (1ULL << 32) + 1))).data(),
                "external data"},
        BadCase{"entries_alone", OnnxFile(Proto().Message(5, Proto().Bytes(13, "x"))).data(),
                "external data"},
        BadCase{"in_an_attribute",
                OnnxFile(Proto().Message(1, NodeWith(5, ExternalTensor()))).data(),
                "external data"},
        BadCase{"in_a_list", OnnxFile(Proto().Message(1, NodeWith(10, ExternalTensor()))).data(),
                "external data"},
        BadCase{
            "in_a_subgraph",
            OnnxFile(Proto().Message(1, NodeWith(6, Proto().Message(5, ExternalTensor())))).data(),
            "external data"},
        BadCase{"in_a_sparse_tensor",
                OnnxFile(Proto().Message(15, Proto().Message(1, ExternalTensor()))).data(),
                "external data"},
        BadCase{
            "in_a_function",
            OnnxFile(Proto()).Message(25, Proto().Message(7, NodeWith(5, ExternalTensor()))).data(),
            "external data"},
        BadCase{"in_training",
                OnnxFile(Proto())
                    .Message(20, Proto().Message(1, Proto().Message(5, ExternalTensor())))
                    .data(),
                "external data"},
        BadCase{"in_a_second_graph",
                OnnxFile(Proto()).Message(7, Proto().Message(5, ExternalTensor())).data(),
                "external data"},
        BadCase{"precompiled",
                OnnxFile(Proto().Message(1, OnnxNode("EPContext", {}, {"y"}))).data(), "EPContext"},
        BadCase{"nested", OnnxFile(Nested(40)).data(), "too deeply"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CheckOnnxFile, TakesReasonableNesting) {
  EXPECT_EQ(Check(OnnxFile(Nested(5)).data()), absl::OkStatus());
}

}  // namespace
}  // namespace vigil::nn
