#pragma once
// Inside of bot/setup: single rights, gathered and then folded into as few rules as say the same.
#include "bot/setup/rights.hpp"

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

namespace driftwarden {

/// For one role.
class Grants {
 public:
  /// `name` "" = every object.
  void add(const std::string& group, const std::string& resource, const std::string& name, std::initializer_list<std::string_view> verbs);
  /// Sorted; resources with the same verbs and names share a rule, and so do names of one resource.
  std::vector<AccessRule> rules() const;
  /// Without what `wider` gives already, whatever the name.
  Grants beyond(const Grants& wider) const;
  bool empty() const { return verbs_.empty(); }

 private:
  /// group, resource, name -> verbs
  std::map<std::tuple<std::string, std::string, std::string>, std::set<std::string>> verbs_;
};

}  // namespace driftwarden
