// The labelled faces of ../shared/data/faces: dlib_train (one XML for all) and wider (an XML a
// picture).
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "support/test_data.h"

namespace vigil::test {

struct LabelledFace {
  PixelBox box;
  /// Eye, eye, nose tip, mouth corner, mouth corner, each pair from the image's left.
  std::optional<std::array<Point2f, 5>> points;
};
struct LabelledPicture {
  std::filesystem::path path;
  std::vector<LabelledFace> faces;
};

inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The value in name='value' within `tag`; empty where there is none.
inline std::string XmlAttribute(const std::string& tag, const std::string& name) {
  const auto at = tag.find(" " + name + "='");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 3;
  return tag.substr(begin, tag.find('\'', begin) - begin);
}

inline std::vector<LabelledPicture> DlibTrainFaces() {
  const auto dir = SharedPath("faces/dlib_train");
  const std::string xml = ReadText(dir / "training_with_face_landmarks.xml");
  std::vector<LabelledPicture> pictures;
  for (auto at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::string tag = xml.substr(at, xml.find('>', at) - at);
    if (tag.starts_with("<image ")) pictures.push_back({dir / XmlAttribute(tag, "file"), {}});
    if (!tag.starts_with("<box ")) continue;
    const auto number = [&](const char* name) { return std::stof(XmlAttribute(tag, name)); };
    pictures.back().faces.push_back(
        {{number("left"), number("top"), number("width"), number("height")}, {}});
  }
  std::erase_if(pictures,
                [](const auto& picture) { return !std::filesystem::exists(picture.path); });
  return pictures;
}

/// The number in <name>…</name> within `text`.
inline std::optional<float> XmlNumber(const std::string& text, const std::string& name) {
  const auto at = text.find("<" + name + ">");
  if (at == std::string::npos) return std::nullopt;
  return std::stof(text.substr(at + name.size() + 2));
}

inline LabelledFace WiderFace(const std::string& object) {
  const auto number = [&](const std::string& name) { return XmlNumber(object, name).value_or(0); };
  LabelledFace face;
  face.box = {number("xmin"), number("ymin"), number("xmax") - number("xmin"),
              number("ymax") - number("ymin")};
  if (XmlNumber(object, "x5").value_or(-1) >= 0) {
    face.points.emplace();
    for (std::size_t i = 0; i < 5; ++i) {
      const std::string which = std::to_string(i + 1);
      (*face.points)[i] = {number("x" + which), number("y" + which)};
    }
  }
  return face;
}

/// The faces of one annotation file.
inline std::vector<LabelledFace> WiderAnnotation(const std::filesystem::path& path) {
  const std::string xml = ReadText(path);
  std::vector<LabelledFace> faces;
  for (auto at = xml.find("<object>"); at != std::string::npos; at = xml.find("<object>", at + 1)) {
    faces.push_back(WiderFace(xml.substr(at, xml.find("</object>", at) - at)));
  }
  return faces;
}

/// Boxes of <picture>.rect.xml; points where a <picture>.landmark.xml, which has fewer faces, knows
/// them.
inline std::vector<LabelledPicture> WiderFaces() {
  std::vector<LabelledPicture> pictures;
  for (const auto& entry : std::filesystem::directory_iterator(SharedPath("faces/wider"))) {
    if (entry.path().extension() != ".jpg") continue;
    auto stem = entry.path();
    stem.replace_extension();
    LabelledPicture picture{entry.path(), WiderAnnotation(stem.string() + ".rect.xml")};
    for (const auto& with_points : WiderAnnotation(stem.string() + ".landmark.xml")) {
      for (auto& face : picture.faces) {
        if (IoU(face.box, with_points.box) > 0.5F) face.points = with_points.points;
      }
    }
    pictures.push_back(std::move(picture));
  }
  std::sort(pictures.begin(), pictures.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return pictures;
}

}  // namespace vigil::test
