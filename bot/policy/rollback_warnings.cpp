// What going back to an earlier state can't undo.
#include "bot/policy/risk.hpp"
#include "bot/policy/risk_fields.hpp"
#include "gitops/base/members.hpp"
#include "gitops/diff/images.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

const Manifest* find_same(const std::vector<Manifest>& manifests, const ObjectRef& ref) {
  const auto found = std::ranges::find_if(manifests, [&](const Manifest& manifest) { return same_object(manifest.ref, ref); });
  return found == manifests.end() || found->body == nullptr ? nullptr : &*found;
}

std::set<std::string> versions_of(const json& crd) {
  std::set<std::string> names;
  const auto& versions = member_at(member_at(crd, "spec"), "versions");
  if (!versions.is_array()) return names;
  for (const auto& version : versions) names.emplace(text_at(version, "name"));
  return names;
}

std::string storage_version(const json& crd) {
  const auto& versions = member_at(member_at(crd, "spec"), "versions");
  if (!versions.is_array()) return {};
  for (const auto& version : versions) {
    const auto& storage = member_at(version, "storage");
    if (storage.is_boolean() && storage.get<bool>()) return std::string(text_at(version, "name"));
  }
  return {};
}

class Warnings {
 public:
  std::vector<std::string> out;

  void compare(const Manifest& now, const Manifest* then) {
    const auto words = to_string(now.ref);
    if (now.ref.kind == "CustomResourceDefinition") definition(words, *now.body, then);
    if (now.ref.kind == "PersistentVolumeClaim") claim(words, *now.body, then);
    if (now.ref.kind == "StatefulSet") stateful(words, *now.body, then);
    const bool schema = is_schema_job(now.ref, *now.body) || has_schema_init(*now.body);
    if (schema && (then == nullptr || images_of(*now.body) != images_of(*then->body))) add(fmt::format("{} may have changed a schema: going back doesn't undo that", words));
    charts(*now.body, then);
  }

 private:
  void add(std::string text) {
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }

  static bool has_schema_init(const json& object) {
    const auto* pods = pod_template(object);
    if (pods == nullptr) return false;
    const auto& containers = member_at(member_at(*pods, "spec"), "initContainers");
    return containers.is_array() && std::ranges::any_of(containers, is_schema_container);
  }

  void definition(const std::string& words, const json& now, const Manifest* then) {
    if (then == nullptr) return add(words + " isn't in the target: if it goes, every object of its kind goes");
    const auto old_versions = versions_of(*then->body);
    for (const auto& version : versions_of(now)) {
      if (!old_versions.contains(version)) add(fmt::format("{}: objects stored as {} can't be read without that version", words, version));
    }
    if (storage_version(now) != storage_version(*then->body)) {
      add(fmt::format("{}: the stored version goes from {} back to {}; what was written since stays as it is", words, storage_version(now), storage_version(*then->body)));
    } else if (member_at(now, "spec") != member_at(*then->body, "spec")) {
      add(words + ": its schema goes back; fields that only the newer one knows are dropped when objects are written");
    }
  }

  void claim(const std::string& words, const json& now, const Manifest* then) {
    if (then == nullptr) return add(words + " isn't in the target: if it goes, its data may go with it");
    const auto size = [](const json& object) {
      return std::string(text_at(member_at(member_at(member_at(object, "spec"), "resources"), "requests"), "storage"));
    };
    if (size(now) != size(*then->body)) add(fmt::format("{}: its size goes from {} to {}; a claim can't shrink", words, size(now), size(*then->body)));
  }

  void stateful(const std::string& words, const json& now, const Manifest* then) {
    if (then == nullptr) return add(words + " isn't in the target: its claims stay, with their data");
    if (member_at(member_at(now, "spec"), "volumeClaimTemplates") != member_at(member_at(*then->body, "spec"), "volumeClaimTemplates")) {
      add(words + ": its volume claims differ, and they can't be changed in place");
    }
    if (images_of(now) != images_of(*then->body)) add(words + " keeps its data: an older image may not read what the newer one wrote");
  }

  /// Hooks aren't rendered, so the chart's version stands for them.
  void charts(const json& now, const Manifest* then) {
    if (then == nullptr) return;
    const auto chart = [](const json& object) { return std::string(text_at(member_at(member_at(object, "metadata"), "labels"), "helm.sh/chart")); };
    const auto from = chart(now);
    const auto to = chart(*then->body);
    if (!from.empty() && !to.empty() && from != to) add(fmt::format("chart {} goes back to {}: what its upgrade hooks did isn't undone", from, to));
  }
};

}  // namespace

std::vector<std::string> rollback_warnings(const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  Warnings warnings;
  for (const auto& manifest : before) {
    if (manifest.body != nullptr) warnings.compare(manifest, find_same(after, manifest.ref));
  }
  return std::move(warnings.out);
}

}  // namespace driftwarden
