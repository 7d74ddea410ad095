#include "gitops/edit/edit.hpp"

#include "gitops/edit/document_edit.hpp"
#include "gitops/edit/yaml_style.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

bool names(const json& value, const ObjectRef& object, bool exact) {
  const auto ref = ref_of(value);
  if (ref.group != object.group || ref.kind != object.kind || ref.name != object.name) return false;
  return exact ? ref.namespace_ == object.namespace_ : ref.namespace_.empty() || object.namespace_.empty();
}

void collect(const json& value, const ObjectRef& object, bool exact, const Spot& at, std::vector<Spot>& found) {
  if (!value.is_object()) return;
  const auto kind = value.find("kind");
  const auto items = value.find("items");
  const bool is_list = kind != value.end() && kind->is_string() && kind->get_ref<const std::string&>().ends_with("List");
  if (!is_list || items == value.end() || !items->is_array()) {
    if (names(value, object, exact)) found.push_back(at);
    return;
  }
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto inner = at;
    inner.steps.push_back(field_step("items"));
    inner.steps.push_back(index_step(i));
    collect((*items)[i], object, exact, inner, found);
  }
}

Result<Spot> find_object(const std::vector<json>& documents, const std::string& file, const ObjectRef& object) {
  for (const bool exact : {true, false}) {
    std::vector<Spot> found;
    for (std::size_t i = 0; i < documents.size(); ++i) collect(documents[i], object, exact, Spot{i, {}}, found);
    if (found.size() == 1) return found.front();
    if (found.size() > 1) return Error{ErrorKind::InvalidInput, fmt::format("{} is more than once in {}; edit it by hand", to_string(object), file)};
  }
  return Error{ErrorKind::NotFound, fmt::format("{} is not in {}", to_string(object), file)};
}

json& value_at(std::vector<json>& documents, const Spot& spot) {
  auto* at = &documents[spot.document];
  for (const auto& step : spot.steps) at = step.kind == ValueStep::Kind::Field ? &(*at)[step.name] : &(*at)[step.index];
  return *at;
}

/// An element is made with the keys that the path names, also where the new value doesn't repeat them.
void complete_keys(const ValueStep& step, json& value) {
  if (step.kind != ValueStep::Kind::Element || !value.is_object()) return;
  for (const auto& [name, text] : step.keys) {
    if (!value.contains(name)) value[name] = json::parse(text);
  }
}

struct Wanted {
  std::string path;
  std::vector<ValueStep> steps;
  bool remove = false;
  json value;
};

Result<void> read_edit(const ValueEdit& edit, const json& object, Wanted& out) {
  out.path = edit.path;
  TRY(out.steps, parse_value_path(edit.path));
  out.remove = !edit.json;
  if (out.remove) return {};
  out.value = json::parse(*edit.json, nullptr, false);
  if (out.value.is_discarded()) return Error{ErrorKind::InvalidInput, fmt::format("the new value of {} is not JSON", edit.path)};
  if (!json_pointer(object, edit.path)) complete_keys(out.steps.back(), out.value);
  return {};
}

/// `expected` is every document of the text with the edit made in it.
Result<void> check(const EditedText& edited, const std::string& file, const std::vector<json>& expected, const std::string& path, bool has_last_line_end) {
  const auto now = parse_yaml(edited.text, file);
  if (now && *now == expected) return {};
  if (!has_last_line_end) {
    return Error{ErrorKind::InvalidInput,
                 fmt::format("{}:{}: the file lacks the line end after its last line, which belongs to a value there; add it first", file, edited.line)};
  }
  return Error{ErrorKind::InvalidInput, fmt::format("{}:{}: {} can't be edited safely; edit it by hand", file, edited.line, path)};
}

Result<std::vector<json>> read_documents(const std::string& text, const std::string& file) {
  auto parsed = parse_yaml(text, file);
  if (parsed) return parsed;
  const bool templated = text.find("{{") != std::string::npos;
  return templated ? wrap("the file looks like a template, which can only be edited by hand", parsed.error()) : parsed.error();
}

Result<std::string> edit_at(const std::string& text, const std::string& file, std::vector<json> documents, const Spot& spot,
                            const std::vector<ValueEdit>& edits) {
  std::string current = text;
  for (const auto& edit : edits) {
    auto& target = value_at(documents, spot);
    Wanted wanted;
    CHECK_OK(read_edit(edit, target, wanted));
    if (wanted.remove && !json_pointer(target, edit.path)) continue;
    if (auto set = set_value(target, edit.path, wanted.remove ? nullptr : &wanted.value); !set) return wrap(file, set.error());
    auto inside = spot;
    inside.steps.insert(inside.steps.end(), wanted.steps.begin(), wanted.steps.end());
    DocumentEditor editor(current, file);
    TRY(auto changed, editor.edit(inside, wanted.remove ? nullptr : &wanted.value));
    CHECK_OK(check(changed, file, documents, edit.path, text.ends_with('\n')));
    current = std::move(changed.text);
  }
  return current;
}

/// A text that holds nothing but comments, or nothing at all, gets its first values.
Result<std::string> fill(const std::string& text, const std::string& file, const std::vector<ValueEdit>& edits) {
  json value;
  for (const auto& edit : edits) {
    Wanted wanted;
    CHECK_OK(read_edit(edit, value, wanted));
    if (wanted.remove) continue;
    if (auto set = set_value(value, edit.path, &wanted.value); !set) return wrap(file, set.error());
  }
  if (value.is_null()) return text;
  const bool windows = text.find("\r\n") != std::string::npos;
  const auto written = file.ends_with(".json") ? value.dump(2) : block_text(value, 0, YamlStyle{});
  auto out = text;
  if (!out.empty() && !out.ends_with('\n')) out += windows ? "\r\n" : "\n";
  for (const char c : written + "\n") out += c == '\n' && windows ? "\r\n" : std::string(1, c);
  const auto now = parse_yaml(out, file);
  if (now && now->size() == 1 && now->front() == value) return out;
  return Error{ErrorKind::InvalidInput, fmt::format("{}: the file holds no values yet and can't be given any; edit it by hand", file)};
}

}  // namespace

Result<std::string> edit_manifest(const std::string& text, const std::string& file, const ObjectRef& object, const std::vector<ValueEdit>& edits) {
  TRY(auto documents, read_documents(text, file));
  TRY(const auto spot, find_object(documents, file, object));
  return edit_at(text, file, std::move(documents), spot, edits);
}

Result<std::string> edit_yaml(const std::string& text, const std::string& file, std::size_t document, const std::vector<ValueEdit>& edits) {
  TRY(auto documents, read_documents(text, file));
  if (documents.empty() && document == 0) return fill(text, file, edits);
  if (document >= documents.size()) {
    return Error{ErrorKind::NotFound, fmt::format("{} holds {} documents, so there is no number {}", file, documents.size(), document + 1)};
  }
  return edit_at(text, file, std::move(documents), Spot{document, {}}, edits);
}

}  // namespace driftwarden
