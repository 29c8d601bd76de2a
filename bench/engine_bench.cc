// Our engine call against the bare one of XNNPACK, and against ONNX Runtime on the same weights.
#include <fmt/format.h>
#include <xnnpack.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "bench/mesh_onnx.h"
#include "bench/timing.h"
#include "nn/internal/tflite_graph.h"
#include "nn/internal/xnn_segment.h"
#include "nn/model_file.h"
#include "nn/onnx_model.h"
#include "nn/tflite_model.h"
#include "support/test_data.h"

namespace {

using namespace vigil;

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  fmt::print(stderr, "{}\n", std::string(value.status().message()));
  std::exit(1);
}

void Fill(std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = 0.5F + 0.4F * std::sin(static_cast<float>(i) * 0.01F);
}

}  // namespace

int main() {
  constexpr int kRounds = 400;
  const auto file = Must(nn::ModelFile::Read(test::ModelPath("face_landmark.tflite")));
  auto model = Must(nn::TfliteModel::Create("face mesh", file.bytes()));
  Fill(model->input(0));

  // The plain mesh is one segment: the same graph, run without anything of ours around it.
  const auto graph = Must(nn::internal::ParseTflite("face mesh", file.bytes()));
  std::vector<int> ops, boundary(graph.inputs);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) ops.push_back(static_cast<int>(i));
  boundary.insert(boundary.end(), graph.outputs.begin(), graph.outputs.end());
  std::vector<std::vector<float>> memory(graph.tensors.size());
  std::vector<float*> buffers(graph.tensors.size());
  for (const int tensor : boundary) {
    const auto t = static_cast<std::size_t>(tensor);
    memory[t].resize(graph.tensors[t].elements + XNN_EXTRA_BYTES);
    buffers[t] = memory[t].data();
  }
  auto segment = Must(nn::internal::XnnSegment::Create("face mesh", graph, ops, boundary, buffers));
  Fill(memory[static_cast<std::size_t>(graph.inputs[0])]);
  const auto bare = bench::InTurn(
      kRounds, [&] { (void)model->Run(); }, [&] { xnn_invoke_runtime(segment.runtime()); });
  fmt::print(
      "face mesh, our call:      {:.3f} ms, bare xnn_invoke_runtime {:.3f} ms, ratio {:.3f} (at "
      "most 1.02 wanted)\n",
      bare.a_ms, bare.b_ms, bare.ratio);

  const test::TempDir dir;
  std::ofstream(dir / "mesh.onnx", std::ios::binary) << bench::MeshToOnnx(graph).Convert();
  auto onnx = Must(nn::OnnxModel::Create(dir / "mesh.onnx", {}));
  const auto in = model->input(0);
  const std::size_t side = 192;
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) {
      for (std::size_t c = 0; c < 3; ++c)
        onnx->input(0)[(c * side + y) * side + x] = in[(y * side + x) * 3 + c];
    }
  }
  const auto engines = bench::InTurn(
      kRounds, [&] { (void)onnx->Run(); }, [&] { (void)model->Run(); });
  double apart = 0;
  for (std::size_t i = 0; i < model->output(0).size(); ++i)
    apart =
        std::max(apart, static_cast<double>(std::abs(model->output(0)[i] - onnx->output(0)[i])));
  fmt::print(
      "face mesh, ONNX Runtime:  {:.3f} ms, XNNPACK {:.3f} ms, ratio {:.2f}; outputs differ by at "
      "most {:.4f} px of 192\n",
      engines.a_ms, engines.b_ms, engines.ratio, apart);
  return apart < 0.05 ? 0 : 1;
}
