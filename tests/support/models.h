// The real face models, as set-up unpacked them.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "face/blaze_face.h"
#include "face/mesh_model.h"
#include "nn/tflite_model.h"
#include "support/test_data.h"

namespace vigil::test {

inline std::vector<std::byte> ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// Ends the test program where a model cannot be loaded: without it nothing can be tested.
inline std::unique_ptr<nn::Model> LoadTflite(const std::string& file) {
  auto model = nn::TfliteModel::Create(file, ReadBytes(ModelPath(file)));
  if (!model.ok()) {
    ADD_FAILURE() << model.status() << " (run make setup)";
    std::exit(1);
  }
  return *std::move(model);
}

inline std::unique_ptr<face::BlazeFace> LoadBlazeFace() {
  return *face::BlazeFace::Create(LoadTflite("face_detection_short_range.tflite"));
}
inline std::unique_ptr<face::MeshModel> LoadMesh(const std::string& file = "face_landmark_with_attention.tflite") {
  return *face::MeshModel::Create(LoadTflite(file));
}

}  // namespace vigil::test
