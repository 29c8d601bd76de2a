// Between our values and the messages of vigil.v1. Nothing is calculated here but normalised coordinates.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <span>
#include <string>

#include "core/detection.h"
#include "core/geometry.h"
#include "face/types.h"
#include "vigil/v1/face.pb.h"
#include "vigil/v1/gaze.pb.h"
#include "vigil/v1/image.pb.h"
#include "vigil/v1/inference.pb.h"

namespace vigil::rpc::internal {

/// `message` in the wire format, in one piece of exactly its size.
grpc::ByteBuffer Serialise(const google::protobuf::MessageLite& message);
/// InvalidArgument: not such a message.
absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& into);

/// All below replace what `to` holds; memory that it has is used again.
void ToMessage(const PixelBox& box, v1::Box& to);
void ToMessage(const face::HeadPose& pose, v1::HeadPose& to);
void ToMessage(const face::Gaze& gaze, v1::Gaze& to);
void ToMessage(const face::Eyes& eyes, v1::Eyes& to);
void ToMessage(const face::BlinkState& blink, v1::Blink& to);
void ToMessage(const face::Perclos& perclos, v1::Perclos& to);
void ToMessage(const face::Yawn& yawn, v1::Yawn& to);
void ToMessage(const face::Attention& attention, v1::Attention& to);
void ToMessage(const face::Drowsiness& drowsiness, v1::Drowsiness& to);
/// @param frame   by which points are normalised
/// @param failed  stages that gave nothing: their part is absent
void ToMessage(const face::Face& face, Size frame, bool with_points, face::StageSet failed,
               v1::Face& to);
/// Faces, the main one's landmarks and gaze, the stages that failed, and the size. The rest of `to` stays.
void ToMessage(const face::FaceResult& result, Size frame, bool with_points,
               v1::FaceMeshResult& to);
void ToMessage(std::span<const Detection> detections, std::span<const std::string> class_names,
               float min_confidence, v1::InferenceResponse& to);
void ToMessage(const absl::Status& error, v1::FrameError& to);

}  // namespace vigil::rpc::internal
