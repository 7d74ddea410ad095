#include "bot/pulls/pull_words.hpp"

#include "bot/change/judge_gates.hpp"
#include "bot/config/policy.hpp"
#include "bot/policy/findings.hpp"
#include "bot/policy/gate.hpp"
#include "bot/view/gate_words.hpp"
#include "bot/view/markdown.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

constexpr std::string_view kOurPrefix = "driftwarden/";
constexpr std::size_t kMostChannels = 5;
constexpr std::size_t kStatusLength = 140;  // what GitHub takes

bool is_of_account(const forge::PullRequest& pull, const forge::Account& account) {
  return !account.login.empty() && (pull.author == account.login || (account.is_app && pull.author == account.login + "[bot]"));
}

bool is_ours(const forge::PullRequest& pull, const Ours& ours) {
  if (is_of_account(pull, ours.account)) return true;
  if (pull.from_fork || !pull.branch.starts_with(kOurPrefix)) return false;
  return ours.account.login.empty() || ours.branches.contains(pull.branch);
}

bool is_over(const view::PullSummary& pull) { return pull.state == "merged" || pull.state == "closed"; }

/// Those where it was said before stay; of its Apps' the first that there is room for come to them.
PullMessages with_new_channels(const Config& config, const view::PullSummary& pull, PullMessages said) {
  const std::size_t most = pull.by_stranger ? 1 : kMostChannels;
  for (const auto& effect : pull.effects) {
    if (said.size() < most) said.try_emplace(channel_of(config, effect.app));
  }
  return said;
}

/// The channel of most of its Apps, of those in which it is said; of equal ones the first.
std::string main_channel(const Config& config, const view::PullSummary& pull, const PullMessages& said) {
  std::map<std::string, int> counts;
  std::string best;
  for (const auto& effect : pull.effects) ++counts[channel_of(config, effect.app)];
  for (const auto& effect : pull.effects) {
    const auto channel = channel_of(config, effect.app);
    if (said.contains(channel) && (best.empty() || counts[channel] > counts[best])) best = channel;
  }
  return best.empty() && !said.empty() ? said.begin()->first : best;
}

/// Of those Apps only that belong to the channel, or, in the first one, to a channel in which nothing is said.
view::PullSummary part_of_channel(const Config& config, view::PullSummary pull, const std::string& channel, const PullMessages& said, bool first) {
  std::vector<std::string> quiet;
  std::erase_if(pull.effects, [&](const view::PullEffect& effect) {
    const auto its = channel_of(config, effect.app);
    if (said.contains(its)) return its != channel;
    if (std::ranges::find(quiet, its) == quiet.end()) quiet.push_back(its);
    return !first;
  });
  if (first) pull.quiet_channels = std::move(quiet);
  if (!first) pull.not_rendered.clear();
  return pull;
}

/// Which rule it was, without what it says: "policy.approvals[1]; policy.destructive needs 2".
std::string rule_name(const std::string& rule) {
  const auto colon = rule.find(':');
  if (colon == std::string::npos) return rule;
  const auto rest = rule.find(';', colon);
  return rule.substr(0, colon) + (rest == std::string::npos ? "" : rule.substr(rest));
}

/// `round` makes a text that was said before, in between another, a new effect.
storage::OutboxRow row_of(std::string_view kind, const std::string& subject, const std::string& digest, std::int64_t round, WallTime now) {
  storage::OutboxRow row;
  row.kind = kind;
  row.lane = fmt::format("{}:{}", kind, subject);
  row.key = fmt::format("{}:{}:{}", row.lane, digest, round);
  row.coalesce = row.lane;
  row.created_at = now;
  row.not_before = now;
  return row;
}

}  // namespace

std::vector<forge::PullRequest> pulls_of_people(std::vector<forge::PullRequest> all, const std::string& branch, const Ours& ours, std::size_t limit) {
  std::erase_if(all, [&](const forge::PullRequest& pull) { return pull.state != forge::PullRequestState::Open || pull.base != branch || pull.head_sha.empty() || is_ours(pull, ours); });
  if (all.size() > limit) all.resize(limit);
  return all;
}

std::optional<std::int64_t> change_of_branch(const std::string& branch) {
  const auto prefix = std::string(kOurPrefix) + "c-";
  if (!branch.starts_with(prefix)) return std::nullopt;
  const auto rest = branch.substr(prefix.size());
  return parse_change_name(rest.substr(0, rest.find('-')));
}

void fit_diffs(std::vector<view::PullEffect>& effects, std::size_t limit) {
  const auto length_with = [&](std::size_t most) {
    std::size_t all = 0;
    for (const auto& effect : effects) all += std::min(effect.rendered_diff.size(), most) + std::min(effect.live_diff.size(), most);
    return all;
  };
  if (length_with(std::string::npos) <= limit) return;
  std::size_t fits = 0;
  for (auto step = std::bit_floor(limit); step > 0; step /= 2) {
    if (length_with(fits + step) <= limit) fits += step;
  }
  for (auto& effect : effects) {
    const bool follows = effect.live_diff == effect.rendered_diff;
    effect.rendered_diff = view::cut_text(effect.rendered_diff, fits);
    effect.live_diff = view::cut_text(effect.live_diff, fits);
    // What differs further down only is still no diff that says the same.
    if (!follows && effect.live_diff == effect.rendered_diff && !effect.live_diff.empty()) effect.live_diff += "\n(further down it differs)";
  }
}

std::string quorum_in_words(const Quorum& quorum, const std::string& what) {
  const auto rule = quorum.rule.empty() ? "" : fmt::format(" ({})", rule_name(quorum.rule));
  if (seats_of(quorum) <= 0) return what + " needs no approval" + rule;
  const auto counted = [](int need) { return need == 1 ? std::string("an approval") : fmt::format("{} approvals", need); };
  auto words = what + " needs ";
  if (quorum.need > 0) words += counted(quorum.need) + (quorum.from.empty() ? "" : " by " + join(quorum.from, ", "));
  if (const auto& extra = quorum.extra; extra.need > 0) {
    const std::string_view its_cost = "its cost ";
    const auto why = extra.why.starts_with(its_cost) ? "which " + extra.why.substr(its_cost.size()) : extra.why;
    words += fmt::format("{}{} by {} for its cost, {}", quorum.need > 0 ? " and " : "", counted(extra.need), join(extra.from, ", "), why);
  }
  if (quorum.step_up == StepUp::Totp) words += ", with a one-time code";
  if (quorum.step_up == StepUp::Forge) words += ", as reviews on the forge";
  if (quorum.typed_name) words += ", with the App's name typed";
  return words + rule;
}

ChangeVerb verb_after_merge(const App& app) { return app.kind == AppKind::Terraform && app.plan.apply ? ChangeVerb::Apply : ChangeVerb::Sync; }

void judge_effect(const Config& config, const PersonId& person, const std::vector<Hold>& holds, WallTime now, view::PullEffect& effect) {
  const bool nothing = is_rendered(effect.app) ? effect.rendered_diff.empty() : !effect.failure.empty();
  if (nothing) return;
  QuorumFacts facts;
  facts.verb = verb_after_merge(effect.app);
  facts.requester = person;
  facts.risk = effect.risk;
  facts.cost = effect.cost;
  facts.cost_trouble = effect.cost_trouble;
  facts.risen_lately = effect.risen_lately;
  const auto quorum = quorum_of(config, effect.app, facts);
  effect.policy = facts.verb == ChangeVerb::Apply ? quorum_in_words(quorum, "apply " + effect.app.name) : quorum_in_words(quorum);
  Change change;
  change.app = effect.app.name;
  change.requester = person;
  if (const auto obstacle = obstacle_to(config, effect.app, change, holds, GateStage::Apply, now)) effect.obstacles.push_back(obstacle->why);
}

bool gave_no_answer(const view::PullEffect& effect) {
  return effect.cost_may_come || std::ranges::any_of(effect.gates, [](const GateResult& gate) { return !gate.trouble.empty(); });
}

WaiversHere waivers_for(const Config& config, const view::PullSummary& pull, const view::PullEffect& effect, const std::vector<Waiver>& open, WallTime now) {
  Wanting by;
  by.people = {pull.person, pull.author};
  if (pull.person.empty()) by.unknown_account = pull.author;
  return waivers_here(config, open, effect.app, by, now);
}

forge::CommitStatus status_of_gates(const view::PullSummary& pull) {
  forge::CommitStatus status;
  status.context = kGatesStatus;
  std::vector<std::string> blocked;
  for (const auto& effect : pull.effects) {
    const auto words = view::blocking_words(effect.gates, effect.app.name, effect.waivers.counting);
    if (!words.empty()) blocked.push_back(fmt::format("{}: {}", effect.app.name, words));
  }
  const auto left = pull.not_judged;
  if (left > 0) blocked.push_back(fmt::format("{} not looked at, there are too many", left == 1 ? "one App was" : fmt::format("{} Apps were", left)));
  status.state = blocked.empty() ? forge::StatusState::Success : forge::StatusState::Failure;
  status.description = blocked.empty() ? (pull.effects.empty() ? "it touches no App" : "nothing new blocks") : ellipsize(without_control_characters(join(blocked, "; ")), kStatusLength);
  status.target_url = pull.url;
  return status;
}

std::string pull_status_setting(const std::string& repository, std::int64_t number) { return fmt::format("pull.status:{}:{}", repository, number); }

std::optional<StatusSaying> status_to_say(const view::PullSummary& pull, const std::string& said, WallTime now) {
  const auto status = status_of_gates(pull);
  const bool good = status.state == forge::StatusState::Success;
  const auto payload = dumped({{"repository", pull.repository}, {"number", pull.number}, {"sha", pull.head_sha}, {"good", good}, {"description", status.description}, {"url", status.target_url}});
  StatusSaying saying;
  saying.digest = sha256_hex(payload);
  if (saying.digest == said) return std::nullopt;
  saying.row = row_of(kPullStatus, fmt::format("{}:{}", pull.repository, pull.number), saying.digest, now.time_since_epoch().count(), now);
  saying.row.payload = payload;
  return saying;
}

std::string pull_messages_setting(const std::string& repository, std::int64_t number) { return fmt::format("pull.messages:{}:{}", repository, number); }

std::string to_json_text(const PullMessages& messages) {
  json out = json::object();
  for (const auto& [channel, at] : messages) out[channel] = at ? json::array({at->channel, at->ts}) : json(nullptr);
  return dumped(out);
}

PullMessages pull_messages_from(const std::string& text) {
  PullMessages messages;
  const auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return messages;
  for (const auto& [channel, at] : parsed.items()) {
    messages[channel] = std::nullopt;
    if (at.is_array() && at.size() == 2 && at[0].is_string() && at[1].is_string()) messages[channel] = MessageRef{at[0].get<std::string>(), at[1].get<std::string>()};
  }
  return messages;
}

std::optional<PullSaying> what_to_say(const Config& config, const view::PullSummary& pull, const PullSaid& said, std::size_t comment_limit, WallTime now) {
  if (!said.note && pull.effects.empty()) return std::nullopt;
  const auto round = said.note ? said.note->updated_at.time_since_epoch().count() : 0;
  const auto subject = fmt::format("{}:{}", pull.repository, pull.number);
  const auto comment = fmt::format("{}\n{}", kPullMarker, view::pull_comment(pull, comment_limit - kPullMarker.size() - 1));
  PullSaying saying;
  saying.messages = with_new_channels(config, pull, said.messages);
  const bool known = said.note && saying.messages.contains(said.note->channel);
  const auto first = known ? said.note->channel : main_channel(config, pull, saying.messages);
  std::string all = pull.state + "\n" + comment;
  std::vector<json> messages;
  for (const auto& [channel, at] : saying.messages) {
    const auto message = view::pull_message(part_of_channel(config, pull, channel, saying.messages, channel == first));
    messages.push_back({{"repository", pull.repository}, {"number", pull.number}, {"channel", channel}, {"text", message.text}, {"blocks", *message.blocks}});
    all += "\n" + dumped(messages.back());
  }
  const auto digest = sha256_hex(all);
  if (said.note && said.note->digest == digest) return std::nullopt;
  if (!is_over(pull)) {
    auto row = row_of(kPullComment, subject, digest, round, now);
    row.payload = dumped({{"repository", pull.repository}, {"number", pull.number}, {"text", comment}});
    saying.rows.push_back(std::move(row));
  }
  for (const auto& message : messages) {
    auto row = row_of(kPullMessage, subject + ":" + message.at("channel").get<std::string>(), digest, round, now);
    row.payload = dumped(message);
    saying.rows.push_back(std::move(row));
  }
  auto& note = saying.note;
  if (said.note) note = *said.note;
  note.repository = pull.repository;
  note.number = pull.number;
  note.head_sha = pull.head_sha;
  note.base_sha = pull.base_sha;
  note.digest = digest;
  if (note.channel.empty()) note.channel = first;
  note.closed = is_over(pull);
  note.updated_at = now;
  return saying;
}

}  // namespace driftwarden
