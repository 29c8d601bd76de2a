// Numbers that an operator watches, for Prometheus.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vigil {

using MetricLabels = std::map<std::string, std::string>;

/// A number that only rises. Copies are of the same number, as of the two below; they live as long as their Metrics.
class Counter {
 public:
  void Add(double amount = 1) const;  ///< >= 0
  /// To what is counted elsewhere; nothing where it is not above. One thread.
  void RaiseTo(double value) const;

 private:
  friend class Metrics;
  explicit Counter(void* impl) : impl_(impl) {}
  void* impl_;
};

class Gauge {
 public:
  void Set(double value) const;
  void Add(double amount) const;

 private:
  friend class Metrics;
  explicit Gauge(void* impl) : impl_(impl) {}
  void* impl_;
};

/// How often values fell into each range.
class Histogram {
 public:
  void Observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(void* impl) : impl_(impl) {}
  void* impl_;
};

/// All metrics of a process. Safe from any thread, as what it returns is. A name and set of labels is one number, however
/// often it is asked for. Names and labels are the program's own (never what a client sent): another type for a name that
/// is taken aborts.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter AddCounter(const std::string& name, const std::string& help,
                     const MetricLabels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  /// @param bounds  upper ends of the ranges, rising
  Histogram AddHistogram(const std::string& name, const std::string& help,
                         const std::vector<double>& bounds, const MetricLabels& labels = {});

  /// Counters and gauges by name, each summed over its labels.
  std::map<std::string, double> Sums() const;
  /// All of them in Prometheus' text format, version 0.0.4.
  std::string Text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Ends of ranges fit for the latency of a frame, in milliseconds; times 1e-3 in seconds.
std::vector<double> LatencyBounds(double unit_ms = 1);

}  // namespace vigil
