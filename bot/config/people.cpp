// Who is who: people by what the outside calls them, groups, and what links them to a forge.
#include "bot/config/policy.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

bool names(const std::vector<std::string>& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

/// What `link` proved, it proved on one forge.
bool is_known_on(const Person& person, std::string_view api_url) { return person.forge_of.empty() || api_url.empty() || person.forge_of == api_url; }

/// The logins that an address of a forge's own may stand for: "alice", "1+alice" (GitHub), "1-alice" (GitLab). None of any other address.
std::vector<std::string> logins_in(std::string_view email) {
  const auto at = email.find('@');
  if (at == std::string_view::npos || at == 0) return {};
  const auto host = to_lower(email.substr(at + 1));
  if (!host.starts_with("users.noreply.") && !host.starts_with("noreply.")) return {};
  const auto local = email.substr(0, at);
  std::vector<std::string> logins{std::string(local)};
  const auto digits = local.find_first_not_of("0123456789");
  const bool numbered = digits != std::string_view::npos && digits > 0 && digits + 1 < local.size() && (local[digits] == '+' || local[digits] == '-');
  if (numbered) logins.emplace_back(local.substr(digits + 1));
  return logins;
}

bool is_login_of(const Person& person, const std::string& email) {
  return !person.forge.empty() && std::ranges::any_of(logins_in(email), [&](const std::string& login) { return to_lower(login) == to_lower(person.forge); });
}

bool have_one_login(const Person& a, const Person& b) {
  const bool one_forge = a.forge_of.empty() || b.forge_of.empty() || a.forge_of == b.forge_of;
  return one_forge && !a.forge.empty() && to_lower(a.forge) == to_lower(b.forge);
}

bool have_one_email(const Person& a, const Person& b) {
  return std::ranges::any_of(a.emails, [&](const std::string& email) {
    return is_login_of(b, email) || std::ranges::any_of(b.emails, [&](const std::string& theirs) { return to_lower(email) == to_lower(theirs); });
  });
}

void add_members(const Config& config, const std::string& name, const App* app, int depth, std::vector<PersonId>& out) {
  constexpr int kDeepest = 8;
  if (depth > kDeepest) return;
  const auto add = [&](const PersonId& person) {
    if (!names(out, person)) out.push_back(person);
  };
  if (name == "owners") {
    for (const auto& owner : app == nullptr ? std::vector<std::string>{} : app->owners) {
      if (owner != "owners") add_members(config, owner, app, depth + 1, out);
    }
  } else if (name == "*") {
    for (const auto& person : config.people) add(person.name);
  } else if (const auto group = std::ranges::find(config.groups, name, &Group::name); group != config.groups.end()) {
    for (const auto& member : group->members) {
      const bool nested = std::ranges::find(config.groups, member, &Group::name) != config.groups.end();
      if (nested) {
        add_members(config, member, app, depth + 1, out);
      } else {
        add(member);
      }
    }
  } else if (find_person(config, name) != nullptr) {
    add(name);
  }
}

}  // namespace

bool is_linked(const Config& config, const PersonId& who, const App& app) {
  const auto* person = find_person(config, who);
  if (person == nullptr) return false;
  const bool has_login = person->linked || !person->forge.empty();
  const auto knows_them = [&](const RepositoryConfig& repository) {
    return repository.forge.kind == ForgeKind::None || (has_login && is_known_on(*person, repository.forge.api_url));
  };
  if (const auto* repository = find_repository(config, app.repository)) return knows_them(*repository);
  if (has_login && person->forge_of.empty()) return true;
  // Of everything: some forge knows them, or there is none.
  const auto has_forge = [](const RepositoryConfig& repository) { return repository.forge.kind != ForgeKind::None; };
  if (std::ranges::none_of(config.repositories, has_forge)) return true;
  return std::ranges::any_of(config.repositories, [&](const RepositoryConfig& repository) { return has_forge(repository) && knows_them(repository); });
}

std::string unlinked_words(const Config& config, const PersonId& who) {
  if (find_person(config, who) == nullptr) {
    return fmt::format("{} is nobody that I know: the config's people don't name them, and no `link LOGIN` was proven; until then they may only read",
                       who.empty() ? "whoever asks" : who);
  }
  return fmt::format("{} isn't linked to the forge: `link LOGIN` proves who they are there; until then they may only read", who);
}

bool is_same_person(const Config& config, const PersonId& one, const PersonId& other) {
  if (one.empty() || other.empty()) return false;
  if (one == other) return true;
  const auto known = [&](const PersonId& id) {
    const auto* person = find_person(config, id);
    if (person == nullptr) person = person_by_slack(config, id);
    return person == nullptr ? person_by_forge(config, id) : person;
  };
  const auto* a = known(one);
  const auto* b = known(other);
  if (a == nullptr || b == nullptr) return false;
  if (a == b || (!a->slack.empty() && a->slack == b->slack)) return true;
  return have_one_login(*a, *b) || have_one_email(*a, *b) || have_one_email(*b, *a);
}

const Person* find_person(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.people, name, &Person::name);
  return found == config.people.end() ? nullptr : &*found;
}

const Person* person_by_slack(const Config& config, std::string_view slack_id) {
  if (slack_id.empty()) return nullptr;
  const auto found = std::ranges::find(config.people, slack_id, &Person::slack);
  return found == config.people.end() ? nullptr : &*found;
}

const Person* person_by_forge(const Config& config, std::string_view login, std::string_view api_url) {
  if (login.empty()) return nullptr;
  // Forges don't tell logins apart by case.
  const auto found = std::ranges::find_if(config.people, [&](const Person& person) { return is_known_on(person, api_url) && to_lower(person.forge) == to_lower(login); });
  return found == config.people.end() ? nullptr : &*found;
}

const Person* person_by_email(const Config& config, std::string_view email) {
  if (email.empty()) return nullptr;
  const auto found = std::ranges::find_if(config.people, [&](const Person& person) {
    return std::ranges::any_of(person.emails, [&](const std::string& one) { return to_lower(one) == to_lower(email); });
  });
  if (found != config.people.end()) return &*found;
  for (const auto& login : logins_in(email)) {
    if (const auto* person = person_by_forge(config, login)) return person;
  }
  return nullptr;
}

std::vector<PersonId> members_of(const Config& config, const std::string& name, const App* app) {
  std::vector<PersonId> members;
  add_members(config, name, app, 0, members);
  return members;
}

void set_usergroup_members(Config& config, std::string_view usergroup, const std::vector<std::string>& slack_ids) {
  for (auto& group : config.groups) {
    if (usergroup.empty() || group.slack_usergroup != usergroup) continue;
    group.members.clear();
    for (const auto& id : slack_ids) {
      const auto* person = person_by_slack(config, id);
      group.members.push_back(person == nullptr ? id : person->name);
    }
  }
}

}  // namespace driftwarden
