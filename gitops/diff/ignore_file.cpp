#include "gitops/diff/inputs.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

Error wrong(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

const std::vector<std::string> kRuleKeys{"match", "paths", "managers", "ops", "until", "reason", "owner"};
const std::vector<std::string> kMatchKeys{"group", "kind", "namespace", "name"};
const std::vector<std::string> kOps{"changed", "removed", "added", "stale", "order"};

/// Reads one rule; `where_` begins every error.
class RuleReader {
 public:
  explicit RuleReader(std::size_t number) : where_(fmt::format("ignore rule {}", number)) {}

  Result<IgnoreRule> read(const json& value) const {
    if (!value.is_object()) return wrong(fmt::format("{}: expected a mapping with paths or managers, found {}", where_, value.type_name()));
    CHECK_OK(check_keys(value, kRuleKeys, ""));
    IgnoreRule rule;
    CHECK_OK(match(value, rule.match));
    TRY(rule.paths, texts(value, "paths"));
    TRY(rule.managers, texts(value, "managers"));
    TRY(rule.ops, texts(value, "ops"));
    CHECK_OK(text(value, "reason", "", rule.reason));
    CHECK_OK(text(value, "owner", "", rule.owner));
    std::string until;
    CHECK_OK(text(value, "until", "", until));
    if (rule.paths.empty() && rule.managers.empty()) return wrong(fmt::format("{}: paths or managers must say what is ignored", where_));
    for (std::size_t i = 0; i < rule.paths.size(); ++i) {
      if (PathPattern::parse(rule.paths[i])) continue;
      return wrong(fmt::format("{}: paths[{}]: {} is no path; expected something like .spec.replicas or .spec.**.env[name=\"TZ\"]", where_, i,
                               json_quoted(rule.paths[i])));
    }
    for (std::size_t i = 0; i < rule.ops.size(); ++i) CHECK_OK(check_op(rule.ops[i], i));
    if (value.contains("until") && !value["until"].is_null()) {
      const auto time = parse_until(until);
      if (!time) return wrong(fmt::format("{}: until: {} is no date; expected 2026-12-31 or 2026-12-31T18:00:00Z", where_, json_quoted(until)));
      rule.until = *time;
    }
    return rule;
  }

 private:
  Result<void> check_keys(const json& value, const std::vector<std::string>& known, const std::string& prefix) const {
    for (const auto& [key, member] : value.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const auto meant = nearest(key, known);
      return wrong(fmt::format("{}: {}{}: not known; {}", where_, prefix, key,
                               meant ? fmt::format("did you mean {}?", *meant) : fmt::format("expected {}", join(known, ", "))));
    }
    return {};
  }

  Result<void> text(const json& value, const char* key, const std::string& prefix, std::string& into) const {
    const auto found = value.find(key);
    if (found == value.end() || found->is_null()) return {};
    if (!found->is_string()) return wrong(fmt::format("{}: {}{}: expected a text, found {}", where_, prefix, key, found->type_name()));
    into = found->get<std::string>();
    return {};
  }

  Result<void> match(const json& value, IgnoreRule::Match& into) const {
    const auto found = value.find("match");
    if (found == value.end() || found->is_null()) return {};
    if (!found->is_object()) return wrong(fmt::format("{}: match: expected a mapping, found {}", where_, found->type_name()));
    CHECK_OK(check_keys(*found, kMatchKeys, "match."));
    CHECK_OK(text(*found, "group", "match.", into.group));
    CHECK_OK(text(*found, "kind", "match.", into.kind));
    CHECK_OK(text(*found, "namespace", "match.", into.namespace_));
    CHECK_OK(text(*found, "name", "match.", into.name));
    return {};
  }

  Result<std::vector<std::string>> texts(const json& value, const char* key) const {
    std::vector<std::string> all;
    const auto found = value.find(key);
    if (found == value.end() || found->is_null()) return all;
    if (!found->is_array()) return wrong(fmt::format("{}: {}: expected a list of texts, found {}", where_, key, found->type_name()));
    for (std::size_t i = 0; i < found->size(); ++i) {
      const auto& item = (*found)[i];
      if (!item.is_string()) return wrong(fmt::format("{}: {}[{}]: expected a text, found {}", where_, key, i, item.type_name()));
      all.push_back(item.get<std::string>());
    }
    return all;
  }

  Result<void> check_op(const std::string& op, std::size_t index) const {
    if (std::find(kOps.begin(), kOps.end(), op) != kOps.end()) return {};
    return wrong(fmt::format("{}: ops[{}]: {} is none of {}", where_, index, json_quoted(op), join(kOps, ", ")));
  }

  std::string where_;
};

/// A YAML double-quoted scalar: JSON, with what YAML doesn't print or takes for a line break escaped.
std::string quoted(const std::string& text) {
  const auto plain = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const auto byte = [&](std::size_t at) { return at < plain.size() ? static_cast<unsigned char>(plain[at]) : 0U; };
    if (byte(i) == 0x7F) {
      out += "\\u007f";
    } else if (byte(i) == 0xC2 && byte(i + 1) < 0xA0) {
      out += fmt::format("\\u00{:02x}", byte(++i));
    } else if (byte(i) == 0xE2 && byte(i + 1) == 0x80 && (byte(i + 2) == 0xA8 || byte(i + 2) == 0xA9)) {
      out += byte(i + 2) == 0xA8 ? "\\u2028" : "\\u2029";
      i += 2;
    } else if ((byte(i) == 0xEF && byte(i + 1) == 0xBB && byte(i + 2) == 0xBF)) {
      out += "\\ufeff";
      i += 2;
    } else if (byte(i) == 0xEF && byte(i + 1) == 0xBF && (byte(i + 2) == 0xBE || byte(i + 2) == 0xBF)) {
      out += byte(i + 2) == 0xBE ? "\\ufffe" : "\\uffff";
      i += 2;
    } else {
      out += plain[i];
    }
  }
  return out;
}

void write_list(std::string& out, const char* key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out += fmt::format("  {}:\n", key);
  for (const auto& text : texts) out += fmt::format("  - {}\n", quoted(text));
}

std::string rule_text(const IgnoreRule& rule) {
  std::string out;
  std::string match;
  const auto part = [&match](const char* key, const std::string& glob) {
    if (glob != "*") match += fmt::format("    {}: {}\n", key, quoted(glob));
  };
  part("group", rule.match.group);
  part("kind", rule.match.kind);
  part("namespace", rule.match.namespace_);
  part("name", rule.match.name);
  if (!match.empty()) out += "  match:\n" + match;
  write_list(out, "paths", rule.paths);
  write_list(out, "managers", rule.managers);
  write_list(out, "ops", rule.ops);
  if (rule.until) out += fmt::format("  until: {}\n", quoted(format_time(*rule.until)));
  if (!rule.reason.empty()) out += fmt::format("  reason: {}\n", quoted(rule.reason));
  if (!rule.owner.empty()) out += fmt::format("  owner: {}\n", quoted(rule.owner));
  if (out.empty()) return "- {}\n";
  out[0] = '-';
  return out;
}

}  // namespace

Result<std::vector<IgnoreRule>> read_ignore_rules(const json& value) {
  const auto* list = &value;
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (key != "ignore") return wrong(fmt::format("{}: not known; expected a list of rules under ignore", key));
    }
    if (value.empty()) return std::vector<IgnoreRule>();
    list = &value["ignore"];
  }
  std::vector<IgnoreRule> rules;
  if (list->is_null()) return rules;
  if (!list->is_array()) return wrong(fmt::format("ignore: expected a list of rules, found {}", list->type_name()));
  for (std::size_t i = 0; i < list->size(); ++i) {
    TRY(auto rule, RuleReader(i + 1).read((*list)[i]));
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::string write_ignore_rules(const std::vector<IgnoreRule>& rules) {
  if (rules.empty()) return "ignore: []\n";
  std::string out = "ignore:\n";
  for (const auto& rule : rules) out += rule_text(rule);
  return out;
}

std::optional<WallTime> parse_until(std::string_view text) {
  const bool date_only = text.size() == 10;
  const auto time = parse_time(date_only ? std::string(text) + "T00:00:00Z" : std::string(text));
  if (!time) return std::nullopt;
  return date_only ? *time + std::chrono::hours{24} : *time;
}

}  // namespace driftwarden
