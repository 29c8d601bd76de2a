// Owners of FFmpeg's objects. Only for .cc files.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
}

#include <memory>

namespace vigil::media::internal {

struct FreeCodecContext {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using CodecContextPtr = std::unique_ptr<AVCodecContext, FreeCodecContext>;
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;
using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;

/// FFmpeg would print to stderr. This silences its own printing, not a callback that somebody else
/// has set.
inline void SilenceFfmpeg() {
  [[maybe_unused]] static const bool silent = (av_log_set_level(AV_LOG_QUIET), true);
}

}  // namespace vigil::media::internal
