// The sizes at which outside input is refused, before memory is taken for it. One table for the
// whole product.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vigil::limits {

// Pictures.
inline constexpr std::size_t kMaxPictureBytes =
    10'000'000;  ///< an encoded picture from the network
inline constexpr std::size_t kMaxLocalPictureBytes =
    100'000'000;  ///< an encoded picture file on this machine
inline constexpr int kMaxPictureSide = 8192;
inline constexpr std::int64_t kMaxPicturePixels = 8'000'000;        ///< from the network
inline constexpr std::int64_t kMaxLocalPicturePixels = 32'000'000;  ///< a file on this machine
inline constexpr int kMaxJpegScans = 64;
inline constexpr std::size_t kMaxInputs =
    100'000;  ///< files that one folder or pattern may stand for

// Video. Of one picture; cameras make 4096x2304, files 8K.
inline constexpr std::int64_t kMaxVideoPixels = 4096 * 2304;       ///< from the network or a camera
inline constexpr std::int64_t kMaxLocalVideoPixels = 7680 * 4320;  ///< a file on this machine
inline constexpr int kMaxStreams = 64;                             ///< tracks of one container

// Models.
inline constexpr std::size_t kMaxModelBytes = 512U << 20;
inline constexpr std::size_t kMaxTensorElements = 64U << 20;
inline constexpr std::size_t kMaxGeometryBytes = 256U << 10;  ///< the canonical face; it has 19 KB

// Configuration.
inline constexpr std::size_t kMaxConfigBytes = 1U << 20;
inline constexpr int kMaxConfigDepth = 32;
inline constexpr int kMaxConfigListItems = 1024;        ///< of one list, keys of one section
inline constexpr std::size_t kMaxConfigNodes = 65'536;  ///< of a file, its aliases resolved
inline constexpr std::size_t kMaxConfigExpandedBytes =
    4U << 20;  ///< of text, aliases and placeholders resolved
inline constexpr std::size_t kMaxSecretBytes = 64U << 10;  ///< a file that holds one secret

// Faces.
inline constexpr int kMaxFaces = 256;  ///< faces followed in one frame
inline constexpr std::size_t kMaxCandidates =
    1000;  ///< boxes of a detector before non-maximum suppression
inline constexpr int kMaxPolygonVertices = 64;  ///< of a mask or a zone
inline constexpr int kMaxMasks = 256;           ///< of one camera

// Objects and events.
inline constexpr int kMaxDetections = 1000;  ///< objects in one frame or message
inline constexpr std::size_t kMaxTracks =
    10'000;  ///< live tracks of one device, the oldest lost goes first
inline constexpr std::size_t kMaxDevices = 1024;  ///< that one processor knows
inline constexpr int kMaxLinesAndZones = 256;     ///< of one device
inline constexpr int kMaxClasses = 10'000;        ///< that a detector tells apart
inline constexpr std::size_t kMaxIdBytes =
    128;  ///< of a device, camera, class, line, zone or rule name
inline constexpr std::size_t kMaxEnvelopeBytes =
    1U << 20;  ///< of a detection message without its picture
inline constexpr int kMaxJsonDepth = 32;
inline constexpr std::size_t kMaxEventBytes = 64U << 10;  ///< of an event's JSON
inline constexpr std::size_t kMaxRules = 256;             ///< of one device
inline constexpr std::size_t kMaxCooldowns =
    10'000;  ///< that one rule remembers, the oldest goes first
inline constexpr std::size_t kMaxStateBytes = 16U << 20;  ///< of one saved state

}  // namespace vigil::limits
