// An RTSP camera for tests: RTSP 1.0 by hand, RTP packets by FFmpeg's muxer.
#pragma once

#include <filesystem>

#include "loopback_server.h"

namespace vigil::media::test {

/// Serves the H.264 frames of an MP4 file (without B frames), from the first, each when the gate
/// lets it; at the file's end the connection is cut. Inside the connection or over UDP, as the
/// client asks. Source: RFC 2326, RFC 6184.
LoopbackServer::Handler RtspCamera(std::filesystem::path file, FrameGate& gate);

}  // namespace vigil::media::test
