#include "face/stages.h"

#include "face/models.h"

namespace vigil::face {

FaceNetworks::FaceNetworks(FaceModels& models) : detection(models), landmarks(models) {}

}  // namespace vigil::face
