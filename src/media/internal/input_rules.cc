#include "media/internal/input_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>

#include "core/log.h"
#include "media/internal/ffmpeg.h"
#include "media/internal/host_lookup.h"

namespace vigil::media {

namespace {

struct Scheme {
  std::string_view name;
  std::string_view protocols;  // of FFmpeg's, that it may use
  bool needs_host = true;      // or it may listen on a port of this machine
  std::string_view example;
};
constexpr std::array<Scheme, 9> kNetwork = {{
    {"rtsp", "rtsp,tcp,udp,rtp,rtcp", true, "rtsp://camera/stream"},
    {"rtsps", "rtsps,tls,tcp,udp,rtp,srtp,rtcp", true, "rtsps://camera/stream"},
    {"http", "http,https,tcp,tls,httpproxy,crypto", true, "http://camera/video"},
    {"https", "http,https,tcp,tls,httpproxy,crypto", true, "https://camera/video"},
    {"rtmp", "rtmp,tcp", true, "rtmp://server/live/stream"},
    {"rtmps", "rtmps,tls,tcp", true, "rtmps://server/live/stream"},
    {"srt", "srt", false, "srt://server:9000"},
    {"udp", "udp", false, "udp://239.0.0.1:5000, or udp://:5000 to listen"},
    {"tcp", "tcp", false, "tcp://server:5000"},
}};

const Scheme* NetworkScheme(std::string_view address) {
  const std::string name = SchemeOf(address);
  const auto* const found = std::ranges::find(kNetwork, name, &Scheme::name);
  return found == kNetwork.end() ? nullptr : found;
}

absl::Status UnsupportedScheme(std::string_view address, const std::string& name) {
  if (SchemeOf(address) == "file")
    return absl::InvalidArgumentError(
        fmt::format("{}: name the file by its path, without file://", name));
  std::string known;
  for (const Scheme& scheme : kNetwork) known.append(scheme.name).append(", ");
  return absl::InvalidArgumentError(
      fmt::format("{}: unknown scheme; use {}/dev/video… or a path", name, known));
}

}  // namespace

std::string SchemeOf(std::string_view url_or_path) {
  const std::size_t end = url_or_path.find("://");
  if (end == std::string_view::npos ||
      url_or_path.substr(0, end).find('/') != std::string_view::npos)
    return {};
  std::string scheme(url_or_path.substr(0, end));
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return scheme;
}

InputKind KindOf(std::string_view url_or_path) {
  if (SchemeOf(url_or_path).empty())
    return url_or_path.starts_with("/dev/video") ? InputKind::kCamera : InputKind::kFile;
  return NetworkScheme(url_or_path) != nullptr ? InputKind::kNetwork : InputKind::kUnsupported;
}

absl::Status CheckAddress(std::string_view url_or_path) {
  const std::string name = log::MaskCredentials(url_or_path);
  switch (KindOf(url_or_path)) {
    case InputKind::kFile:
    case InputKind::kCamera:
      return absl::OkStatus();
    case InputKind::kUnsupported:
      return UnsupportedScheme(url_or_path, name);
    case InputKind::kNetwork:
      break;
  }
  const Scheme& scheme = *NetworkScheme(url_or_path);
  const internal::Authority authority = internal::AuthorityOf(url_or_path);
  const auto incomplete = [&](std::string_view what) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {}; write it like {}", name, what, scheme.example));
  };
  if (scheme.needs_host && authority.host.empty()) return incomplete("the host is missing");
  if (authority.port.empty())
    return scheme.needs_host ? absl::OkStatus() : incomplete("the port is missing");
  int port = 0;
  const auto [end, error] =
      std::from_chars(authority.port.data(), authority.port.data() + authority.port.size(), port);
  const bool whole = error == std::errc() && end == authority.port.data() + authority.port.size();
  if (!whole || port < 1 || port > 65'535)
    return incomplete(fmt::format("the port {} is no number from 1 to 65535", authority.port));
  return absl::OkStatus();
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

std::string ProtocolsFor(const std::string& address) {
  const Scheme* const scheme = NetworkScheme(address);
  return scheme != nullptr ? std::string(scheme->protocols) : "file";
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
