// Whom an alert names, as Slack writes it.
#include "bot/config/policy.hpp"
#include "bot/config/syntax.hpp"
#include "bot/routing/routing.hpp"
#include "integrations/slack/slack.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

class Mentions {
 public:
  Mentions(const Config& config, const App& app, const std::vector<std::string>& code_owners) : config_(config), app_(app), code_owners_(code_owners) {}

  /// A person, a group, "owners" or "codeowners". "*" stands for everybody where the config says whom to name; whom Git calls an owner does not.
  void add(const std::string& name, int depth = 0) {
    constexpr int kDeepest = 8;
    if (depth > kDeepest) return;
    if (name == "owners") {
      for (const auto& owner : app_.owners) {
        if (owner != "owners" && owner != "*") add(owner, depth + 1);
      }
    } else if (name == "codeowners") {
      for (const auto& owner : code_owners_) add_code_owner(owner, depth + 1);
    } else if (const auto* group = find_group(name); group != nullptr) {
      add_group(*group, depth);
    } else if (name == "*") {
      for (const auto& person : config_.people) add_person(person);
    } else if (const auto* person = find_person(config_, name); person != nullptr) {
      add_person(*person);
    } else {
      say(is_slack_user(name) ? "<@" + name + ">" : slack::escape(name));
    }
  }

  std::vector<std::string> take() { return std::move(said_); }

 private:
  const Group* find_group(const std::string& name) const {
    const auto found = std::ranges::find(config_.groups, name, &Group::name);
    return found == config_.groups.end() ? nullptr : &*found;
  }

  void add_group(const Group& group, int depth) {
    if (!group.slack_usergroup.empty()) return say("<!subteam^" + group.slack_usergroup + ">");
    for (const auto& member : group.members) add(member, depth + 1);
  }

  void add_person(const Person& person) { say(person.slack.empty() ? slack::escape(person.name) : "<@" + person.slack + ">"); }

  /// "@login", "@org/team" or an e-mail address.
  void add_code_owner(const std::string& owner, int depth) {
    if (!owner.starts_with('@')) {
      const auto* person = person_by_email(config_, owner);
      return person == nullptr ? say(slack::escape(owner)) : add_person(*person);
    }
    const auto login = owner.substr(1);
    const auto slash = login.rfind('/');
    const auto* group = find_group(slash == std::string::npos ? login : login.substr(slash + 1));
    if (slash != std::string::npos && group != nullptr) return add_group(*group, depth);
    const auto* repository = find_repository(config_, app_.repository);
    const auto* person = person_by_forge(config_, login, repository == nullptr ? "" : repository->forge.api_url);
    if (person != nullptr) return add_person(*person);
    if (group != nullptr) return add_group(*group, depth);
    say(slack::escape(owner));
  }

  void say(std::string mention) {
    if (std::ranges::find(said_, mention) == said_.end()) said_.push_back(std::move(mention));
  }

  const Config& config_;
  const App& app_;
  const std::vector<std::string>& code_owners_;
  std::vector<std::string> said_;
};

}  // namespace

std::vector<std::string> mentions(const Config& config, const std::vector<std::string>& names, const App& app, const std::vector<std::string>& code_owners, std::size_t limit) {
  Mentions mentions{config, app, code_owners};
  for (const auto& name : names) mentions.add(name);
  auto said = mentions.take();
  if (said.size() > limit) said.resize(limit);
  return said;
}

}  // namespace driftwarden
