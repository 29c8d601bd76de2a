// Small graphs with the outputs of every family: a table of candidates, to one of which the mean of
// each input plane is added as a class score.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "support/onnx_builder.h"

namespace vigil::objects::test {

using vigil::test::OnnxFloats;
using vigil::test::OnnxInt;
using vigil::test::OnnxIntList;
using vigil::test::OnnxInts;
using vigil::test::OnnxNode;
using vigil::test::OnnxValue;
using vigil::test::Proto;

inline constexpr int kSide = 64;
inline constexpr std::size_t kThreeLevels = 64 + 16 + 4;  // cells at strides 8, 16, 32
inline constexpr std::size_t kFourLevels = kThreeLevels + 1;
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Table {
  std::size_t rows, columns;
  std::vector<float> values;
  Table(std::size_t r, std::size_t c, float fill = 0) : rows(r), columns(c), values(r * c, fill) {}
  void Set(std::size_t row, std::initializer_list<float> first) {
    std::copy(first.begin(), first.end(),
              values.begin() + static_cast<std::ptrdiff_t>(row * columns));
  }
};

// Writes graphs; `gain` is what a plane's mean is multiplied by.
class GraphWriter {
 public:
  explicit GraphWriter(int side = kSide) {
    graph_.Message(11, OnnxValue("x", vigil::test::kFloat, {1, 3, side, side}));
  }
  GraphWriter& Node(const Proto& node) {
    graph_.Message(1, node);
    return *this;
  }
  GraphWriter& Constant(const Proto& tensor) {
    graph_.Message(5, tensor);
    return *this;
  }
  GraphWriter& Output(std::string_view name, vigil::test::OnnxType type,
                      std::initializer_list<int> shape) {
    graph_.Message(12, OnnxValue(name, type, shape));
    return *this;
  }

  // `name` = table, plus at `row` the planes' means × gain from `column` on.
  GraphWriter& Heads(const std::string& name, const Table& table, std::size_t row,
                     std::size_t column, float gain) {
    std::vector<float> place(3 * table.columns), mask(table.rows);
    for (std::size_t c = 0; c < 3; ++c) place[c * table.columns + column + c] = gain;
    mask[row] = 1;
    Constant(OnnxFloats(name + "_place", {3, table.columns}, place));
    Constant(OnnxFloats(name + "_mask", {table.rows, 1}, mask));
    Constant(OnnxFloats(name + "_table", {table.rows, table.columns}, table.values));
    Node(OnnxNode("ReduceMean", {"x"}, {name + "_mean"})
             .Message(5, OnnxIntList("axes", {2, 3}))
             .Message(5, OnnxInt("keepdims", 0)));
    Node(OnnxNode("MatMul", {name + "_mean", name + "_place"}, {name + "_scores"}));
    Node(OnnxNode("MatMul", {name + "_mask", name + "_scores"}, {name + "_added"}));
    return Node(OnnxNode("Add", {name + "_table", name + "_added"}, {name}));
  }
  GraphWriter& Reshape(const std::string& from, const std::string& to,
                       std::initializer_list<std::int64_t> shape) {
    Constant(OnnxInts(to + "_shape", shape));
    return Node(OnnxNode("Reshape", {from, to + "_shape"}, {to}));
  }
  GraphWriter& Transpose(const std::string& from, const std::string& to) {
    return Node(OnnxNode("Transpose", {from}, {to}).Message(5, OnnxIntList("perm", {1, 0})));
  }
  Proto File() const { return vigil::test::OnnxFile(Proto(graph_).Bytes(2, "test")); }

 private:
  Proto graph_;
};

// [1, rows, columns], or turned.
inline Proto OneTable(const Table& table, std::size_t row, std::size_t column, float gain,
                      bool channels_first = false) {
  GraphWriter writer;
  writer.Heads("t", table, row, column, gain);
  const auto rows = static_cast<int>(table.rows), columns = static_cast<int>(table.columns);
  if (channels_first) {
    writer.Transpose("t", "u").Reshape("u", "y", {1, columns, rows});
    return writer.Output("y", vigil::test::kFloat, {1, columns, rows}).File();
  }
  return writer.Reshape("t", "y", {1, rows, columns})
      .Output("y", vigil::test::kFloat, {1, rows, columns})
      .File();
}

inline Proto YoloV5() {
  Table table(3 * kThreeLevels, 8);
  table.Set(100, {32, 20, 16, 8, 1});  // middle and size in pixels, objectness
  return OneTable(table, 100, 5, 1);
}
inline Proto YoloV8(bool channels_first) {
  Table table(kThreeLevels, 7);
  table.Set(50, {32, 20, 16, 8});
  return OneTable(table, 50, 4, 1, channels_first);
}
inline Proto YoloX() {
  Table table(kThreeLevels, 8);
  // Row 64 + 2 is cell (2, 0) of stride 16: the middle (32, 20) and 16 × 8 px.
  table.Set(66, {0, 20 / 16.0F, 0, std::log(0.5F), 1});
  return OneTable(table, 66, 5, 1 / 255.0F);
}

// Logits that put all weight on one bin each: left, top, right, bottom in cells.
inline void SetBins(Table& table, std::size_t row, std::size_t first,
                    std::initializer_list<int> bins) {
  float* out = table.values.data() + row * table.columns + first;
  for (const int bin : bins) {
    std::fill_n(out, 8, -50.0F);
    out[bin] = 50;
    out += 8;
  }
}
inline Proto NanoDetPlus() {
  Table table(kFourLevels, 3 + 32);
  SetBins(table, 64 + 6, 3, {1, 0, 0, 1});  // cell (2, 1) of stride 16, its corner (32, 16)
  return OneTable(table, 70, 0, 0.1F);
}
inline Proto NanoDet() {
  GraphWriter writer;
  const std::size_t cells[] = {64, 16, 4};
  for (std::size_t i = 0; i < 3; ++i) {
    Table scores(cells[i], 3), sides(cells[i], 32);
    if (i == 1) SetBins(sides, 6, 0, {1, 1, 0, 0});  // from the cell's middle, (40, 24)
    const std::string s = fmt::format("s{}", i), d = fmt::format("d{}", i);
    writer.Heads(s, scores, 6 % cells[i], 0, i == 1 ? 0.1F : 0);
    writer.Heads(d, sides, 0, 0, 0);
    const auto rows = static_cast<int>(cells[i]);
    writer.Output(s, vigil::test::kFloat, {rows, 3}).Output(d, vigil::test::kFloat, {rows, 32});
  }
  return writer.File();
}
inline Proto FastestDet() {
  Table table(16, 8);
  // Cell (2, 1) of 4 × 4: the middle (32, 16), a quarter as wide, an eighth as high.
  table.Set(6, {1, 0, 0, -std::log(3.0F), -std::log(7.0F)});
  GraphWriter writer;
  writer.Heads("t", table, 6, 5, 1).Transpose("t", "u").Reshape("u", "y", {1, 8, 4, 4});
  return writer.Output("y", vigil::test::kFloat, {1, 8, 4, 4}).File();
}
// Finds with corners; the plane's means stand in the scores of three rows.
inline Table Corners(std::size_t columns, std::size_t first) {
  Table table(5, columns);
  for (std::size_t row = 0; row < 3; ++row) {
    float* box = table.values.data() + row * columns + first;
    box[0] = 24, box[1] = 16, box[2] = 40, box[3] = 24;
  }
  return table;
}
// The three scores as a column, added to a table with the boxes and classes.
inline GraphWriter& AddScoreColumn(GraphWriter& writer, const Table& table, std::size_t column) {
  std::vector<float> place(15), mask(table.columns);
  for (std::size_t c = 0; c < 3; ++c) place[5 * c + c] = 1;
  mask[column] = 1;
  return writer.Constant(OnnxFloats("place", {3, 5}, place))
      .Constant(OnnxFloats("mask", {1, table.columns}, mask))
      .Constant(OnnxFloats("table", {5, table.columns}, table.values))
      .Node(OnnxNode("ReduceMean", {"x"}, {"mean"})
                .Message(5, OnnxIntList("axes", {2, 3}))
                .Message(5, OnnxInt("keepdims", 0)))
      .Node(OnnxNode("MatMul", {"mean", "place"}, {"scores"}))
      .Node(OnnxNode("Transpose", {"scores"}, {"column"}).Message(5, OnnxIntList("perm", {1, 0})))
      .Node(OnnxNode("MatMul", {"column", "mask"}, {"added"}))
      .Node(OnnxNode("Add", {"table", "added"}, {"t"}));
}
inline Proto YoloV10() {
  Table table = Corners(6, 0);
  for (std::size_t row = 0; row < 3; ++row) table.values[row * 6 + 5] = static_cast<float>(row);
  GraphWriter writer;
  AddScoreColumn(writer, table, 4).Reshape("t", "y", {1, 5, 6});
  return writer.Output("y", vigil::test::kFloat, {1, 5, 6}).File();
}
// As many rows as score above a tenth.
inline Proto NmsRows() {
  Table table = Corners(7, 1);
  for (std::size_t row = 0; row < 3; ++row) table.values[row * 7 + 5] = static_cast<float>(row);
  GraphWriter writer;
  AddScoreColumn(writer, table, 6)
      .Constant(OnnxFloats("tenth", {1}, std::vector<float>{0.1F}))
      .Constant(OnnxInts("flat", {-1}))
      .Node(OnnxNode("Reshape", {"scores", "flat"}, {"list"}))
      .Node(OnnxNode("Greater", {"list", "tenth"}, {"above"}))
      .Node(OnnxNode("NonZero", {"above"}, {"where"}))
      .Node(OnnxNode("Reshape", {"where", "flat"}, {"rows"}))
      .Node(OnnxNode("Gather", {"t", "rows"}, {"y"}));
  return writer.Output("y", vigil::test::kFloat, {-1, 7}).File();
}
inline Proto NmsLists() {
  const std::int32_t count = 3, classes[] = {0, 1, 2, 0, 0};
  const auto ints = [](const std::int32_t* first, std::size_t n) {
    return std::string_view(reinterpret_cast<const char*>(first), n * sizeof *first);
  };
  GraphWriter writer;
  AddScoreColumn(writer, Corners(4, 0), 0)
      .Constant(vigil::test::OnnxTensor("n", vigil::test::kInt32, {1, 1}, ints(&count, 1)))
      .Constant(vigil::test::OnnxTensor("c", vigil::test::kInt32, {1, 5}, ints(classes, 5)))
      .Node(OnnxNode("Identity", {"n"}, {"num_dets"}))
      .Node(OnnxNode("Identity", {"c"}, {"det_classes"}))
      .Node(OnnxNode("Identity", {"scores"}, {"det_scores"}))
      .Reshape("table", "det_boxes", {1, 5, 4});
  return writer.Output("num_dets", vigil::test::kInt32, {1, 1})
      .Output("det_boxes", vigil::test::kFloat, {1, 5, 4})
      .Output("det_scores", vigil::test::kFloat, {1, 5})
      .Output("det_classes", vigil::test::kInt32, {1, 5})
      .File();
}

}  // namespace vigil::objects::test
