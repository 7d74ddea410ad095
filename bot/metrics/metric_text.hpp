#pragma once
// Writes Prometheus' text format 0.0.4: one HELP and TYPE for each family, its samples right behind them.
#include "bot/metrics/histogram.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwarden {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;
enum class MetricType { Counter, Gauge, Histogram };

class MetricText {
 public:
  /// Begins a family, to which the samples that follow belong. Each name once; a counter's ends in "_total", a duration's in "_seconds".
  void family(const std::string& name, MetricType type, std::string_view help);
  void sample(double value, const MetricLabels& labels = {});
  void histogram(const Histogram& histogram, const MetricLabels& labels = {});
  /// A family with one sample.
  void one(const std::string& name, MetricType type, std::string_view help, double value, const MetricLabels& labels = {});

  const std::string& text() const { return text_; }

 private:
  void line(const std::string& name, double value, const MetricLabels& labels);

  std::string text_;
  std::string name_;
};

}  // namespace driftwarden
