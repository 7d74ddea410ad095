#pragma once
// Reads Prometheus' text format as strictly as promtool does, and says what is wrong with it.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace driftwarden::test {

struct PrometheusText {
  struct Family {
    std::string type;
    std::string help;
  };
  std::map<std::string, Family> families;
  std::map<std::string, double> samples;  ///< by name and labels as written: `a_bucket{stage="x",le="1"}`
  std::vector<std::string> faults;

  /// NaN where there is none.
  double at(const std::string& series) const {
    const auto found = samples.find(series);
    return found == samples.end() ? std::nan("") : found->second;
  }
};

namespace prometheus_detail {

inline double number_of(const std::string& text) {
  if (text == "+Inf") return INFINITY;
  if (text == "-Inf") return -INFINITY;
  if (text == "NaN") return std::nan("");
  return std::strtod(text.c_str(), nullptr);
}

/// Name -> value, unescaped; false when it isn't `a="b",c="d"`.
inline bool read_labels(const std::string& text, std::map<std::string, std::string>& labels) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto equals = text.find("=\"", at);
    if (equals == std::string::npos) return false;
    const auto name = text.substr(at, equals - at);
    if (!std::regex_match(name, std::regex("[a-zA-Z_][a-zA-Z0-9_]*"))) return false;
    std::string value;
    at = equals + 2;
    while (at < text.size() && text[at] != '"') {
      if (text[at] == '\\') {
        if (++at == text.size()) return false;
        if (text[at] != 'n' && text[at] != '\\' && text[at] != '"') return false;
        value += text[at] == 'n' ? '\n' : text[at];
      } else {
        value += text[at];
      }
      ++at;
    }
    if (at >= text.size() || !labels.emplace(name, value).second) return false;
    ++at;
    if (at == text.size()) return true;
    if (text[at] != ',') return false;
    ++at;
  }
  return labels.empty();
}

/// The family that a sample's name belongs to.
inline std::string family_of(const std::string& name, const std::map<std::string, PrometheusText::Family>& families) {
  if (families.contains(name)) return name;
  for (const std::string ending : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(ending)) continue;
    const auto base = name.substr(0, name.size() - ending.size());
    const auto found = families.find(base);
    if (found != families.end() && found->second.type == "histogram") return base;
  }
  return {};
}

struct Bucket {
  double bound = 0;
  double count = 0;
};

}  // namespace prometheus_detail

inline PrometheusText read_prometheus(const std::string& text) {
  using namespace prometheus_detail;
  PrometheusText out;
  const auto fault = [&](const std::string& what, const std::string& line) { out.faults.push_back(what + ": " + line); };
  if (!text.empty() && text.back() != '\n') fault("no newline at the end", "");
  std::map<std::string, std::vector<Bucket>> buckets;  // by family and other labels
  std::map<std::string, double> counts;
  std::set<std::string> ended;
  std::string current;
  std::istringstream lines(text);
  static const std::regex kSample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+))");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      const auto blank = line.find(' ', 7);
      const auto name = line.substr(7, blank - 7);
      const auto rest = blank == std::string::npos ? std::string() : line.substr(blank + 1);
      if (name != current) {
        if (!current.empty()) ended.insert(current);
        current = name;
      }
      if (ended.contains(name)) fault("a family comes twice", line);
      auto& family = out.families[name];
      auto& slot = line[2] == 'H' ? family.help : family.type;
      if (!slot.empty()) fault("a second HELP or TYPE", line);
      if (rest.empty()) fault("an empty HELP or TYPE", line);
      slot = rest;
      continue;
    }
    std::smatch match;
    if (!std::regex_match(line, match, kSample)) {
      fault("no sample", line);
      continue;
    }
    const auto name = match[1].str();
    const auto family = family_of(name, out.families);
    if (family.empty() || family != current) fault("a sample outside its family", line);
    std::map<std::string, std::string> labels;
    if (match[2].matched && !read_labels(match[2].str(), labels)) fault("labels that can't be read", line);
    const auto value = number_of(match[3].str());
    const auto shown = line.substr(0, line.rfind(' '));
    if (!out.samples.emplace(shown, value).second) fault("a series comes twice", line);
    const auto type = out.families[family].type;
    if (type == "counter" && !name.ends_with("_total")) fault("a counter that doesn't end in _total", line);
    if (type == "counter" && value < 0) fault("a counter below zero", line);
    if (type != "histogram") continue;
    auto others = labels;
    others.erase("le");
    std::string key = family;
    for (const auto& [label, content] : others) key += "|" + label + "=" + content;
    if (name.ends_with("_bucket")) {
      if (!labels.contains("le")) fault("a bucket without le", line);
      buckets[key].push_back({number_of(labels["le"]), value});
    } else if (name.ends_with("_count")) {
      counts[key] = value;
    }
  }
  for (const auto& [name, family] : out.families) {
    if (family.help.empty() || family.type.empty()) fault("a family without HELP or TYPE", name);
  }
  for (const auto& [key, list] : buckets) {
    for (std::size_t i = 1; i < list.size(); ++i) {
      if (list[i].bound <= list[i - 1].bound) fault("buckets that don't rise", key);
      if (list[i].count < list[i - 1].count) fault("buckets that aren't cumulative", key);
    }
    if (!std::isinf(list.back().bound)) fault("no bucket +Inf", key);
    if (!counts.contains(key) || counts[key] != list.back().count) fault("+Inf isn't the count", key);
  }
  return out;
}

}  // namespace driftwarden::test
