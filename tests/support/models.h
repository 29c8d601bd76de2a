// The real face models, as set-up unpacked them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

#include "face/models.h"
#include "support/test_data.h"

namespace vigil::test {

/// Ends the test program where a model cannot be loaded: without it nothing can be tested.
inline face::FaceModels LoadFaceModels(int mesh_points = face::kRefinedPoints) {
  face::ModelOptions options;
  options.dir = SourcePath("models");
  options.mesh_points = mesh_points;
  auto models = face::FaceModels::Load(options);
  if (!models.ok()) {
    ADD_FAILURE() << models.status() << " (run make setup)";
    std::exit(1);
  }
  return *std::move(models);
}

}  // namespace vigil::test
