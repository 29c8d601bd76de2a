#include "core/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vigil {
namespace {

constexpr std::size_t kMaxLetters = 128;
constexpr std::size_t kMinBeginning = 4;  // letters that say what was meant
using Row = std::array<std::size_t, kMaxLetters + 1>;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view GoesOn(std::string_view name, std::span<const std::string> candidates) {
  std::string_view shortest;
  for (const std::string& candidate : candidates) {
    const bool goes_on =
        name.size() >= kMinBeginning && candidate.size() > name.size() &&
        std::ranges::equal(name, candidate.substr(0, name.size()), {}, Lower, Lower);
    if (goes_on && (shortest.empty() || candidate.size() < shortest.size())) shortest = candidate;
  }
  return shortest;
}

}  // namespace

std::size_t EditDistance(std::string_view a, std::string_view b) {
  a = a.substr(0, kMaxLetters);
  b = b.substr(0, kMaxLetters);
  Row before{}, above{}, row{};  // rows i-2, i-1 and i of the table
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) &&
                           Lower(a[i - 2]) == Lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

std::string_view Nearest(std::string_view name, std::span<const std::string> candidates) {
  std::size_t best = std::max<std::size_t>(1, std::min(name.size(), kMaxLetters) / 3) + 1;
  std::string_view nearest;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = EditDistance(name, candidate);
    // A replacement of everything is no slip: "on" is not a misspelt "id".
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? GoesOn(name, candidates) : nearest;
}

std::string DidYouMean(std::string_view name, std::span<const std::string> candidates) {
  const std::string_view nearest = Nearest(name, candidates);
  return nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest);
}

}  // namespace vigil
