#include "tracking/mot_measures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "tracking/assignment.h"

namespace vigil::tracking {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kMatchOverlap = 0.5;
constexpr std::size_t kThresholds = 19;

double Ratio(double a, double b) { return b > 0 ? a / b : 0; }

double Overlap(const MotBox& a, const MotBox& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const double shared = width * height;
  return Ratio(shared, a.width * a.height + b.width * b.height - shared);
}

// Ids as 0, 1, 2 … in the order in which they appear, so that they can index arrays.
class Numbers {
 public:
  int Of(std::int64_t id) {
    return numbers_.try_emplace(id, static_cast<int>(numbers_.size())).first->second;
  }
  std::size_t size() const { return numbers_.size(); }

 private:
  std::unordered_map<std::int64_t, int> numbers_;
};

// A pair in a frame that overlaps at all.
struct Similar {
  int row, column;     // places in the frame's lists
  int truth, tracked;  // numbers of the ids
  double overlap;
};

struct Prepared {
  std::vector<std::vector<int>> truth, tracked;          // a frame: numbers of the ids
  std::vector<std::vector<Similar>> similar;             // a frame: by row
  std::vector<std::int64_t> truth_count, tracked_count;  // a number: boxes
};

std::vector<int> Number(const std::vector<MotObject>& objects, Numbers& numbers,
                        std::vector<std::int64_t>& counts) {
  std::vector<int> result;
  for (const MotObject& object : objects) {
    result.push_back(numbers.Of(object.id));
    counts.resize(numbers.size());
    ++counts[static_cast<std::size_t>(result.back())];
  }
  return result;
}

Prepared Prepare(std::span<const MotFrame> frames) {
  Prepared p;
  Numbers truth_numbers, tracked_numbers;
  for (const MotFrame& frame : frames) {
    p.truth.push_back(Number(frame.truth, truth_numbers, p.truth_count));
    p.tracked.push_back(Number(frame.tracked, tracked_numbers, p.tracked_count));
    auto& similar = p.similar.emplace_back();
    for (std::size_t i = 0; i < frame.truth.size(); ++i) {
      for (std::size_t j = 0; j < frame.tracked.size(); ++j) {
        const double overlap = Overlap(frame.truth[i].box, frame.tracked[j].box);
        if (overlap > 0)
          similar.push_back({static_cast<int>(i), static_cast<int>(j), p.truth.back()[i],
                             p.tracked.back()[j], overlap});
      }
    }
  }
  return p;
}

// The pairing with the largest sum of `worth` (> 0); calls `matched` for each pair.
template <typename Worth, typename Matched>
void MatchFrame(Assigner& assigner, const Prepared& p, std::size_t frame, const Worth& worth,
                const Matched& matched) {
  std::vector<Candidate> candidates;
  std::vector<const Similar*> source;
  for (const Similar& s : p.similar[frame]) {
    const double value = worth(s);
    if (value <= 0) continue;
    candidates.push_back({s.row, s.column, -value});
    source.push_back(&s);
  }
  const auto pairs = assigner.Solve(static_cast<int>(p.truth[frame].size()),
                                    static_cast<int>(p.tracked[frame].size()), candidates, 0);
  std::size_t next = 0;
  for (const RowColumn& pair : pairs) {
    while (candidates[next].row != pair.row || candidates[next].column != pair.column) ++next;
    matched(*source[next]);
  }
}

// A true track as CLEAR sees it.
struct ClearTrack {
  int last = -1;      // tracked number that it had last
  int previous = -1;  // in the frame before; -1: missed
  std::int64_t matched = 0, found = 0;
};

void Clear(const Prepared& p, MotMeasures& m) {
  Assigner assigner;
  std::vector<ClearTrack> tracks(p.truth_count.size());
  std::vector<int> now(tracks.size());
  for (std::size_t f = 0; f < p.truth.size(); ++f) {
    // A frame without truth or without anything tracked leaves what was matched before in force.
    if (p.truth[f].empty() || p.tracked[f].empty()) {
      m.false_positives += static_cast<std::int64_t>(p.tracked[f].size());
      m.misses += static_cast<std::int64_t>(p.truth[f].size());
      continue;
    }
    std::fill(now.begin(), now.end(), -1);
    std::int64_t matches = 0;
    const auto worth = [&](const Similar& s) {
      if (s.overlap < kMatchOverlap - kEps) return 0.0;
      const bool goes_on = tracks[static_cast<std::size_t>(s.truth)].previous == s.tracked;
      return (goes_on ? 1000 : 0) + s.overlap;
    };
    MatchFrame(assigner, p, f, worth, [&](const Similar& s) {
      ClearTrack& track = tracks[static_cast<std::size_t>(s.truth)];
      if (track.last >= 0 && track.last != s.tracked) ++m.id_switches;
      track.last = s.tracked;
      ++track.matched;
      now[static_cast<std::size_t>(s.truth)] = s.tracked;
      m.overlap_sum += s.overlap;
      ++matches;
    });
    for (std::size_t i = 0; i < tracks.size(); ++i) {
      if (tracks[i].previous < 0 && now[i] >= 0) ++tracks[i].found;
      tracks[i].previous = now[i];
    }
    m.matches += matches;
    m.misses += static_cast<std::int64_t>(p.truth[f].size()) - matches;
    m.false_positives += static_cast<std::int64_t>(p.tracked[f].size()) - matches;
  }
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    m.fragmentations += std::max<std::int64_t>(0, tracks[i].found - 1);
    const double share =
        Ratio(static_cast<double>(tracks[i].matched), static_cast<double>(p.truth_count[i]));
    ++(share > 0.8 ? m.mostly_tracked : share >= 0.2 ? m.partly_tracked : m.mostly_lost);
  }
}

std::uint64_t Key(int truth, int tracked) {
  return static_cast<std::uint64_t>(truth) << 32U | static_cast<std::uint32_t>(tracked);
}

void Identity(const Prepared& p, MotMeasures& m) {
  std::unordered_map<std::uint64_t, std::int64_t> together;
  for (const auto& frame : p.similar) {
    for (const Similar& s : frame) {
      if (s.overlap >= kMatchOverlap) ++together[Key(s.truth, s.tracked)];
    }
  }
  std::vector<Candidate> candidates;
  candidates.reserve(together.size());
  for (const auto& [key, count] : together) {
    candidates.push_back({static_cast<int>(key >> 32U), static_cast<int>(key & 0xFFFFFFFFU),
                          -static_cast<double>(count)});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.row != b.row ? a.row < b.row : a.column < b.column;
  });
  Assigner assigner;
  for (const RowColumn& pair :
       assigner.Solve(static_cast<int>(p.truth_count.size()),
                      static_cast<int>(p.tracked_count.size()), candidates, 0)) {
    m.id_matches += together[Key(pair.row, pair.column)];
  }
}

// How well two tracks fit over the whole sequence: soft counts of common boxes over all boxes.
std::unordered_map<std::uint64_t, double> Alignment(const Prepared& p) {
  std::unordered_map<std::uint64_t, double> together;
  for (std::size_t f = 0; f < p.truth.size(); ++f) {
    std::vector<double> row_sum(p.truth[f].size()), column_sum(p.tracked[f].size());
    for (const Similar& s : p.similar[f]) {
      row_sum[static_cast<std::size_t>(s.row)] += s.overlap;
      column_sum[static_cast<std::size_t>(s.column)] += s.overlap;
    }
    for (const Similar& s : p.similar[f]) {
      together[Key(s.truth, s.tracked)] +=
          s.overlap / (row_sum[static_cast<std::size_t>(s.row)] +
                       column_sum[static_cast<std::size_t>(s.column)] - s.overlap);
    }
  }
  for (auto& [key, common] : together) {
    common /= static_cast<double>(p.truth_count[key >> 32U] + p.tracked_count[key & 0xFFFFFFFFU]) -
              common;
  }
  return together;
}

void Hota(const Prepared& p, MotMeasures& m) {
  const auto alignment = Alignment(p);
  std::array<std::unordered_map<std::uint64_t, std::int64_t>, kThresholds> matches;
  std::array<std::int64_t, kThresholds> count{};
  Assigner assigner;
  for (std::size_t f = 0; f < p.truth.size(); ++f) {
    const auto worth = [&](const Similar& s) {
      return alignment.at(Key(s.truth, s.tracked)) * s.overlap;
    };
    MatchFrame(assigner, p, f, worth, [&](const Similar& s) {
      for (std::size_t a = 0; a < kThresholds; ++a) {
        if (s.overlap < 0.05 * static_cast<double>(a + 1) - kEps) break;
        ++matches[a][Key(s.truth, s.tracked)];
        ++count[a];
      }
    });
  }
  for (std::size_t a = 0; a < kThresholds; ++a) {
    double association = 0;
    for (const auto& [key, common] : matches[a]) {
      const auto all = p.truth_count[key >> 32U] + p.tracked_count[key & 0xFFFFFFFFU] - common;
      association += static_cast<double>(common * common) / static_cast<double>(all);
    }
    const double ass = Ratio(association, static_cast<double>(count[a]));
    const double det = Ratio(static_cast<double>(count[a]),
                             static_cast<double>(m.truth_boxes + m.tracked_boxes - count[a]));
    m.ass_a += ass / kThresholds;
    m.det_a += det / kThresholds;
    m.hota += std::sqrt(ass * det) / kThresholds;
  }
}

bool IsNotJudged(int class_id) {
  return class_id == 2 || class_id == 7 || class_id == 8 || class_id == 12;
}

}  // namespace

double MotMeasures::mota() const {
  return Ratio(static_cast<double>(matches - false_positives - id_switches),
               static_cast<double>(truth_boxes));
}
double MotMeasures::motp() const { return Ratio(overlap_sum, static_cast<double>(matches)); }
double MotMeasures::recall() const {
  return Ratio(static_cast<double>(matches), static_cast<double>(truth_boxes));
}
double MotMeasures::precision() const {
  return Ratio(static_cast<double>(matches), static_cast<double>(tracked_boxes));
}
double MotMeasures::idf1() const {
  return Ratio(2 * static_cast<double>(id_matches),
               static_cast<double>(truth_boxes + tracked_boxes));
}
double MotMeasures::idp() const {
  return Ratio(static_cast<double>(id_matches), static_cast<double>(tracked_boxes));
}
double MotMeasures::idr() const {
  return Ratio(static_cast<double>(id_matches), static_cast<double>(truth_boxes));
}

MotMeasures Measure(std::span<const MotFrame> frames) {
  const Prepared p = Prepare(frames);
  MotMeasures m;
  m.frames = static_cast<int>(frames.size());
  for (const auto count : p.truth_count) m.truth_boxes += count;
  for (const auto count : p.tracked_count) m.tracked_boxes += count;
  m.truth_ids = static_cast<std::int64_t>(p.truth_count.size());
  m.tracked_ids = static_cast<std::int64_t>(p.tracked_count.size());
  Clear(p, m);
  Identity(p, m);
  Hota(p, m);
  return m;
}

std::vector<MotFrame> PairFrames(std::span<const MotRow> truth, std::span<const MotRow> tracked,
                                 int length) {
  const auto frames = static_cast<std::size_t>(std::max(0, length));
  std::vector<MotFrame> result(frames);
  std::vector<std::vector<const MotRow*>> rows(frames);
  for (const MotRow& row : truth) {
    if (row.frame <= length) rows[static_cast<std::size_t>(row.frame) - 1].push_back(&row);
  }
  for (const MotRow& row : tracked) {
    if (row.frame <= length)
      result[static_cast<std::size_t>(row.frame) - 1].tracked.push_back({row.id, row.box});
  }
  Assigner assigner;
  for (std::size_t f = 0; f < frames; ++f) {
    auto& seen = result[f].tracked;
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < rows[f].size(); ++i) {
      for (std::size_t j = 0; j < seen.size(); ++j) {
        const double overlap = Overlap(rows[f][i]->box, seen[j].box);
        if (overlap >= kMatchOverlap - kEps)
          candidates.push_back({static_cast<int>(i), static_cast<int>(j), -overlap});
      }
    }
    std::vector<char> drop(seen.size());
    for (const RowColumn& pair : assigner.Solve(static_cast<int>(rows[f].size()),
                                                static_cast<int>(seen.size()), candidates, 0)) {
      if (IsNotJudged(rows[f][static_cast<std::size_t>(pair.row)]->class_id))
        drop[static_cast<std::size_t>(pair.column)] = 1;
    }
    std::size_t kept = 0;
    for (std::size_t j = 0; j < seen.size(); ++j) {
      if (drop[j] == 0) seen[kept++] = seen[j];
    }
    seen.resize(kept);
    for (const MotRow* row : rows[f]) {
      if (row->score != 0 && row->class_id == 1) result[f].truth.push_back({row->id, row->box});
    }
  }
  return result;
}

}  // namespace vigil::tracking
