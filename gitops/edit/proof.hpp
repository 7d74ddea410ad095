#pragma once
// Renders an edited tree and compares it with what was wanted, field by field.
#include "gitops/edit/edited_tree.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

/// One value that one object shall have.
struct Target {
  ObjectRef object;
  ValueEdit edit;
  JsonPtr before;  ///< the object as it is rendered now
  JsonPtr after;   ///< with every wanted value
};

class Proof {
 public:
  /// NotFound when an object isn't among the rendered ones; InvalidInput for a path that can't be set.
  static Result<Proof> make(const AppSource& source, const std::vector<WantedValue>& wanted);

  const std::vector<Target>& targets() const { return targets_; }
  /// True when the last rendering that was right, or the one there was, already has the value.
  bool holds(std::size_t target) const;
  /// Right when the `done` targets have their values and nothing but other targets is missing. The error says what else differs; is_final
  /// tells whether another try could be right.
  Result<void> check(const EditedTree& tree, const std::vector<bool>& done);
  int renders() const { return renders_; }

 private:
  using Objects = std::map<std::string, JsonPtr>;
  explicit Proof(const AppSource& source) : source_(&source) {}
  Result<void> compare(const Objects& objects, const std::vector<bool>& done) const;

  const AppSource* source_;
  std::vector<Target> targets_;
  Objects current_;
  Objects expected_;
  int renders_ = 0;
};

/// The tool is missing, or the outside failed: trying another edit would not help.
bool is_final(const Error& error);

}  // namespace driftwarden
