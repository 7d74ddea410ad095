#include "gitops/edit/cut_document.hpp"

#include "gitops/manifest/manifest.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace driftwarden {
namespace {

using nlohmann::json;

/// The lines of a document, with its "---", which the first may lack, and what is written above it after that.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool marked = false;
};

/// At the first column nothing else can begin so, not even inside a block scalar.
bool is_mark(std::string_view line) { return line.starts_with("---") && (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r'); }

std::vector<Stretch> stretches_of(std::string_view text) {
  std::vector<Stretch> all(1);
  for (std::size_t line = 0; line < text.size();) {
    const auto end = std::min(text.find('\n', line), text.size() - 1) + 1;
    const bool mark = is_mark(text.substr(line, text[end - 1] == '\n' ? end - 1 - line : end - line));
    if (mark && line > 0) all.push_back({line, end, true});
    if (mark && line == 0) all.back().marked = true;
    all.back().end = end;
    line = end;
  }
  return all;
}

Error by_hand(const std::string& file, std::string_view why) { return Error{ErrorKind::InvalidInput, fmt::format("{}: {}; take it out by hand", file, why)}; }

bool is_it(const json& document, const ObjectRef& object) {
  const auto ref = ref_of(document);
  const bool same_place = ref.namespace_.empty() || object.namespace_.empty() || ref.namespace_ == object.namespace_;
  return ref.group == object.group && ref.kind == object.kind && ref.name == object.name && same_place;
}

bool lists_it(const json& document, const ObjectRef& object) {
  const auto items = document.is_object() ? document.find("items") : document.end();
  return document.is_object() && items != document.end() && items->is_array() &&
         std::ranges::any_of(*items, [&](const json& item) { return is_it(item, object) || lists_it(item, object); });
}

/// Where among the documents it is.
Result<std::size_t> position_of(const std::vector<json>& documents, const std::string& file, const ObjectRef& object) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (is_it(documents[i], object)) found.push_back(i);
    if (lists_it(documents[i], object)) return by_hand(file, to_string(object) + " stands in a list there");
  }
  if (found.empty()) return Error{ErrorKind::NotFound, fmt::format("{} is not in {}", to_string(object), file)};
  if (found.size() > 1) return by_hand(file, to_string(object) + " is more than once in it");
  return found.front();
}

/// The stretch that holds the document; each holds one or none.
Result<std::size_t> stretch_with(std::string_view text, const std::vector<Stretch>& stretches, const std::string& file, std::size_t document) {
  std::size_t before = 0;
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const auto held = parse_yaml(text.substr(stretches[i].begin, stretches[i].end - stretches[i].begin), file);
    if (!held || held->size() > 1) break;
    if (before == document && held->size() == 1) return i;
    before += held->size();
  }
  return by_hand(file, "its documents can't be told apart");
}

}  // namespace

Result<std::optional<std::string>> cut_document(const std::string& text, const std::string& file, const ObjectRef& object) {
  TRY(auto documents, parse_yaml(text, file));
  TRY(const auto position, position_of(documents, file, object));
  if (documents.size() == 1) return std::optional<std::string>();
  const auto stretches = stretches_of(text);
  TRY(const auto cut, stretch_with(text, stretches, file, position));
  const auto& gone = stretches[cut];
  auto rest_from = gone.end;
  // What followed is the first now, and needs no mark.
  const auto next_line = std::min(text.find('\n', rest_from), text.size() - 1) + 1;
  const auto next = std::string_view(text).substr(rest_from, next_line - rest_from);
  if (cut == 0 && !gone.marked && (next == "---\n" || next == "---\r\n")) rest_from = next_line;
  auto left = text.substr(0, gone.begin) + text.substr(rest_from);
  documents.erase(documents.begin() + static_cast<std::ptrdiff_t>(position));
  const auto now = parse_yaml(left, file);
  if (!now || *now != documents) return by_hand(file, to_string(object) + " can't be cut out safely");
  return std::optional(std::move(left));
}

}  // namespace driftwarden
