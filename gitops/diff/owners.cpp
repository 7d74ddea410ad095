#include "gitops/diff/owners.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace driftwarden {
namespace {

using nlohmann::json;

/// A scalar of a trie key at the front of `text` (Go's compact JSON); moves past it.
bool take_scalar(std::string_view& text, const json* wanted) {
  if (wanted == nullptr) return false;
  if (text.starts_with('"')) {
    const auto end = text.find_first_of("\"\\", 1);
    if (end == std::string_view::npos || !wanted->is_string()) return false;
    if (text[end] == '"') {
      const bool same = text.substr(1, end - 1) == wanted->get_ref<const std::string&>();
      text.remove_prefix(end + 1);
      return same;
    }
    std::size_t stop = end;
    while (stop < text.size() && text[stop] != '"') stop += text[stop] == '\\' ? 2 : 1;
    if (stop >= text.size()) return false;
    const bool same = json::parse(text.substr(0, stop + 1), nullptr, false) == *wanted;
    text.remove_prefix(stop + 1);
    return same;
  }
  const auto end = std::min(text.find_first_of(",}"), text.size());
  const auto token = text.substr(0, end);
  text.remove_prefix(end);
  if (wanted->is_boolean()) return token == (wanted->get<bool>() ? "true" : "false");
  if (wanted->is_number_integer()) {
    std::array<char, 24> buffer{};
    const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), wanted->get<std::int64_t>());
    return token == std::string_view(buffer.data(), static_cast<std::size_t>(done.ptr - buffer.data()));
  }
  return token == wanted->dump();
}

const json* child_of(const json& trie, const PathNode& step, std::string& buffer) {
  if (step.kind == StepKind::Field) {
    buffer.assign("f:").append(step.name);
    const auto found = trie.find(buffer);
    return found == trie.end() ? nullptr : &*found;
  }
  if (step.kind == StepKind::Value) {
    const auto found = trie.find("v:" + step.element->dump());
    return found == trie.end() ? nullptr : &*found;
  }
  if (step.kind == StepKind::Index) {
    const auto found = trie.find("i:" + std::to_string(step.index));
    return found == trie.end() ? nullptr : &*found;
  }
  for (auto it = trie.begin(); it != trie.end(); ++it) {
    if (it.key().starts_with("k:") && trie_key_matches(it.key(), *step.element, step.list)) return &*it;
  }
  return nullptr;
}

/// In one pass: this is done for every entry of every object.
ManagedEntry entry_of(const json& raw, std::string_view version) {
  ManagedEntry entry;
  entry.raw = &raw;
  entry.other_version = true;
  for (auto it = raw.begin(); it != raw.end(); ++it) {
    const std::string_view key = it.key();
    if (key == "fieldsV1") {
      entry.fields = it->is_object() ? &*it : nullptr;
      continue;
    }
    if (!it->is_string()) continue;
    const std::string_view text = it->get_ref<const std::string&>();
    if (key == "apiVersion") entry.other_version = text != version;
    if (key == "manager") entry.manager = text;
    if (key == "operation") entry.apply = text == "Apply";
    if (key == "subresource") {
      entry.scale = text == "scale";
      entry.status = text == "status";
    }
  }
  return entry;
}

}  // namespace

std::string_view ManagedEntry::time() const { return text_at(*raw, "time"); }

bool is_leaf(const json& trie_node) { return trie_node.empty(); }
bool owns_itself(const json& trie_node) { return trie_node.empty() || trie_node.contains("."); }

bool trie_key_matches(std::string_view trie_key, const json& element, const SchemaNode* list) {
  if (!trie_key.starts_with("k:{")) return false;
  auto text = trie_key.substr(3);
  while (text.starts_with('"')) {
    const auto end = text.find('"', 1);
    if (end == std::string_view::npos || end + 1 >= text.size()) return false;
    const auto name = text.substr(1, end - 1);
    text.remove_prefix(end + 2);
    const json* value = nullptr;
    if (element.is_object()) {
      if (const auto found = element.find(name); found != element.end()) value = &*found;
    }
    if (value == nullptr && list != nullptr) {
      const auto key = std::find_if(list->keys.begin(), list->keys.end(), [&](const SchemaNode::Key& known) { return known.name == name; });
      if (key != list->keys.end() && !key->fallback.is_null()) value = &key->fallback;
    }
    if (!take_scalar(text, value)) return false;
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return text == "}";
}

std::vector<ManagedEntry> managed_entries(const json& live, const ManagerClasses& managers) {
  std::vector<ManagedEntry> entries;
  const auto metadata = live.find("metadata");
  if (metadata == live.end() || !metadata->is_object()) return entries;
  const auto managed = metadata->find("managedFields");
  if (managed == metadata->end() || !managed->is_array()) return entries;
  const auto version = text_at(live, "apiVersion");
  entries.reserve(managed->size());
  for (const auto& raw : *managed) {
    if (!raw.is_object()) continue;
    auto entry = entry_of(raw, version);
    if (entry.fields == nullptr) continue;
    entry.manager_class = managers.of(entry.manager);
    entries.push_back(entry);
  }
  return entries;
}

Owners owners_of(const std::vector<ManagedEntry>& entries, const PathNode& path) {
  std::vector<const PathNode*> steps;
  for (const auto* at = &path; at->kind != StepKind::Root; at = at->parent) steps.push_back(at);
  Owners owners;
  std::string buffer;
  for (const auto& entry : entries) {
    if (entry.other_version && (steps.empty() || steps.back()->name != "metadata")) continue;
    const auto* node = entry.fields;
    for (auto step = steps.rbegin(); step != steps.rend() && node != nullptr; ++step) node = child_of(*node, **step, buffer);
    if (node == nullptr) continue;
    if (entry.manager_class == ManagerClass::Applier) {
      owners.applier = true;
      owners.apply_entry |= entry.apply;
    } else {
      owners.others.push_back(&entry);
    }
  }
  return owners;
}

Reach reach_of(const ManagedEntry& entry, const PathNode& path) {
  std::vector<const PathNode*> steps;
  for (const auto* at = &path; at->kind != StepKind::Root; at = at->parent) steps.push_back(at);
  if (entry.other_version && (steps.empty() || steps.back()->name != "metadata")) return Reach::None;
  const auto* node = entry.fields;
  std::string buffer;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const bool leaf = step != steps.rbegin() && is_leaf(*node);
    node = leaf ? nullptr : child_of(*node, **step, buffer);
    if (node == nullptr) return leaf ? Reach::Whole : Reach::None;
  }
  return Reach::Exact;
}

const ManagedEntry* Owners::foremost() const {
  const ManagedEntry* best = nullptr;
  for (const auto* entry : others) {
    const bool person = entry->manager_class == ManagerClass::Person;
    const bool best_is_person = best != nullptr && best->manager_class == ManagerClass::Person;
    if (best == nullptr || (person && !best_is_person) || (person == best_is_person && entry->time() > best->time())) best = entry;
  }
  return best;
}

bool Owners::only_controllers() const {
  return !others.empty() && std::all_of(others.begin(), others.end(), [](const auto* entry) { return entry->manager_class == ManagerClass::Controller; });
}

}  // namespace driftwarden
