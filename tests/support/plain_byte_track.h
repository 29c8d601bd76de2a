// ByteTrack as its paper describes it, the yardstick for ours: one eight-dimensional Kalman filter
// a track, time in frames, one dense cost matrix and the Hungarian method. Written for clarity.
#pragma once

#include <Eigen/Dense>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/detection.h"
#include "support/hungarian.h"

namespace vigil::test {

/// Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022,
/// algorithm 1, with the constants of the paper and its published settings: thresholds 0.6, 0.1,
/// match 0.8, buffer 30 frames; first association on IoU times score, second 0.5, unconfirmed 0.7.
class PlainByteTrack {
 public:
  struct Track {
    std::int64_t id = 0;
    PixelBox box;
  };

  /// The confirmed tracks that were seen in this frame.
  std::vector<Track> Update(const std::vector<Detection>& detections) {
    ++frame_;
    std::vector<Detection> high, low;
    for (const Detection& detection : detections) {
      if (detection.score >= 0.6F) {
        high.push_back(detection);
      } else if (detection.score > 0.1F) {
        low.push_back(detection);
      }
    }
    for (State& state : states_) {
      if (state.kind == Kind::kLost) state.mean(7) = 0;
      Predict(state);
      state.matched = false;
    }
    Associate(high, 0.8, true, [](const State& s) { return s.kind != Kind::kUnconfirmed; });
    Associate(low, 0.5, false, [](const State& s) { return s.kind == Kind::kTracked; });
    Associate(high, 0.7, true, [](const State& s) { return s.kind == Kind::kUnconfirmed; });

    for (State& state : states_) {
      if (state.matched) {
        state.kind = Kind::kTracked;
        state.last_frame = frame_;
      } else if (state.kind == Kind::kUnconfirmed) {
        state.kind = Kind::kRemoved;
      } else {
        state.kind = frame_ - state.last_frame > 30 ? Kind::kRemoved : Kind::kLost;
      }
    }
    states_.erase(std::remove_if(states_.begin(), states_.end(),
                                 [](const State& s) { return s.kind == Kind::kRemoved; }),
                  states_.end());
    for (const Detection& detection : high) {
      if (detection.score >= 0.7F) states_.push_back(Begin(detection));
    }
    std::vector<Track> tracks;
    for (const State& state : states_) {
      if (state.kind == Kind::kTracked) tracks.push_back({state.id, BoxOf(state)});
    }
    return tracks;
  }

 private:
  using Vector8 = Eigen::Matrix<double, 8, 1>;
  using Matrix8 = Eigen::Matrix<double, 8, 8>;
  enum class Kind { kUnconfirmed, kTracked, kLost, kRemoved };
  struct State {
    std::int64_t id = 0;
    Kind kind = Kind::kUnconfirmed;
    int last_frame = 0;
    bool matched = false;
    Vector8 mean = Vector8::Zero();  // centre x, centre y, aspect, height, and their speeds
    Matrix8 covariance = Matrix8::Zero();
  };

  static Eigen::Vector4d Measured(const PixelBox& box) {
    return {box.x + box.width / 2.0, box.y + box.height / 2.0,
            static_cast<double>(box.width) / box.height, box.height};
  }

  static PixelBox BoxOf(const State& state) {
    const double height = state.mean(3), width = state.mean(2) * height;
    return {static_cast<float>(state.mean(0) - width / 2),
            static_cast<float>(state.mean(1) - height / 2), static_cast<float>(width),
            static_cast<float>(height)};
  }

  State Begin(const Detection& detection) {
    State state;
    state.id = ++last_id_;
    state.kind = frame_ == 1 ? Kind::kTracked : Kind::kUnconfirmed;
    state.last_frame = frame_;
    state.mean.head<4>() = Measured(detection.box);
    const double h = detection.box.height;
    Vector8 std;
    std << 2 * h / 20, 2 * h / 20, 1e-2, 2 * h / 20, 10 * h / 160, 10 * h / 160, 1e-5, 10 * h / 160;
    state.covariance = std.cwiseAbs2().asDiagonal();
    return state;
  }

  static void Predict(State& state) {
    Matrix8 motion = Matrix8::Identity();
    motion.topRightCorner<4, 4>().setIdentity();
    const double h = state.mean(3);
    Vector8 std;
    std << h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160;
    state.mean = motion * state.mean;
    state.covariance = motion * state.covariance * motion.transpose();
    state.covariance.diagonal() += std.cwiseAbs2();
  }

  static void Correct(State& state, const PixelBox& box) {
    const double h = state.mean(3);
    const Eigen::Vector4d std(h / 20, h / 20, 1e-1, h / 20);
    Eigen::Matrix4d innovation = state.covariance.topLeftCorner<4, 4>();
    innovation.diagonal() += std.cwiseAbs2();
    const Eigen::Matrix<double, 8, 4> gain = state.covariance.leftCols<4>() * innovation.inverse();
    state.mean += gain * (Measured(box) - state.mean.head<4>());
    state.covariance -= gain * innovation * gain.transpose();
  }

  template <typename Which>
  void Associate(std::vector<Detection>& detections, double limit, bool fuse, const Which& which) {
    std::vector<State*> rows;
    for (State& state : states_) {
      if (!state.matched && which(state)) rows.push_back(&state);
    }
    // Square, with a place of its own at half the limit for whoever stays alone.
    const std::size_t n = rows.size(), m = detections.size();
    std::vector<std::vector<double>> cost(n + m, std::vector<double>(n + m, limit / 2));
    for (std::size_t i = n; i < n + m; ++i) {
      for (std::size_t j = m; j < n + m; ++j) cost[i][j] = 0;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const PixelBox predicted = BoxOf(*rows[i]);
      for (std::size_t j = 0; j < m; ++j) {
        const double iou = IoU(predicted, detections[j].box);
        cost[i][j] = 1 - iou * (fuse ? static_cast<double>(detections[j].score) : 1.0);
      }
    }
    const std::vector<int> column = Hungarian(cost);
    std::vector<Detection> left;
    std::vector<bool> taken(m);
    for (std::size_t i = 0; i < n; ++i) {
      const auto j = static_cast<std::size_t>(column[i]);
      if (j >= m || cost[i][j] > limit) continue;
      Correct(*rows[i], detections[j].box);
      rows[i]->matched = true;
      taken[j] = true;
    }
    for (std::size_t j = 0; j < m; ++j) {
      if (!taken[j]) left.push_back(detections[j]);
    }
    detections = left;
  }

  std::vector<State> states_;
  std::int64_t last_id_ = 0;
  int frame_ = 0;
};

}  // namespace vigil::test
