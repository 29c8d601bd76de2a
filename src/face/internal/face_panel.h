// What stands in the panels that overlay.h draws.
#pragma once

#include "core/geometry.h"
#include "face/panel_layout.h"
#include "face/types.h"
#include "media/canvas.h"

namespace vigil::face::internal {

/// What a panel of that form takes, with capitals `text` pixels high. Depends on the face's number
/// only, not on what is known about it: a panel does not breathe.
Size PanelSize(const Face& face, PanelForm form, float text);

/// A line in the face's own colour from the panel's place to the face.
void DrawLeader(media::Canvas& canvas, const Face& face, const PixelBox& panel, float text);

void DrawPanel(media::Canvas& canvas, const Face& face, const PanelSpot& spot, float text);

}  // namespace vigil::face::internal
