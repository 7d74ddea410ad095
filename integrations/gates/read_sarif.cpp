// SARIF 2.1.0 (OASIS).
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "integrations/gates/readers.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::gates {
namespace {

using nlohmann::json;

/// Of the run's own tool; results name them by id or by their place in the list.
class Rules {
 public:
  explicit Rules(const json& run) : rules_(member_at(member_at(member_at(run, "tool"), "driver"), "rules")) {}

  const json& of(const json& result) const {
    static const json kNone;
    if (!rules_.is_array()) return kNone;
    const auto& inner = member_at(result, "rule");
    const auto& index = member_at(inner, "index").is_number_unsigned() ? member_at(inner, "index") : member_at(result, "ruleIndex");
    if (index.is_number_unsigned() && index.get<std::size_t>() < rules_.size()) return rules_[index.get<std::size_t>()];
    const auto id = id_of(result);
    for (const auto& rule : rules_) {
      if (!id.empty() && text_at(rule, "id") == id) return rule;
    }
    return kNone;
  }

  static std::string_view id_of(const json& result) {
    const auto id = text_at(result, "ruleId");
    return id.empty() ? text_at(member_at(result, "rule"), "id") : id;
  }

 private:
  const json& rules_;
};

/// What the tool's own setting lets pass counts; what the judged object says of itself doesn't.
bool is_let_pass(const json& result) {
  const auto& suppressions = member_at(result, "suppressions");
  if (!suppressions.is_array()) return false;
  for (const auto& one : suppressions) {
    const auto status = text_at(one, "status");
    if (text_at(one, "kind") == "external" && (status.empty() || status == "accepted")) return true;
  }
  return false;
}

bool is_objection(const json& result) {
  const auto kind = text_at(result, "kind");
  return kind.empty() || kind == "fail" || kind == "open" || kind == "review";
}

/// A tool that knows no levels only tells what is wrong.
bool blocks(const json& result, const json& rule) {
  auto level = text_at(result, "level");
  if (level.empty()) level = text_at(member_at(rule, "defaultConfiguration"), "level");
  return level != "warning" && level != "note" && level != "none";
}

std::string message_of(const json& result, const json& rule) {
  const auto& message = member_at(result, "message");
  auto text = std::string(text_at(message, "text"));
  if (text.empty()) text = text_at(message, "markdown");
  if (text.empty()) {
    const auto id = std::string(text_at(message, "id"));
    text = text_at(member_at(member_at(rule, "messageStrings"), id.c_str()), "text");
    const auto& arguments = member_at(message, "arguments");
    for (std::size_t i = 0; arguments.is_array() && i < arguments.size() && i < 10; ++i) {
      const auto place = fmt::format("{{{}}}", i);
      const auto at = text.find(place);
      if (at != std::string::npos && arguments[i].is_string()) text.replace(at, place.size(), arguments[i].get_ref<const std::string&>());
    }
  }
  if (text.empty()) text = text_at(member_at(rule, "shortDescription"), "text");
  return text;
}

void place(const json& result, const Subjects& subjects, Finding& finding) {
  const auto& locations = member_at(result, "locations");
  if (!locations.is_array()) return;
  for (const auto& location : locations) {
    if (finding.object.empty()) finding.object = subjects.of_file(text_at(member_at(member_at(location, "physicalLocation"), "artifactLocation"), "uri"));
    const auto& logical = member_at(location, "logicalLocations");
    if (!logical.is_array()) continue;
    for (const auto& one : logical) {
      auto name = text_at(one, "fullyQualifiedName");
      if (name.empty()) name = text_at(one, "name");
      const auto object = subjects.of_words(name);
      if (!object.empty()) {
        finding.object = object;
      } else if (finding.path.empty() && !name.empty()) {
        finding.path = name.starts_with('/') ? path_of_pointer(name) : std::string(name);
      }
    }
  }
}

Result<void> take_run(const json& run, Findings& into) {
  const auto& invocations = member_at(run, "invocations");
  if (invocations.is_array()) {
    for (const auto& invocation : invocations) {
      if (member_at(invocation, "executionSuccessful") != false) continue;
      const auto& told = member_at(invocation, "toolExecutionNotifications");
      const auto words = told.is_array() && !told.empty() ? text_at(member_at(told[0], "message"), "text") : std::string_view();
      return Error{ErrorKind::InvalidInput, fmt::format("it says that it didn't come to its end{}{}", words.empty() ? "" : ": ", clean_text(into.subjects(), words, 200))};
    }
  }
  const auto& results = member_at(run, "results");
  // Left out it means that the run found out nothing.
  if (!results.is_array()) return Error{ErrorKind::InvalidInput, "a run of its SARIF has no results"};
  const Rules rules(run);
  for (const auto& result : results) {
    if (!result.is_object()) return Error{ErrorKind::InvalidInput, "a result of its SARIF is no object"};
    if (!is_objection(result) || is_let_pass(result)) continue;
    const auto& rule = rules.of(result);
    Finding finding;
    finding.rule = Rules::id_of(result);
    if (finding.rule.empty()) finding.rule = text_at(rule, "id");
    finding.message = message_of(result, rule);
    finding.blocks = blocks(result, rule);
    finding.link = text_at(rule, "helpUri");
    place(result, into.subjects(), finding);
    into.add(std::move(finding));
  }
  return Result<void>{};
}

}  // namespace

Result<std::vector<Finding>> read_sarif(const json& document, const Subjects& subjects) {
  const auto version = text_at(document, "version");
  const auto& runs = member_at(document, "runs");
  if (!version.starts_with("2.") || !runs.is_array()) return Error{ErrorKind::InvalidInput, "what it printed is no SARIF 2.1.0"};
  if (runs.empty()) return Error{ErrorKind::InvalidInput, "its SARIF has no run, so nothing was looked at"};
  Findings findings(subjects);
  for (const auto& run : runs) CHECK_OK(take_run(run, findings));
  return findings.take();
}

}  // namespace driftwarden::gates
