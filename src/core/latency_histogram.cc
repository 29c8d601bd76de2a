#include "core/latency_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace vigil {
namespace {

constexpr std::int64_t kMostUs = 60'000'000;

double Ms(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1e3; }

}  // namespace

int LatencyHistogram::RangeOf(std::int64_t us) {
  if (us <= kFirstUs) return 0;
  const double ratio = static_cast<double>(us) / static_cast<double>(kFirstUs);
  return std::min(kRanges - 1, static_cast<int>(std::ceil(std::log(ratio) / std::log(kGrowth))));
}

double LatencyHistogram::EndOf(int range) {
  return static_cast<double>(kFirstUs) * std::pow(kGrowth, range);
}

void LatencyHistogram::Add(std::chrono::microseconds time) {
  const std::int64_t us = std::clamp<std::int64_t>(time.count(), 0, kMostUs);
  ++counts_[static_cast<std::size_t>(RangeOf(us))];
  ++count_;
  sum_us_ += us;
  max_ = std::max(max_, std::chrono::microseconds(us));
}

std::chrono::microseconds LatencyHistogram::mean() const {
  return std::chrono::microseconds(count_ > 0 ? sum_us_ / count_ : 0);
}

std::chrono::microseconds LatencyHistogram::Quantile(double q) const {
  const auto wanted = static_cast<std::int64_t>(std::ceil(q * static_cast<double>(count_)));
  std::int64_t seen = 0;
  for (int i = 0; i < kRanges; ++i) {
    seen += counts_[static_cast<std::size_t>(i)];
    if (seen < wanted || seen == 0) continue;
    return std::min(max_, std::chrono::microseconds(std::llround(EndOf(i))));
  }
  return max_;
}

std::string LatencyHistogram::Line() const {
  if (count_ == 0) return "none";
  return fmt::format("p50 {:.1f} ms, p95 {:.1f}, p99 {:.1f}, max {:.1f}", Ms(Quantile(0.5)),
                     Ms(Quantile(0.95)), Ms(Quantile(0.99)), Ms(max_));
}

std::string LatencyHistogram::Table(int width) const {
  struct Row {
    double end_ms;
    std::int64_t count;
  };
  std::vector<Row> rows;
  int range = 0;
  for (double end_ms = 1; range < kRanges; end_ms *= 2) {
    Row row{end_ms, 0};
    for (; range < kRanges && EndOf(range) <= end_ms * 1e3; ++range)
      row.count += counts_[static_cast<std::size_t>(range)];
    rows.push_back(row);
  }
  while (!rows.empty() && rows.back().count == 0) rows.pop_back();
  const auto first = std::ranges::find_if(rows, [](const Row& row) { return row.count > 0; });
  rows.erase(rows.begin(), first);
  std::int64_t most = 1;
  for (const Row& row : rows) most = std::max(most, row.count);
  std::string text;
  for (const Row& row : rows) {
    const auto length = static_cast<std::size_t>(
        std::ceil(static_cast<double>(row.count) * width / static_cast<double>(most)));
    std::string bar;
    for (std::size_t i = 0; i < length; ++i) bar += "█";
    fmt::format_to(std::back_inserter(text), "  up to {:>5.0f} ms {:>8} {}\n", row.end_ms,
                   row.count, bar);
  }
  return text;
}

}  // namespace vigil
