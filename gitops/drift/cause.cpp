#include "gitops/drift/cause.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace driftwarden {
namespace {

struct Signs {
  bool live = false;
  bool git = false;
  bool missing = false;
  bool extra = false;
  bool unknown = false;
};

void add_fields(const ObjectDrift& object, const ManagerClasses& managers, Signs& signs) {
  for (const auto& field : object.fields) {
    const bool by_person = field.by && managers.of(*field.by) == ManagerClass::Person;
    signs.live |= field.cause == FieldCause::Live || (field.cause == FieldCause::Unknown && by_person);
    signs.git |= field.cause == FieldCause::Git;
    signs.unknown |= field.cause == FieldCause::Unknown && !by_person;
  }
  // Being deleted while Git wants it: somebody did that in the cluster.
  signs.live |= object.fields.empty() || has_note(object, "derived-edited");
}

std::vector<std::string> finalizers_of(const nlohmann::json& live) {
  std::vector<std::string> names;
  const auto metadata = live.find("metadata");
  if (metadata == live.end() || !metadata->is_object()) return names;
  const auto found = metadata->find("finalizers");
  if (found == metadata->end() || !found->is_array()) return names;
  for (const auto& name : *found) {
    if (name.is_string()) names.push_back(name.get<std::string>());
  }
  return names;
}

/// The index of the quote that ends the string which begins at `start`.
std::size_t end_of_string(std::string_view text, std::size_t start) {
  auto end = start + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return end;
}

/// Where the quoted value at the front of `text` ends: its JSON string, else the next ": " outside of all brackets and strings.
std::size_t end_of_value(std::string_view text) {
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      i = end_of_string(text, i);
      if (open == 0) return std::min(i + 1, text.size());
    } else if (text[i] == '{' || text[i] == '[' || text[i] == '(') {
      ++open;
    } else if (text[i] == '}' || text[i] == ']' || text[i] == ')') {
      --open;
    } else if (open <= 0 && text.substr(i).starts_with(": ")) {
      return i;
    }
  }
  return text.size();
}

}  // namespace

bool has_note(const ObjectDrift& object, std::string_view note) { return std::ranges::find(object.notes, note) != object.notes.end(); }

Cause cause_of(const std::vector<ObjectDrift>& objects, const WasSynced& was_synced, const ManagerClasses& managers) {
  Signs signs;
  for (const auto& object : objects) {
    const auto before = was_synced(object.object);
    switch (object.verdict) {
      case Verdict::OutOfSync: add_fields(object, managers, signs); break;
      case Verdict::Missing: (before == false ? signs.git : signs.missing) = true; break;
      case Verdict::Extra: (before == true ? signs.git : signs.extra) = true; break;
      case Verdict::Untracked: signs.extra = true; break;
      default: break;
    }
  }
  if (signs.live) return signs.git ? Cause::Both : Cause::LiveEdited;
  if (signs.git) return signs.missing ? Cause::Both : Cause::GitAhead;
  if (signs.missing) return Cause::Missing;
  if (signs.extra) return Cause::Extra;
  return signs.unknown ? Cause::Unknown : Cause::None;
}

std::string without_values(const std::string& message) {
  static constexpr std::array<std::string_view, 4> kQuotes{"Invalid value: ", "Unsupported value: ", "Duplicate value: ", "Too long: value "};
  std::string clean;
  std::string_view rest = message;
  while (!rest.empty()) {
    const auto quote = std::find_if(kQuotes.begin(), kQuotes.end(), [&](std::string_view word) { return rest.starts_with(word); });
    if (quote == kQuotes.end()) {
      clean += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(quote->size());
    rest.remove_prefix(end_of_value(rest));
    if (rest.starts_with(": ")) rest.remove_prefix(2);
  }
  // What follows these is Go's own print of a value.
  for (const auto* mark : {", got ", "&value."}) {
    if (const auto at = clean.find(mark); at != std::string::npos) clean.resize(at);
  }
  // A type's name, not a file's: core.Volume{Name:"a"}
  for (auto at = clean.find("core."); at != std::string::npos; at = clean.find("core.", at + 1)) {
    if (at + 5 < clean.size() && clean[at + 5] >= 'A' && clean[at + 5] <= 'Z') clean.resize(at);
  }
  return clean;
}

std::string stuck_reason(const ObjectDrift& object, const nlohmann::json* live, const DryRun* refusal) {
  if (has_note(object, "terminating") && live != nullptr) {
    const auto finalizers = finalizers_of(*live);
    if (!finalizers.empty()) return fmt::format("{} is being deleted, held by finalizers {}", to_string(object.object), join(finalizers, ", "));
  }
  if (!has_note(object, "dry-run-failed")) return {};
  const bool from_git = std::ranges::any_of(object.fields, [](const FieldDrift& field) { return field.cause == FieldCause::Git; });
  if (!from_git) return {};
  const auto* why = has_note(object, "immutable") ? "a field can't be changed any more" : "the API server refuses it";
  // The message may quote what it refuses, and a Secret is nothing else.
  if (refusal == nullptr || object.object.kind == "Secret") return fmt::format("{}: {}", to_string(object.object), why);
  return fmt::format("{}: {} ({})", to_string(object.object), why, ellipsize(without_values(refusal->message), 300));
}

}  // namespace driftwarden
