#include "objects/internal/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/limits.h"

namespace vigil::objects {
namespace {

constexpr int kSides = 4;
constexpr int kNanoDetBins = 8;  // reg_max 7, as all published NanoDets have it
constexpr std::array kThreeStrides{8, 16, 32};
constexpr std::array kFourStrides{8, 16, 32, 64};
constexpr std::array kFineStrides{4, 8, 16, 32};

using Shape = std::vector<std::int64_t>;

std::size_t CellsOf(Size input, std::span<const int> strides) {
  std::size_t cells = 0;
  for (const int stride : strides) cells += Cells(input, stride);
  return cells;
}

bool IsCellCount(Size input, std::size_t count) {
  return count == CellsOf(input, kThreeStrides) || count == CellsOf(input, kFourStrides) ||
         count == CellsOf(input, kFineStrides);
}

// A tensor as a table: rows and columns of its last two dimensions, all before them 1.
struct Table {
  std::size_t rows = 0;
  std::size_t columns = 0;
};
std::optional<Table> AsTable(const Shape& shape) {
  if (shape.size() < 2 || shape.size() > 3) return std::nullopt;
  if (shape.size() == 3 && shape[0] != 1) return std::nullopt;
  return Table{static_cast<std::size_t>(shape[shape.size() - 2]),
               static_cast<std::size_t>(shape.back())};
}

// The head of one output whose candidates have `before` values before their classes.
std::optional<Head> ClassHead(Family family, std::size_t output, std::size_t values, int before,
                              bool channels_first, const ModelHints& hints) {
  const auto classes = static_cast<std::int64_t>(values) - before;
  if (classes < 1 || classes > limits::kMaxClasses) return std::nullopt;
  Head head{.family = family,
            .classes = static_cast<int>(classes),
            .channels_first = channels_first,
            .outputs = {output}};
  if (hints.names_are_exact && hints.names > 0 &&
      hints.names < head.classes) {  // masks or key points follow
    head.spare = head.classes - hints.names;
    head.classes = hints.names;
  }
  return head;
}

std::optional<Head> FindYoloV5(std::size_t output, Table table, const ModelHints& hints,
                               bool named) {
  const Size input = hints.input;
  const bool fits = table.rows == 3 * CellsOf(input, kThreeStrides) ||
                    table.rows == 3 * CellsOf(input, kFourStrides);
  if (!fits && !(named && table.rows > table.columns)) return std::nullopt;
  return ClassHead(Family::kYoloV5, output, table.columns, 5, false, hints);
}

std::optional<Head> FindYoloV8(std::size_t output, Table table, const ModelHints& hints,
                               bool named) {
  const bool rows = IsCellCount(hints.input, table.rows);
  const bool columns = IsCellCount(hints.input, table.columns);
  if (columns || (named && !rows && table.columns > table.rows))
    return ClassHead(Family::kYoloV8, output, table.rows, kSides, true, hints);
  // The other way round it looks like YOLOX, unless the number of classes tells.
  const bool counted =
      hints.names > 0 && table.columns == kSides + static_cast<std::size_t>(hints.names);
  if (named || (rows && counted))
    return ClassHead(Family::kYoloV8, output, table.columns, kSides, false, hints);
  return std::nullopt;
}

std::optional<Head> FindYoloV10(std::size_t output, Table table, const ModelHints& hints,
                                bool named) {
  if (table.columns != 6) return std::nullopt;
  const Size input = hints.input;
  const bool one_class_grid = IsCellCount(input, table.rows) ||
                              table.rows == 3 * CellsOf(input, kThreeStrides) ||
                              table.rows == 3 * CellsOf(input, kFourStrides);
  if (one_class_grid && !named) return std::nullopt;
  return Head{.family = Family::kYoloV10, .outputs = {output}};
}

std::optional<Head> FindYoloX(std::size_t output, Table table, const ModelHints& hints) {
  if (table.rows != CellsOf(hints.input, kThreeStrides)) return std::nullopt;
  auto head = ClassHead(Family::kYoloX, output, table.columns, 5, false, hints);
  if (head) head->strides.assign(kThreeStrides.begin(), kThreeStrides.end());
  return head;
}

std::optional<Head> FindNanoDetPlus(std::size_t output, Table table, const ModelHints& hints) {
  if (table.rows != CellsOf(hints.input, kFourStrides)) return std::nullopt;
  // Where the names tell how many classes there are, the rest is the sides.
  const auto columns = static_cast<int>(std::min<std::size_t>(table.columns, 1U << 20));
  const int sides = columns - hints.names;
  const bool counted = hints.names > 0 && sides >= 2 * kSides && sides % kSides == 0;
  const int bins = counted ? sides / kSides : kNanoDetBins;
  const int classes = columns - kSides * bins;
  if (classes < 1 || classes > limits::kMaxClasses) return std::nullopt;
  return Head{.family = Family::kNanoDetPlus,
              .classes = classes,
              .bins = bins,
              .outputs = {output},
              .strides = {kFourStrides.begin(), kFourStrides.end()}};
}

std::optional<Head> FindFastestDet(std::size_t output, const Shape& shape,
                                   const ModelHints& hints) {
  constexpr int kStride = 16;
  if (shape.size() != 4 || shape[0] != 1 || shape[2] * kStride != hints.input.height ||
      shape[3] * kStride != hints.input.width)
    return std::nullopt;
  auto head =
      ClassHead(Family::kFastestDet, output, static_cast<std::size_t>(shape[1]), 5, true, hints);
  if (head) head->strides = {kStride};
  return head;
}

// Names are of no help here: exporters mix them up. Of the two outputs with a stride's cells, the
// one with 32 columns has the sides.
std::optional<Head> FindNanoDet(std::span<const nn::TensorInfo> outputs, const ModelHints& hints) {
  Head head{.family = Family::kNanoDet, .bins = kNanoDetBins};
  for (const int stride : kThreeStrides) {
    std::vector<std::pair<std::size_t, std::size_t>> found;  // output, columns
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto table = AsTable(outputs[i].shape);
      if (table && table->rows == Cells(hints.input, stride)) found.emplace_back(i, table->columns);
    }
    if (found.size() != 2) return std::nullopt;
    if (found[1].second != kSides * kNanoDetBins) std::swap(found[0], found[1]);
    const auto [scores, sides] = std::pair(found[0], found[1]);
    const auto classes = static_cast<int>(std::min<std::size_t>(scores.second, 1U << 20));
    if (sides.second != kSides * kNanoDetBins || classes < 1 || classes > limits::kMaxClasses)
      return std::nullopt;
    if (!head.strides.empty() && head.classes != classes) return std::nullopt;
    head.classes = classes;
    head.outputs.insert(head.outputs.end(), {scores.first, sides.first});
    head.strides.push_back(stride);
  }
  return head;
}

std::optional<Head> FindNmsLists(std::span<const nn::TensorInfo> outputs) {
  const auto named = [&](std::string_view part) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].name.find(part) != std::string::npos) return i;
    }
    return std::nullopt;
  };
  const auto count = named("num"), boxes = named("boxes"), scores = named("scores");
  auto classes = named("classes");
  if (!classes) classes = named("labels");
  if (!count || !boxes || !scores || !classes) return std::nullopt;
  const auto table = AsTable(outputs[*boxes].shape);
  if (!table || table->columns != kSides) return std::nullopt;
  if (outputs[*count].elements() != 1 || outputs[*scores].elements() != table->rows ||
      outputs[*classes].elements() != table->rows)
    return std::nullopt;
  return Head{.family = Family::kNmsLists, .outputs = {*count, *boxes, *scores, *classes}};
}

// In an order in which a narrower description comes before a wider one.
std::optional<Head> FindIn(std::span<const nn::TensorInfo> outputs, std::size_t output,
                           Family wanted, const ModelHints& hints) {
  const auto may_be = [&](Family family) { return wanted == Family::kAuto || wanted == family; };
  const bool named = wanted != Family::kAuto;
  const Shape& shape = outputs[output].shape;
  std::optional<Head> head;
  if (may_be(Family::kFastestDet)) head = FindFastestDet(output, shape, hints);
  const auto table = AsTable(shape);
  if (head || !table) return head;
  if (may_be(Family::kNmsRows) && shape.size() == 2 && table->columns == 7)
    return Head{.family = Family::kNmsRows, .outputs = {output}};
  if (may_be(Family::kYoloV10)) head = FindYoloV10(output, *table, hints, named);
  if (!head && may_be(Family::kYoloV5)) head = FindYoloV5(output, *table, hints, named);
  if (!head && may_be(Family::kYoloV8)) head = FindYoloV8(output, *table, hints, named);
  if (!head && may_be(Family::kYoloX)) head = FindYoloX(output, *table, hints);
  if (!head && may_be(Family::kNanoDetPlus)) head = FindNanoDetPlus(output, *table, hints);
  return head;
}

std::string ShapeText(const Shape& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

absl::Status Unknown(std::span<const nn::TensorInfo> outputs, Family wanted,
                     const ModelHints& hints) {
  constexpr std::size_t kListed = 8;
  std::string list;
  for (const auto& info : outputs.first(std::min(outputs.size(), kListed)))
    list += fmt::format("{}{:.40} {}", list.empty() ? "" : ", ", info.name, ShapeText(info.shape));
  if (outputs.size() > kListed) list += fmt::format(" and {} more", outputs.size() - kListed);
  std::string families;
  for (const Family family : KnownFamilies())
    families += fmt::format("{}{}", families.empty() ? "" : ", ", Name(family));
  return absl::InvalidArgumentError(fmt::format(
      "its outputs ({}) with an input of {} x {} are not those of {}; known families: {}", list,
      hints.input.width, hints.input.height,
      wanted == Family::kAuto ? "a known family" : fmt::format("family {}", Name(wanted)),
      families));
}

}  // namespace

std::size_t Cells(Size input, int stride) {
  return static_cast<std::size_t>((input.width + stride - 1) / stride) *
         static_cast<std::size_t>((input.height + stride - 1) / stride);
}

absl::StatusOr<Head> FindHead(std::span<const nn::TensorInfo> outputs, Family wanted,
                              const ModelHints& hints) {
  std::optional<Head> head;
  const bool any = wanted == Family::kAuto;
  if ((any && outputs.size() == 4) || wanted == Family::kNmsLists) head = FindNmsLists(outputs);
  if (!head && ((any && outputs.size() == 6) || wanted == Family::kNanoDet))
    head = FindNanoDet(outputs, hints);
  for (std::size_t i = 0; !head && i < outputs.size(); ++i)
    head = FindIn(outputs, i, wanted, hints);
  if (!head) return Unknown(outputs, wanted, hints);
  return *std::move(head);
}

Preprocessing PreprocessingOf(Family family) {
  constexpr float kByte = 255;
  constexpr float kGrey = 114;
  switch (family) {
    case Family::kYoloX:
      return {.fit = Fit::kTopLeft, .order = ChannelOrder::kBgr, .padding = kGrey};
    case Family::kFastestDet:
      return {
          .fit = Fit::kStretch, .order = ChannelOrder::kBgr, .deviation = {kByte, kByte, kByte}};
    case Family::kNanoDet:
    case Family::kNanoDetPlus:
      return {.fit = family == Family::kNanoDet ? Fit::kCenter : Fit::kStretch,
              .order = ChannelOrder::kBgr,
              .mean = {103.53F, 116.28F, 123.675F},
              .deviation = {57.375F, 57.12F, 58.395F}};
    default:
      return {.deviation = {kByte, kByte, kByte}, .padding = kGrey};
  }
}

bool HasFinalFinds(Family family) {
  return family == Family::kYoloV10 || family == Family::kNmsRows || family == Family::kNmsLists;
}

}  // namespace vigil::objects
