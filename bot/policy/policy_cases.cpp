#include "bot/policy/policy_cases.hpp"

#include "bot/config/policy.hpp"
#include "bot/config/section.hpp"
#include "bot/config/yaml_tree.hpp"
#include "bot/policy/gate.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr std::int64_t kMicros = 1'000'000;

/// What `expect` says; only what is given is looked at.
struct Expectation {
  std::string word;  ///< "allowed", "refused", "frozen", "counts"
  std::optional<int> need;
  std::optional<std::vector<std::string>> from;
  std::optional<StepUp> step_up;
  std::optional<bool> typed_name;
  std::optional<int> for_cost;
};

struct PolicyCase {
  int line = 0;
  PersonId who;
  std::string verb;
  bool approves = false;
  PersonId by;
  PersonId delegated_by;
  App app;
  RiskTier risk = RiskTier::None;
  std::vector<PersonId> authors;
  std::vector<PersonId> code_owners;
  std::optional<std::int64_t> more_a_month;
  std::optional<WallTime> at;
  std::string rule;
  Expectation expect;
};

/// The keys of one mapping; what isn't asked for is a mistake, as in the config.
class Keys {
 public:
  Keys(const ConfigNode& node, std::vector<ConfigMistake>& mistakes) : node_(node), mistakes_(mistakes) {}

  const ConfigNode* find(const std::string& key) {
    known_.push_back(key);
    return node_.find(key);
  }

  std::string word(const std::string& key) {
    const auto* value = find(key);
    if (value == nullptr) return {};
    if (value->kind == ConfigNode::Kind::Scalar && !value->text.empty()) return value->text;
    mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), "a text");
    return {};
  }

  std::string needed(const std::string& key, const std::string& expected) {
    if (node_.find(key) == nullptr) mistake(node_, fmt::format("the case has no \"{}\"", key), expected);
    return word(key);
  }

  std::vector<std::string> words(const std::string& key) {
    std::vector<std::string> out;
    const auto* value = find(key);
    if (value == nullptr) return out;
    if (value->kind == ConfigNode::Kind::Scalar) return {value->text};
    if (value->kind != ConfigNode::Kind::List) mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), "a list of names");
    for (const auto& item : value->items) {
      if (item.kind == ConfigNode::Kind::Scalar) {
        out.push_back(item.text);
      } else {
        mistake(item, fmt::format("\"{}\" holds {}", key, describe(item)), "a name");
      }
    }
    return out;
  }

  /// A word of which `read` knows the meaning.
  template <class Value>
  void meant(const std::string& key, const std::string& expected, const std::function<std::optional<Value>(const std::string&)>& read, std::optional<Value>& out) {
    const auto text = word(key);
    if (text.empty()) return;
    out = read(text);
    if (!out) mistake(*node_.find(key), fmt::format("\"{}\" is \"{}\"", key, text), expected);
  }

  void finish() {
    for (const auto& entry : node_.entries) {
      if (std::ranges::find(known_, entry.key.text) == known_.end()) mistake(entry.key, "unknown key " + describe(entry.key), expected_of(entry.key.text, known_));
    }
  }

  void mistake(const ConfigNode& node, std::string what, std::string expected) { mistakes_.push_back(mistake_at(node, std::move(what), std::move(expected))); }
  const ConfigNode& node() const { return node_; }

 private:
  const ConfigNode& node_;
  std::vector<ConfigMistake>& mistakes_;
  std::vector<std::string> known_;
};

std::optional<bool> truth(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<int> count(const std::string& text) {
  if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoi(text);
}

/// Whole units of the config's currency.
std::optional<std::int64_t> amount(const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoll(text);
}

Expectation read_expectation(Keys& keys, bool approves, std::vector<ConfigMistake>& mistakes) {
  Expectation expect;
  const auto* node = keys.find("expect");
  const std::string expected = approves ? "counts or refused" : "allowed, refused, frozen or {need: 2, from: [...], step_up: totp, typed_name: true, for_cost: 1}";
  if (node == nullptr) {
    keys.mistake(keys.node(), "the case has no \"expect\"", expected);
  } else if (node->kind == ConfigNode::Kind::Map && !approves) {
    Keys inner{*node, mistakes};
    inner.meant<int>("need", "a whole number from 0", count, expect.need);
    if (node->find("from") != nullptr) expect.from = inner.words("from");
    inner.meant<StepUp>("step_up", "none, totp or forge", [](const std::string& text) { return step_up_from(text); }, expect.step_up);
    inner.meant<bool>("typed_name", "true or false", truth, expect.typed_name);
    inner.meant<int>("for_cost", "a whole number from 0", count, expect.for_cost);
    inner.finish();
    expect.word = "allowed";
  } else {
    const std::set<std::string> words = approves ? std::set<std::string>{"counts", "refused"} : std::set<std::string>{"allowed", "refused", "frozen"};
    if (node->kind == ConfigNode::Kind::Scalar && words.contains(node->text)) {
      expect.word = node->text;
    } else {
      keys.mistake(*node, "\"expect\" is " + describe(*node), expected);
    }
  }
  return expect;
}

/// An App of the config, or one that discovery would bring: then the case says where it stands.
App read_app(Keys& keys, const Config& config) {
  const auto name = keys.needed("app", "the name of an App");
  App made;
  if (const auto* known = find_app(config, name)) made = *known;
  const bool unknown = made.name.empty();
  made.name = name;
  const auto environment = keys.word("environment");
  const auto cluster = keys.word("cluster");
  const auto repository = keys.word("repository");
  if (!environment.empty()) made.environment = environment;
  if (!cluster.empty()) made.cluster = cluster;
  if (!repository.empty()) made.repository = repository;
  if (keys.node().find("owners") != nullptr) made.owners = keys.words("owners");
  keys.find("owners");
  if (unknown && environment.empty() && !name.empty()) {
    std::vector<std::string> names;
    for (const auto& app : config.apps) names.push_back(app.name);
    keys.mistake(*keys.node().find("app"), fmt::format("unknown App \"{}\"", name), expected_of(name, names) + ", or an environment for one that discovery brings");
  }
  if (made.environment.empty()) {
    if (const auto* where = find_cluster(config, made.cluster)) made.environment = where->environment;
  }
  return made;
}

void read_verb(Keys& keys, PolicyCase& made) {
  const auto* may_node = keys.find("may");
  const auto* approves_node = keys.find("approves");
  if ((may_node == nullptr) == (approves_node == nullptr)) return keys.mistake(keys.node(), "the case has no verb, or two", "one of may and approves");
  made.approves = approves_node != nullptr;
  made.verb = keys.word(made.approves ? "approves" : "may");
  const auto& verbs = policy_verbs();
  const bool known = made.approves ? change_verb_from(made.verb).has_value() : std::ranges::find(verbs, made.verb) != verbs.end();
  if (!known && !made.verb.empty()) keys.mistake(made.approves ? *approves_node : *may_node, fmt::format("unknown verb \"{}\"", made.verb), expected_of(made.verb, verbs));
}

PolicyCase read_case(const ConfigNode& node, const Config& config, std::vector<ConfigMistake>& mistakes) {
  PolicyCase made;
  made.line = node.line;
  Keys keys{node, mistakes};
  made.who = keys.needed("who", "a person");
  read_verb(keys, made);
  made.app = read_app(keys, config);
  if (made.approves) {
    made.by = keys.needed("by", "the person who asked");
    made.delegated_by = keys.word("delegated_by");
  }
  std::optional<RiskTier> risk;
  keys.meant<RiskTier>("risk", "none, low, medium, high or destructive", [](const std::string& text) { return risk_tier_from(text); }, risk);
  made.risk = risk.value_or(RiskTier::None);
  made.authors = keys.words("authors");
  made.code_owners = keys.words("code_owners");
  keys.meant<std::int64_t>("more_a_month", "a whole amount such as 250", amount, made.more_a_month);
  keys.meant<WallTime>("at", "a time such as 2026-11-21T22:00:00Z",
                       [](const std::string& text) -> std::optional<WallTime> {
                         const auto time = parse_time(text);
                         return time ? std::optional{*time} : std::nullopt;
                       },
                       made.at);
  made.rule = keys.word("rule");
  made.expect = read_expectation(keys, made.approves, mistakes);
  keys.finish();
  return made;
}

Quorum quorum_in(const Config& config, const PolicyCase& asked, const PersonId& requester) {
  QuorumFacts facts;
  facts.verb = change_verb_from(asked.verb).value_or(ChangeVerb::Sync);
  facts.requester = requester;
  facts.risk.tier = asked.risk;
  facts.code_owners = asked.code_owners;
  facts.commit_authors = asked.authors;
  if (asked.more_a_month) {
    facts.cost.emplace();
    facts.cost->currency = config.cost.currency;
    facts.cost->after.micros = *asked.more_a_month * kMicros;
  }
  if (asked.at && !is_git_only(facts.verb)) facts.overridden = freeze_to_override(config, asked.app, *asked.at);
  return quorum_of(config, asked.app, facts);
}

std::string words_of(const Quorum& quorum) {
  auto words = fmt::format("need {}", quorum.need);
  if (!quorum.from.empty()) words += " from " + join(quorum.from, ", ");
  if (quorum.step_up != StepUp::None) words += fmt::format(", step_up {}", to_string(quorum.step_up));
  if (quorum.typed_name) words += ", typed_name";
  if (quorum.extra.need > 0) words += fmt::format(", for_cost {} from {}: {}", quorum.extra.need, join(quorum.extra.from, ", "), quorum.extra.why);
  return fmt::format("{} ({})", words, quorum.rule);
}

bool fits(const Expectation& expect, const Quorum& quorum) {
  const auto sorted = [](std::vector<std::string> names) {
    std::ranges::sort(names);
    return names;
  };
  return (!expect.need || *expect.need == quorum.need) && (!expect.from || sorted(*expect.from) == sorted(quorum.from)) && (!expect.step_up || *expect.step_up == quorum.step_up) &&
         (!expect.typed_name || *expect.typed_name == quorum.typed_name) && (!expect.for_cost || *expect.for_cost == quorum.extra.need);
}

bool asks_for_quorum(const Expectation& expect) { return expect.need || expect.from || expect.step_up || expect.typed_name || expect.for_cost; }

std::string said_words(const PolicyCase& asked) {
  auto words = asked.approves ? fmt::format("{} approves {} of {} by {}", asked.who, asked.verb, asked.app.name, asked.by)
                              : fmt::format("{} may {} {}", asked.who, asked.verb, asked.app.name);
  if (asked.risk != RiskTier::None) words += fmt::format(" at risk {}", to_string(asked.risk));
  if (asked.more_a_month) words += fmt::format(" at {} more a month", *asked.more_a_month);
  if (asked.at) words += " at " + format_time(*asked.at);
  if (!asks_for_quorum(asked.expect)) return fmt::format("{}: {}", words, asked.expect.word);
  std::vector<std::string> parts;
  if (asked.expect.need) parts.push_back(fmt::format("need {}", *asked.expect.need));
  if (asked.expect.from) parts.push_back("from " + join(*asked.expect.from, ", "));
  if (asked.expect.step_up) parts.push_back(fmt::format("step_up {}", to_string(*asked.expect.step_up)));
  if (asked.expect.typed_name) parts.push_back(*asked.expect.typed_name ? "typed_name" : "no typed_name");
  if (asked.expect.for_cost) parts.push_back(fmt::format("for_cost {}", *asked.expect.for_cost));
  return fmt::format("{}: {}", words, join(parts, ", "));
}

void judge_request(const Config& config, const PolicyCase& asked, WallTime now, PolicyCaseResult& result) {
  const auto names_rule = [&](const std::string& rule) { return asked.rule.empty() || rule.find(asked.rule) != std::string::npos; };
  const auto decision = may(config, asked.who, asked.verb, asked.app);
  if (!decision.allowed) {
    result.got = "refused: " + decision.rule;
    result.passed = asked.expect.word == "refused" && names_rule(decision.rule);
    return;
  }
  // Without a time the case is about roles, not about the day it is run on.
  const bool touches = class_of(asked.verb) == VerbClass::Mutation && asked.verb != to_string(ChangeVerb::Ignore);
  const bool timed = asked.at || asked.expect.word == "frozen";
  const auto freeze = touches && timed ? active_freeze(config, asked.app, asked.at.value_or(now)) : std::nullopt;
  if (asks_for_quorum(asked.expect)) {
    const auto quorum = quorum_in(config, asked, asked.who);
    result.got = words_of(quorum);
    result.passed = fits(asked.expect, quorum) && names_rule(quorum.rule);
  } else if (freeze) {
    result.got = "frozen: " + *freeze;
    result.passed = asked.expect.word == "frozen" && names_rule(*freeze);
  } else {
    result.got = "allowed: " + decision.rule;
    result.passed = asked.expect.word == "allowed" && names_rule(decision.rule);
  }
}

void judge_approval(const Config& config, const PolicyCase& asked, WallTime now, PolicyCaseResult& result) {
  Change change;
  change.app = asked.app.name;
  change.verb = *change_verb_from(asked.verb);
  change.requester = asked.by;
  change.risk.tier = asked.risk;
  change.quorum = quorum_in(config, asked, asked.by);
  std::vector<Delegation> delegations;
  const auto at = asked.at.value_or(now);
  if (!asked.delegated_by.empty()) delegations.push_back({.id = 1, .from = asked.delegated_by, .to = asked.who, .since = at, .until = at + std::chrono::hours{1}, .ended_at = {}});
  const auto verdict = may_count(config, asked.who, change, asked.app, delegations, at);
  const auto why = !verdict.counts ? verdict.why_not : verdict.extra_only ? change.quorum.extra.why : change.quorum.rule;
  result.got = fmt::format("{}: {}{}", verdict.counts ? "counts" : "refused", why, verdict.in_place_of.empty() ? "" : ", in place of " + verdict.in_place_of);
  result.passed = asked.expect.word == (verdict.counts ? "counts" : "refused") && (asked.rule.empty() || why.find(asked.rule) != std::string::npos);
}

Error mistakes_error(const std::vector<ConfigMistake>& mistakes) {
  std::vector<std::string> lines;
  for (const auto& mistake : mistakes) lines.push_back(to_string(mistake));
  return Error{ErrorKind::InvalidInput, join(lines, "\n")};
}

}  // namespace

Result<std::vector<PolicyCaseResult>> run_policy_cases(const Config& config, const std::string& text, const std::string& file, WallTime now) {
  const ConfigSource source{.name = file, .directory = {}, .order = 0};
  std::vector<ConfigMistake> mistakes;
  const auto root = parse_yaml_tree(text, source, mistakes);
  if (!mistakes.empty()) return mistakes_error(mistakes);
  const auto* list = root.kind == ConfigNode::Kind::Map ? root.find("cases") : nullptr;
  if (list == nullptr || list->kind != ConfigNode::Kind::List) {
    return mistakes_error({mistake_at(list == nullptr ? root : *list, list == nullptr ? "there are no cases" : "\"cases\" is " + describe(*list), "a list under \"cases\"")});
  }
  for (const auto& entry : root.entries) {
    if (entry.key.text != "cases") mistakes.push_back(mistake_at(entry.key, "unknown key " + describe(entry.key), "\"cases\""));
  }
  std::vector<PolicyCase> cases;
  for (const auto& item : list->items) {
    if (item.kind == ConfigNode::Kind::Map) {
      cases.push_back(read_case(item, config, mistakes));
    } else {
      mistakes.push_back(mistake_at(item, "a case is " + describe(item), "a mapping"));
    }
  }
  if (!mistakes.empty()) return mistakes_error(mistakes);
  std::vector<PolicyCaseResult> results;
  for (const auto& asked : cases) {
    PolicyCaseResult result{.line = asked.line, .said = said_words(asked), .passed = false, .got = {}};
    if (asked.approves) {
      judge_approval(config, asked, now, result);
    } else {
      judge_request(config, asked, now, result);
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace driftwarden
