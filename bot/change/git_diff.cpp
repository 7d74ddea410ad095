#include "bot/change/git_diff.hpp"

#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace driftwarden {
namespace {

/// "kind: Secret", quoted or not, in YAML or JSON, in any line of the patch.
bool speaks_of_secrets(std::string_view patch) {
  for (const auto& line : split(patch, '\n')) {
    const auto kind = line.find("kind");
    if (kind == std::string::npos) continue;
    auto rest = line.substr(kind + 4);
    std::erase_if(rest, [](unsigned char c) { return c == '"' || c == '\'' || c == ',' || std::isspace(c) != 0; });
    if (rest.starts_with(":Secret")) return true;
  }
  return false;
}

bool is_named_like_a_secret(const std::string& path) {
  const auto lower = to_lower(path);
  return lower.find("secret") != std::string::npos || lower.find("credential") != std::string::npos;
}

/// `+  password: hunter2` keeps its key only.
std::string without_sensitive_value(const std::string& line) {
  const auto colon = line.find(':');
  if (colon == std::string::npos || colon + 1 == line.size()) return line;
  auto key = line.substr(0, colon);
  std::erase_if(key, [](unsigned char c) { return c == '+' || c == '-' || c == '"' || c == '\'' || std::isspace(c) != 0; });
  if (key.empty() || !Redactor::is_sensitive_name(key)) return line;
  return line.substr(0, colon + 1) + " (hidden)";
}

}  // namespace

std::string shown_git_diff(const std::vector<FileDiff>& files) {
  std::string text;
  for (const auto& file : files) {
    if (speaks_of_secrets(file.patch) || is_named_like_a_secret(file.path)) {
      text += fmt::format("{}: {} lines added, {} removed; not shown, since it holds a Secret\n", file.path, file.added, file.removed);
      continue;
    }
    bool hidden = false;  // an env var's value stands on the line below its name
    for (const auto& line : split(file.patch, '\n')) {
      const auto trimmed = trim(std::string_view(line).substr(line.empty() ? 0 : 1));
      const bool value_line = trimmed.starts_with("value:") || trimmed.starts_with("- value:");
      text += hidden && value_line ? line.substr(0, line.find(':') + 1) + " (hidden)" : without_sensitive_value(line);
      text += '\n';
      const auto name = trimmed.find("name:");
      if (!value_line) hidden = name != std::string_view::npos && Redactor::is_sensitive_name(trim(trimmed.substr(name + 5)));
    }
    while (text.ends_with("\n\n")) text.pop_back();
  }
  return text;
}

}  // namespace driftwarden
