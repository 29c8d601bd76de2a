// Labelled faces of ../shared/data/faces/{dlib_train,wider}.
#pragma once

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::test {

struct LabelledPicture {
  std::filesystem::path path;
  std::vector<PixelBox> faces;
};

inline std::vector<LabelledPicture> LabelledPictures() {
  std::vector<LabelledPicture> pictures;
  const auto number = [](const std::ssub_match& text) { return std::stof(text.str()); };

  // dlib's training file: <image file='…'> with <box top left width height>.
  const std::string dlib =
      ReadText(SharedPath("faces/dlib_train/training_with_face_landmarks.xml"));
  const std::regex line(
      R"rx(<image file='([^']+)'|<box top='(-?\d+)' left='(-?\d+)' width='(\d+)' height='(\d+)')rx");
  for (std::sregex_iterator it(dlib.begin(), dlib.end(), line), end; it != end; ++it) {
    const auto& m = *it;
    if (m[1].matched) {
      pictures.push_back({SharedPath("faces/dlib_train") / m[1].str(), {}});
    } else {
      pictures.back().faces.push_back({number(m[3]), number(m[2]), number(m[4]), number(m[5])});
    }
  }

  // Pascal VOC: <xmin> … <ymax> of each object.
  const std::regex box(
      R"rx(<xmin>(-?\d+)</xmin>\s*<ymin>(-?\d+)</ymin>\s*<xmax>(-?\d+)</xmax>\s*<ymax>(-?\d+)</ymax>)rx");
  for (const auto& entry : std::filesystem::directory_iterator(SharedPath("faces/wider"))) {
    if (entry.path().extension() != ".jpg") continue;
    LabelledPicture picture{entry.path(), {}};
    auto labels = entry.path();
    const std::string text = ReadText(labels.replace_extension(".rect.xml"));
    for (std::sregex_iterator it(text.begin(), text.end(), box), end; it != end; ++it) {
      const auto& m = *it;
      picture.faces.push_back(
          {number(m[1]), number(m[2]), number(m[3]) - number(m[1]), number(m[4]) - number(m[2])});
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

/// Whether a found face lies on a labelled one. Labels and detectors draw their boxes differently (dlib's reach from brow
/// to chin, WIDER's from hair to chin), hence the low overlap.
inline bool OnLabel(const PixelBox& found, const PixelBox& label) {
  const float shared = Intersect(found, label).area();
  return IoU(found, label) > 0.25F || shared > 0.7F * std::min(found.area(), label.area());
}

}  // namespace vigil::test
