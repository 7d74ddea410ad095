// `kyverno apply --policy-report --output-format json -v=3`: reports of one line each, between words for people.
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "integrations/gates/readers.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>

namespace driftwarden::gates {
namespace {

using nlohmann::json;

std::string_view first_text(const json& object, const char* key, const char* other) {
  const auto text = text_at(object, key);
  return text.empty() ? text_at(object, other) : text;
}

/// Kyverno makes rules for controllers of those for Pods.
std::string rule_of(const json& result) {
  auto rule = text_at(result, "rule");
  for (const auto prefix : {std::string_view("autogen-cronjob-"), std::string_view("autogen-")}) {
    if (rule.starts_with(prefix)) {
      rule.remove_prefix(prefix.size());
      break;
    }
  }
  const std::string policy(text_at(result, "policy"));
  return rule.empty() || rule == policy ? policy : fmt::format("{}.{}", policy, rule);
}

std::vector<std::string> objects_of(const json& result, const Subjects& subjects) {
  const auto& list = member_at(result, "resources").is_array() ? member_at(result, "resources") : member_at(result, "subjects");
  std::vector<std::string> objects;
  if (!list.is_array()) return objects;
  for (const auto& one : list) {
    auto known = subjects.of(text_at(one, "kind"), text_at(one, "namespace"), text_at(one, "name"));
    objects.push_back(known.empty() ? fmt::format("{} {}", text_at(one, "kind"), text_at(one, "name")) : std::move(known));
  }
  return objects;
}

Result<void> take_result(const json& result, Findings& into) {
  const auto outcome = first_text(result, "result", "status");
  if (outcome == "pass" || outcome == "skip") return Result<void>{};
  const auto message = first_text(result, "message", "description");
  if (outcome != "fail" && outcome != "warn") {
    return Error{ErrorKind::Corrupt, fmt::format("its policy {} couldn't be tried: {}", clean_text(into.subjects(), rule_of(result), 100), clean_text(into.subjects(), message, 200))};
  }
  auto objects = objects_of(result, into.subjects());
  if (objects.empty()) objects.emplace_back();
  for (auto& object : objects) {
    Finding finding;
    finding.rule = rule_of(result);
    finding.object = std::move(object);
    finding.message = message;
    finding.blocks = outcome == "fail";
    into.add(std::move(finding));
  }
  return Result<void>{};
}

/// What its log says when a policy or an object couldn't be read or tried: it goes on without it, and ends well.
constexpr std::array<std::string_view, 5> kLeftOut{"skipping invalid YAML file", "Non-fatal parsing error", "failed to load resources", "failed to apply policies on resource", "policy validation error"};

std::string left_out_by(const std::string& log) {
  for (const auto& line : split(log, '\n')) {
    for (const auto words : kLeftOut) {
      const auto at = line.find(words);
      if (at != std::string::npos) return line.substr(at, line.find(" logger=", at) - at);
    }
  }
  return {};
}

bool tells_of_left_out(std::string_view line) { return line.starts_with("Policies Skipped") || line.starts_with("Invalid Policies"); }

}  // namespace

Result<std::vector<Finding>> read_kyverno(const Printed& printed, const Subjects& subjects) {
  if (const auto what = left_out_by(printed.err); !what.empty()) {
    return Error{ErrorKind::Corrupt, fmt::format("it left something out (its policies must be policies and nothing else): {}", clean_text(subjects, what, 300))};
  }
  Findings findings(subjects);
  bool left_out = false;
  for (const auto& line : split(printed.out, '\n')) {
    const auto words = trim(line);
    if (left_out && !words.empty() && !words.starts_with("---")) {
      return Error{ErrorKind::Corrupt, fmt::format("it left a policy out: {}", clean_text(subjects, words, 200))};
    }
    left_out = left_out || tells_of_left_out(words);
    if (!words.starts_with('{')) continue;
    TRY(const auto report, parse_answer(words));
    const auto& results = member_at(*report, "results");
    if (!results.is_array()) return Error{ErrorKind::InvalidInput, "what it printed is no policy report"};
    for (const auto& result : results) CHECK_OK(take_result(result, findings));
  }
  if (left_out) return Error{ErrorKind::InvalidInput, "it left a policy out"};
  return findings.take();
}

}  // namespace driftwarden::gates
