// What an opened input may make FFmpeg open in turn.
#pragma once

#include <string>

#include "media/source.h"

namespace vigil::media::internal {

/// FFmpeg's protocol_whitelist: files and devices reach only files, network sources only the
/// network, and of it only what their own scheme needs.
std::string ProtocolsFor(const std::string& address);

/// FFmpeg's format_whitelist: everything but formats that are lists of other files or addresses,
/// scripts, and text drawn as a picture. HLS and DASH are allowed from the network, where the
/// protocols keep them there.
const std::string& FormatsFor(InputKind kind);

}  // namespace vigil::media::internal
