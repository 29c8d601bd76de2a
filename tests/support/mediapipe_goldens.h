// Reads tests/data/mediapipe/<model>/<folder>.json: what the official MediaPipe package finds in
// the pictures of ../shared/data.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "face/types.h"
#include "support/test_data.h"

namespace vigil::test {

struct GoldenPicture {
  std::string file;  ///< below ../shared/data/faces
  Size size;
  std::vector<face::Mesh> faces;
};

/// Nothing where the file has not been recorded.
inline std::optional<std::vector<GoldenPicture>> ReadGoldens(const std::string& model,
                                                             const std::string& folder) {
  std::ifstream file(SourcePath("tests/data/mediapipe/" + model + "/" + folder + ".json"));
  if (!file) return std::nullopt;
  const auto json = nlohmann::json::parse(file);
  std::vector<GoldenPicture> pictures;
  for (const auto& entry : json.at("pictures")) {
    GoldenPicture picture{entry.at("file"), {entry.at("width"), entry.at("height")}, {}};
    for (const auto& found : entry.at("faces")) {
      const auto& numbers = found.at("landmarks");
      face::Mesh mesh;
      mesh.count = static_cast<int>(numbers.size() / 3);
      for (int i = 0; i < mesh.count && i < face::kRefinedPoints; ++i) {
        mesh.points[i] = {numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]};
      }
      picture.faces.push_back(mesh);
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

}  // namespace vigil::test
