#include "bot/audit/words.hpp"

#include "bot/audit/details.hpp"
#include "gitops/base/plain_time.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kLongestText = 200;
constexpr std::size_t kShortSha = 7;
constexpr std::size_t kMostListed = 10;

struct Phrase {
  std::string_view action;
  std::string_view words;  ///< before the subject
};

constexpr auto kPhrases = std::to_array<Phrase>({
    {"change.requested", "asked for"},
    {"change.drafted", "took a model's draft for"},
    {"change.proposed", "proposed"},
    {"change.approved", "approved"},
    {"change.rejected", "rejected"},
    {"change.cancelled", "cancelled"},
    {"change.content-moved", "saw another commit on the branch of"},
    {"change.base-moved", "makes anew"},
    {"change.merged", "merged"},
    {"change.overtaken", "left unapplied"},
    {"change.glass-mended", "asks for the approvals of"},
    {"change.break-glass", "put in force behind a broken glass"},
    {"change.followed-up", "asked again for"},
    {"change.applied", "applied"},
    {"change.done", "saw in force"},
    {"change.expired", "let expire"},
    {"change.superseded", "gave up for another Change"},
    {"change.failed", "gave up"},
    {"commit.landed", "saw others bring"},
    {"commit.caught-up", "saw others bring"},
    {"commit.rewritten", "saw a force-push to"},
    {"incident.opened", "opened"},
    {"incident.updated", "saw more of"},
    {"incident.reopened", "opened again"},
    {"incident.resolved", "closed"},
    {"incident.acknowledged", "is on"},
    {"incident.snoozed", "snoozed"},
    {"incident.woken", "woke"},
    {"incident.told", "told of"},
    {"command.refused", "was refused"},
    {"action.refused", "was refused"},
    {"review.refused", "reviewed without effect"},
    {"envelope.refused", "was not heard"},
    {"effect.given-up", "gave up telling or doing"},
    {"config.taken", "took a new configuration"},
    {"hold.lock", "locked:"},
    {"hold.unlock", "unlocked:"},
    {"hold.freeze", "froze:"},
    {"hold.unfreeze", "thawed:"},
    {"hold.halt", "halted:"},
    {"hold.resume", "resumed:"},
    {"hold.break-glass", "broke the glass:"},
    {"hold.break-glass-end", "mended the glass:"},
    {"hold.lock-ended", "unlocked:"},
    {"hold.freeze-ended", "thawed:"},
    {"hold.freeze-replaced", "replaced the freeze:"},
    {"hold.halt-ended", "resumed:"},
    {"hold.break-glass-ended", "mended the glass:"},
    {"silence.begun", "began"},
    {"silence.ended", "ended"},
    {"waiver.begun", "began"},
    {"waiver.ended", "ended"},
    {"waiver.suspended", "suspended"},
    {"waiver.resumed", "resumed"},
    {"waiver.used", "used"},
    {"delegation.added", "delegated:"},
    {"delegation.ended", "ended"},
    {"identity.asked", "asked for the link of"},
    {"identity.linked", "is linked:"},
    {"cost.merged", "counts what was merged past it:"},
    {"logs.read", "read the logs of"},
    {"sentence.run", "ran what was read of plain words"},
    {"model.asked", "asked a model"},
    {"model.answered", "has a model's answer"},
    {"model.failed", "has no answer of a model"},
});

std::string text_at(const ordered_json& detail, const char* key) {
  const auto found = detail.find(key);
  if (found == detail.end()) return {};
  if (found->is_string()) return ellipsize(without_control_characters(found->get<std::string>()), kLongestText);
  return found->is_number_integer() ? std::to_string(found->get<std::int64_t>()) : std::string();
}

bool is_true(const ordered_json& detail, const char* key) {
  const auto found = detail.find(key);
  return found != detail.end() && found->is_boolean() && found->get<bool>();
}

/// "incident.some-thing" of an action that has no phrase: "incident some thing".
std::string plain_action(std::string action) {
  std::ranges::replace_if(action, [](char c) { return c == '.' || c == '-'; }, ' ');
  return without_control_characters(action);
}

std::string phrase_of(const std::string& action) {
  const auto found = std::ranges::find(kPhrases, action, &Phrase::action);
  return found == kPhrases.end() ? plain_action(action) : std::string(found->words);
}

bool is_hex(const std::string& text) { return text.size() > kShortSha && text.find_first_not_of("0123456789abcdef") == std::string::npos; }

/// "by bob, carol", of those whose yes is to what it is now.
std::string approvers_of(const ordered_json& detail) {
  const auto found = detail.find("approvals");
  std::vector<std::string> people;
  if (found == detail.end() || !found->is_array()) return {};
  for (const auto& approval : *found) {
    if (approval.is_object() && !is_true(approval, "void")) people.push_back(text_at(approval, "by"));
  }
  return join(people, ", ");
}

/// The row that "41:9f2c..." names.
std::string row_of(const std::string& mark) { return mark.empty() ? mark : "row " + mark.substr(0, mark.find(':')); }

void add(std::vector<std::string>& facts, std::string_view before, const std::string& text) {
  if (!text.empty()) facts.push_back(fmt::format("{}{}", before, text));
}

/// Of a draft, and of the model's rows. The prompt itself is for `audit export`.
void add_model(std::vector<std::string>& facts, const ordered_json& detail) {
  add(facts, "", text_at(detail, "purpose"));
  add(facts, "by ", text_at(detail, "model"));
  if (const auto steps = text_at(detail, "steps"); !steps.empty()) facts.push_back(steps == "1" ? "1 step" : steps + " steps");
  if (is_true(detail, "cut")) facts.emplace_back("cut short");
  add(facts, "to ", row_of(text_at(detail, "question")));
  add(facts, "asked in ", row_of(text_at(detail, "asked")));
}

/// "a, b and 3 more"; "" for an empty list.
std::string list_at(const ordered_json& detail, const char* key, const char* more_key) {
  const auto found = detail.find(key);
  if (found == detail.end() || !found->is_array() || found->empty()) return {};
  std::vector<std::string> some;
  for (const auto& one : *found) {
    if (one.is_string() && some.size() < kMostListed) some.push_back(ellipsize(without_control_characters(one.get<std::string>()), kLongestText));
  }
  const auto more = detail.find(more_key);
  const auto left = found->size() - some.size() + (more != detail.end() && more->is_number_unsigned() ? more->get<std::size_t>() : 0);
  return join(some, ", ") + (left > 0 ? fmt::format(" and {} more", left) : "");
}

/// How long a list is, with what was left out of it.
std::size_t length_of(const ordered_json& detail, const char* key, const char* more_key) {
  const auto found = detail.find(key);
  const auto more = detail.find(more_key);
  return (found != detail.end() && found->is_array() ? found->size() : 0) + (more != detail.end() && more->is_number_unsigned() ? more->get<std::size_t>() : 0);
}

/// Of what reached a branch past the bot.
void add_commit(std::vector<std::string>& facts, const AuditEntry& entry, const ordered_json& detail) {
  add(facts, "by ", text_at(detail, "by"));
  add(facts, "by ", list_at(detail, "people", "more_people"));
  add(facts, "committed by ", text_at(detail, "committer"));
  add(facts, "pull request ", text_at(detail, "pull_request"));
  add(facts, "says it is pull request ", text_at(detail, "says_pull_request"));
  add(facts, "the commit of ", text_at(detail, "change"));
  add(facts, "says it is of ", text_at(detail, "says_change"));
  if (const auto brought = length_of(detail, "brought", "more_brought"); brought > 0) facts.push_back(fmt::format("with {} more commit{}", brought, brought == 1 ? "" : "s"));
  if (is_true(detail, "has_older")) facts.emplace_back("after others, too many to look at");
  if (entry.action == "commit.rewritten") {
    facts.push_back(fmt::format("from {} to {}", text_at(detail, "before").substr(0, kShortSha), text_at(detail, "after").substr(0, kShortSha)));
    const auto lost = length_of(detail, "lost", "more_lost");
    if (detail.contains("lost")) facts.push_back(fmt::format("{} commit{} gone from it", lost, lost == 1 ? "" : "s"));
  } else {
    facts.push_back(fmt::format("to {} of {}", text_at(detail, "branch"), text_at(detail, "repository")));
  }
  if (entry.app.empty()) add(facts, "in ", list_at(detail, "apps", "more_apps"));
}

std::vector<std::string> facts_of(const AuditEntry& entry, const ordered_json& detail) {
  std::vector<std::string> facts;
  const bool refused = entry.action.ends_with(".refused");
  if (refused || entry.action == "sentence.run") add(facts, "", text_at(detail, "command"));
  if (entry.action == "change.requested") add(facts, "", text_at(detail, "verb"));
  if (entry.action == "change.approved") {
    add(facts, "via ", text_at(detail, "via"));
    if (is_true(detail, "stepped_up")) facts.emplace_back("with a one-time code");
    add(facts, "in place of ", text_at(detail, "in_place_of"));
  }
  if (entry.action == "change.merged" || entry.action == "change.done") add(facts, "approved by ", approvers_of(detail));
  if (entry.action == "change.proposed" || entry.action == "change.merged") add(facts, "pull request ", text_at(detail, "pull_request"));
  if (entry.action == "change.followed-up" || entry.action == "change.superseded" || entry.action == "incident.resolved") add(facts, "by ", text_at(detail, "by"));
  const bool of_waiver = entry.action.starts_with("waiver.");
  if (of_waiver) facts.push_back(waived_words(entry));
  if (of_waiver) add(facts, "for ", text_at(detail, "change"));
  if (of_waiver && text_at(detail, "owner") != entry.actor) add(facts, "given by ", text_at(detail, "owner"));
  if (entry.action.starts_with("model.") || entry.action == "change.drafted") add_model(facts, detail);
  if (entry.action.starts_with("commit.")) {
    add_commit(facts, entry, detail);
    return facts;
  }
  add(facts, "outside of what is allowed: ", text_at(detail, "outside"));
  for (const auto* key : {"scope", "match", "to", "login", "cause", "from", "changed"}) add(facts, "", text_at(detail, key));
  add(facts, "until ", plain_moment(text_at(detail, "until")));
  add(facts, "", text_at(detail, "kind"));
  for (const auto* key : {"why", "what", "rule"}) {
    if (!of_waiver) add(facts, "", text_at(detail, key));
  }
  add(facts, "because ", text_at(detail, "reason"));
  return facts;
}

}  // namespace

std::string waived_words(const AuditEntry& entry) {
  const auto detail = detail_of(entry);
  const auto object = text_at(detail, "object");
  return fmt::format("{}/{}{}", text_at(detail, "gate"), text_at(detail, "rule"), object.empty() ? "" : " of " + object);
}

std::string deed_words(const AuditEntry& entry) {
  const auto detail = detail_of(entry);
  auto words = phrase_of(entry.action);
  const auto subject = without_control_characters(entry.subject);
  const std::string_view before = entry.action.starts_with("model.") || entry.action == "sentence.run" ? " about " : " ";
  if (!subject.empty()) words.append(before).append(subject);
  if (!entry.app.empty() && entry.app != entry.subject) words.append(entry.subject.empty() ? before : " of ").append(without_control_characters(entry.app));
  if (entry.action.starts_with("change.") && is_hex(entry.on)) words += " at " + entry.on.substr(0, kShortSha);
  const auto facts = facts_of(entry, detail);
  return facts.empty() ? words : words + ": " + join(facts, ", ");
}

std::string row_words(const AuditRow& row) {
  auto words = fmt::format("{:>6}  {}  {:<14} {}", row.seq, format_time(row.at), without_control_characters(row.entry.actor), deed_words(row.entry));
  if (!row.entry.where.empty()) words += "  [" + without_control_characters(row.entry.where) + "]";
  return words;
}

}  // namespace driftwarden
