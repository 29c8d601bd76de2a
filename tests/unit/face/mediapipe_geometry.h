// MediaPipe's own way from mesh to pose, for comparison: the mesh is taken for a picture on the
// near plane, its scale found in two rounds, the points moved out along their lines of sight, and
// the canonical face laid onto them by weighted orthogonal Procrustes. Its z stands along the
// camera's axis.
#pragma once

#include <Eigen/Dense>
#include <span>

#include "face/camera.h"
#include "face/canonical_face.h"

namespace vigil::test {

class MediapipeGeometry {
 public:
  explicit MediapipeGeometry(const face::CanonicalFace& face) : canonical_(3, face::kMeshPoints) {
    weights_.setZero(face::kMeshPoints);
    for (int i = 0; i < face::kMeshPoints; ++i) {
      const Point3f& v = face.vertices_cm[i];
      canonical_.col(i) << v.x, v.y, v.z;
    }
    for (const auto& point : face.basis) weights_[point.index] = point.weight;
    weights_ /= weights_.sum();
  }

  face::HeadAngles Estimate(std::span<const Point3f> mesh, Size frame) const {
    const auto camera = face::CameraFor(frame);
    Eigen::Matrix3Xd near(3, face::kMeshPoints);
    for (int i = 0; i < face::kMeshPoints; ++i) {
      near.col(i) << mesh[i].x - camera.center.x, camera.center.y - mesh[i].y, mesh[i].z;
    }
    near /= camera.focal_px;
    const double middle = near.row(2).mean();
    const auto metric = [&](double scale) {
      Eigen::Matrix3Xd points = near;
      const Eigen::ArrayXd depth = (near.row(2).array().transpose() - middle + 1) / scale;
      points.row(0) = near.row(0).array() * depth.transpose();
      points.row(1) = near.row(1).array() * depth.transpose();
      points.row(2) = -depth.matrix().transpose();
      return points;
    };
    Eigen::Matrix3Xd first = near;
    first.row(2) *= -1;
    double scale = Fit(first).scale;
    scale *= Fit(metric(scale)).scale;
    const Eigen::Matrix3d r = Fit(metric(scale)).rotation;
    std::array<float, 9> rotation{};
    for (int i = 0; i < 9; ++i) rotation[i] = static_cast<float>(r(i / 3, i % 3));
    return face::AnglesFromRotation(rotation);
  }

 private:
  struct Similarity {
    Eigen::Matrix3d rotation;
    double scale;
  };

  Similarity Fit(const Eigen::Matrix3Xd& points) const {
    const Eigen::Matrix3Xd from = canonical_.colwise() - canonical_ * weights_;
    const Eigen::Matrix3Xd to = points.colwise() - points * weights_;
    const Eigen::Matrix3d covariance = to * weights_.asDiagonal() * from.transpose();
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(covariance,
                                                Eigen::ComputeFullU | Eigen::ComputeFullV);
    Eigen::Vector3d sign = Eigen::Vector3d::Ones();
    if ((svd.matrixU() * svd.matrixV().transpose()).determinant() < 0) sign.z() = -1;
    const double spread = from.colwise().squaredNorm().dot(weights_);
    return {svd.matrixU() * sign.asDiagonal() * svd.matrixV().transpose(),
            svd.singularValues().dot(sign) / spread};
  }

  Eigen::Matrix3Xd canonical_;
  Eigen::VectorXd weights_;
};

}  // namespace vigil::test
