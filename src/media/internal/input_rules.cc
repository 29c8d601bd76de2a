#include "media/internal/input_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "media/internal/ffmpeg.h"

namespace vigil::media {

InputKind KindOf(std::string_view url_or_path) {
  const std::size_t scheme = url_or_path.find("://");
  if (scheme == std::string_view::npos ||
      url_or_path.substr(0, scheme).find('/') != std::string_view::npos) {
    return url_or_path.starts_with("/dev/video") ? InputKind::kCamera : InputKind::kFile;
  }
  const std::string_view name = url_or_path.substr(0, scheme);
  if (name == "file") return InputKind::kFile;
  constexpr std::array<std::string_view, 4> kNetwork = {"rtsp", "rtsps", "http", "https"};
  return std::ranges::count(kNetwork, name) > 0 ? InputKind::kNetwork : InputKind::kUnsupported;
}

namespace internal {
namespace {

// Scripts (avisynth, vapoursynth), lists (concat, image2's patterns, sdp, …), and text as a picture
// (tty, bin, …).
constexpr std::array<std::string_view, 13> kNever = {
    "concat", "sdp", "image2",      "avisynth",           "tty", "bin", "xbin",
    "adf",    "idf", "vapoursynth", "webm_dash_manifest", "imf", "sbg"};
constexpr std::array<std::string_view, 5> kNetworkOnly = {"hls", "dash", "rtsp", "rtp", "sap"};

std::string AllFormatsBut(bool network_only) {
  std::string names;
  void* at = nullptr;
  while (const AVInputFormat* format = av_demuxer_iterate(&at)) {
    const std::string_view name = format->name;
    if (format->priv_class != nullptr && AV_IS_INPUT_DEVICE(format->priv_class->category)) continue;
    if (std::ranges::count(kNever, name) > 0) continue;
    if (network_only && std::ranges::count(kNetworkOnly, name) > 0) continue;
    names.append(names.empty() ? "" : ",").append(name);
  }
  return names;
}

}  // namespace

std::string ProtocolsFor(InputKind kind, const std::string& address) {
  if (kind != InputKind::kNetwork) return "file";
  if (address.starts_with("rtsps")) return "rtsps,tls,tcp,udp,rtp,srtp,rtcp";
  if (address.starts_with("rtsp")) return "rtsp,tcp,udp,rtp,rtcp";
  return "http,https,tcp,tls,httpproxy,crypto";
}

const std::string& FormatsFor(InputKind kind) {
  static const std::string kLocal = AllFormatsBut(true);
  static const std::string kRemote = AllFormatsBut(false);
  static const std::string kCamera = "video4linux2,v4l2";
  if (kind == InputKind::kCamera) return kCamera;
  return kind == InputKind::kNetwork ? kRemote : kLocal;
}

}  // namespace internal
}  // namespace vigil::media
