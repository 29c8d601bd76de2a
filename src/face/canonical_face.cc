#include "face/canonical_face.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <optional>
#include <string>

#include "core/limits.h"
#include "face/internal/wire_reader.h"

namespace vigil::face {
namespace {

using internal::WireField;
using internal::WireReader;

// Field numbers of MediaPipe's geometry_pipeline_metadata.proto and mesh_3d.proto.
enum MetadataField : std::uint32_t { kCanonicalMesh = 1, kLandmarkBasis = 2 };
enum MeshField : std::uint32_t {
  kVertexType = 1,
  kPrimitiveType = 2,
  kVertexBuffer = 3,
  kIndexBuffer = 4
};
enum BasisField : std::uint32_t { kLandmarkId = 1, kWeight = 2 };

constexpr std::size_t kFloatsAVertex = 5;  // VERTEX_PT: x y z u v
constexpr std::size_t kVertexFloats = kMeshPoints * kFloatsAVertex;
constexpr std::size_t kMaxTriangles = 4096;
constexpr float kMaxCoordinateCm = 100;

// What went wrong, without the file's name; nothing if all is well.
using Fault = std::optional<std::string>;

struct RawMesh {
  std::vector<float> floats;
  std::vector<std::uint16_t> indices;
};

Fault AddFloat(std::uint64_t bits, RawMesh& mesh) {
  if (mesh.floats.size() == kVertexFloats) return fmt::format("more than {} vertices", kMeshPoints);
  const float value = WireField{.number = 0, .type = {}, .integer = bits, .bytes = {}}.real();
  if (!std::isfinite(value) || std::abs(value) > kMaxCoordinateCm) {
    return fmt::format("vertex {} is not a number of centimetres",
                       mesh.floats.size() / kFloatsAVertex);
  }
  mesh.floats.push_back(value);
  return std::nullopt;
}

Fault AddIndex(std::uint64_t index, RawMesh& mesh) {
  if (mesh.indices.size() == kMaxTriangles * 3)
    return fmt::format("more than {} triangles", kMaxTriangles);
  if (index >= kMeshPoints)
    return fmt::format("a triangle uses vertex {} of {}", index, kMeshPoints);
  mesh.indices.push_back(static_cast<std::uint16_t>(index));
  return std::nullopt;
}

// Repeated numbers come one a field or packed into one field.
Fault AddNumbers(const WireField& field, RawMesh& mesh) {
  const bool floats = field.number == kVertexBuffer;
  if (field.type == (floats ? WireField::kFixed32 : WireField::kVarint)) {
    return floats ? AddFloat(field.integer, mesh) : AddIndex(field.integer, mesh);
  }
  if (field.type != WireField::kBytes) return "a buffer has the wrong type";
  WireReader packed(field.bytes);
  while (!packed.empty()) {
    const auto value = floats ? packed.NextFixed(4) : packed.NextVarint();
    if (!value) return "a buffer is cut short";
    if (Fault fault = floats ? AddFloat(*value, mesh) : AddIndex(*value, mesh)) return fault;
  }
  return std::nullopt;
}

Fault ReadMesh(std::string_view bytes, CanonicalFace& face) {
  RawMesh mesh;
  mesh.floats.reserve(kVertexFloats);
  WireReader reader(bytes);
  while (const auto field = reader.Next()) {
    Fault fault;
    switch (field->number) {
      case kVertexType:
      case kPrimitiveType:
        if (field->type != WireField::kVarint || field->integer != 0)
          fault = "not a mesh of textured triangles";
        break;
      case kVertexBuffer:
      case kIndexBuffer:
        fault = AddNumbers(*field, mesh);
        break;
      default:
        break;
    }
    if (fault) return fault;
  }
  if (!reader.ok()) return "the mesh is cut short or is no protobuf message";
  if (mesh.floats.size() != kVertexFloats) {
    return fmt::format("{} numbers where {} vertices of {} are needed", mesh.floats.size(),
                       kMeshPoints, kFloatsAVertex);
  }
  if (mesh.indices.empty() || mesh.indices.size() % 3 != 0) {
    return fmt::format("{} indices are no list of triangles", mesh.indices.size());
  }
  for (std::size_t i = 0; i < kMeshPoints; ++i) {
    const float* v = &mesh.floats[i * kFloatsAVertex];
    face.vertices_cm[i] = {v[0], v[1], v[2]};
    face.uv[i] = {v[3], v[4]};
  }
  face.triangles.clear();
  for (std::size_t i = 0; i < mesh.indices.size(); i += 3) {
    face.triangles.push_back({mesh.indices[i], mesh.indices[i + 1], mesh.indices[i + 2]});
  }
  return std::nullopt;
}

Fault ReadBasisPoint(std::string_view bytes, CanonicalFace& face) {
  if (face.basis.size() == kMeshPoints)
    return fmt::format("more than {} basis points", kMeshPoints);
  std::uint64_t index = 0;
  float weight = 0;
  WireReader reader(bytes);
  while (const auto field = reader.Next()) {
    if (field->number == kLandmarkId && field->type == WireField::kVarint) index = field->integer;
    if (field->number == kWeight && field->type == WireField::kFixed32) weight = field->real();
  }
  if (!reader.ok()) return "a basis point is cut short";
  if (index >= kMeshPoints)
    return fmt::format("a basis point uses vertex {} of {}", index, kMeshPoints);
  if (!std::isfinite(weight) || weight <= 0 || weight > 1e6F) {
    return fmt::format("basis point {} has no positive weight", index);
  }
  face.basis.push_back({static_cast<std::uint16_t>(index), weight});
  return std::nullopt;
}

Fault ReadMetadata(std::string_view bytes, CanonicalFace& face) {
  bool has_mesh = false;
  WireReader reader(bytes);
  while (const auto field = reader.Next()) {
    Fault fault;
    if (field->number == kCanonicalMesh && field->type == WireField::kBytes) {
      if (has_mesh) return "more than one mesh";
      has_mesh = true;
      fault = ReadMesh(field->bytes, face);
    } else if (field->number == kLandmarkBasis && field->type == WireField::kBytes) {
      fault = ReadBasisPoint(field->bytes, face);
    }
    if (fault) return fault;
  }
  if (!reader.ok()) return "cut short or no protobuf message";
  if (!has_mesh) return "holds no mesh";
  if (face.basis.size() < 3)
    return fmt::format("{} basis points where at least 3 are needed", face.basis.size());
  return std::nullopt;
}

}  // namespace

absl::StatusOr<CanonicalFace> ParseCanonicalFace(std::string_view bytes, std::string_view name) {
  CanonicalFace face;
  if (const Fault fault = ReadMetadata(bytes, face)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: not MediaPipe's face geometry: {}; run scripts/setup to fetch it again",
                    name, *fault));
  }
  return face;
}

absl::StatusOr<CanonicalFace> LoadCanonicalFace(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return absl::NotFoundError(
        fmt::format("{}: cannot be opened; scripts/setup fetches the face models", file.string()));
  }
  std::string bytes(limits::kMaxGeometryBytes + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad())
    return absl::InvalidArgumentError(fmt::format("{}: cannot be read", file.string()));
  if (bytes.size() > limits::kMaxGeometryBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{}: larger than {} bytes; not MediaPipe's face geometry", file.string(),
                    limits::kMaxGeometryBytes));
  }
  return ParseCanonicalFace(bytes, file.string());
}

}  // namespace vigil::face
