#include "bot/policy/identity.hpp"

#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// "u024be7lh", "w0123abcd": a letter, a digit, and more of both.
bool reads_like_slack_id(const std::string& login) {
  constexpr std::size_t kShortest = 7;
  const auto lower = to_lower(login);
  if (lower == "uslackbot") return true;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (lower.size() < kShortest || (lower[0] != 'u' && lower[0] != 'w') || !is_digit(lower[1])) return false;
  return std::ranges::all_of(lower, [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); });
}

bool is_group(const Config& config, const std::string& name) { return std::ranges::find(config.groups, name, &Group::name) != config.groups.end(); }

}  // namespace

void add_identity(Config& config, const Identity& identity) {
  const auto* repository = find_repository(config, identity.repository);
  if (!identity.proven_at || identity.user.empty() || identity.forge.empty() || repository == nullptr) return;
  const auto known = std::ranges::find(config.people, identity.user, &Person::slack);
  if (known != config.people.end()) {
    if (!known->forge.empty() && !known->linked) return;
    known->forge = identity.forge;
    known->linked = true;
    known->forge_of = repository->forge.api_url;
    return;
  }
  // A name that the config gave to somebody else is not theirs.
  if (find_person(config, identity.user) != nullptr || is_group(config, identity.user)) return;
  Person person;
  person.name = identity.user;
  person.slack = identity.user;
  person.forge = identity.forge;
  person.linked = true;
  person.forge_of = repository->forge.api_url;
  config.people.push_back(std::move(person));
}

PersonId person_of_link(const Config& config, std::string_view slack_id) {
  const auto* person = person_by_slack(config, slack_id);
  return person == nullptr ? PersonId(slack_id) : person->name;
}

std::string misleading_login(const Config& config, const std::string& login, std::string_view slack_id) {
  if (reads_like_slack_id(login)) return fmt::format("\"{}\" reads like somebody's Slack id", login);
  const auto equal = [&](const std::string& name) { return to_lower(name) == to_lower(login); };
  for (const auto& person : config.people) {
    if (person.slack != slack_id && (equal(person.name) || equal(person.slack))) return fmt::format("\"{}\" is the name of somebody else here", login);
  }
  for (const auto& group : config.groups) {
    if (equal(group.name)) return fmt::format("\"{}\" is the name of a group here", login);
    for (const auto& member : group.members) {
      const auto* person = find_person(config, member);
      const bool own = member == slack_id || (person != nullptr && person->slack == slack_id);
      if (!own && equal(member)) return fmt::format("\"{}\" is the name of a member of {}", login, group.name);
    }
  }
  return {};
}

}  // namespace driftwarden
