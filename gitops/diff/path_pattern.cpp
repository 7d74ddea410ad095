#include "gitops/base/text.hpp"
#include "gitops/diff/path.hpp"

#include <algorithm>
#include <charconv>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Reads a JSON string at the front of `text`; nothing when there is none.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (!text.starts_with('"')) return std::nullopt;
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) return std::nullopt;
  const auto value = json::parse(text.substr(0, end + 1), nullptr, false);
  text.remove_prefix(end + 1);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

std::optional<std::string> take_key_value(std::string_view& text) {
  if (text.starts_with('"')) return take_quoted(text);
  const auto end = std::min(text.find_first_of(",]"), text.size());
  std::string value(text.substr(0, end));
  text.remove_prefix(end);
  return value;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

std::optional<PathPattern> PathPattern::parse(std::string_view text) {
  PathPattern pattern;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    Part part;
    if (text[0] == '.') {
      text.remove_prefix(1);
      const auto end = std::min(text.find_first_of(".[]"), text.size());
      if (end == 0) {
        if (text.starts_with('[')) continue;
        return std::nullopt;
      }
      part.text = text.substr(0, end);
      if (part.text == "**") part.kind = Part::Kind::AnyDepth;
      text.remove_prefix(end);
      pattern.parts_.push_back(std::move(part));
      continue;
    }
    if (text[0] != '[') return std::nullopt;
    text.remove_prefix(1);
    if (text.starts_with("*]")) {
      part.kind = Part::Kind::AnyElement;
      text.remove_prefix(1);
    } else if (text.starts_with('"')) {
      auto name = take_quoted(text);
      if (!name) return std::nullopt;
      part.text = *std::move(name);
    } else if (text.starts_with('=')) {
      text.remove_prefix(1);
      auto value = take_key_value(text);
      if (!value) return std::nullopt;
      part.kind = Part::Kind::Value;
      part.text = *std::move(value);
    } else if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part.index);
               error == std::errc{} && end != text.data() + text.size() && *end == ']') {
      part.kind = Part::Kind::Index;
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    } else {
      part.kind = Part::Kind::Keys;
      while (!text.empty() && text[0] != ']') {
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        auto name = std::string(text.substr(0, equals));
        text.remove_prefix(equals + 1);
        auto value = take_key_value(text);
        if (!value) return std::nullopt;
        part.keys.emplace_back(std::move(name), *std::move(value));
        if (text.starts_with(',')) text.remove_prefix(1);
      }
    }
    if (!text.starts_with(']')) return std::nullopt;
    text.remove_prefix(1);
    pattern.parts_.push_back(std::move(part));
  }
  return pattern;
}

namespace {

/// The step leads to the element at `index` of the list in Git, or of that in live when Git has no such element.
bool is_at(std::size_t index, const Path& path, std::size_t step, const PathRoots& roots) {
  for (const auto* root : {roots.desired, roots.live}) {
    if (root == nullptr) continue;
    const auto* list = find_at(*root, path, step);
    const auto* element = list == nullptr || !list->is_array() ? nullptr : find_at(*root, path, step + 1);
    if (element != nullptr) return index < list->size() && element == &(*list)[index];
  }
  return false;
}

bool has_member(const PathStep& step, const std::string& name, const std::string& glob) {
  return std::any_of(step.keys.begin(), step.keys.end(), [&](const PathStep::Key& key) { return key.name == name && glob_match(glob, text_of(key.value)); });
}

bool has_member(const json* element, const std::string& name, const std::string& glob) {
  if (element == nullptr || !element->is_object()) return false;
  const auto found = element->find(name);
  return found != element->end() && glob_match(glob, text_of(*found));
}

bool has_members(const std::vector<std::pair<std::string, std::string>>& wanted, const Path& path, std::size_t step, const PathRoots& roots) {
  const auto& here = path[step];
  if (here.kind != StepKind::Element && here.kind != StepKind::Index) return false;
  const auto* ours = roots.desired == nullptr ? nullptr : find_at(*roots.desired, path, step + 1);
  const auto* theirs = roots.live == nullptr ? nullptr : find_at(*roots.live, path, step + 1);
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& member) {
    const auto& [name, glob] = member;
    return has_member(here, name, glob) || has_member(ours, name, glob) || has_member(theirs, name, glob);
  });
}

}  // namespace

bool PathPattern::matches(const Part& part, const Path& path, std::size_t at, const PathRoots& roots) {
  const auto& step = path[at];
  switch (part.kind) {
    case Part::Kind::Name: return step.kind == StepKind::Field && glob_match(part.text, step.name);
    case Part::Kind::AnyElement: return step.kind == StepKind::Element || step.kind == StepKind::Value || step.kind == StepKind::Index;
    case Part::Kind::Value: return step.kind == StepKind::Value && glob_match(part.text, text_of(step.value));
    case Part::Kind::Index:
      if (step.kind == StepKind::Index) return step.index == part.index;
      // A JSON pointer, where this may come from, has one spelling for positions and names.
      if (step.kind == StepKind::Field) return step.name == std::to_string(part.index);
      return is_at(part.index, path, at, roots);
    case Part::Kind::Keys: return has_members(part.keys, path, at, roots);
    default: return true;
  }
}

/// `prefix`: the path may also end before the pattern does.
bool PathPattern::match(std::size_t part, const Path& path, std::size_t step, const PathRoots& roots, bool prefix) const {
  if (part == parts_.size()) return true;
  if (parts_[part].kind == Part::Kind::AnyDepth) {
    for (auto skipped = step; skipped <= path.size(); ++skipped) {
      if (match(part + 1, path, skipped, roots, prefix)) return true;
    }
    return prefix;
  }
  if (step == path.size()) return prefix;
  return matches(parts_[part], path, step, roots) && match(part + 1, path, step + 1, roots, prefix);
}

bool PathPattern::covers(const Path& path, const PathRoots& roots) const { return match(0, path, 0, roots, false); }
bool PathPattern::may_cover_below(const Path& path, const PathRoots& roots) const { return match(0, path, 0, roots, true); }

std::vector<std::string> split_patterns(std::string_view text) {
  std::vector<std::string> patterns;
  std::string current;
  bool quoted = false;
  int depth = 0;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '[') ++depth;
    if (!quoted && c == ']') --depth;
    if (c == ',' && !quoted && depth == 0) {
      patterns.emplace_back(trim(current));
      current.clear();
    } else {
      current += c;
    }
  }
  patterns.emplace_back(trim(current));
  std::erase_if(patterns, [](const std::string& pattern) { return pattern.empty(); });
  return patterns;
}

}  // namespace driftwarden
