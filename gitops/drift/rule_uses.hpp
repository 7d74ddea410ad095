#pragma once
// Which ignore rules hide something. Internal to gitops/drift.
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

/// ".spec.replicas of Deployment web-*"
std::string words_of(const IgnoreRule& rule);

class RuleCount {
 public:
  explicit RuleCount(const std::vector<IgnoreRule>& rules) : rules_(rules) {}
  void add(const ObjectRef& object, const std::vector<RuleHit>& hits);
  /// In the order of the rules; annotations last.
  std::vector<RuleUse> uses() const;

 private:
  struct Sum {
    std::size_t fields = 0;
    bool expired = false;
  };
  const std::vector<IgnoreRule>& rules_;
  std::map<std::size_t, Sum> by_rule_;
  std::vector<RuleUse> annotations_;
};

}  // namespace driftwarden
