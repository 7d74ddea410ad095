#include "bot/change/hidden_values.hpp"

#include "bot/change/likely_keys.hpp"
#include "bot/change/spoken_secrets.hpp"
#include "bot/inspect/token_shapes.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/secret_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::string_view kHidden = "(hidden)";
constexpr std::size_t kLongestName = 100;

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_quote(char c) { return c == '"' || c == '\''; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_-.$/").find(c) != std::string_view::npos; }

/// Names a Secret, or the key of one, and is no secret itself.
bool is_reference(std::string_view name) {
  const auto lower = to_lower(name);
  static constexpr std::array<std::string_view, 4> kEnds{"ref", "refs", "secretname", "pullsecrets"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return lower.ends_with(end); });
}

std::string bare(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return is_quote(c) || is_space(c) || c == ',' || c == '{' || c == '}' || c == '[' || c == ']'; });
  return out;
}

/// A reference to a Secret, such as Flux' valuesFrom, holds none.
bool is_secret_object(const json& object, const std::string& under) {
  const auto kind = object.find("kind");
  if (kind == object.end() || !kind->is_string() || (*kind != "Secret" && *kind != "SecretList")) return false;
  if (object.contains("data") || object.contains("stringData") || object.contains("metadata") || object.contains("items")) return true;
  return under != "valuesFrom" && under != "substituteFrom" && under != "ignoreDifferences" && !is_reference(under);
}

bool generates_from_literals(const json& object) {
  const auto generators = object.find("secretGenerator");
  return generators != object.end() && generators->is_array() && std::ranges::any_of(*generators, [](const json& one) { return one.is_object() && one.contains("literals"); });
}

bool finds_secret(const json& value, const std::string& under) {
  if (value.is_string()) return speaks_of_secrets(value.get_ref<const std::string&>());
  if (value.is_array()) return std::ranges::any_of(value, [&](const json& item) { return finds_secret(item, under); });
  if (!value.is_object()) return false;
  if (is_secret_object(value, under) || generates_from_literals(value)) return true;
  return std::ranges::any_of(value.items(), [](const auto& entry) { return finds_secret(entry.value(), entry.key()); });
}

struct Line {
  bool blank = true;
  bool item = false;         ///< a dash or a bracket comes first
  std::size_t indent = 0;
  std::size_t column = 0;    ///< of what follows that
  std::string key;           ///< "" = none
  std::size_t separator = std::string_view::npos;
  std::string value;
};

bool separates(std::string_view text, std::size_t at) {
  const char before = at == 0 ? ' ' : text[at - 1];
  const char after = at + 1 == text.size() ? ' ' : text[at + 1];
  if (text[at] == '=') return after != '=' && std::string_view(":=!<>~").find(before) == std::string_view::npos;
  return text[at] == ':' && (is_space(after) || is_quote(before));
}

Line look_at(std::string_view text) {
  Line line;
  auto at = text.find_first_not_of(" \t\r");
  if (at == std::string_view::npos) return line;
  line.blank = false;
  line.indent = at;
  while (at < text.size()) {
    const bool dash = (text[at] == '-' || text[at] == '?') && (at + 1 == text.size() || is_space(text[at + 1]));
    if (!dash && text[at] != '{' && text[at] != '[') break;
    line.item = true;
    at = std::min(text.find_first_not_of(" \t\r", at + 1), text.size());
  }
  line.column = at;
  for (auto i = at; i < text.size() && line.separator == std::string_view::npos; ++i) {
    if (separates(text, i)) line.separator = i;
  }
  if (line.separator == std::string_view::npos) return line;
  line.key = bare(text.substr(at, line.separator - at));
  line.value = trim(text.substr(line.separator + 1));
  return line;
}

/// Beside a `name`: an environment variable's, a question's answer.
bool holds_value(std::string_view key) { return key == "value" || key == "default"; }

/// Past the separator after a hidden name, or after `value` in a line that also says what that is; or npos. The first name of a line is all
/// that stands before its separator.
std::size_t hidden_from(std::string_view text, std::size_t column) {
  bool first = true;
  bool told = false;
  auto value = std::string_view::npos;
  for (auto i = column; i < text.size(); ++i) {
    if (text[i] != ':' && text[i] != '=') continue;
    auto start = i;
    while (start > column && (is_word(text[start - 1]) || (is_quote(text[start - 1]) && start == i))) --start;
    const auto word = text.substr(start, i - start);
    const bool glued = first && text[i] == ':' && word.find('/') == std::string_view::npos;
    if (!separates(text, i) && !glued) continue;
    const auto name = bare(first ? text.substr(column, i - column) : word);
    first = false;
    if (is_hidden_name(name)) return std::min(i + 1, told ? value : i + 1);
    if (holds_value(name)) value = std::min(value, i + 1);
    const auto follows = text.substr(i + 1, kLongestName);
    told = told || (name == "name" && is_hidden_name(bare(follows.substr(0, follows.find_first_of(",}")))));
  }
  return told ? value : std::string_view::npos;
}

/// The quote that a value leaves open for the lines below, or 0.
char left_open(std::string_view value) {
  if (value.empty() || !is_quote(value.front())) return 0;
  for (std::size_t i = 1; i < value.size(); ++i) {
    if (value[i] == '\\' && value.front() == '"') ++i;
    else if (value[i] == value.front()) return 0;
  }
  return value.front();
}

/// postgres://shop:hunter2@db/shop
std::string without_url_passwords(const std::string& text) {
  std::string out;
  std::size_t told = 0;
  for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const auto end = std::min(text.find_first_of("/ \t\"'`<>", at + 3), text.size());
    const auto authority = std::string_view(text).substr(at + 3, end - at - 3);
    const auto sign = authority.rfind('@');
    const auto colon = authority.find(':');
    if (sign == std::string_view::npos || colon >= sign) continue;
    out.append(text, told, at + 3 + colon + 1 - told).append(kHidden);
    told = at + 3 + sign;
  }
  return out.append(text, told);
}

/// `value` beside a name that tells what it is, above it or below it in the same mapping.
class Pairs {
 public:
  explicit Pairs(const std::vector<Line>& lines) : lines_(lines), hidden_(lines.size(), false) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (!tells(lines_[i])) continue;
      // Of the same mapping as one above, which looked at all of it.
      const auto seen = seen_.find(lines_[i].column);
      if (!lines_[i].item && seen != seen_.end() && i < seen->second) continue;
      seen_[lines_[i].column] = below(i);
      if (!lines_[i].item) above(i);
    }
  }
  bool hides(std::size_t i) const { return hidden_[i]; }

 private:
  static bool tells(const Line& line) {
    const auto value = bare(line.value);
    // A JSON patch says where the value goes.
    if (line.key == "path") return is_hidden_name(value) || value.find("/env/") != std::string::npos;
    return (line.key == "name" || line.key == "key") && is_hidden_name(value);
  }
  void take(std::size_t i) { hidden_[i] = hidden_[i] || holds_value(lines_[i].key); }
  bool is_deeper(const Line& line, std::size_t column) const { return line.blank || line.indent > column || (line.item && line.indent == column); }
  std::size_t below(std::size_t from) {
    const auto column = lines_[from].column;
    for (auto i = from + 1; i < lines_.size(); ++i) {
      if (is_deeper(lines_[i], column)) continue;
      if (lines_[i].item || lines_[i].column != column) return i;
      take(i);
    }
    return lines_.size();
  }
  void above(std::size_t from) {
    const auto column = lines_[from].column;
    for (auto i = from; i-- > 0;) {
      if (is_deeper(lines_[i], column)) continue;
      if (lines_[i].column != column) return;
      take(i);
      if (lines_[i].item) return;
    }
  }

  const std::vector<Line>& lines_;
  std::vector<bool> hidden_;
  std::map<std::size_t, std::size_t> seen_;  ///< by column, to where
};

/// What belongs to a task, block or play of Ansible's that says `no_log`: nothing of it is to be told, but what it is called.
class Unlogged {
 public:
  explicit Unlogged(const std::vector<Line>& lines) : lines_(lines), hidden_(lines.size(), false) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].key == "no_log" && !is_off(lines_[i].value)) take_all_around(i);
    }
  }
  bool hides(std::size_t i) const { return hidden_[i]; }

 private:
  static bool is_off(const std::string& value) {
    const auto lower = to_lower(bare(value));
    return lower == "false" || lower == "no" || lower == "off";
  }
  /// Not of the mapping whose keys stand at `column`.
  bool is_outside(const Line& line, std::size_t column) const { return !line.blank && (line.indent < column && !(line.item && line.column == column)); }
  void take_all_around(std::size_t at) {
    const auto column = lines_[at].column;
    if (const auto seen = seen_.find(column); seen != seen_.end() && at < seen->second) return;
    auto first = at;
    while (first > 0 && !begins_item(lines_[first], column) && !is_outside(lines_[first - 1], column)) --first;
    auto i = first;
    for (; i < lines_.size() && !is_outside(lines_[i], column); ++i) {
      if (i > at && begins_item(lines_[i], column)) break;
      const bool told = i == at || (lines_[i].column == column && lines_[i].key == "name");
      hidden_[i] = hidden_[i] || !told;
    }
    seen_[column] = i;
  }
  static bool begins_item(const Line& line, std::size_t column) { return line.item && line.column == column && line.indent < column; }

  const std::vector<Line>& lines_;
  std::vector<bool> hidden_;
  std::map<std::size_t, std::size_t> seen_;  ///< by column, to where
};

/// The name may stay, and what stands before it.
std::string without_value(const std::string& text, const Line& line) {
  if (line.blank) return text;
  if (line.separator == std::string_view::npos) return text.substr(0, line.column) + std::string(kHidden);
  return line.value.empty() ? text : text.substr(0, line.separator + 1) + " " + std::string(kHidden);
}

class Hiding {
 public:
  std::string shown(const std::string& text, const Line& line, bool paired) {
    if (line.blank) return text;
    if (is_inside(text, line)) return text.substr(0, line.indent) + std::string(kHidden);
    auto from = hidden_from(text, line.column);
    if (paired) from = std::min(from, line.separator + 1);
    if (from == std::string::npos) {
      key_block_ = text.find("-----BEGIN") != std::string::npos && text.find("PRIVATE KEY") != std::string::npos && text.find("-----END") == std::string::npos;
      return without_url_passwords(text);
    }
    block_ = line.column;
    in_block_ = true;
    const auto value = trim(std::string_view(text).substr(from));
    quote_ = left_open(value);
    return value.empty() ? text : text.substr(0, from) + " " + std::string(kHidden);
  }

 private:
  /// Of a value that began above.
  bool is_inside(const std::string& text, const Line& line) {
    if (key_block_) {
      key_block_ = text.find("-----END") == std::string::npos;
      return true;
    }
    if (quote_ != 0) {
      if (text.find(quote_) != std::string::npos) quote_ = 0;
      return true;
    }
    // Items may stand as far left as the key that they belong to.
    const bool item = text[line.indent] == '-' && (line.indent + 1 == text.size() || is_space(text[line.indent + 1]));
    in_block_ = in_block_ && (line.indent > block_ || (line.indent == block_ && item));
    return in_block_;
  }

  bool in_block_ = false;
  bool key_block_ = false;
  std::size_t block_ = 0;
  char quote_ = 0;
};

std::vector<Line> look_at_all(const std::vector<std::string>& lines) {
  std::vector<Line> looked;
  looked.reserve(lines.size());
  for (const auto& line : lines) looked.push_back(look_at(line));
  return looked;
}

}  // namespace

bool is_hidden_name(std::string_view name) {
  if (name.empty() || is_reference(name)) return false;
  if (Redactor::is_sensitive_name(name) || is_secret_field(name)) return true;
  static constexpr std::array<std::string_view, 7> kWords{"dockerconfig", "dockercfg", "database_url", "databaseurl", "connectionstring", "connection_string", "_dsn"};
  const auto lower = to_lower(name);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string without_credential_shapes(std::string_view text) {
  const Replacement hide = [](std::string_view) { return std::string(kHidden); };
  const auto replaced = without_url_passwords(replace_credentials(text, hide));
  TokenShapes shapes(replaced);
  std::string out;
  out.reserve(replaced.size());
  for (std::size_t at = 0; at < replaced.size();) {
    const auto length = shapes.length_at(at);
    if (length == 0) out += replaced[at];
    else out += kHidden;
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

bool speaks_of_secrets(std::string_view text) {
  const auto skip = [&](std::size_t at) { return std::min(text.find_first_not_of(" \t\"'", at), text.size()); };
  for (auto at = text.find("kind"); at != std::string_view::npos; at = text.find("kind", at + 4)) {
    const auto colon = skip(at + 4);
    if (colon == text.size() || text[colon] != ':') continue;
    auto rest = text.substr(skip(colon + 1));
    if (!rest.starts_with("Secret")) continue;
    rest.remove_prefix(rest.starts_with("SecretList") ? 10 : 6);
    if (rest.empty() || !is_word(rest.front())) return true;
  }
  return false;
}

bool holds_secret(const std::string& text, const std::string& file) {
  const auto documents = parse_yaml(text, file);
  if (!documents) return speaks_of_secrets(text);
  return std::ranges::any_of(*documents, [](const json& document) { return finds_secret(document, ""); });
}

std::vector<std::string> without_hidden_values(const std::vector<std::string>& lines) {
  const auto looked = look_at_all(lines);
  const Pairs pairs(looked);
  Hiding hiding;
  std::vector<std::string> shown;
  shown.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) shown.push_back(hiding.shown(lines[i], looked[i], pairs.hides(i)));
  return shown;
}

std::vector<std::string> text_without_hidden_values(const std::vector<std::string>& lines) {
  const auto looked = look_at_all(lines);
  const Unlogged unlogged(looked);
  auto shown = without_hidden_values(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // In one line with others: {name: x, no_log: true}.
    const bool in_flow = looked[i].key != "no_log" && lines[i].find("no_log") != std::string::npos;
    if (unlogged.hides(i) || in_flow) shown[i] = without_value(lines[i], looked[i]);
    if (i > 0 && looked[i].item && !looked[i].blank && is_lone_secret_flag(bare(std::string_view(lines[i - 1]).substr(looked[i - 1].column)))) shown[i] = lines[i].substr(0, looked[i].column) + std::string(kHidden);
    shown[i] = without_likely_keys(without_credential_shapes(without_spoken_secrets(shown[i], kHidden)), kHidden);
  }
  return shown;
}

}  // namespace driftwarden
