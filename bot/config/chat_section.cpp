// chat: how people talk to the bot.
#include "bot/config/sections.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::string_view kMeaning = "a command such as \"rollback {1} --previous\"";

/// {1} to {9} and {*}, and no other brace.
bool has_good_places(std::string_view text) {
  for (std::size_t at = text.find_first_of("{}"); at != std::string_view::npos; at = text.find_first_of("{}", at)) {
    const bool good = text[at] == '{' && at + 2 < text.size() && text[at + 2] == '}' && ((text[at + 1] >= '1' && text[at + 1] <= '9') || text[at + 1] == '*');
    if (!good) return false;
    at += 3;
  }
  return true;
}

/// Only the form: which words are verbs is the grammar's business, and it has the last word.
void read_alias(ConfigReading& reading, const ConfigNode& name, const ConfigNode& value, std::map<std::string, std::string>& aliases) {
  const bool is_word = !name.text.empty() && std::ranges::none_of(name.text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '{' || c == '}'; });
  if (!is_word) reading.mistake(name, fmt::format("the alias {} isn't one word", describe(name)), "one word such as back");
  if (value.kind != ConfigNode::Kind::Scalar || trim(value.text).empty()) {
    return reading.mistake(value, fmt::format("the alias \"{}\" stands for {}", name.text, value.kind == ConfigNode::Kind::Scalar ? "nothing" : describe(value)), std::string(kMeaning));
  }
  if (!has_good_places(value.text)) reading.mistake(value, fmt::format("{} has a place that is neither {{1}} to {{9}} nor {{*}}", describe(value)), std::string(kMeaning));
  const auto [earlier, is_new] = aliases.emplace(to_lower(name.text), std::string(trim(value.text)));
  if (!is_new) reading.mistake(name, fmt::format("the alias {} is given twice", describe(name)), "another word: small and capital letters are the same");
}

}  // namespace

void read_chat(Section& root, Config& config) {
  root.inside("chat", [&](Section& section) {
    section.entries("aliases", [&](const ConfigNode& name, const ConfigNode& value) { read_alias(root.reading(), name, value, config.chat.aliases); });
    section.duration("follow_logs", config.chat.follow_logs);
    at_least_a_second(section, "follow_logs", config.chat.follow_logs);
  });
}

}  // namespace driftwarden
