#include "bot/watch/template_fill.hpp"

#include "gitops/base/text.hpp"
#include "gitops/manifest/yaml_scalar.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::templating {
namespace {

bool is_word(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() < 'a' || text.front() > 'z') return false;
  return std::ranges::all_of(text, [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_' || c == '-'; });
}

/// How what stands before a place on its line reads on.
enum class Around { Plain, Quoted, Comment };

Around around(std::string_view before) {
  char quote = 0;
  char last = ':';  // at the line's beginning a scalar may begin
  for (std::size_t i = 0; i < before.size(); ++i) {
    const char c = before[i];
    if (quote != 0) {
      if (quote == '"' && c == '\\') {
        ++i;
      } else if (c == quote) {
        quote = 0;
      }
      continue;
    }
    const bool after_blank = i == 0 || before[i - 1] == ' ' || before[i - 1] == '\t';
    if (c == '#' && after_blank) return Around::Comment;
    if ((c == '"' || c == '\'') && std::string_view(":-,[{?").find(last) != std::string_view::npos) quote = c;
    if (c != ' ' && c != '\t') last = c;
  }
  return quote != 0 ? Around::Quoted : Around::Plain;
}

/// "- key: " and nothing else: the place is the whole scalar when nothing follows.
bool begins_scalar(std::string_view before) {
  auto text = trim(before);
  while (text.starts_with("- ") || text == "-") text = trim(text.substr(1));
  if (text.empty()) return true;
  return text.ends_with(':') && before.size() > text.size() && (before.back() == ' ') && text.find_first_of("{[\"'#") == std::string_view::npos && text.find(": ") == std::string_view::npos;
}

bool ends_line(std::string_view after) {
  const auto text = trim(after);
  return text.empty() || (text.starts_with('#') && after.front() == ' ');
}

/// Would end or begin something else in a plain scalar.
bool is_plain_text(std::string_view value) {
  if (value.empty() || value.front() == ' ' || value.back() == ' ' || value.back() == ':') return false;
  if (value.find(": ") != std::string_view::npos || value.find(" #") != std::string_view::npos) return false;
  if (value.find_first_of(",[]{}\"'`") != std::string_view::npos || std::string_view("?:#&*!|>%@").find(value.front()) != std::string_view::npos) return false;
  return value.front() != '-' || (value.size() > 1 && std::isdigit(static_cast<unsigned char>(value[1])) != 0);
}

/// The value as it may stand there; the error says why it may not.
Result<std::string> in_yaml(const std::string& value, std::string_view before, std::string_view after, bool stays_text) {
  if (around(before) != Around::Plain) return value;
  if (begins_scalar(before) && ends_line(after)) {
    if (!is_plain_text(value)) return json_quoted(value);
    const auto read = resolve_plain_scalar(value);
    return read.is_null() || (stays_text && !read.is_string()) ? json_quoted(value) : value;
  }
  if (value.empty() || is_plain_text(value)) return value;
  return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" can't stand here without quotes: write them around it in the template", value)};
}

}  // namespace

const std::vector<std::string>& own_words() {
  static const std::vector<std::string> words{"name", "namespace", "cluster", "environment", "image", "port", "channel"};
  return words;
}

bool is_yaml(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

Result<std::vector<Place>> places_in(std::string_view text, const std::string& where) {
  std::vector<Place> places;
  int line = 1;
  std::size_t seen = 0;
  for (auto begin = text.find("{{"); begin != std::string_view::npos; begin = text.find("{{", begin)) {
    line += static_cast<int>(std::ranges::count(text.substr(seen, begin - seen), '\n'));
    seen = begin;
    const auto end = text.find("}}", begin);
    if (end == std::string_view::npos || text.substr(begin, end - begin).find('\n') != std::string_view::npos) {
      return Error{ErrorKind::InvalidInput, fmt::format("{}:{}: \"{{{{\" has no end on its line, expected {{{{name}}}}", where, line)};
    }
    const auto word = trim(text.substr(begin + 2, end - begin - 2));
    if (!is_word(word)) {
      return Error{ErrorKind::InvalidInput, fmt::format("{}:{}: \"{{{{{}}}}}\" is no placeholder, expected a word such as {{{{name}}}}; files that need such braces are listed under \"verbatim\"",
                                                        where, line, ellipsize(without_control_characters(word), 60))};
    }
    places.push_back({begin, end + 2, std::string(word), line});
    begin = end + 2;
  }
  return places;
}

Result<std::string> filled(std::string_view text, const std::map<std::string, std::string>& values, const std::string& where, bool yaml,
                           const std::function<bool(const std::string&)>& stays_text) {
  TRY(const auto places, places_in(text, where));
  std::string out;
  std::size_t at = 0;
  for (const auto& place : places) {
    out += text.substr(at, place.begin - at);
    at = place.end;
    const auto value = values.find(place.word);
    if (value == values.end()) return Error{ErrorKind::InvalidInput, fmt::format("{}:{}: nothing is known for {{{{{}}}}}", where, place.line, place.word)};
    if (!yaml) {
      out += value->second;
      continue;
    }
    const auto line_end = std::min(text.find('\n', place.end), text.size());
    const auto before = std::string_view(out).substr(out.rfind('\n') == std::string::npos ? 0 : out.rfind('\n') + 1);
    auto written = in_yaml(value->second, before, text.substr(place.end, line_end - place.end), stays_text(place.word));
    if (!written) return wrap(fmt::format("{}:{}: {{{{{}}}}}", where, place.line, place.word), written.error());
    out += *written;
  }
  out += text.substr(at);
  return out;
}

}  // namespace driftwarden::templating
