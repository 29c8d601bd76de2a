// The custom operators of the attention mesh.
#include <flatbuffers/flexbuffers.h>

#include <cmath>
#include <optional>
#include <string>

#include "nn/internal/tflite_parser.h"

namespace vigil::nn::internal {
namespace {

// False: `value` is no list of 1 to `most` points.
template <typename Point>
bool ReadSubset(const flexbuffers::Reference& value, std::size_t most, const Point& point,
                std::vector<int>& subset) {
  const auto add = [&](const auto& list) {
    if (list.size() == 0 || list.size() > most) return false;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto index = point(list[i]);
      if (!index) return false;
      subset.push_back(*index);
    }
    return true;
  };
  return value.IsTypedVector() ? add(value.AsTypedVector())
                               : value.IsVector() && add(value.AsVector());
}

}  // namespace

absl::Status TfliteParser::ReadCustom(const tflite::Operator& in, const tflite::OperatorCode& code,
                                      Op& op) const {
  const std::string custom = code.custom_code() ? code.custom_code()->str() : "";
  const bool known = custom == "Landmarks2TransformMatrix" || custom == "TransformTensorBilinear" ||
                     custom == "TransformLandmarks";
  if (!known || code.version() != 2)
    return Unsupported("custom operator '{:.64}' version {}", custom, code.version());
  if (custom == "Landmarks2TransformMatrix") return ReadTransformMatrix(in, op);

  if (auto status = ExpectInputs(op, 2); !status.ok()) return status;
  if (!Known(op.inputs[1]) || At(op.inputs[1]).is_constant)
    return Invalid("its matrix is not computed before it");
  if (auto status = ExpectShape(op.inputs[1], {1, 4, 4}); !status.ok()) return status;
  const Shape& data = ShapeOf(op.inputs[0]);
  if (custom == "TransformLandmarks") {
    op.kind = OpKind::kTransformLandmarks;
    if (data.size() != 3 || data[0] != 1 || (data[2] != 2 && data[2] != 3))
      return Unsupported("landmarks of the shape {}", ShapeText(data));
    return ExpectShape(op.output, data);
  }
  op.kind = OpKind::kTransformTensor;
  const Shape& out = ShapeOf(op.output);
  if (data.size() != 4 || data[0] != 1 || out.size() != 4)
    return Unsupported("a tensor of the shape {}", ShapeText(data));
  return ExpectShape(op.output, {1, out[1], out[2], data[3]});
}

absl::Status TfliteParser::ReadTransformMatrix(const tflite::Operator& in, Op& op) const {
  op.kind = OpKind::kTransformMatrix;
  if (auto status = ExpectInputs(op, 1); !status.ok()) return status;
  const Shape& landmarks = ShapeOf(op.inputs[0]);
  if (landmarks.size() != 3 || landmarks[0] != 1 || landmarks[2] != 3)
    return Unsupported("landmarks of the shape {}", ShapeText(landmarks));
  const auto* raw = in.custom_options();
  std::vector<std::uint8_t> reuse_tracker;
  if (!raw || raw->size() == 0 ||
      !flexbuffers::VerifyBuffer(raw->data(), raw->size(), &reuse_tracker)) {
    return Invalid("the options of Landmarks2TransformMatrix are damaged");
  }
  const auto root = flexbuffers::GetRoot(raw->data(), raw->size());
  if (!root.IsMap()) return Invalid("the options of Landmarks2TransformMatrix are no map");
  const auto map = root.AsMap();
  const auto point = [&](const flexbuffers::Reference& value) -> std::optional<int> {
    const std::int64_t index = value.AsInt64();
    return index >= 0 && index < landmarks[1] ? std::optional<int>(static_cast<int>(index))
                                              : std::nullopt;
  };
  const auto left = point(map["left_rotation_idx"]), right = point(map["right_rotation_idx"]);
  if (!left || !right) return Invalid("it names points that there are not");
  TransformMatrixOptions& options = op.transform;
  options.left = *left;
  options.right = *right;
  options.target_rotation = map["target_rotation_radians"].AsFloat();
  options.scale_x = map["scale_x"].AsFloat();
  options.scale_y = map["scale_y"].AsFloat();
  options.output_width = static_cast<float>(map["output_width"].AsInt64());
  options.output_height = static_cast<float>(map["output_height"].AsInt64());
  if (!(options.output_width >= 1) || !(options.output_height >= 1) ||
      !std::isfinite(options.scale_x) || !std::isfinite(options.scale_y) ||
      !std::isfinite(options.target_rotation)) {
    return Invalid("sizes or scales of Landmarks2TransformMatrix are out of range");
  }
  if (!ReadSubset(map["subset_idxs"], static_cast<std::size_t>(landmarks[1]), point,
                  options.subset)) {
    return Invalid(
        "the subset of Landmarks2TransformMatrix is empty or names points that there are not");
  }
  return ExpectShape(op.output, {1, 4, 4});
}

}  // namespace vigil::nn::internal
