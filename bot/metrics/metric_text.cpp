#include "bot/metrics/metric_text.hpp"

#include <fmt/core.h>

#include <cmath>

namespace driftwarden {
namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter: return "counter";
    case MetricType::Gauge: return "gauge";
    case MetricType::Histogram: return "histogram";
  }
  return "untyped";
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

void MetricText::family(const std::string& name, MetricType type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped(help, false), type_name(type));
}

void MetricText::line(const std::string& name, double value, const MetricLabels& labels) {
  text_ += name;
  char opening = '{';
  for (const auto& [label, text] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", opening, label, escaped(text, true));
    opening = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_ += fmt::format(" {}\n", number(value));
}

void MetricText::sample(double value, const MetricLabels& labels) { line(name_, value, labels); }

void MetricText::histogram(const Histogram& histogram, const MetricLabels& labels) {
  auto with_bound = labels;
  with_bound.emplace_back("le", "");
  for (std::size_t bucket = 0; bucket <= histogram.bounds().size(); ++bucket) {
    with_bound.back().second = bucket < histogram.bounds().size() ? number(histogram.bounds()[bucket]) : "+Inf";
    line(name_ + "_bucket", static_cast<double>(histogram.at_most(bucket)), with_bound);
  }
  line(name_ + "_sum", histogram.sum(), labels);
  line(name_ + "_count", static_cast<double>(histogram.count()), labels);
}

void MetricText::one(const std::string& name, MetricType type, std::string_view help, double value, const MetricLabels& labels) {
  family(name, type, help);
  sample(value, labels);
}

}  // namespace driftwarden
