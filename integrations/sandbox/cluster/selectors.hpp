#pragma once
#include "integrations/sandbox/cluster/status.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

/// "app=shop,tier in (a, b),!legacy"
class LabelSelector {
 public:
  static Outcome<LabelSelector> parse(const std::string& text);
  /// matchLabels and matchExpressions.
  static LabelSelector from_json(const Json& selector);
  bool matches(const Json& labels) const;
  bool empty() const { return terms_.empty(); }

 private:
  enum class Operator { In, NotIn, Exists, Absent, Greater, Less };
  struct Term {
    std::string key;
    Operator op = Operator::Exists;
    std::vector<std::string> values;
  };
  std::vector<Term> terms_;
};

/// "metadata.name=web,status.phase!=Running" on any scalar field that the kind lets be selected.
class FieldSelector {
 public:
  static Outcome<FieldSelector> parse(const std::string& text, const std::string& kind);
  bool matches(const Json& object) const;
  bool empty() const { return terms_.empty(); }

 private:
  struct Term {
    std::vector<std::string> path;
    bool equal = true;
    std::string value;
  };
  std::vector<Term> terms_;
};

}  // namespace driftwarden::sandbox::cluster
