#pragma once
// Inside of gates: the readers of one form each, and what they share.
#include "integrations/gates/answer.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>

namespace driftwarden::gates {

/// Findings of one answer, cleaned as they come; too many are no answer.
class Findings {
 public:
  explicit Findings(const Subjects& subjects) : subjects_(subjects) {}

  /// `rule` is made one word of letters, digits, '-', '_' and '.'; an object that isn't one of those given is told in the message instead.
  void add(Finding finding);
  const Subjects& subjects() const { return subjects_; }
  Result<std::vector<Finding>> take();

 private:
  const Subjects& subjects_;
  std::vector<Finding> findings_;
  bool too_many_ = false;
};

/// NotFound: there is no JSON, or it is nested or large beyond reason.
Result<JsonPtr> parse_answer(std::string_view text);
/// One line, without escapes, secrets and places of ours.
std::string clean_text(const Subjects& subjects, std::string_view text, std::size_t most);
/// "/spec/containers/0/image" as ".spec.containers[0].image".
std::string path_of_pointer(std::string_view pointer);
/// Told apart by what it says: "deny" of ten policies isn't one rule.
std::string rule_with_digest(std::string_view rule, std::string_view message);

// Errors: NotFound, it is none of that form's; InvalidInput, what else the tool printed may say more; Corrupt, it says it all.
Result<std::vector<Finding>> read_sarif(const nlohmann::json& document, const Subjects& subjects);
Result<std::vector<Finding>> read_plain(const nlohmann::json& document, const Subjects& subjects);
Result<std::vector<Finding>> read_conftest(const nlohmann::json& document, const Subjects& subjects);
Result<std::vector<Finding>> read_kubeconform(const nlohmann::json& document, const Subjects& subjects);
/// Reports, one a line, between other words; what it left out is only in its log.
Result<std::vector<Finding>> read_kyverno(const Printed& printed, const Subjects& subjects);

}  // namespace driftwarden::gates
