// Eyes made up for tests: a continuous course of events, so that the truth does not depend on the frames taken of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "face/person_state.h"

namespace vigil::face::test {

struct Person {
  std::string name;
  float open_ear;
  float closed_ear;
  float noise = 0.006F;  ///< standard deviation of each eye's EAR
};

inline std::vector<Person> People() {
  return {{"wide_eyes", 0.38F, 0.06F},
          {"usual", 0.29F, 0.07F},
          {"narrow_eyes", 0.18F, 0.05F},
          {"glasses", 0.28F, 0.113F},
          {"narrow_with_glasses", 0.2F, 0.1F}};
}

/// Lids that fall in `closing`, stay at `least` for `hold`, and rise in `opening`. Seconds.
struct LidEvent {
  double begin = 0;
  double closing = 0;
  double hold = 0;
  double opening = 0;
  double least = 0;  ///< openness

  double end() const { return begin + closing + hold + opening; }
  double half_begin() const { return begin + closing / 2; }  ///< half way down
  double half_end() const { return end() - opening / 2; }
};

inline LidEvent FullBlink(double begin) { return {begin, 0.08, 0.08, 0.14, 0}; }
inline LidEvent HalfBlink(double begin) { return {begin, 0.08, 0.06, 0.12, 0.55}; }
inline LidEvent Squint(double begin, double seconds) { return {begin, 0.3, seconds, 0.3, 0.5}; }
inline LidEvent Closure(double begin, double seconds) { return {begin, 0.12, seconds, 0.2, 0}; }

struct Course {
  double seconds = 0;
  std::vector<LidEvent> events;  // where two overlap, the lower lid counts

  double Openness(double t) const {
    double openness = 1;
    for (const LidEvent& e : events) {
      if (t < e.begin || t > e.end()) continue;
      // Smooth at both ends, as lids move.
      const auto smooth = [](double x) { return 0.5 - 0.5 * std::cos(x * 3.14159265358979); };
      double down = 1;
      if (t < e.begin + e.closing) down = smooth((t - e.begin) / e.closing);
      if (t > e.end() - e.opening) down = smooth((e.end() - t) / e.opening);
      openness = std::min(openness, 1 - down * (1 - e.least));
    }
    return openness;
  }

  /// Share of [from, to] with the eyes at least 80 % closed.
  double Perclos(double from, double to) const {
    constexpr double kStep = 0.001;
    int closed = 0, all = 0;
    for (double t = from; t < to; t += kStep, ++all) closed += Openness(t) <= 0.2;
    return all > 0 ? static_cast<double>(closed) / all : 0;
  }
};

/// A mix of everything, 1.2 to 4 s apart: 70 % blinks of 120 to 330 ms, half blinks, squints of 2 to 6 s, long closures.
inline Course MixedCourse(double seconds, unsigned seed, double long_share = 0.06) {
  std::mt19937 random(seed);
  const auto between = [&](double low, double high) {
    return std::uniform_real_distribution(low, high)(random);
  };
  Course course{.seconds = seconds, .events = {}};
  for (double t = 1; t < seconds - 10;) {
    const double kind = between(0, 1);
    LidEvent event{t, between(0.06, 0.11), between(0.03, 0.16), between(0.1, 0.2), 0};
    if (kind < long_share) {
      event.hold = between(0.6, 3);
    } else if (kind < long_share + 0.14) {
      event.least = between(0.5, 0.7);
    } else if (kind < long_share + 0.2) {
      event = Squint(t, between(2, 6));
    }
    course.events.push_back(event);
    t = event.end() + between(1.2, 4);
  }
  return course;
}

struct Sampling {
  double fps = 30;
  double jitter = 0;  ///< of a frame's time, share of the frame period, either way
  double lost = 0;    ///< share of frames
  float noise = 0;    ///< more of it in each EAR than the person's own
};

struct Frame {
  std::int64_t timestamp_us = 0;
  FaceMeasures measures;
};

inline std::vector<Frame> Film(const Course& course, const Person& person, const Sampling& sampling,
                               unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> even(-1, 1), chance(0, 1);
  std::normal_distribution<float> noise(0, 1);
  std::vector<Frame> frames;
  for (int i = 0; i / sampling.fps < course.seconds; ++i) {
    const double t = std::max(0.0, (i + sampling.jitter * even(random)) / sampling.fps);
    const float ear = person.closed_ear + (person.open_ear - person.closed_ear) *
                                              static_cast<float>(course.Openness(t));
    FaceMeasures m{.valid = true};
    m.ear_left = std::max(0.0F, ear + (person.noise + sampling.noise) * noise(random));
    m.ear_right = std::max(0.0F, ear + (person.noise + sampling.noise) * noise(random));
    m.mouth_aspect_ratio = 0.03F;
    m.gaze.confidence = 1;
    if (chance(random) < sampling.lost) continue;
    frames.push_back({std::llround(t * 1e6), m});
  }
  return frames;
}

inline double Middle(const Blink& blink) {
  return static_cast<double>(blink.begin_us + blink.end_us) * 0.5e-6;
}

/// Detections against truth: each truth takes the nearest detection that overlaps it or lies within 0.25 s of it, and
/// each detection answers one truth.
struct Score {
  int found = 0;
  int wrong = 0;  ///< detections without a truth
  int missed = 0;
  double f1() const { return found == 0 ? 0 : 2.0 * found / (2.0 * found + wrong + missed); }
  void operator+=(const Score& other) {
    found += other.found, wrong += other.wrong, missed += other.missed;
  }
};

inline Score Match(const std::vector<Blink>& detections, const std::vector<Blink>& truth) {
  constexpr std::int64_t kNearUs = 250'000;
  std::vector<bool> used(detections.size());
  Score score;
  for (const Blink& t : truth) {
    std::size_t best = detections.size();
    for (std::size_t i = 0; i < detections.size(); ++i) {
      const Blink& d = detections[i];
      if (used[i] || d.begin_us > t.end_us + kNearUs || d.end_us < t.begin_us - kNearUs) continue;
      if (best == detections.size() ||
          std::abs(Middle(d) - Middle(t)) < std::abs(Middle(detections[best]) - Middle(t))) {
        best = i;
      }
    }
    if (best == detections.size()) {
      ++score.missed;
    } else {
      used[best] = true;
      ++score.found;
    }
  }
  score.wrong = static_cast<int>(detections.size()) - score.found;
  return score;
}

inline std::int64_t Us(double seconds) { return std::llround(seconds * 1e6); }

/// A face that looks straight into the camera with eyes as open as given.
inline FaceMeasures Facing(float ear) {
  FaceMeasures m{.valid = true, .ear_left = ear, .ear_right = ear, .mouth_aspect_ratio = 0.03F};
  m.gaze.confidence = 1;
  return m;
}

}  // namespace vigil::face::test
