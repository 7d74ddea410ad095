// `conftest test --output json`: a list with an entry for each file and namespace.
#include "gitops/base/members.hpp"
#include "integrations/gates/readers.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace driftwarden::gates {
namespace {

using nlohmann::json;

/// As a policy that returns more than a message calls itself.
std::string_view own_name(const json& metadata) {
  for (const auto* key : {"rule", "id", "code"}) {
    if (const auto name = text_at(metadata, key); !name.empty()) return name;
  }
  return {};
}

/// "deny_latest" of "data.main.deny_latest"; "" of those that have no name of their own.
std::string rule_of(const json& result, const std::string& namespace_) {
  const auto& metadata = member_at(result, "metadata");
  if (const auto name = own_name(metadata); !name.empty()) return std::string(name);
  auto query = text_at(metadata, "query");
  query = query.substr(query.rfind('.') == std::string_view::npos ? 0 : query.rfind('.') + 1);
  static constexpr std::array<std::string_view, 4> kUnnamed{"", "deny", "violation", "warn"};
  const bool unnamed = std::ranges::find(kUnnamed, query) != kUnnamed.end();
  auto rule = unnamed ? rule_with_digest(query.empty() ? "deny" : query, text_at(result, "msg")) : std::string(query);
  return namespace_.empty() || namespace_ == "main" ? rule : namespace_ + "." + rule;
}

struct Tally {
  std::size_t tests = 0;
  std::set<std::string> files{};
  bool combined = false;
};

Result<void> take_entry(const json& entry, Findings& into, Tally& tally) {
  if (!entry.is_object() || !member_at(entry, "filename").is_string()) return Error{ErrorKind::InvalidInput, "an entry of what it printed names no file"};
  const auto file = text_at(entry, "filename");
  const auto object = into.subjects().of_file(file);
  tally.files.insert(object);
  tally.combined = tally.combined || file == "Combined";
  const auto& successes = member_at(entry, "successes");
  if (successes.is_number_unsigned()) tally.tests += successes.get<std::size_t>();
  for (const auto* key : {"exceptions", "skipped"}) tally.tests += member_at(entry, key).is_array() ? member_at(entry, key).size() : 0;
  const std::string namespace_(text_at(entry, "namespace"));
  for (const auto* key : {"failures", "warnings"}) {
    const auto& list = member_at(entry, key);
    if (!list.is_array()) continue;
    tally.tests += list.size();
    for (const auto& result : list) {
      Finding finding;
      finding.rule = rule_of(result, namespace_);
      finding.object = object;
      finding.message = text_at(result, "msg");
      finding.path = text_at(member_at(result, "metadata"), "path");
      finding.blocks = key == std::string_view("failures");
      finding.link = text_at(member_at(result, "metadata"), "url");
      into.add(std::move(finding));
    }
  }
  return Result<void>{};
}

}  // namespace

Result<std::vector<Finding>> read_conftest(const json& document, const Subjects& subjects) {
  if (!document.is_array()) return Error{ErrorKind::InvalidInput, "what it printed isn't conftest's list of results"};
  Findings findings(subjects);
  Tally tally;
  for (const auto& entry : document) CHECK_OK(take_entry(entry, findings, tally));
  if (tally.tests == 0) {
    return Error{ErrorKind::InvalidInput, "none of its policies looked at anything: are they in the namespace that is tested (arguments: [--namespace, NAME] or [--all-namespaces])?"};
  }
  if (!tally.combined) {
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      const auto object = subjects.of_file(subjects.file(i));
      if (!tally.files.contains(object)) return Error{ErrorKind::InvalidInput, fmt::format("it didn't look at {}", object)};
    }
  }
  return findings.take();
}

}  // namespace driftwarden::gates
