#pragma once
// help: what the one who asks may say, and how one verb is used.
#include "bot/command/command.hpp"
#include "integrations/slack/slack.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::view {

/// Under which headline a verb is listed.
enum class HelpGroup { Look, Change, Decide, KeepQuiet, Admin };
std::string_view to_string(HelpGroup group);
HelpGroup group_of(Verb verb);
/// A whole command as one would type it: "logs checkout since 15m tail 200".
std::string example_of(Verb verb);

struct HelpContent {
  std::vector<Verb> allowed;
  std::string bot_name;
  std::map<std::string, std::string> aliases;  ///< of the config, only those that count
};
slack::Message help_page(const HelpContent& content);
/// One verb: usage, an example, its other names. `allowed` false: that is said, too.
slack::Message help_of_verb(Verb verb, bool allowed, const HelpContent& content);
/// What an alias stands for.
slack::Message help_of_alias(const std::string& alias, const std::string& meaning);

}  // namespace driftwarden::view
