#include "media/fetch_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/log.h"
#include "media/internal/ffmpeg.h"
#include "media/internal/host_lookup.h"
#include "media/internal/input_rules.h"
#include "media/internal/interrupt.h"
#include "media/internal/read_file.h"

namespace vigil::media {
namespace {

using internal::Interrupt;

constexpr std::size_t kChunk = std::size_t{64} << 10;
constexpr std::chrono::seconds kWhole{60};  // in which a picture has come, however slowly

struct CloseInput {
  void operator()(AVIOContext* input) const { avio_close(input); }
};

absl::Status Failed(const Interrupt& interrupt, int error, const std::string& name,
                    std::chrono::milliseconds patience) {
  if (interrupt.stopped()) return absl::CancelledError(fmt::format("{}: stopped", name));
  if (interrupt.expired())
    return absl::DeadlineExceededError(
        fmt::format("{}: no answer within {} ms; is it reachable?", name, patience.count()));
  return internal::NetworkError(error, name, "cannot be fetched");
}

absl::StatusOr<std::vector<std::uint8_t>> Fetch(const std::string& address, const std::string& name,
                                                const SourceOptions& source, std::stop_token stop,
                                                std::size_t max_bytes) {
  internal::SetUpFfmpeg();
  Interrupt interrupt;
  interrupt.Arm(stop, After(source.connect_timeout));
  if (const auto known = internal::AwaitHost(address, interrupt); !known.ok())
    return internal::Prefixed(known, name);
  internal::Options settings;
  settings.Set("protocol_whitelist", internal::ProtocolsFor(address));
  settings.Set("tls_verify", std::int64_t{source.tls_verify});
  const AVIOInterruptCB callback{&Interrupt::Callback, &interrupt};
  AVIOContext* opened = nullptr;
  int error = avio_open2(&opened, address.c_str(), AVIO_FLAG_READ, &callback, settings.out());
  if (error < 0) return Failed(interrupt, error, name, source.connect_timeout);
  const std::unique_ptr<AVIOContext, CloseInput> input(opened);

  // An answer without a length ends with the connection, which FFmpeg takes for an error. Decoding tells whether it was one.
  const bool has_length = avio_size(input.get()) > 0;
  // One byte more than allowed tells that there are more.
  std::vector<std::uint8_t> bytes;
  const Deadline whole = After(kWhole);
  while (bytes.size() <= max_bytes) {
    if (Clock::now() >= whole)
      return absl::DeadlineExceededError(fmt::format(
          "{}: has not come within {} s; is the connection this slow?", name, kWhole.count()));
    interrupt.Arm(stop, std::min(whole, After(source.read_timeout)));
    const std::size_t had = bytes.size();
    bytes.resize(std::min(max_bytes + 1, had + kChunk));
    error =
        avio_read_partial(input.get(), bytes.data() + had, static_cast<int>(bytes.size() - had));
    bytes.resize(had + static_cast<std::size_t>(std::max(0, error)));
    if (error == AVERROR_EOF || error == 0) break;
    const bool waited = interrupt.stopped() || interrupt.expired();
    if (error < 0 && !waited && !has_length && !bytes.empty()) break;
    if (error < 0) return Failed(interrupt, error, name, source.read_timeout);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Image> FetchPicture(const std::string& address, const SourceOptions& source,
                                   std::stop_token stop, const DecodeOptions& options) {
  const std::string name = log::MaskCredentials(address);
  const std::string scheme = SchemeOf(address);
  if (scheme != "http" && scheme != "https")
    return absl::InvalidArgumentError(
        fmt::format("{}: pictures are fetched by http and https only", name));
  const auto bytes = Fetch(scheme + address.substr(scheme.size()), name, source, std::move(stop),
                           options.limits.max_bytes);
  if (!bytes.ok()) return bytes.status();
  auto image = DecodePicture(*bytes, options);
  if (image.ok()) return image;
  return internal::Prefixed(image.status(), name);
}

}  // namespace vigil::media
