#include "gitops/drift/derived.hpp"

#include "gitops/base/members.hpp"

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace driftwarden {
namespace {

using nlohmann::json;

std::optional<ObjectRef> parent_of(const json& secret, const ObjectRef& ref) {
  for (const auto& owner : array_at(member_at(secret, "metadata"), "ownerReferences")) {
    if (!owner.is_object() || owner.value("controller", json()) != json(true)) continue;
    ObjectRef parent;
    parent.set_api_version(text_at(owner, "apiVersion"));
    parent.version.clear();
    parent.kind = text_at(owner, "kind");
    parent.name = text_at(owner, "name");
    parent.namespace_ = ref.namespace_;
    if (makes_secrets(parent.group_kind())) return parent;
  }
  return std::nullopt;
}

}  // namespace

bool makes_secrets(const GroupKind& kind) {
  return (kind.group == "bitnami.com" && kind.kind == "SealedSecret") || (kind.group == "external-secrets.io" && kind.kind == "ExternalSecret");
}

bool is_metadata_only(const json& object) { return text_at(object, "kind") == "PartialObjectMetadata"; }

std::optional<DerivedEdit> derived_edit(const json& secret, const ObjectRef& ref, const ManagerClasses& managers) {
  auto parent = parent_of(secret, ref);
  if (!parent) return std::nullopt;
  for (const auto& entry : array_at(member_at(secret, "metadata"), "managedFields")) {
    if (!entry.is_object()) continue;
    const auto manager = text_at(entry, "manager");
    if (managers.of(manager) == ManagerClass::Person) return DerivedEdit{*std::move(parent), std::string(manager)};
  }
  return std::nullopt;
}

std::set<ObjectRef> DerivedEdits::put(const ObjectRef& secret, std::optional<DerivedEdit> edit) {
  const auto id = object_id(secret);
  const auto known = by_secret_.find(id);
  if (known != by_secret_.end() && edit && known->second.parent == edit->parent) {
    known->second.seen = true;
    return {};
  }
  std::set<ObjectRef> touched;
  if (known != by_secret_.end()) {
    const auto siblings = by_parent_.find(object_id(known->second.parent));
    siblings->second.erase(id);
    if (siblings->second.empty()) by_parent_.erase(siblings);
    touched.insert(known->second.parent);
    by_secret_.erase(known);
  }
  if (!edit) return touched;
  touched.insert(edit->parent);
  by_parent_[object_id(edit->parent)].insert(id);
  by_secret_.emplace(id, Known{std::move(edit->parent)});
  return touched;
}

void DerivedEdits::begin_list() {
  for (auto& [id, known] : by_secret_) known.seen = false;
}

bool DerivedEdits::seen(const ObjectRef& secret) {
  if (by_secret_.empty()) return false;
  const auto known = by_secret_.find(object_id(secret));
  if (known == by_secret_.end()) return false;
  known->second.seen = true;
  return true;
}

std::set<ObjectRef> DerivedEdits::end_list() {
  std::set<ObjectRef> touched;
  std::erase_if(by_secret_, [&](const auto& item) {
    if (item.second.seen) return false;
    const auto siblings = by_parent_.find(object_id(item.second.parent));
    siblings->second.erase(item.first);
    if (siblings->second.empty()) by_parent_.erase(siblings);
    touched.insert(item.second.parent);
    return true;
  });
  return touched;
}

}  // namespace driftwarden
