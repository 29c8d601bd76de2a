// What stages say to each other, and servers to clients, from messages that anybody may have made: read as the services read
// it, then worked with for a while. The first byte says which message it is; frames of one input are one stream.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/check.h"
#include "face/canonical_face.h"
#include "face/local_stages.h"
#include "rpc/internal/from_messages.h"
#include "rpc/internal/stage_messages.h"
#include "vigil/v1/gaze.pb.h"

namespace {

using namespace vigil;
using namespace vigil::rpc::internal;

const face::CanonicalFace& Canonical() {
  static const face::CanonicalFace canonical = [] {
    auto loaded = face::LoadCanonicalFace(VIGIL_SOURCE_DIR
                                          "/models/geometry_pipeline_metadata_landmarks.binarypb");
    VIGIL_CHECK(loaded.ok());
    return *std::move(loaded);
  }();
  return canonical;
}

void CheckScore(float score) { VIGIL_CHECK(score >= -0.01F && score <= 100.01F); }

// What comes back the same was read whole.
template <typename Value, typename Message>
void CheckWay(const Value& value) {
  Message message;
  ToMessage(value, message);
  VIGIL_CHECK(FromMessage(message).ok());
}

// Meshes as the stages behind the networks get them.
void Blinks(const std::uint8_t* data, int size) {
  v1::DetectBlinksRequest request;
  if (!request.ParseFromArray(data, size)) return;
  const auto frame = FrameSize(request.frame_width(), request.frame_height());
  if (!frame.ok() || request.faces_size() > 8) return;
  std::vector<face::TrackedFace> seen;
  for (const v1::MeasuredFace& face : request.faces()) {
    const auto mesh = FromMessage(face.mesh());
    if (!mesh.ok()) continue;
    CheckWay<face::Mesh, v1::FaceMesh>(*mesh);
    seen.push_back({static_cast<std::int64_t>(seen.size()) + 1, *mesh, *mesh});
  }
  const face::StageOptions options;
  const auto stages = face::LocalStages(Canonical(), options);
  std::int64_t now = request.timestamp_us();
  for (int i = 0; i < 3 && now >= 0 && now < std::int64_t{1} << 60; ++i, now += 40'000) {
    const face::FollowedFaces faces{seen, {}, *frame, now};
    stages.head_pose->Begin(faces);
    const auto poses = stages.head_pose->Await();
    if (!poses.ok()) return;
    stages.gaze->Begin(faces, *poses);
    stages.blink->Begin(faces, *poses);
    const auto gazes = stages.gaze->Await();
    const auto blinks = stages.blink->Await();
    VIGIL_CHECK(gazes.ok() && blinks.ok() && blinks->size() == seen.size());
    stages.attention->Begin(faces, *poses, *gazes, *blinks);
    const auto scores = stages.attention->Await();
    VIGIL_CHECK(scores.ok() && scores->size() == seen.size());
    for (const face::FaceScores& one : *scores) {
      CheckScore(one.attention.score);
      CheckScore(one.drowsiness.score);
    }
  }
}

// Poses, gazes and blinks of others.
void Attention(const std::uint8_t* data, int size) {
  v1::ScoreAttentionRequest request;
  if (!request.ParseFromArray(data, size) || request.faces_size() > 8) return;
  std::vector<face::TrackedFace> seen;
  std::vector<face::HeadPose> poses;
  std::vector<face::Gaze> gazes;
  std::vector<face::FaceBlinks> blinks;
  for (const v1::ScoredFace& face : request.faces()) {
    const auto pose = FromMessage(face.head_pose());
    const auto gaze = FromMessage(face.gaze());
    const auto blink = FromMessage(face.blinks());
    if (!pose.ok() || !gaze.ok() || !blink.ok()) continue;
    CheckWay<face::FaceBlinks, v1::FaceBlinks>(*blink);
    seen.push_back({static_cast<std::int64_t>(seen.size()) + 1, {}, {}});
    poses.push_back(*pose);
    gazes.push_back(*gaze);
    blinks.push_back(*blink);
  }
  const auto attention = face::LocalAttention({});
  for (int i = 0; i < 3; ++i) {
    attention->Begin({seen, {}, {}, i * std::int64_t{40'000}}, poses, gazes, blinks);
    const auto scores = attention->Await();
    VIGIL_CHECK(scores.ok());
    for (const face::FaceScores& one : *scores) {
      CheckScore(one.attention.score);
      CheckScore(one.drowsiness.score);
      CheckWay<face::FaceScores, v1::FaceAttention>(one);
    }
  }
}

void Networks(const std::uint8_t* data, int size) {
  v1::DetectFacesResponse found;
  if (found.ParseFromArray(data, size)) {
    for (const v1::DetectedFace& face : found.faces()) {
      if (const auto find = FromMessage(face); find.ok()) {
        v1::DetectedFace back;
        ToMessage(find->face, find->square, back);
        VIGIL_CHECK(FromMessage(back).ok());
      }
    }
  }
  v1::DetectLandmarksRequest regions;
  if (regions.ParseFromArray(data, size)) {
    for (const v1::FaceRegion& region : regions.regions()) {
      if (const auto box = FromMessage(region); box.ok())
        CheckWay<RotatedBox, v1::FaceRegion>(*box);
    }
  }
}

void Result(const std::uint8_t* data, int size) {
  static face::FaceResult result;  // kept, as in a stream
  v1::FaceMeshResult message;
  if (message.ParseFromArray(data, size)) (void)FromMessage(message, result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kMaxMeshesBytes) return 0;
  const auto rest = static_cast<int>(size - 1);
  switch (data[0] % 4) {
    case 0:
      Blinks(data + 1, rest);
      break;
    case 1:
      Attention(data + 1, rest);
      break;
    case 2:
      Networks(data + 1, rest);
      break;
    default:
      Result(data + 1, rest);
  }
  return 0;
}
