#include "bot/policy/code_owners.hpp"

#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <optional>
#include <regex>

namespace driftwarden {
namespace {

constexpr std::size_t kMaxRules = 5000;
constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxRegex = 256;
constexpr std::size_t kMaxPath = 1024;

/// Words of a line; a backslash keeps a blank or "#" in its word (and stays, for the pattern's own reading). "#" at a word's begin ends the line.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '\\' && at + 1 < line.size()) {
      word += c;
      word += line[++at];
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else if (c == '#' && word.empty()) {
      break;
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

bool is_owner(const std::string& word) {
  const auto at = word.find('@');
  return at != std::string::npos && at + 1 < word.size() && word.size() <= 255;
}

std::vector<std::string> owners_among(const std::vector<std::string>& words, std::size_t from) {
  std::vector<std::string> owners;
  for (std::size_t at = from; at < words.size(); ++at) {
    if (is_owner(words[at])) owners.push_back(words[at]);
  }
  return owners;
}

/// "[Section]", "^[Section][2] @owner": its name and the owners of lines that name none.
struct Heading {
  std::string name;
  std::vector<std::string> owners;
};
std::optional<Heading> heading_of(std::string_view line) {
  if (line.starts_with('^')) line.remove_prefix(1);
  if (!line.starts_with('[')) return std::nullopt;
  const auto close = line.find(']');
  if (close == std::string_view::npos || close == 1) return std::nullopt;
  Heading heading{std::string(trim(line.substr(1, close - 1))), {}};
  auto rest = line.substr(close + 1);
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    const auto number = rest.substr(1, end == std::string_view::npos ? 0 : end - 1);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    rest = rest.substr(end + 1);
  }
  if (!rest.empty() && rest[0] != ' ' && rest[0] != '\t') return std::nullopt;
  heading.owners = owners_among(words_of(rest), 0);
  return heading;
}

/// One part of a path: "*" any run, "?" one character, "\x" x; "[...]" where the dialect has it.
bool segment_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (escaped ? pattern[p + 1] == text[t] : pattern[p] == '?' || pattern[p] == text[t])) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// The pattern's parts from the root on. A last part of "**" means everything below, one of "*" exactly one more.
struct PathPattern {
  std::vector<std::string> parts;
  bool also_below = false;  ///< what the last part names may be a directory
};

std::optional<PathPattern> path_pattern(const std::string& text, ForgeKind dialect) {
  if (text.empty() || text == "/" || text.find("***") != std::string::npos) return std::nullopt;
  const bool github = dialect == ForgeKind::GitHub;
  PathPattern pattern{split(text, '/'), false};
  auto& parts = pattern.parts;
  const bool rooted = parts.front().empty();
  if (rooted) parts.erase(parts.begin());
  const bool single = parts.size() == 1 || (parts.size() == 2 && parts[1].empty());
  // GitHub, as gitignore: a slash in the middle ties it to the root. GitLab: only one in front does.
  if (!rooted && (single || !github) && parts.front() != "**") parts.insert(parts.begin(), "**");
  if (parts.size() > 1 && parts.back().empty()) parts.back() = "**";
  if (std::ranges::any_of(parts, [](const std::string& part) { return part.empty(); })) return std::nullopt;
  pattern.also_below = github && parts.back() != "*" && parts.back() != "**";
  return pattern;
}

/// Rows of a table, so that many "**" cost no more than the product of the two lengths.
bool parts_match(const PathPattern& pattern, const std::vector<std::string>& path) {
  const auto& parts = pattern.parts;
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    std::vector<bool> next(path.size() + 1, false);
    const bool last = p + 1 == parts.size();
    for (std::size_t at = 0; at <= path.size(); ++at) {
      if (!reached[at]) continue;
      if (parts[p] == "**") {
        // At the end it needs something below, elsewhere none is fine.
        for (std::size_t to = at + (last ? 1 : 0); to <= path.size(); ++to) next[to] = true;
        break;
      }
      if (at < path.size() && segment_matches(parts[p], path[at])) next[at + 1] = true;
    }
    reached = std::move(next);
  }
  if (reached[path.size()]) return true;
  return pattern.also_below && std::ranges::find(reached, true) != reached.end();
}

bool path_matches(const std::string& text, const std::string& path, ForgeKind dialect) {
  // "*" alone is everything in both.
  if (text == "*" || text == "**") return true;
  const auto pattern = path_pattern(text, dialect);
  return pattern && parts_match(*pattern, split(path, '/'));
}

/// Repetitions blow the automaton up before it runs.
bool is_tame(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMaxRegex) return false;
  int repeats = 0;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
      // Go has no back-references; std::regex reads any number of digits for one.
      if (at < pattern.size() && pattern[at] >= '0' && pattern[at] <= '9') return false;
    } else if (pattern[at] == '{' && ++repeats > 2) {
      return false;
    }
  }
  std::size_t digits = 0;
  for (const char c : pattern) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > 2 && repeats > 0) return false;
  }
  return true;
}

/// Go's syntax is its own; what both read alike is what people write. The polynomial automaton can't be made to hang.
std::optional<std::regex> compiled(std::string pattern) {
  auto flags = std::regex::ECMAScript | std::regex_constants::__polynomial;
  if (pattern.starts_with("(?i)")) {
    pattern.erase(0, 4);
    flags |= std::regex::icase;
  }
  if (!is_tame(pattern)) return std::nullopt;
  try {
    return std::regex(pattern, flags);
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

bool regex_matches(const std::string& text, const std::string& path) {
  const bool negative = text.starts_with('!');
  const auto expression = compiled(negative ? text.substr(1) : text);
  if (!expression || path.size() > kMaxPath) return false;
  try {
    return std::regex_match(path, *expression) != negative;
  } catch (const std::regex_error&) {
    return false;
  }
}

bool is_readable(const std::string& pattern, ForgeKind dialect) {
  if (dialect == ForgeKind::Gitea) return compiled(pattern.starts_with('!') ? pattern.substr(1) : pattern).has_value();
  if (dialect == ForgeKind::GitHub && (pattern.starts_with('!') || pattern.find('[') != std::string::npos)) return false;
  const auto plain = pattern.starts_with('!') ? pattern.substr(1) : pattern;
  return plain == "*" || plain == "**" || path_pattern(plain, dialect).has_value();
}

void add_new(std::vector<std::string>& into, const std::vector<std::string>& from) {
  for (const auto& one : from) {
    if (std::ranges::find(into, one) == into.end()) into.push_back(one);
  }
}

std::vector<std::string> of_all_matches(const std::vector<CodeOwnersRule>& rules, const std::string& path) {
  std::vector<std::string> owners;
  for (const auto& rule : rules) {
    if (regex_matches(rule.pattern, path)) add_new(owners, rule.owners);
  }
  return owners;
}

std::vector<std::string> sections_of(const std::vector<CodeOwnersRule>& rules) {
  std::vector<std::string> sections;
  for (const auto& rule : rules) add_new(sections, {to_lower(rule.section)});
  return sections;
}

/// The last match of one section; an exclusion takes the path out of it for good.
std::vector<std::string> of_section(const std::vector<CodeOwnersRule>& rules, const std::string& section, const std::string& path, ForgeKind dialect) {
  const CodeOwnersRule* last = nullptr;
  for (const auto& rule : rules) {
    if (to_lower(rule.section) != section) continue;
    const bool excludes = rule.pattern.starts_with('!');
    if (!path_matches(excludes ? rule.pattern.substr(1) : rule.pattern, path, dialect)) continue;
    if (excludes) return {};
    last = &rule;
  }
  return last == nullptr ? std::vector<std::string>{} : last->owners;
}

}  // namespace

std::vector<CodeOwnersRule> parse_code_owners(std::string_view text, ForgeKind dialect) {
  std::vector<CodeOwnersRule> rules;
  Heading section;
  int number = 0;
  for (const auto& raw : split(text, '\n')) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || line.starts_with('#') || line.size() > kMaxLine || rules.size() >= kMaxRules) continue;
    if (dialect == ForgeKind::GitLab) {
      if (auto heading = heading_of(line)) {
        section = std::move(*heading);
        continue;
      }
    }
    const auto words = words_of(line);
    if (words.empty() || !is_readable(words[0], dialect)) continue;
    auto owners = owners_among(words, 1);
    if (owners.empty() && dialect == ForgeKind::Gitea) continue;
    if (owners.empty() && dialect == ForgeKind::GitLab) owners = section.owners;
    rules.push_back({.pattern = words[0], .owners = std::move(owners), .section = section.name, .line = number});
  }
  return rules;
}

std::vector<std::string> code_owners_files(ForgeKind dialect) {
  switch (dialect) {
    case ForgeKind::GitHub: return {".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"};
    case ForgeKind::GitLab: return {"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"};
    case ForgeKind::Gitea: return {"CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"};
    case ForgeKind::None: return {};
  }
  return {};
}

std::vector<std::string> owners_of_path(const std::vector<CodeOwnersRule>& rules, const std::string& path, ForgeKind dialect) {
  if (path.empty() || path.size() > kMaxPath) return {};
  switch (dialect) {
    case ForgeKind::Gitea: return of_all_matches(rules, path);
    case ForgeKind::GitHub: return of_section(rules, "", path, dialect);
    case ForgeKind::GitLab: {
      std::vector<std::string> owners;
      for (const auto& section : sections_of(rules)) add_new(owners, of_section(rules, section, path, dialect));
      return owners;
    }
    case ForgeKind::None: return {};
  }
  return {};
}

std::string owned_file_of(const App& app) { return app.path.empty() || app.path == "." ? "app.yaml" : app.path + "/app.yaml"; }

std::vector<PersonId> people_behind(const Config& config, const std::vector<std::string>& owners, std::string_view api_url) {
  std::vector<PersonId> people;
  for (const auto& owner : owners) {
    if (!owner.starts_with('@')) {
      if (const auto* person = person_by_email(config, owner)) add_new(people, {person->name});
      continue;
    }
    const auto name = owner.substr(1);
    const auto slash = name.rfind('/');
    const auto* person = slash == std::string::npos ? person_by_forge(config, name, api_url) : nullptr;
    if (person != nullptr) {
      add_new(people, {person->name});
      continue;
    }
    const auto team = slash == std::string::npos ? name : name.substr(slash + 1);
    const bool known = std::ranges::find(config.groups, team, &Group::name) != config.groups.end();
    if (known) add_new(people, members_of(config, team, nullptr));
  }
  return people;
}

}  // namespace driftwarden
