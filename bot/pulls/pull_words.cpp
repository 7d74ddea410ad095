#include "bot/pulls/pull_words.hpp"

#include "bot/config/policy.hpp"
#include "bot/policy/gate.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

bool is_ours(const forge::PullRequest& pull, const forge::Account& ours) {
  if (!pull.from_fork && pull.branch.starts_with("driftwarden/")) return true;
  if (ours.login.empty()) return false;
  return pull.author == ours.login || (ours.is_app && pull.author == ours.login + "[bot]");
}

bool is_over(const view::PullSummary& pull) { return pull.state == "merged" || pull.state == "closed"; }

/// Of those Apps only that belong to the channel.
view::PullSummary part_of_channel(const Config& config, view::PullSummary pull, const std::string& channel) {
  std::erase_if(pull.effects, [&](const view::PullEffect& effect) { return channel_of(config, effect.app) != channel; });
  return pull;
}

/// The channel of most of its Apps; of equal ones the first.
std::string main_channel(const Config& config, const view::PullSummary& pull) {
  std::map<std::string, int> counts;
  std::string best;
  for (const auto& effect : pull.effects) ++counts[channel_of(config, effect.app)];
  for (const auto& effect : pull.effects) {
    const auto channel = channel_of(config, effect.app);
    if (best.empty() || counts[channel] > counts[best]) best = channel;
  }
  return best;
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

std::vector<forge::PullRequest> pulls_of_people(std::vector<forge::PullRequest> all, const std::string& branch, const forge::Account& ours, std::size_t limit) {
  std::erase_if(all, [&](const forge::PullRequest& pull) { return pull.state != forge::PullRequestState::Open || pull.base != branch || pull.head_sha.empty() || is_ours(pull, ours); });
  if (all.size() > limit) all.resize(limit);
  return all;
}

std::string quorum_in_words(const Quorum& quorum) {
  const auto rule = quorum.rule.empty() ? "" : fmt::format(" ({})", rule_name(quorum.rule));
  if (quorum.need <= 0) return "a Change like this needs no approval" + rule;
  auto words = fmt::format("a Change like this needs {}", quorum.need == 1 ? "an approval" : fmt::format("{} approvals", quorum.need));
  if (!quorum.from.empty()) words += " by " + join(quorum.from, ", ");
  if (quorum.step_up == StepUp::Totp) words += ", with a one-time code";
  if (quorum.step_up == StepUp::Forge) words += ", as reviews on the forge";
  if (quorum.typed_name) words += ", with the App's name typed";
  return words + rule;
}

void judge_effect(const Config& config, const PersonId& person, const std::vector<Hold>& holds, WallTime now, view::PullEffect& effect) {
  if (effect.rendered_diff.empty()) return;
  QuorumFacts facts;
  facts.requester = person;
  facts.risk = effect.risk;
  effect.policy = quorum_in_words(quorum_of(config, effect.app, facts));
  Change change;
  change.app = effect.app.name;
  change.requester = person;
  if (const auto obstacle = obstacle_to(config, effect.app, change, holds, GateStage::Apply, now)) effect.obstacles.push_back(obstacle->why);
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
  saying.messages = said.messages;
  for (const auto& effect : pull.effects) saying.messages.try_emplace(channel_of(config, effect.app));
  std::string all = pull.state + "\n" + comment;
  std::vector<json> messages;
  for (const auto& [channel, at] : saying.messages) {
    const auto message = view::pull_message(part_of_channel(config, pull, channel));
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
  if (note.channel.empty()) note.channel = main_channel(config, pull);
  note.closed = is_over(pull);
  note.updated_at = now;
  return saying;
}

}  // namespace driftwarden
