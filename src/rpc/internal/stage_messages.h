// Between the values that stages hand to each other and the messages of their services: both ways, the same to the bit.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <span>

#include "face/stages.h"
#include "face/types.h"
#include "vigil/v1/attention.pb.h"
#include "vigil/v1/blink_detection.pb.h"
#include "vigil/v1/face_detection.pb.h"
#include "vigil/v1/gaze_tracking.pb.h"
#include "vigil/v1/head_pose.pb.h"
#include "vigil/v1/landmark_detection.pb.h"

namespace vigil::rpc::internal {

/// Squares of one DetectFacesRequest.
inline constexpr int kMaxSquares = 1024;
/// What a message without a picture may have: more than its 256 faces with two meshes each take.
inline constexpr std::size_t kMaxMeshesBytes = 4U << 20;

/// All below replace what `to` holds; memory that it has is used again.
void ToMessage(const face::Detection& face, int square, v1::DetectedFace& to);
void ToMessage(const RotatedBox& region, v1::FaceRegion& to);
void ToMessage(const face::Mesh& mesh, v1::FaceMesh& to);
void ToMessage(const face::FaceBlinks& blinks, v1::FaceBlinks& to);     ///< all but the id
void ToMessage(const face::FaceScores& scores, v1::FaceAttention& to);  ///< all but the id

/// What the messages of others hold. InvalidArgument: it cannot be, such as what is no number; a state that took it in would
/// never be right again.
absl::StatusOr<face::Find> FromMessage(const v1::DetectedFace& message);
absl::StatusOr<PixelBox> FromMessage(const v1::Box& message);
absl::StatusOr<RotatedBox> FromMessage(const v1::FaceRegion& message);
absl::StatusOr<face::Mesh> FromMessage(const v1::FaceMesh& message);
absl::StatusOr<face::HeadPose> FromMessage(const v1::HeadPose& message);
absl::StatusOr<face::Gaze> FromMessage(const v1::Gaze& message);
absl::StatusOr<face::FaceBlinks> FromMessage(const v1::FaceBlinks& message);
absl::StatusOr<face::FaceScores> FromMessage(const v1::FaceAttention& message);
/// A frame's sides: 1..limits::kMaxPictureSide.
absl::StatusOr<Size> FrameSize(int width, int height);

}  // namespace vigil::rpc::internal
