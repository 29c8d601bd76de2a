#include "core/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace vigil {

struct Metrics::State {
  // The registry gives the same family for a name that it knows; adding to a family gives the same number for the same labels.
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Counter::Add(double amount) const {
  static_cast<prometheus::Counter*>(impl_)->Increment(amount);
}
void Counter::RaiseTo(double value) const {
  auto& counter = *static_cast<prometheus::Counter*>(impl_);
  if (value > counter.Value()) counter.Increment(value - counter.Value());
}
void Gauge::Set(double value) const { static_cast<prometheus::Gauge*>(impl_)->Set(value); }
void Gauge::Add(double amount) const { static_cast<prometheus::Gauge*>(impl_)->Increment(amount); }
void Histogram::Observe(double value) const {
  static_cast<prometheus::Histogram*>(impl_)->Observe(value);
}

Counter Metrics::AddCounter(const std::string& name, const std::string& help,
                            const MetricLabels& labels) {
  return Counter(
      &prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels));
}

Gauge Metrics::AddGauge(const std::string& name, const std::string& help,
                        const MetricLabels& labels) {
  return Gauge(
      &prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels));
}

Histogram Metrics::AddHistogram(const std::string& name, const std::string& help,
                                const std::vector<double>& bounds, const MetricLabels& labels) {
  return Histogram(&prometheus::BuildHistogram()
                        .Name(name)
                        .Help(help)
                        .Register(state_->registry)
                        .Add(labels, bounds));
}

std::map<std::string, double> Metrics::Sums() const {
  std::map<std::string, double> sums;
  for (const auto& family : state_->registry.Collect()) {
    if (family.type == prometheus::MetricType::Histogram) continue;
    for (const auto& one : family.metric) sums[family.name] += one.counter.value + one.gauge.value;
  }
  return sums;
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

std::vector<double> LatencyBounds(double unit_ms) {
  std::vector<double> bounds;
  for (const double ms : {0.1, 0.25, 0.5, 1., 2.5, 5., 10., 25., 50., 100., 200., 500., 1000.})
    bounds.push_back(ms * unit_ms);
  return bounds;
}

}  // namespace vigil
