#include "gitops/edit/document_edit.hpp"

#include "gitops/edit/line_ends.hpp"
#include "gitops/edit/node_edit.hpp"
#include "gitops/edit/node_path.hpp"
#include "gitops/manifest/manifest.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;

Spot below(const Spot& spot, ValueStep step) {
  auto inner = spot;
  inner.steps.push_back(std::move(step));
  return inner;
}

/// What has to stand where the path's step `from` begins so that `value` is at its end.
json wrapped(const std::vector<ValueStep>& steps, std::size_t from, const json& value) {
  if (from == steps.size()) return value;
  const auto& step = steps[from];
  auto inner = wrapped(steps, from + 1, value);
  if (step.kind == ValueStep::Kind::Field) {
    auto map = json::object();
    map[step.name] = std::move(inner);
    return map;
  }
  if (step.kind == ValueStep::Kind::Element && inner.is_object()) {
    for (const auto& [name, text] : step.keys) {
      if (!inner.contains(name)) inner[name] = json::parse(text);
    }
  }
  auto list = json::array();
  list.push_back(std::move(inner));
  return list;
}

/// order[i] is where the element that belongs at i stands now; nothing when the lists differ in more than order.
std::optional<std::vector<std::size_t>> permutation(const json& old, const json& value) {
  if (old.size() != value.size()) return std::nullopt;
  std::vector<bool> used(old.size());
  std::vector<std::size_t> order;
  for (const auto& item : value) {
    std::size_t i = 0;
    while (i < old.size() && (used[i] || old[i] != item)) ++i;
    if (i == old.size()) return std::nullopt;
    used[i] = true;
    order.push_back(i);
  }
  return order;
}

bool is_json_text(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[') && json::accept(text);
}

/// One reading of the text, good for one change.
struct Reading {
  UnixText unix;
  YamlTree tree;
  std::vector<json> values;
  YamlStyle style;
  std::vector<Place> places;

  bool complete(const Spot& spot) const { return places.size() == spot.steps.size() + 1; }
};

Result<void> read(Reading& reading, const Spot& spot, const std::string& file) {
  const auto& text = reading.unix.text();
  TRY(reading.values, parse_yaml(text, file));
  TRY(reading.tree, read_yaml_tree(text, file));
  if (reading.tree.documents.size() != reading.values.size()) {
    return Error{ErrorKind::InvalidInput, fmt::format("{}: the documents can't be told apart; edit it by hand", file)};
  }
  CHECK_OK(check_readable(reading.tree, text, file));
  // `{}` alone is what people leave in a YAML file without values.
  const bool json_text = is_json_text(text) && (file.ends_with(".json") || !reading.values[spot.document].empty());
  reading.style = style_of(reading.tree.documents[spot.document], text, json_text);
  TRY(reading.places, follow(reading.tree, spot.document, reading.values[spot.document], spot.steps, text, file));
  return {};
}

std::vector<Splice> added(const NodeEditor& editor, const Reading& reading, const Spot& spot, const json& value) {
  const auto& place = reading.places.back();
  const auto next = reading.places.size() - 1;
  const auto inside = wrapped(spot.steps, next, value);
  if (place.value->is_object() && !place.value->empty()) return editor.add_member(place, spot.steps[next].name, inside.front());
  if (place.value->is_array() && !place.value->empty()) return editor.add_element(place, inside.front());
  return editor.replace(place, inside);
}

}  // namespace

ValueStep field_step(std::string name) {
  ValueStep step;
  step.name = std::move(name);
  return step;
}

ValueStep index_step(std::size_t index) {
  ValueStep step;
  step.kind = ValueStep::Kind::Index;
  step.index = index;
  return step;
}

Result<EditedText> DocumentEditor::edit(const Spot& spot, const json* value) {
  CHECK_OK(change(spot, value, 0));
  return EditedText{std::move(text_), line_};
}

Result<void> DocumentEditor::change(const Spot& spot, const json* value, int depth) {
  Reading reading{UnixText(text_), {}, {}, {}, {}};
  CHECK_OK(read(reading, spot, file_));
  const auto& text = reading.unix.text();
  const auto& place = reading.places.back();
  if (depth == 0) line_ = line_number(text, place.node->begin);
  const NodeEditor editor(text, reading.style);
  if (!reading.complete(spot)) {
    if (value == nullptr) return {};
    text_ = reading.unix.apply(added(editor, reading, spot, *value));
    return {};
  }
  if (value != nullptr && *value == *place.value) return {};
  if (value != nullptr && !value->empty() && !place.value->empty()) {
    if (value->is_object() && place.value->is_object()) return change_members(spot, *place.value, *value, depth);
    const auto order = value->is_array() && place.value->is_array() ? permutation(*place.value, *value) : std::nullopt;
    if (order && place.node->is_block()) {
      text_ = reading.unix.apply(editor.reorder(*place.node, *order));
      return {};
    }
    if (value->is_array() && place.value->is_array()) return change_elements(spot, *place.value, *value, depth);
  }
  CHECK_OK(check_unused(reading.tree, *place.node, text, file_));
  if (value != nullptr) {
    text_ = reading.unix.apply(editor.replace(place, *value));
    return {};
  }
  const auto& container = reading.places[reading.places.size() - 2];
  const bool last = container.node->is_block() && container.node->entries.size() == 1 && container.parent != nullptr;
  const auto nothing = container.value->is_array() ? json::array() : json::object();
  text_ = reading.unix.apply(last ? editor.replace(container, nothing) : editor.remove(place));
  return {};
}

Result<void> DocumentEditor::change_members(const Spot& spot, const json& old, const json& value, int depth) {
  for (const auto& [name, member] : old.items()) {
    const auto found = value.find(name);
    if (found != value.end() && *found != member) CHECK_OK(change(below(spot, field_step(name)), &*found, depth + 1));
  }
  for (const auto& [name, member] : value.items()) {
    if (!old.contains(name)) CHECK_OK(change(below(spot, field_step(name)), &member, depth + 1));
  }
  for (const auto& [name, member] : old.items()) {
    if (!value.contains(name)) CHECK_OK(change(below(spot, field_step(name)), nullptr, depth + 1));
  }
  return {};
}

/// Element by element, but a list that only lost some in one place loses just those.
Result<void> DocumentEditor::change_elements(const Spot& spot, const json& old, const json& value, int depth) {
  const auto common = std::min(old.size(), value.size());
  std::size_t front = 0;
  while (front < common && old[front] == value[front]) ++front;
  std::size_t back = 0;
  while (back < common - front && old[old.size() - 1 - back] == value[value.size() - 1 - back]) ++back;
  const bool only_lost = value.size() < old.size() && front + back == value.size();
  for (std::size_t i = front; i < common && !only_lost; ++i) CHECK_OK(change(below(spot, index_step(i)), &value[i], depth + 1));
  for (auto i = common; i < value.size(); ++i) CHECK_OK(change(below(spot, index_step(i)), &value[i], depth + 1));
  const auto surplus = old.size() - common;
  for (std::size_t i = 0; i < surplus; ++i) {
    const auto index = only_lost ? front + surplus - 1 - i : old.size() - 1 - i;
    CHECK_OK(change(below(spot, index_step(index)), nullptr, depth + 1));
  }
  return {};
}

}  // namespace driftwarden
