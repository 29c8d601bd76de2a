// From the messages of vigil.v1 to our own types: what clients make of what a server says.
#pragma once

#include <absl/status/status.h>

#include "face/types.h"
#include "vigil/v1/face.pb.h"
#include "vigil/v1/gaze.pb.h"

namespace vigil::rpc::internal {

/// All below replace what `to` holds. A server is not trusted: more faces than limits::kMaxFaces, meshes of other sizes
/// than ours, values that are no numbers or beyond all reason are DataLoss; names of terms that are not known here become
/// "other".

/// @param frame  of which the points are fractions, pixels
absl::Status FromMessage(const v1::Face& face, Size frame, face::Face& to);
/// Faces by id, and the times of the networks.
absl::Status FromMessage(const v1::FaceMeshResult& result, face::FaceResult& to);

}  // namespace vigil::rpc::internal
