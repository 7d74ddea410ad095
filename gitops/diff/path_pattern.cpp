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

bool PathPattern::matches(const Part& part, const PathStep& step) {
  switch (part.kind) {
    case Part::Kind::Name: return step.kind == StepKind::Field && glob_match(part.text, step.name);
    case Part::Kind::AnyElement: return step.kind == StepKind::Element || step.kind == StepKind::Value || step.kind == StepKind::Index;
    case Part::Kind::Value: return step.kind == StepKind::Value && glob_match(part.text, text_of(step.value));
    case Part::Kind::Index: return step.kind == StepKind::Index && step.index == part.index;
    case Part::Kind::Keys:
      return step.kind == StepKind::Element && std::all_of(part.keys.begin(), part.keys.end(), [&](const auto& wanted) {
               return std::any_of(step.keys.begin(), step.keys.end(),
                                  [&](const PathStep::Key& key) { return key.name == wanted.first && glob_match(wanted.second, text_of(key.value)); });
             });
    default: return true;
  }
}

/// `prefix`: the path may also end before the pattern does.
bool PathPattern::match(std::size_t part, const Path& path, std::size_t step, bool prefix) const {
  if (part == parts_.size()) return true;
  if (parts_[part].kind == Part::Kind::AnyDepth) {
    for (auto skipped = step; skipped <= path.size(); ++skipped) {
      if (match(part + 1, path, skipped, prefix)) return true;
    }
    return prefix;
  }
  if (step == path.size()) return prefix;
  return matches(parts_[part], path[step]) && match(part + 1, path, step + 1, prefix);
}

bool PathPattern::covers(const Path& path) const { return match(0, path, 0, false); }
bool PathPattern::may_cover_below(const Path& path) const { return match(0, path, 0, true); }

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
