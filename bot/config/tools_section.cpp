// plugins, tools, config_from: who renders, within what limits, and where the rest of the config is.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

/// A program of PATH or an absolute one: what lies in the App's directory is not trusted to be run by its name alone.
void check_program(Section& section) {
  const auto* list = section.find("command");
  if (list == nullptr || list->items.empty() || list->items.front().kind != ConfigNode::Kind::Scalar) return;
  const auto& program = list->items.front();
  if (program.text.find('/') == std::string::npos || program.text.starts_with('/')) return;
  section.reading().mistake(program, describe(program) + " is a relative path", "the name of a program, or an absolute path");
}

/// A rendering that may take longer holds up all that wait for its place.
constexpr Duration kLongest = std::chrono::minutes{10};

void read_timeout(Section& section, Duration& timeout) {
  section.duration("timeout", timeout);
  at_least_a_second(section, "timeout", timeout);
  if (timeout <= kLongest) return;
  section.reading().mistake(section.place("timeout"), fmt::format("\"timeout\" is {}", format_duration(timeout)), fmt::format("at most {}", format_duration(kLongest)));
}

}  // namespace

void read_plugins(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  root.each("plugins", [&](Section& section) {
    PluginSource plugin;
    read_name(section, plugin.name, seen);
    section.texts("command", plugin.command);
    if (!section.has("command")) {
      section.missing("command", "a list of texts: the program and its arguments");
    } else if (plugin.command.empty()) {
      section.reading().mistake(section.place("command"), "\"command\" is empty", "a list of texts: the program and its arguments");
    }
    check_program(section);
    read_timeout(section, plugin.timeout);
    config.plugins.push_back(std::move(plugin));
  });
}

void read_tools(Section& root, Config& config) {
  root.inside("tools", [&](Section& section) {
    section.choice<FenceMode>("fence", {{"best-effort", FenceMode::BestEffort}, {"required", FenceMode::Required}}, config.tools.fence);
    read_timeout(section, config.tools.timeout);
    section.integer("memory", 64, config.tools.memory_mib);
  });
}

void read_config_from(Section& root, Config& config) {
  if (!root.has("config_from")) return;
  root.inside("config_from", [&](Section& section) {
    ConfigFromGit from;
    section.named("repository", from.repository, NameKind::Repository);
    if (!section.has("repository")) section.missing("repository", "the name of a repository");
    read_path(section, from.path);
    config.from_git = std::move(from);
  });
}

}  // namespace driftwarden
