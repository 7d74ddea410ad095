#include "gitops/edit/node_edit.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;
using Kind = YamlNode::Kind;
using Style = YamlNode::Style;

bool has_lines(const json& value) { return value.is_structured() && !value.empty(); }

bool all_keys_quoted(const YamlNode& map) {
  return std::all_of(map.entries.begin(), map.entries.end(), [](const auto& entry) { return entry.key.style != Style::Plain; });
}

/// The first position at or after `at` that isn't a space, at most `end`.
std::size_t skip_spaces(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

}  // namespace

bool NodeEditor::starts_line(std::size_t at) const { return skip_spaces(text_, line_start(text_, at), at) == at; }

/// Nothing but blanks, one comma if allowed and a comment from `at` to the end of its line.
bool NodeEditor::ends_line(std::size_t at, bool comma) const {
  const auto end = line_end(text_, at);
  at = skip_spaces(text_, at, end);
  if (comma && at < end && text_[at] == ',') at = skip_spaces(text_, at + 1, end);
  return at == end || text_[at] == '#';
}

Splice NodeEditor::whole_lines(std::size_t begin, std::size_t end) const {
  return {line_start(text_, begin), std::min(line_end(text_, end) + 1, text_.size()), {}};
}

/// "&name" of a node that has one.
std::string NodeEditor::kept_anchor(const YamlNode& node) const {
  if (!node.anchor) return {};
  const auto from = text_.find('&', node.properties);
  return std::string(text_.substr(from, text_.find_first_of(" \t\n,]}", from) - from));
}

/// What stands between the ':' or '-' and the value: an anchor stays, a tag said what the old value was and goes.
Splice NodeEditor::head(const Place& place) const {
  const auto slot = place.entry().slot;
  Splice out{slot, slot, {}};
  if (!place.node->anchor && !place.node->tagged) return out;
  for (auto at = place.node->properties; at < place.node->begin && (text_[at] == '&' || text_[at] == '!');) {
    out.end = text_.find_first_of(" \t\n", at);
    at = skip_spaces(text_, out.end, place.node->begin);
  }
  if (!place.node->tagged) out.begin = out.end;
  if (place.node->tagged && place.node->anchor) out.text = " " + kept_anchor(*place.node);
  return out;
}

std::vector<Splice> NodeEditor::replace(const Place& place, const json& value) const {
  const auto& old = *place.node;
  if (place.parent == nullptr) return replace_root(old, value);
  if (has_lines(value) && !place.in_flow && !style_.json) return replace_by_block(place, value);
  const auto* text = value.get_ptr<const std::string*>();
  if (text != nullptr && old.is_block_scalar() && fits_literal(*text)) return replace_by_literal(place, *text);
  return replace_by_inline(place, value);
}

/// A document that is `{}` or `[]`.
std::vector<Splice> NodeEditor::replace_root(const YamlNode& old, const json& value) const {
  const bool beside = column_of(text_, old.properties) > 0 || old.properties != old.begin;
  if (beside || style_.json || !has_lines(value)) return {{old.begin, old.end, inline_text(value, Style::Plain, true, style_)}};
  const auto last = line_end(text_, old.end);
  const auto block = block_text(value, 0, style_) + final_line_end(last, value);
  const auto first = std::min(block.find('\n'), block.size());
  return {{old.begin, old.end, block.substr(0, first)}, {last, last, block.substr(first)}};
}

std::vector<Splice> NodeEditor::replace_by_inline(const Place& place, const json& value) const {
  const auto& old = *place.node;
  const auto like = old.kind == Kind::Scalar ? old.style : Style::Plain;
  const auto text = inline_text(value, like, place.in_flow, style_);
  const auto begin = old.tagged ? old.properties : old.begin;
  const auto anchored = (old.tagged && old.anchor ? kept_anchor(old) + " " : "") + text;
  if (old.begin == old.end) return {{begin, old.end, (old.tagged ? "" : " ") + anchored}};
  if (!old.is_block()) return {{begin, old.end, anchored}};
  auto before = head(place);
  const auto key_line = line_end(text_, before.end);
  if (old.begin < key_line) return {{begin, line_end(text_, old.end), anchored}};
  before.text += " " + text;
  return {before, {key_line, line_end(text_, old.end), {}}};
}

std::vector<Splice> NodeEditor::replace_by_literal(const Place& place, const std::string& value) const {
  const auto& old = *place.node;
  const auto header_end = line_end(text_, old.begin);
  auto indicators_end = std::min(text_.find_first_of(" \t\n#", old.begin), header_end);
  const auto parent = column_of(text_, place.entry().begin);
  auto column = parent + style_.step;
  for (auto line = header_end + 1; line < old.end; line = line_end(text_, line) + 1) {
    const auto content = skip_spaces(text_, line, line_end(text_, line));
    if (content == line_end(text_, line)) continue;
    const auto digit = text_.substr(old.begin, indicators_end - old.begin).find_first_of("123456789");
    column = digit == std::string_view::npos ? content - line : parent + static_cast<std::size_t>(text_[old.begin + digit] - '0');
    break;
  }
  auto block = literal_text(value, std::max(column, parent + 1), parent);
  const auto first_break = value.find('\n');
  if (old.style == Style::Folded && (first_break == std::string::npos || first_break + 1 == value.size())) block.indicators[0] = '>';
  auto end = old.end;
  const bool keeps = block.indicators.find('+') != std::string::npos;
  // Blank lines behind the block would become part of it.
  while (keeps && end + 1 < text_.size() && text_[end] == '\n' && skip_spaces(text_, end + 1, text_.size()) == line_end(text_, end + 1)) {
    end = line_end(text_, end + 1);
  }
  const bool needs_end = end == text_.size() && block.indicators.find('-') == std::string::npos;
  return {{old.begin, indicators_end, block.indicators}, {header_end, end, "\n" + block.body + (needs_end ? "\n" : "")}};
}

std::vector<Splice> NodeEditor::replace_by_block(const Place& place, const json& value) const {
  const auto& old = *place.node;
  const auto& entry = place.entry();
  auto before = head(place);
  const auto last = line_end(text_, old.end);
  const auto key_line = line_end(text_, before.end);
  const bool own_lines = old.is_block() && old.begin > key_line;
  const auto base = column_of(text_, entry.begin);
  if (place.parent->kind == Kind::List) {
    const bool beside = old.end > old.begin && old.begin < key_line;
    const auto column = beside ? column_of(text_, old.begin) : base + 2;
    const auto block = block_text(value, column, style_) + final_line_end(last, value);
    const auto first = std::min(block.find('\n'), block.size());
    if (old.anchor) {
      before.text += "\n" + std::string(column, ' ') + block;
      return {{before.begin, last, before.text}};
    }
    if (own_lines) return {{before.begin, before.end, " " + block}, {key_line, last, {}}};
    if (old.is_block() || old.is_block_scalar()) return {{old.properties, last, block}};
    return {{old.properties, old.end, (beside || old.tagged ? "" : " ") + block.substr(0, first)}, {last, last, block.substr(first)}};
  }
  const auto column = base + (value.is_array() ? style_.dash_offset : style_.step);
  const auto block = "\n" + std::string(column, ' ') + block_text(value, column, style_) + final_line_end(last, value);
  if (own_lines) return {before, {key_line, last, block}};
  if (old.is_block_scalar() || line_end(text_, before.begin) != last) return {{before.begin, last, before.text + block}};
  return {{before.begin, old.end, before.text}, {last, last, block}};
}

/// A literal block at the end of a text would lose its final line end to a text that has none.
std::string NodeEditor::final_line_end(std::size_t at, const json& value) const { return at == text_.size() && ends_in_literal(value) ? "\n" : ""; }

std::vector<Splice> NodeEditor::append(const YamlNode& node, const std::string& line, const json& value) const {
  const auto& last = node.entries.back();
  const auto at = line_end(text_, last.end());
  return {{at, at, "\n" + std::string(column_of(text_, last.begin), ' ') + line + final_line_end(at, value)}};
}

std::vector<Splice> NodeEditor::append_flow(const YamlNode& node, const std::string& entry) const {
  const auto& last = node.entries.back();
  const auto end = last.end();
  const bool own_line = starts_line(last.begin) && ends_line(end, true);
  if (!own_line) return {{end, end, ", " + entry}};
  const auto at = line_end(text_, end);
  const auto next = skip_spaces(text_, end, at);
  const bool comma = next < at && text_[next] == ',';
  const auto line = "\n" + std::string(text_.substr(line_start(text_, last.begin), column_of(text_, last.begin))) + entry;
  if (comma) return {{at, at, line + ","}};
  return {{end, end, ","}, {at, at, line}};
}

std::vector<Splice> NodeEditor::add_member(const Place& map, const std::string& key, const json& value) const {
  const auto& node = *map.node;
  const bool flow = !node.is_block();
  const auto like = all_keys_quoted(node) ? node.entries.back().key.style : Style::Plain;
  auto line = key_text_for(key, like, flow, style_) + ":";
  if (flow) return append_flow(node, line + " " + inline_text(value, Style::Plain, true, style_));
  const auto column = column_of(text_, node.entries.back().begin);
  // The writer knows how each kind of value follows its key; only the key's own spelling is ours.
  const auto block = block_text(json{{"k", value}}, column, style_);
  return append(node, line + block.substr(2), value);
}

std::vector<Splice> NodeEditor::add_element(const Place& list, const json& value) const {
  const auto& node = *list.node;
  const auto& last = node.entries.back();
  if (!node.is_block()) return append_flow(node, inline_text(value, last.value.kind == Kind::Scalar ? last.value.style : Style::Plain, true, style_));
  const auto gap = last.value.properties > last.slot && last.value.properties < line_end(text_, last.slot) ? last.value.properties - last.slot : 1;
  const auto column = column_of(text_, last.begin);
  if (has_lines(value)) return append(node, "-" + std::string(gap, ' ') + block_text(value, column + 1 + gap, style_), value);
  const bool quoted = last.value.style == Style::Single || last.value.style == Style::Double;
  if (value.is_string() && quoted) return append(node, "-" + std::string(gap, ' ') + inline_text(value, last.value.style, false, style_), nullptr);
  return append(node, "-" + std::string(gap - 1, ' ') + block_text(json::array({value}), column, style_).substr(1), value);
}

std::vector<Splice> NodeEditor::remove(const Place& place) const {
  const auto& node = *place.parent;
  return node.is_block() ? remove_from_block(node, place.index) : remove_from_flow(node, place.index);
}

/// Comment lines between two entries, moved to `column`.
std::string NodeEditor::comments_above(std::size_t from, std::size_t to, std::size_t column) const {
  std::string out;
  for (auto line = line_end(text_, from) + 1; line < line_start(text_, to); line = line_end(text_, line) + 1) {
    const auto end = line_end(text_, line);
    const auto content = skip_spaces(text_, line, end);
    if (content < end) out.append(column, ' ').append(text_.substr(content, end - content)).append(1, '\n');
  }
  return out;
}

std::vector<Splice> NodeEditor::remove_from_block(const YamlNode& node, std::size_t index) const {
  const auto& entry = node.entries[index];
  if (starts_line(entry.begin)) return {whole_lines(entry.begin, entry.end())};
  // `- name: x` loses its first key: the next one moves up beside the dash, the comments above it above the dash.
  const auto& next = node.entries[index + 1];
  const auto line = line_start(text_, entry.begin);
  const auto column = skip_spaces(text_, line, entry.begin) - line;
  return {{line, line, comments_above(entry.end(), next.begin, column)}, {entry.begin, next.begin, {}}};
}

std::vector<Splice> NodeEditor::remove_from_flow(const YamlNode& node, std::size_t index) const {
  const auto& entry = node.entries[index];
  const bool own_line = starts_line(entry.begin) && ends_line(entry.end(), true);
  if (node.entries.size() == 1) return {{node.begin + 1, node.end - 1, {}}};
  if (index + 1 < node.entries.size()) {
    const auto& next = node.entries[index + 1];
    if (own_line && next.begin > line_end(text_, entry.end())) return {whole_lines(entry.begin, entry.end())};
    return {{entry.begin, next.begin, {}}};
  }
  const auto end = line_end(text_, entry.end());
  const auto after = skip_spaces(text_, entry.end(), end);
  const bool comma = after < end && text_[after] == ',';
  const auto before = node.entries[index - 1].end();
  if (!own_line) return {{before, entry.end(), {}}};
  if (comma) return {whole_lines(entry.begin, entry.end())};
  const auto old_comma = text_.find_first_not_of(" \t\n", before);
  if (text_[old_comma] != ',') return {{before, entry.end(), {}}};
  return {{old_comma, old_comma + 1, {}}, whole_lines(entry.begin, entry.end())};
}

std::vector<Splice> NodeEditor::reorder(const YamlNode& list, const std::vector<std::size_t>& order) const {
  std::vector<Splice> out;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& here = list.entries[i];
    const auto& there = list.entries[order[i]];
    const auto stop = line_end(text_, there.end());
    if (i != order[i]) out.push_back({here.begin, line_end(text_, here.end()), std::string(text_.substr(there.begin, stop - there.begin))});
  }
  return out;
}

}  // namespace driftwarden
