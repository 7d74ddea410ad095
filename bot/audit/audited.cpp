#include "bot/audit/audited.hpp"

#include "bot/audit/details.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kOwn = "driftwarden";

/// "U024BE7LH", "W0123ABCD"
bool is_slack_id(const std::string& text) {
  if (text.size() < 2 || (text[0] != 'U' && text[0] != 'W')) return false;
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

std::string in_team(const std::string& team, const std::string& user) { return team.empty() ? user : team + "/" + user; }

ordered_json identities_of(const Person& person, const std::string& team) {
  ordered_json names = ordered_json::object();
  if (!person.slack.empty()) names["slack"] = in_team(team, person.slack);
  if (!person.forge.empty()) names["forge"] = person.forge;
  if (!person.emails.empty()) names["commit"] = fmt::format("{} <{}>", person.name, person.emails.front());
  return names;
}

}  // namespace

Result<AuditRow> AuditedTransaction::append_audit(const AuditEntry& entry) {
  auto completed = entry;
  complete_(completed);
  return inner_.append_audit(completed);
}

void said_in(AuditEntry& entry, const std::string& where) {
  if (entry.where.empty() || entry.actor != kOwn) entry.where = where.empty() ? entry.where : where;
}

void WhoIsWho::learn(const Config& config, const std::string& team) {
  auto known = std::make_shared<Known>();
  known->team = team;
  for (const auto& person : config.people) {
    const auto names = identities_of(person, team);
    if (!names.empty()) known->identities.emplace(person.name, names.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }
  const std::lock_guard lock(mutex_);
  known_ = std::move(known);
}

void WhoIsWho::complete(AuditEntry& entry) const {
  std::shared_ptr<const Known> known;
  {
    const std::lock_guard lock(mutex_);
    known = known_;
  }
  if (entry.actor.empty() || entry.actor == kOwn) return;
  const auto person = known->identities.find(entry.actor);
  if (person != known->identities.end()) return add_details(entry, ordered_json{{"identities", ordered_json::parse(person->second)}});
  if (!is_slack_id(entry.actor)) return;
  const ordered_json names{{"slack", in_team(known->team, entry.actor)}};
  add_details(entry, ordered_json{{"identities", names}});
}

}  // namespace driftwarden
