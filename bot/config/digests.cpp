// What a reload compares: a digest for each key of the root, of what is meant and not of how it is written.
#include "bot/config/sections.hpp"
#include "gitops/base/crypto.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// With its length, so that two texts in a row never look like two others.
void add_text(std::string& out, char mark, std::string_view text) { out += fmt::format("{}{}:{}", mark, text.size(), text); }

void add_node(std::string& out, const ConfigReading& reading, const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::Null: out += 'n'; break;
    case ConfigNode::Kind::Scalar: add_text(out, node.plain ? 'p' : 'q', node.text); break;
    case ConfigNode::Kind::List:
      out += fmt::format("l{}:", node.items.size());
      for (const auto& item : node.items) add_node(out, reading, item);
      break;
    case ConfigNode::Kind::Map: {
      std::map<std::string_view, const ConfigNode*> sorted;
      for (const auto& entry : node.entries) sorted.emplace(entry.key.text, &entry.value);
      out += fmt::format("m{}:", sorted.size());
      for (const auto& [key, value] : sorted) {
        add_text(out, 'k', key);
        add_node(out, reading, *value);
      }
      break;
    }
  }
  if (const auto secret = reading.secrets.find(&node); secret != reading.secrets.end()) add_text(out, '!', secret->second);
}

}  // namespace

std::map<std::string, std::string> digests_of(const ConfigReading& reading, const ConfigNode& root, const Config& config) {
  std::map<std::string, std::string> digests;
  for (const auto& entry : root.entries) {
    if (entry.key.text == "include") continue;
    std::string text;
    add_node(text, reading, entry.value);
    if (entry.key.text == "slack") {
      // Tokens that aren't referred to come from the environment.
      add_text(text, '!', config.slack.app_token.reveal());
      add_text(text, '!', config.slack.bot_token.reveal());
    }
    digests[entry.key.text] = sha256_hex(text);
  }
  return digests;
}

}  // namespace driftwarden
