#include "face/canonical_face.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <random>
#include <sstream>

#include "core/limits.h"
#include "support/test_data.h"

namespace vigil::face {
namespace {

using testing::HasSubstr;

std::filesystem::path GeometryFile() {
  return test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb");
}

std::string GeometryBytes() {
  std::ifstream file(GeometryFile(), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CanonicalFace, LoadsTheModelPackagesFile) {
  const auto face = LoadCanonicalFace(GeometryFile());
  ASSERT_TRUE(face.ok()) << face.status().message();
  EXPECT_EQ(face->triangles.size(), 898U);
  EXPECT_EQ(face->basis.size(), 33U);
  // The nose tip stands out towards the viewer; the point 33 is the eye on the image's left.
  EXPECT_GT(face->vertices_cm[4].z, 7);
  EXPECT_LT(face->vertices_cm[33].x, -4);
  EXPECT_GT(face->vertices_cm[10].y, face->vertices_cm[152].y);
  for (const Point2f& uv : face->uv) {
    EXPECT_TRUE(uv.x >= 0 && uv.x <= 1 && uv.y >= 0 && uv.y <= 1);
  }
}

TEST(CanonicalFace, EqualsThePublishedObj) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto face = LoadCanonicalFace(GeometryFile());
  ASSERT_TRUE(face.ok());
  std::ifstream file(test::SharedPath("models/mediapipe_geometry/canonical_face_model.obj"));
  std::string line;
  std::size_t vertices = 0, triangles = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "v") {
      Point3f v;
      words >> v.x >> v.y >> v.z;
      ASSERT_LT(vertices, face->vertices_cm.size());
      const Point3f& ours = face->vertices_cm[vertices++];
      EXPECT_NEAR(ours.x, v.x, 1e-5);
      EXPECT_NEAR(ours.y, v.y, 1e-5);
      EXPECT_NEAR(ours.z, v.z, 1e-5);
    } else if (kind == "f") {
      CanonicalFace::Triangle triangle{};
      for (auto& corner : triangle) {
        std::string word;
        words >> word;  // vertex/texture, counted from 1
        corner = static_cast<std::uint16_t>(std::stoi(word) - 1);
      }
      ASSERT_LT(triangles, face->triangles.size());
      EXPECT_EQ(face->triangles[triangles++], triangle) << "triangle " << triangles;
    }
  }
  EXPECT_EQ(vertices, face->vertices_cm.size());
  EXPECT_EQ(triangles, face->triangles.size());
}

TEST(CanonicalFace, EqualsThePublishedText) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto face = LoadCanonicalFace(GeometryFile());
  ASSERT_TRUE(face.ok());
  std::ifstream file(
      test::SharedPath("models/mediapipe_geometry/geometry_pipeline_metadata_landmarks.pbtxt"));
  std::string word;
  std::vector<CanonicalFace::BasisPoint> basis;
  std::vector<float> floats;
  while (file >> word) {
    if (word == "landmark_id:") file >> basis.emplace_back().index;
    if (word == "weight:") file >> basis.back().weight;
    if (word == "vertex_buffer:") file >> floats.emplace_back();
  }
  ASSERT_EQ(basis.size(), face->basis.size());
  for (std::size_t i = 0; i < basis.size(); ++i) {
    EXPECT_EQ(basis[i].index, face->basis[i].index);
    EXPECT_NEAR(basis[i].weight, face->basis[i].weight, 1e-6);
  }
  ASSERT_EQ(floats.size(), face->uv.size() * 5);
  for (std::size_t i = 0; i < face->uv.size(); ++i) {
    EXPECT_NEAR(floats[i * 5 + 3], face->uv[i].x, 1e-5);
    EXPECT_NEAR(floats[i * 5 + 4], face->uv[i].y, 1e-5);
  }
}

// A small writer of the same format, to make files that the package never would.
void PutVarint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}
void PutBytes(std::string& to, int field, const std::string& bytes) {
  PutVarint(to, static_cast<std::uint64_t>(field) << 3 | 2);
  PutVarint(to, bytes.size());
  to += bytes;
}
void PutFloat(std::string& to, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<char>(bits >> shift));
}

struct Parts {
  std::vector<float> floats = std::vector<float>(kMeshPoints * 5, 0.5F);
  std::vector<std::uint64_t> indices = {0, 1, 2};
  std::vector<std::pair<std::uint64_t, float>> basis = {{0, 1}, {1, 1}, {2, 1}};
  int vertex_type = 0;
  int meshes = 1;
};

std::string Encode(const Parts& parts) {
  std::string floats, indices, mesh, message;
  for (const float value : parts.floats) PutFloat(floats, value);
  for (const auto index : parts.indices) PutVarint(indices, index);
  PutVarint(mesh, 1 << 3);
  PutVarint(mesh, static_cast<std::uint64_t>(parts.vertex_type));
  PutBytes(mesh, 3, floats);  // packed, as newer writers do
  PutBytes(mesh, 4, indices);
  for (int i = 0; i < parts.meshes; ++i) PutBytes(message, 1, mesh);
  for (const auto& [index, weight] : parts.basis) {
    std::string point;
    PutVarint(point, 1 << 3);
    PutVarint(point, index);
    PutVarint(point, 2 << 3 | 5);
    PutFloat(point, weight);
    PutBytes(message, 2, point);
  }
  return message;
}

TEST(CanonicalFace, ReadsPackedNumbers) {
  const auto face = ParseCanonicalFace(Encode({}), "packed");
  ASSERT_TRUE(face.ok()) << face.status().message();
  EXPECT_EQ(face->triangles.size(), 1U);
  EXPECT_EQ(face->vertices_cm[467].z, 0.5F);
}

struct HostileCase {
  const char* name;
  void (*spoil)(Parts&);
  const char* says;
};
class HostileGeometry : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileGeometry, IsAClearError) {
  Parts parts;
  GetParam().spoil(parts);
  const auto face = ParseCanonicalFace(Encode(parts), "some.binarypb");
  ASSERT_EQ(face.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(face.status().message()),
              testing::AllOf(HasSubstr("some.binarypb"), HasSubstr(GetParam().says)));
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, HostileGeometry,
    testing::Values(
        HostileCase{"no_mesh", [](Parts& p) { p.meshes = 0; }, "holds no mesh"},
        HostileCase{"two_meshes", [](Parts& p) { p.meshes = 2; }, "more than one mesh"},
        HostileCase{"too_few_vertices", [](Parts& p) { p.floats.pop_back(); }, "2339 numbers"},
        HostileCase{"too_many_vertices", [](Parts& p) { p.floats.push_back(0); },
                    "more than 468 vertices"},
        HostileCase{"not_a_number", [](Parts& p) { p.floats[7] = std::nanf(""); }, "vertex 1 "},
        HostileCase{"a_face_of_a_kilometre", [](Parts& p) { p.floats[7] = 1e5F; }, "vertex 1 "},
        HostileCase{"index_outside", [](Parts& p) { p.indices[2] = 468; }, "vertex 468 of 468"},
        HostileCase{"index_far_outside", [](Parts& p) { p.indices[2] = ~0ULL; }, "of 468"},
        HostileCase{"half_a_triangle", [](Parts& p) { p.indices.push_back(3); }, "4 indices"},
        HostileCase{"no_triangles", [](Parts& p) { p.indices.clear(); }, "0 indices"},
        HostileCase{"too_many_triangles", [](Parts& p) { p.indices.assign(3 * 4097, 1); },
                    "triangles"},
        HostileCase{"other_vertex_type", [](Parts& p) { p.vertex_type = 1; }, "textured triangles"},
        HostileCase{"basis_outside", [](Parts& p) { p.basis[0].first = 468; }, "vertex 468 of 468"},
        HostileCase{"basis_weight_negative", [](Parts& p) { p.basis[0].second = -1; }, "weight"},
        HostileCase{"basis_weight_nan", [](Parts& p) { p.basis[0].second = std::nanf(""); },
                    "weight"},
        HostileCase{"basis_too_small", [](Parts& p) { p.basis.pop_back(); }, "2 basis points"},
        HostileCase{"basis_too_large",
                    [](Parts& p) {
                      p.basis.assign(469, {1, 1});
                    },
                    "basis points"}),
    [](const auto& the) { return std::string(the.param.name); });

// Where the cut falls between two fields the rest is a whole message, but one without all its
// parts.
TEST(CanonicalFace, EveryTruncationIsAnError) {
  const std::string bytes = GeometryBytes();
  ASSERT_GT(bytes.size(), 10'000U);
  int accepted = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    accepted += ParseCanonicalFace(std::string_view(bytes).substr(0, length), "cut").ok();
  }
  // Only the optional last fields may be missing: some basis points and the input source.
  EXPECT_LE(accepted, 33);
}

TEST(CanonicalFace, DamagedBytesNeverPassALimit) {
  const std::string bytes = GeometryBytes();
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = bytes;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto face = ParseCanonicalFace(damaged, "damaged");
    if (!face.ok()) continue;
    for (const auto& triangle : face->triangles) {
      for (const auto corner : triangle) ASSERT_LT(corner, kMeshPoints);
    }
    for (const auto& point : face->basis) ASSERT_LT(point.index, kMeshPoints);
  }
}

TEST(CanonicalFace, FilesThatAreNotThereOrTooLarge) {
  const test::TempDir folder;
  EXPECT_EQ(LoadCanonicalFace(folder / "none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(LoadCanonicalFace(folder.path()).ok());
  std::ofstream(folder / "large") << std::string(limits::kMaxGeometryBytes + 1, 'x');
  const auto large = LoadCanonicalFace(folder / "large");
  EXPECT_THAT(std::string(large.status().message()), HasSubstr("larger than"));
}

}  // namespace
}  // namespace vigil::face
