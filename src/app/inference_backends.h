// The networks of `vigil infer`: one set a worker, behind what the gRPC services ask for.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/perception.h"
#include "face/canonical_face.h"
#include "rpc/backends.h"

namespace vigil::app {

/// Owns what the services perceive with. Nothing in it changes once it is made, but for what workers use.
class InferenceBackends {
 public:
  /// Loads everything and runs each worker's networks once. Errors: as PlanModels() and WorkerModels::Load().
  static absl::StatusOr<std::unique_ptr<InferenceBackends>> Create(const Config& config,
                                                                   int workers);

  /// Null where they are not looked for.
  rpc::FaceBackend* faces() { return faces_.get(); }
  rpc::ObjectBackend* objects() { return objects_.get(); }
  std::vector<rpc::ServedModel>& models() { return served_; }

 private:
  InferenceBackends() = default;
  absl::Status Warm(int workers);
  absl::Status LoadServed(const Config& config, const ModelPlan& plan, int workers);

  std::optional<face::CanonicalFace> canonical_;
  std::vector<WorkerModels> workers_;
  std::unique_ptr<rpc::FaceBackend> faces_;
  std::unique_ptr<rpc::ObjectBackend> objects_;
  std::vector<rpc::ServedModel> served_;
};

}  // namespace vigil::app
