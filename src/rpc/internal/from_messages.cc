#include "rpc/internal/from_messages.h"

#include <fmt/format.h>

#include "core/limits.h"
#include "rpc/internal/message_reader.h"

namespace vigil::rpc::internal {
namespace {

absl::Status ReadMesh(const v1::Face& from, Size frame, MessageReader& read, face::Mesh& mesh) {
  const int count = from.points_size() / 3;
  if (from.points_size() % 3 != 0 ||
      (count != 0 && count != face::kMeshPoints && count != face::kRefinedPoints))
    return absl::DataLossError(
        fmt::format("a face of the server has {} values of points", from.points_size()));
  mesh.count = count;
  mesh.score = read(from.score());
  const auto width = static_cast<float>(frame.width), height = static_cast<float>(frame.height);
  for (int i = 0; i < count; ++i) {
    mesh.points[static_cast<std::size_t>(i)] = {read(from.points(3 * i) * width),
                                                read(from.points(3 * i + 1) * height),
                                                read(from.points(3 * i + 2) * width)};
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FromMessage(const v1::Face& from, Size frame, face::Face& to) {
  MessageReader read;
  to.id = read.Count(from.id());
  to.score = read(from.score());
  to.box = {read(from.box().x()), read(from.box().y()), read(from.box().width()),
            read(from.box().height())};
  if (auto status = ReadMesh(from, frame, read, to.mesh); !status.ok()) return status;
  to.head_pose = Read(from.head_pose(), read);
  to.gaze = Read(from.gaze(), read);
  to.eyes = Read(from.eyes(), read);
  to.blink = Read(from.blink(), read);
  to.perclos = Read(from.perclos(), read);
  to.yawn = Read(from.yawn(), read);
  to.attention = Read(from.attention(), read);
  to.drowsiness = Read(from.drowsiness(), read);
  if (!read.sane()) return absl::DataLossError("a face of the server has values that cannot be");
  return absl::OkStatus();
}

absl::Status FromMessage(const v1::FaceMeshResult& from, face::FaceResult& to) {
  to.faces.clear();
  if (from.faces_size() > limits::kMaxFaces)
    return absl::DataLossError(fmt::format("the server says {} faces, more than {}",
                                           from.faces_size(), limits::kMaxFaces));
  const Size frame{from.width(), from.height()};
  if (from.faces_size() > 0 &&
      (frame.width <= 0 || frame.height <= 0 || frame.width > limits::kMaxPictureSide ||
       frame.height > limits::kMaxPictureSide))
    return absl::DataLossError("the server says a size of the frame that cannot be");
  to.faces.resize(static_cast<std::size_t>(from.faces_size()));
  for (int i = 0; i < from.faces_size(); ++i) {
    auto status = FromMessage(from.faces(i), frame, to.faces[static_cast<std::size_t>(i)]);
    if (!status.ok()) return status;
  }
  MessageReader read;
  to.timing = {read.Count(from.timings().detect_us()), read.Count(from.timings().mesh_us()),
               read.Count(from.timings().other_us())};
  if (!read.sane()) return absl::DataLossError("the server says times that cannot be");
  return absl::OkStatus();
}

}  // namespace vigil::rpc::internal
