// people, groups: who is who.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// The secret itself is never repeated, only what is wrong with it.
void read_totp(Section& section, Person& person) {
  constexpr std::size_t kLeastBytes = 10;
  section.secret_value("totp", person.totp, SecretForm::Token);
  if (!person.totp || person.totp->empty()) return;
  const auto bytes = decode_base32(person.totp->value.reveal());
  constexpr std::string_view expected = "base32 (letters and the digits 2 to 7) of 10 bytes or more, as authenticator apps take it";
  if (!bytes) {
    section.reading().mistake(section.place("totp"), "the one-time secret isn't base32", std::string(expected));
  } else if (bytes->size() < kLeastBytes) {
    section.reading().mistake(section.place("totp"), fmt::format("the one-time secret has {} bytes only", bytes->size()), std::string(expected));
  }
}

void read_person(Section& section, Config& config, std::map<std::string, const ConfigNode*>& seen, std::map<std::string, const ConfigNode*>& slack_ids) {
  Person person;
  read_name(section, person.name, seen);
  section.checked(
      "slack", person.slack, [](std::string_view text) -> std::string { return is_slack_user(text) ? "" : "isn't a Slack user"; },
      "a member id such as U024BE7LH");
  section.text("forge", person.forge);
  section.texts("emails", person.emails);
  read_totp(section, person);
  const auto* slack = section.find("slack");
  if (slack != nullptr && !person.slack.empty()) {
    const auto [earlier, is_new] = slack_ids.emplace(person.slack, slack);
    if (!is_new) {
      section.reading().mistake(*slack, fmt::format("the Slack user {} is two people", person.slack),
                                fmt::format("another id (first at {}:{})", earlier->second->source->name, earlier->second->line));
    }
  }
  if (const auto* emails = section.find("emails"); emails != nullptr) {
    for (const auto& item : emails->items) {
      const auto at = item.text.find('@');
      const bool good = item.kind != ConfigNode::Kind::Scalar || (at != std::string::npos && at > 0 && at + 1 < item.text.size());
      if (!good) section.reading().mistake(item, fmt::format("{} isn't an e-mail address", describe(item)), "name@example.org");
    }
  }
  config.people.push_back(std::move(person));
}

void read_group(Section& section, Config& config, std::map<std::string, const ConfigNode*>& seen) {
  Group group;
  read_name(section, group.name, seen);
  if (group.name == "owners" || group.name == "codeowners") {
    section.reading().mistake(section.place("name"), fmt::format("\"{}\" is a word of the policy", group.name), "another name");
  }
  section.named_list("members", group.members, NameKind::PersonOrGroup);
  section.checked(
      "slack_usergroup", group.slack_usergroup, [](std::string_view text) -> std::string { return is_slack_usergroup(text) ? "" : "isn't a user group"; },
      "an id such as S0614TZR7");
  if (!section.has("members") && !section.has("slack_usergroup")) section.missing("members", "members or slack_usergroup");
  config.groups.push_back(std::move(group));
}

}  // namespace

void read_people(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  std::map<std::string, const ConfigNode*> slack_ids;
  root.each("people", [&](Section& section) { read_person(section, config, seen, slack_ids); });
  root.each("groups", [&](Section& section) { read_group(section, config, seen); });
}

}  // namespace driftwarden
