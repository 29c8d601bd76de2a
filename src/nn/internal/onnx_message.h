// Messages of ONNX Runtime, made fit for one line.
#pragma once

#include <string>
#include <string_view>

namespace vigil::nn {

/// What a message of ONNX Runtime says, in one line of at most 300 printable ASCII characters:
/// without error number, source location, the signature of the function that failed, the tensors
/// around a faulty node (its name stays), and what follows the first line. Such messages quote
/// names out of the model file, which may hold anything.
std::string OrtEssence(std::string_view message);

}  // namespace vigil::nn
