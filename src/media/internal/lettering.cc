#include "media/internal/lettering.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

namespace vigil::media::internal {
namespace {

// OpenCV's letters of single strokes. The doubled strokes of its other sans-serif letters run
// together where capitals have fewer than a dozen pixels.
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr float kFontCapHeight = 21;
constexpr std::size_t kMaxTextLength = 256;
constexpr char kDegree = '\x01';  // in our own strings
// The sign that this font lacks, and the one whose strokes it has too near each other. In the
// font's units, as seen from the base of the letter's beginning, y up.
constexpr float kDegreeAdvance = 10, kDegreeRadius = 3;
constexpr float kHashAdvance = 23;
constexpr std::array<std::array<Point2f, 2>, 4> kHash = {
    {{{{6, 0}, {8, 21}}}, {{{14, 0}, {16, 21}}}, {{{2, 6.5F}, {20, 6.5F}}}, {{{2, 14}, {20, 14}}}}};
constexpr float kFineBelow = 32;  // larger letters need no help
constexpr int kFine = 4;

std::string Printable(std::string_view text) {
  std::string printable;
  for (std::size_t i = 0; i < std::min(text.size(), kMaxTextLength); ++i) {
    const char c = text[i];
    if (c == '\xC2' && i + 1 < text.size() && text[i + 1] == '\xB0') {
      printable += kDegree;
      ++i;
    } else {
      printable += c >= 0x20 && c <= 0x7E ? c : '?';
    }
  }
  return printable;
}

// How far each letter goes. OpenCV rounds a line's length to pixels and adds its thickness: both
// are undone at a size where all lengths are whole.
const std::array<float, 128>& Advances() {
  static const std::array<float, 128> advances = [] {
    std::array<float, 128> table{};
    int below = 0;
    for (int c = 0x20; c <= 0x7E; ++c) {
      const std::string letter(1, static_cast<char>(c));
      table[static_cast<std::size_t>(c)] =
          static_cast<float>(cv::getTextSize(letter, kFont, 1, 1, &below).width - 1);
    }
    table[static_cast<std::size_t>(kDegree)] = kDegreeAdvance;
    table[static_cast<std::size_t>('#')] = kHashAdvance;
    return table;
  }();
  return advances;
}

// Of what Printable leaves: 7 bits.
float AdvanceOf(char c) { return Advances()[static_cast<unsigned char>(c)]; }

float StrokeOf(float height) { return std::max(1.1F, height / 8); }

// Writes on a picture: everything `scale` pixels a unit of the font.
class Pen {
 public:
  Pen(cv::Mat& mat, float scale, float stroke, int line_type)
      : mat_(mat),
        scale_(scale),
        thickness_(std::max(1, static_cast<int>(std::lround(stroke)))),
        line_type_(line_type) {}

  void Write(Point2f base, const std::string& text) {
    static const std::string kOwn = {kDegree, '#'};
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = std::min(text.find_first_of(kOwn, begin), text.size());
      cv::putText(mat_, text.substr(begin, end - begin), At(base, {}), kFont,
                  static_cast<double>(scale_), kCovered, thickness_, line_type_);
      for (; begin < end; ++begin) base.x += AdvanceOf(text[begin]) * scale_;
      if (end == text.size()) break;
      text[end] == '#' ? Hash(base) : Degree(base);
      base.x += AdvanceOf(text[end]) * scale_;
      begin = end + 1;
    }
  }

 private:
  void Hash(Point2f base) {
    for (const auto& line : kHash)
      cv::line(mat_, At(base, line[0]), At(base, line[1]), kCovered, thickness_, line_type_);
  }

  void Degree(Point2f base) {
    const Point2f middle{kDegreeAdvance / 2, kFontCapHeight - kDegreeRadius};
    const int radius = static_cast<int>(std::lround(kDegreeRadius * scale_));
    cv::circle(mat_, At(base, middle), std::max(1, radius), kCovered, thickness_, line_type_);
  }

  cv::Point At(Point2f base, Point2f units) const {
    return {static_cast<int>(std::lround(base.x + units.x * scale_)),
            static_cast<int>(std::lround(base.y - units.y * scale_))};
  }

  inline static const cv::Scalar kCovered{255};
  cv::Mat& mat_;
  const float scale_;
  const int thickness_;
  const int line_type_;
};

}  // namespace

float WidthOfText(std::string_view text, float height) {
  float units = 0;
  for (const char c : Printable(text)) units += AdvanceOf(c);
  return units * height / kFontCapHeight;
}

void CoverText(const Coverage& cover, Point2f base, std::string_view text, float height,
               std::vector<std::uint8_t>& fine) {
  const float scale = height / kFontCapHeight, stroke = StrokeOf(height);
  base.x -= static_cast<float>(cover.left), base.y -= static_cast<float>(cover.top);
  cv::Mat mat(cover.height, cover.width, CV_8UC1, cover.data);
  if (height >= kFineBelow) {
    Pen(mat, scale, stroke, cv::LINE_AA).Write(base, Printable(text));
    return;
  }
  // Small letters are written large and reduced: OpenCV's own smooth lines are two pixels wide at
  // least, and start at whole pixels.
  fine.assign(mat.total() * kFine * kFine, 0);
  cv::Mat large(mat.rows * kFine, mat.cols * kFine, CV_8UC1, fine.data());
  Pen(large, scale * kFine, stroke * kFine, cv::LINE_8)
      .Write({base.x * kFine, base.y * kFine}, Printable(text));
  cv::resize(large, mat, mat.size(), 0, 0, cv::INTER_AREA);
}

}  // namespace vigil::media::internal
