#include "gitops/edit/yaml_style.hpp"

#include "gitops/manifest/yaml_scalar.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace driftwarden {
namespace {

using nlohmann::json;
using Kind = YamlNode::Kind;
using Style = YamlNode::Style;

/// Every reader takes these as they stand: no control characters, no line breaks of Unicode's, no byte order mark.
bool is_printable(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto rest = text.substr(i);
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) return false;
    if (c == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA1) return false;
    if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9") || rest.starts_with("\xEF\xBB\xBF")) return false;
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) return false;
  }
  return true;
}

/// is_plain_string is stricter than YAML: here commas and brackets inside, letters of any script and leading dashes may stay plain.
bool fits_plain(std::string_view text, bool in_flow) {
  if (!is_printable(text) || text.find("{{") != std::string_view::npos || !resolve_plain_scalar(text).is_string()) return false;
  std::string probe(text);
  for (std::size_t i = 0; i < probe.size(); ++i) {
    if (static_cast<unsigned char>(probe[i]) >= 0x80) probe[i] = 'x';
    if (i > 0 && !in_flow && std::string_view("[]{},").find(probe[i]) != std::string_view::npos) probe[i] = 'x';
  }
  const bool is_marker = text.starts_with("---") && (text.size() == 3 || text[3] == ' ');
  if (probe.starts_with("--") && !is_marker) probe.replace(0, std::min(probe.find_first_not_of('-'), probe.size()), "x");
  if (in_flow && (probe.find(':') != std::string::npos && probe.find("://") == std::string::npos && probe.find(":\"") != std::string::npos)) return false;
  return is_plain_string(probe);
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

/// The length of the character at the start of `text` that has to be escaped, with its number; 0 for the others.
std::pair<std::size_t, unsigned> unprintable(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  if (byte(0) == 0x7F) return {1, 0x7F};
  if (is_printable(text.substr(0, 2)) && is_printable(text.substr(0, 3))) return {0, 0};
  if (byte(0) == 0xC2 && text.size() > 1) return {2, byte(1)};
  if (byte(0) >= 0xE0 && text.size() > 2) return {3, ((byte(0) & 0xFU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU)};
  return {0, 0};
}

/// JSON's escapes are YAML's too, but for surrogate pairs: only what must be escaped is.
std::string double_quoted(const std::string& text) {
  const auto escaped = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  for (std::size_t i = 0; i < escaped.size();) {
    const auto [length, number] = unprintable(std::string_view(escaped).substr(i));
    out += length == 0 ? escaped.substr(i, 1) : fmt::format("\\u{:04x}", number);
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string string_text(const std::string& text, Style like, bool in_flow, const YamlStyle& style) {
  if (style.json) return double_quoted(text);
  const bool one_line = text.find_first_of("\n\r\t") == std::string::npos && is_printable(text);
  const auto quote = like == Style::Single || like == Style::Double ? like : style.quote;
  const bool quoted = like == Style::Single || like == Style::Double || !fits_plain(text, in_flow);
  if (!quoted) return text;
  return quote == Style::Single && one_line ? single_quoted(text) : double_quoted(text);
}

std::vector<json::const_iterator> ordered(const json& map) {
  static constexpr std::array<std::string_view, 4> kFirst{"apiVersion", "kind", "metadata", "name"};
  std::vector<json::const_iterator> members;
  for (auto it = map.begin(); it != map.end(); ++it) members.push_back(it);
  const auto rank = [](const auto& member) { return std::find(kFirst.begin(), kFirst.end(), member.key()) - kFirst.begin(); };
  std::stable_sort(members.begin(), members.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return members;
}

bool has_lines(const json& value) { return value.is_structured() && !value.empty(); }

/// Blank lines at the end stay out: what follows, or doesn't, could change their number.
bool is_literal(const std::string& text) { return text.find('\n') != std::string::npos && !text.ends_with("\n\n") && fits_literal(text); }

class BlockWriter {
 public:
  explicit BlockWriter(const YamlStyle& style) : style_(style) {}

  void write(const json& value, std::size_t column) {
    bool first = true;
    const auto start_line = [&] {
      if (!first) out.append(1, '\n').append(column, ' ');
      first = false;
    };
    if (value.is_array()) {
      for (const auto& item : value) {
        start_line();
        out += "-";
        element(item, column);
      }
      return;
    }
    for (const auto& member : ordered(value)) {
      start_line();
      out += key_text_for(member.key(), Style::Plain, false, style_) + ":";
      child(*member, column);
    }
  }

  std::string out;

 private:
  void element(const json& item, std::size_t column) {
    if (!has_lines(item)) return scalar(item, column + 2, column);
    out += ' ';
    write(item, column + 2);
  }

  void child(const json& value, std::size_t column) {
    if (!has_lines(value)) return scalar(value, column + style_.step, column);
    const auto inner = column + (value.is_array() ? style_.dash_offset : style_.step);
    out.append(1, '\n').append(inner, ' ');
    write(value, inner);
  }

  void scalar(const json& value, std::size_t column, std::size_t parent) {
    out += ' ';
    const auto* text = value.get_ptr<const std::string*>();
    if (text == nullptr || !is_literal(*text)) {
      out += inline_text(value, Style::Plain, false, style_);
      return;
    }
    const auto block = literal_text(*text, column, parent);
    out += block.indicators + "\n" + block.body;
  }

  const YamlStyle& style_;
};

struct Survey {
  std::string_view text;
  std::optional<std::size_t> step;
  std::optional<std::size_t> dash_offset;
  std::size_t single = 0;
  std::size_t twice = 0;

  void look(const YamlNode& node) {
    if (node.style == Style::Single) ++single;
    if (node.style == Style::Double) ++twice;
    for (const auto& entry : node.entries) {
      if (node.is_block() && node.kind == Kind::Map && entry.simple && entry.value.is_block()) measure(entry);
      look(entry.value);
    }
  }

  void measure(const YamlEntry& entry) {
    const auto outer = column_of(text, entry.begin);
    const auto inner = column_of(text, entry.value.begin);
    if (inner < outer) return;
    if (entry.value.kind == Kind::List && !dash_offset) dash_offset = inner - outer;
    if (entry.value.kind == Kind::Map && !step && inner > outer) step = inner - outer;
  }
};

}  // namespace

YamlStyle style_of(const YamlNode& document, std::string_view text, bool json) {
  Survey survey{text, {}, {}, 0, 0};
  survey.look(document);
  YamlStyle style;
  style.step = survey.step.value_or(2);
  style.dash_offset = survey.dash_offset.value_or(0);
  style.quote = survey.single > survey.twice ? Style::Single : Style::Double;
  style.json = json;
  return style;
}

std::string inline_text(const json& value, Style like, bool in_flow, const YamlStyle& style) {
  if (value.is_string()) return string_text(value.get_ref<const std::string&>(), like, in_flow, style);
  if (!has_lines(value)) return value.dump();
  std::string out(1, value.is_object() ? '{' : '[');
  const auto separate = [&] {
    if (out.size() > 1) out += ", ";
  };
  if (value.is_array()) {
    for (const auto& item : value) {
      separate();
      out += inline_text(item, Style::Plain, true, style);
    }
    return out + "]";
  }
  for (const auto& member : ordered(value)) {
    separate();
    out += key_text_for(member.key(), Style::Plain, true, style) + ": " + inline_text(*member, Style::Plain, true, style);
  }
  return out + "}";
}

std::string key_text_for(const std::string& key, Style like, bool in_flow, const YamlStyle& style) { return string_text(key, like, in_flow, style); }

std::string block_text(const json& value, std::size_t column, const YamlStyle& style) {
  BlockWriter writer(style);
  writer.write(value, column);
  return std::move(writer.out);
}

bool ends_in_literal(const json& value) {
  if (value.is_string()) return is_literal(value.get_ref<const std::string&>()) && value.get_ref<const std::string&>().ends_with('\n');
  if (!has_lines(value)) return false;
  return ends_in_literal(value.is_array() ? value.back() : *ordered(value).back());
}

bool fits_literal(std::string_view text) {
  if (text.empty() || text.find('\r') != std::string_view::npos || !is_printable(text)) return false;
  const auto first = text.substr(0, text.find('\n'));
  return first.find_first_not_of(" \t") != std::string_view::npos;
}

LiteralHeader literal_text(std::string_view text, std::size_t column, std::size_t parent) {
  const auto last = text.find_last_not_of('\n');
  const auto newlines = text.size() - last - 1;
  LiteralHeader out;
  out.indicators = "|";
  if (text.front() == ' ' || text.front() == '\t') {
    column = std::min(column, parent + 9);
    out.indicators += std::to_string(column - parent);
  }
  if (newlines != 1) out.indicators += newlines == 0 ? "-" : "+";
  if (newlines > 0) text.remove_suffix(1);
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto stop = std::min(text.find('\n', start), text.size());
    if (start > 0) out.body += '\n';
    if (stop > start) out.body.append(column, ' ').append(text.substr(start, stop - start));
    start = stop + 1;
  }
  return out;
}

}  // namespace driftwarden
