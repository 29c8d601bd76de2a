// Drawing on a frame: what overlays are made of. All shapes are anti-aliased and may reach outside
// the picture.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "core/image.h"

namespace vigil::media {

/// 0 to 255 each; alpha 255 hides what is below.
struct Color {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
  std::uint8_t a = 255;

  constexpr Color WithAlpha(std::uint8_t alpha) const { return {r, g, b, alpha}; }
  friend bool operator==(const Color&, const Color&) = default;
};

/// Half-way colours for gauges: `at` 0 gives `from`, 1 gives `to`.
Color Mix(Color from, Color to, float at);

/// The colours of Vigil's overlays. Told apart by people with red-green weakness too: they differ
/// in lightness.
namespace theme {
inline constexpr Color kInk{17, 24, 32};       ///< plates behind text
inline constexpr Color kPaper{245, 247, 250};  ///< text
inline constexpr Color kMuted{148, 163, 184};  ///< less important lines and text
inline constexpr Color kMint{94, 234, 212};    ///< good; the face mesh
inline constexpr Color kSky{56, 189, 248};     ///< irises, gaze
inline constexpr Color kAmber{251, 191, 36};   ///< warning
inline constexpr Color kCoral{251, 113, 96};   ///< alarm
inline constexpr Color kViolet{167, 139, 250};
inline constexpr Color kAxisX{255, 107, 107};  ///< head axes: x towards the picture's right,
inline constexpr Color kAxisY{105, 219, 124};  ///< y,
inline constexpr Color kAxisZ{77, 171, 247};   ///< z

/// One of ten colours that neighbours in a list do not share, for faces and tracks; any id.
Color OfId(std::uint64_t id);

/// kInk or kPaper, whichever stands out from a plate of that colour.
Color TextOn(Color plate);
}  // namespace theme

struct Segment {
  Point2f from;
  Point2f to;
};

/// Capital letters lower than this run together: a label that has no room for it shows less.
inline constexpr float kLegibleHeight = 9;

struct TextStyle {
  float height = 14;  ///< of capital letters, in pixels; see Canvas::unit() and kLegibleHeight
  Color color = theme::kPaper;
  std::optional<Color> plate;  ///< background, with round corners and a margin
};

/// Draws on pixels that somebody else owns and that outlive it. RGB only. One thread at a time.
/// Points that are not numbers draw nothing. Overlapping parts of one call are painted once, so
/// alpha stays even.
class Canvas {
 public:
  explicit Canvas(MutableImageView image);

  Size size() const { return {image_.width, image_.height}; }

  /// One 480th of the picture's shorter side, at least 0.6: lengths times this look alike on every
  /// picture.
  float unit() const;

  // Widths are of the stroke in pixels; below 1 they are drawn 1 wide and fainter. Ends are round.
  void Line(Point2f from, Point2f to, Color color, float width = 1);
  void Lines(std::span<const Segment> segments, Color color, float width = 1);
  void Polyline(std::span<const Point2f> points, bool closed, Color color, float width = 1);
  void FillPolygon(std::span<const Point2f> points, Color color);
  void Circle(Point2f center, float radius, Color color, float width = 1);
  void Disc(Point2f center, float radius, Color color);
  void Discs(std::span<const Point2f> centers, float radius, Color color);
  /// A line with a filled head, whose length is `head` pixels but at most half the arrow.
  void Arrow(Point2f from, Point2f to, Color color, float width, float head);
  void Box(const PixelBox& box, Color color, float width = 1, float corner_radius = 0);
  void FillBox(const PixelBox& box, Color color, float corner_radius = 0);

  /// One line of printable ASCII and degree signs in UTF-8 (other bytes show as `?`); `at` is the
  /// top left of plate and text together. Returns the box it takes.
  PixelBox Text(Point2f at, std::string_view text, const TextStyle& style);
  /// The box that Text would take at (0, 0).
  static PixelBox MeasureText(std::string_view text, const TextStyle& style);

  /// A gauge lying down: `fraction` (clamped to 0..1) of `box` in `fill`, the rest in `track`.
  void ScoreBar(const PixelBox& box, float fraction, Color fill,
                Color track = theme::kInk.WithAlpha(160));

 private:
  struct Bounds;
  // `draw` covers pixels of the part that `bounds` and the picture share; `color` goes onto the
  // picture there.
  template <typename Draw>
  void Paint(const Bounds& bounds, Color color, Draw draw);
  static void BlendRow(const std::uint8_t* cover, std::uint8_t* pixel, int width, Color color);

  MutableImageView image_;
  std::vector<std::uint8_t> cover_;  // of the part being painted; kept for its memory
  std::vector<std::uint8_t> fine_;   // the same of small text, enlarged
};

}  // namespace vigil::media
