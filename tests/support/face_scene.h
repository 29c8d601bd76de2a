// The canonical face before a camera: meshes whose pose and gaze are known.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "face/camera.h"
#include "face/canonical_face.h"
#include "face/eye_geometry.h"
#include "face/gaze.h"
#include "support/test_data.h"

namespace vigil::test {

inline const face::CanonicalFace& Canonical() {
  static const face::CanonicalFace canonical = [] {
    auto loaded =
        face::LoadCanonicalFace(ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
    EXPECT_TRUE(loaded.ok()) << loaded.status().message();
    return *std::move(loaded);
  }();
  return canonical;
}

inline constexpr Size kFrame{640, 480};

inline face::HeadPose PoseAt(float yaw, float pitch, float roll, Point3f at_cm) {
  face::HeadPose pose;
  pose.yaw_deg = yaw;
  pose.pitch_deg = pitch;
  pose.roll_deg = roll;
  pose.translation_cm = at_cm;
  pose.rotation = face::RotationFromAngles(yaw, pitch, roll);
  return pose;
}

/// How far away a face is whose outer eye corners stand `pixels` apart when it looks into the lens.
inline float DistanceForEyes(float pixels) {
  const auto& v = Canonical().vertices_cm;
  return face::CameraFor(kFrame).focal_px * (v[263].x - v[33].x) / pixels;
}

/// What a mesh model would say: x and y projected, z along the line of sight with the scale of x
/// and a zero of its own.
inline Point3f Seen(const face::HeadPose& pose, Point3f canonical) {
  const auto camera = face::CameraFor(kFrame);
  const Point3f p = face::ToCamera(pose, canonical), &t = pose.translation_cm;
  const auto pixel = face::Project(camera, p);
  const float distance = std::hypot(t.x, t.y, t.z);
  const float depth = ((p.x - t.x) * t.x + (p.y - t.y) * t.y + (p.z - t.z) * t.z) / distance;
  return {pixel->x, pixel->y, depth * camera.focal_px / -t.z + 7};
}

/// The 468 points, without irises.
inline face::Mesh SeenMesh(const face::HeadPose& pose) {
  face::Mesh mesh;
  mesh.count = face::kMeshPoints;
  mesh.score = 1;
  std::ranges::transform(Canonical().vertices_cm, mesh.points.begin(),
                         [&](Point3f p) { return Seen(pose, p); });
  return mesh;
}

/// The 478 points, both eyes turned by `eye_in_head`.
inline face::Mesh SeenMesh(const face::HeadPose& pose, face::Angles eye_in_head) {
  constexpr float kIrisRadiusCm = 0.585F;
  face::Mesh mesh = SeenMesh(pose);
  mesh.count = face::kRefinedPoints;
  const auto eye = face::RotationFromAngles(eye_in_head.yaw_deg, eye_in_head.pitch_deg, 0);
  for (const auto side : {face::EyeSide::kLeft, face::EyeSide::kRight}) {
    const Point3f c = face::EyeCentre(Canonical(), side);
    const Point2f rim[5] = {{0, 0}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    for (int i = 0; i < 5; ++i) {
      const Point3f p{rim[i].x * kIrisRadiusCm, rim[i].y * kIrisRadiusCm, face::kIrisDistanceCm};
      mesh.points[face::IndicesOf(side).iris + i] =
          Seen(pose, {c.x + eye[0] * p.x + eye[1] * p.y + eye[2] * p.z,
                      c.y + eye[3] * p.x + eye[4] * p.y + eye[5] * p.z,
                      c.z + eye[6] * p.x + eye[7] * p.y + eye[8] * p.z});
    }
  }
  return mesh;
}

inline void AddNoise(face::Mesh& mesh, float sigma_px, std::mt19937& random) {
  std::normal_distribution<float> noise(0, sigma_px);
  for (int i = 0; i < mesh.count; ++i) {
    mesh.points[i].x += noise(random);
    mesh.points[i].y += noise(random);
    mesh.points[i].z += noise(random);
  }
}

inline float Turn(float a_deg, float b_deg) {
  return std::abs(std::remainder(a_deg - b_deg, 360.0F));
}

}  // namespace vigil::test
