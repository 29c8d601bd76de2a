// A look at an ONNX file before an engine gets it.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <span>

namespace vigil::nn {

/// Walks the file's protobuf skeleton (model, graphs, nodes, tensors; not the weights) and refuses
/// what must not reach the engine. InvalidArgument, without the file's name, for:
///   * what is no ONNX model (another format, a text), or one that was cut short or is damaged;
///   * tensors whose data lie in other files ("external data"): their paths are the file author's
///   choice, and an engine
///     that follows them reads whatever this process may read;
///   * precompiled engine parts (EPContext nodes), which name files and machine code likewise.
///
/// Linear in the number of fields, no memory taken, nesting limited. Source: onnx.proto3 of
/// ONNX 1.17, field numbers.
absl::Status CheckOnnxFile(std::span<const std::byte> bytes);

}  // namespace vigil::nn
