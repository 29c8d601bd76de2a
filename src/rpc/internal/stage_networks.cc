// The stages that look at pictures: face detection and landmark detection.
#include <absl/cleanup/cleanup.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "core/limits.h"
#include "rpc/internal/frame_request.h"
#include "rpc/internal/picture_request.h"
#include "rpc/internal/stage_answerer.h"
#include "rpc/internal/stage_services.h"

namespace vigil::rpc::internal {
namespace {

constexpr float kSquareness = 0.01F;  // how far a square's sides may be apart, of its width

// What both of networks begin with.
template <typename Message>
class PictureStage {
 public:
  explicit PictureStage(StageShared& shared) : shared_(shared) {}

  // `last_field`: the highest of the message's.
  absl::Status Read(const Request& request, std::uint32_t image_field, std::uint32_t last_field) {
    return picture_.Read(request.message, image_field, last_field, message);
  }
  face::FaceModels& NetworksOf(const Request& request) const {
    return *shared_.backend.networks_of_worker[static_cast<std::size_t>(request.worker)];
  }
  absl::StatusOr<ImageView> Decode(const Request& request, v1::Timings& timings) {
    const auto start = Clock::now();
    auto image = picture_.Decode(shared_.decoders[static_cast<std::size_t>(request.worker)]);
    timings.set_decode_us(MicrosBetween(start, Clock::now()));
    return image;
  }
  void Clear() { picture_.Clear(); }

  Message message;

 private:
  StageShared& shared_;
  PictureRequest picture_;
};

class DetectFaces {
 public:
  using Response = v1::DetectFacesResponse;
  DetectFaces(StageShared& shared, bool) : stage_(shared) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.faces_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    const absl::Cleanup clear = [this] { stage_.Clear(); };
    if (auto status = stage_.Read(request, v1::DetectFacesRequest::kImageFieldNumber,
                                  v1::DetectFacesRequest::kSquaresFieldNumber);
        !status.ok())
      return status;
    response.set_sequence(stage_.message.sequence());
    if (auto status = CheckRatio(stage_.message.min_score(), "min_score"); !status.ok())
      return status;
    face::FaceModels& networks = stage_.NetworksOf(request);
    if (auto status = ReadSquares(networks.looks_in_squares()); !status.ok()) return status;
    const auto image = stage_.Decode(request, *response.mutable_timings());
    if (!image.ok()) return image.status();
    const auto decoded = Clock::now();
    const auto finds = networks.Detect(*image, squares_);
    response.mutable_timings()->set_detect_us(MicrosBetween(decoded, Clock::now()));
    if (!finds.ok()) return finds.status();
    for (const auto& [face, square] : *finds) {
      if (face.score >= stage_.message.min_score()) ToMessage(face, square, *response.add_faces());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadSquares(bool looks_in_squares) {
    const v1::DetectFacesRequest& message = stage_.message;
    squares_.clear();
    if (!message.has_region() && message.squares_size() == 0) return absl::OkStatus();
    if (!looks_in_squares)
      return absl::FailedPreconditionError(
          "the detector of this stage looks at whole pictures only: face.detector has to be the "
          "same here and where the request comes from");
    if (message.has_region() && message.squares_size() > 0)
      return absl::InvalidArgumentError("region and squares do not go together");
    if (auto status = CheckCount(message.squares_size(), kMaxSquares, "squares"); !status.ok())
      return status;
    if (message.has_region()) {
      const auto region = FromMessage(message.region());
      if (!region.ok()) return region.status();
      const float side = std::max(region->width, region->height);
      squares_.push_back({region->x + (region->width - side) / 2,
                          region->y + (region->height - side) / 2, side, side});
    }
    for (const v1::Box& box : message.squares()) {
      const auto square = FromMessage(box);
      if (!square.ok()) return square.status();
      if (std::abs(square->width - square->height) > kSquareness * square->width)
        return absl::InvalidArgumentError(
            fmt::format("a square of {} x {} pixels", square->width, square->height));
      squares_.push_back(*square);
    }
    return absl::OkStatus();
  }

  PictureStage<v1::DetectFacesRequest> stage_;
  std::vector<PixelBox> squares_;
};

class DetectLandmarks {
 public:
  using Response = v1::DetectLandmarksResponse;
  DetectLandmarks(StageShared& shared, bool) : stage_(shared) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.meshes_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    const absl::Cleanup clear = [this] { stage_.Clear(); };
    if (auto status = stage_.Read(request, v1::DetectLandmarksRequest::kImageFieldNumber,
                                  v1::DetectLandmarksRequest::kSequenceFieldNumber);
        !status.ok())
      return status;
    response.set_sequence(stage_.message.sequence());
    if (auto status = CheckCount(stage_.message.regions_size(), limits::kMaxFaces, "regions");
        !status.ok())
      return status;
    regions_.clear();
    for (const v1::FaceRegion& one : stage_.message.regions()) {
      const auto region = FromMessage(one);
      if (!region.ok()) return region.status();
      regions_.push_back(*region);
    }
    const auto image = stage_.Decode(request, *response.mutable_timings());
    if (!image.ok()) return image.status();
    face::FaceModels& networks = stage_.NetworksOf(request);
    const auto meshes = networks.Meshes(*image, regions_);
    response.mutable_timings()->set_mesh_us(networks.network_us());
    if (!meshes.ok()) return meshes.status();
    for (const face::Mesh& mesh : *meshes) ToMessage(mesh, *response.add_meshes());
    return absl::OkStatus();
  }

 private:
  PictureStage<v1::DetectLandmarksRequest> stage_;
  std::vector<RotatedBox> regions_;
};

std::shared_ptr<StageShared> SharedOf(const StageBackend& backend, StreamPool& pool,
                                      const media::PictureLimits& limits, Metrics& metrics) {
  return std::make_shared<StageShared>(backend, pool.workers(), metrics, limits);
}

}  // namespace

Service FaceDetectionService(const StageBackend& backend, StreamPool& pool,
                             const media::PictureLimits& limits, Metrics& metrics) {
  return MakeService<DetectFaces>("FaceDetectionService", "DetectFaces",
                                  SharedOf(backend, pool, limits, metrics), pool);
}

Service LandmarkDetectionService(const StageBackend& backend, StreamPool& pool,
                                 const media::PictureLimits& limits, Metrics& metrics) {
  return MakeService<DetectLandmarks>("LandmarkDetectionService", "DetectLandmarks",
                                      SharedOf(backend, pool, limits, metrics), pool);
}

}  // namespace vigil::rpc::internal
