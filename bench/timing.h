// Ratios that hold on a noisy machine: the two sides take turns, and the medians are compared.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace vigil::bench {

inline double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

template <typename F>
double Milliseconds(const F& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

struct Pair {
  double a_ms = 0, b_ms = 0;  ///< medians
  double ratio = 0;           ///< median of a/b, pair by pair
};

/// A B A B …, `rounds` counted rounds after a tenth as many that are not.
template <typename A, typename B>
Pair InTurn(int rounds, const A& a, const B& b) {
  std::vector<double> as, bs, ratios;
  for (int i = -rounds / 10; i < rounds; ++i) {
    const double x = Milliseconds(a), y = Milliseconds(b);
    if (i < 0) continue;
    as.push_back(x);
    bs.push_back(y);
    ratios.push_back(x / y);
  }
  return {Median(as), Median(bs), Median(ratios)};
}

}  // namespace vigil::bench
