// How good a tracker is, given the truth: CLEAR-MOT, IDF1 and HOTA.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tracking/mot_file.h"

namespace vigil::tracking {

struct MotObject {
  std::int64_t id = 0;
  MotBox box;
};

/// What there was in a frame, and what the tracker said. No id twice in one list.
struct MotFrame {
  std::vector<MotObject> truth;
  std::vector<MotObject> tracked;
};

/// Counts add up over sequences; the ratios are made from them.
struct MotMeasures {
  int frames = 0;
  std::int64_t truth_boxes = 0, tracked_boxes = 0;
  std::int64_t truth_ids = 0, tracked_ids = 0;

  // CLEAR-MOT (Bernardin and Stiefelhagen 2008), pairs with IoU >= 0.5.
  std::int64_t matches = 0;
  std::int64_t misses = 0;           ///< FN
  std::int64_t false_positives = 0;  ///< FP
  std::int64_t id_switches = 0;      ///< IDs
  std::int64_t fragmentations = 0;   ///< FM: a true track is found again after it was missed
  std::int64_t mostly_tracked = 0;   ///< true tracks found in more than 80 % of their frames
  std::int64_t partly_tracked = 0;
  std::int64_t mostly_lost = 0;  ///< in less than 20 %
  double overlap_sum = 0;        ///< of the matches' IoU

  // Identity (Ristani et al. 2016): the pairing of whole tracks with the most boxes in common.
  std::int64_t id_matches = 0;  ///< IDTP

  // HOTA (Luiten et al. 2021), means over 19 thresholds of IoU, 0.05 to 0.95; 0 to 1.
  double hota = 0, det_a = 0, ass_a = 0;

  // All 0 to 1, MOTA also below 0; 0 where there is nothing to divide by.
  double mota() const;
  double motp() const;       ///< mean IoU of the matches
  double recall() const;     ///< Rcll
  double precision() const;  ///< Prcn
  double idf1() const;
  double idp() const;
  double idr() const;
};

/// As TrackEval computes them, which gives the published values of both the MOTChallenge and
/// py-motmetrics on our test sequences.
[[nodiscard]] MotMeasures Measure(std::span<const MotFrame> frames);

/// Puts rows into frames 1 to `length`, as the benchmark's own preparation does: tracked boxes that
/// lie on somebody who is not to be judged (a person on a vehicle, a statue, a reflection; classes
/// 2, 7, 8, 12) are taken out, then of the truth all but pedestrians that count. Rows beyond
/// `length` are left out.
[[nodiscard]] std::vector<MotFrame> PairFrames(std::span<const MotRow> truth,
                                               std::span<const MotRow> tracked, int length);

}  // namespace vigil::tracking
