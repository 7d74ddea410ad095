#pragma once
// Feeds for the drift index: objects as a server would hold them.
#include "gitops/drift/digest.hpp"
#include "gitops/drift/index.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden {

using nlohmann::json;

inline const WatchedKind kMaps{"", "v1", "ConfigMap"};
inline const WallTime kNow{std::chrono::hours(24 * 365 * 56)};

inline json config_map(const std::string& name, const json& data) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", "shop"}}}, {"data", data}};
}

inline json deployment(const std::string& name, const std::string& image = "r.test/app:1") {
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", {{"name", name}, {"namespace", "shop"}}},
          {"spec", {{"replicas", 2}, {"template", {{"spec", {{"containers", json::array({json{{"name", "app"}, {"image", image}}})}}}}}}}};
}

inline Manifest manifest(const json& object) { return {ref_of(object), std::make_shared<const json>(object), "a.yaml", 1}; }

/// As a server would hold it: applied by us, then perhaps edited by a person.
inline json live(json object, const std::string& version, const json& edited = nullptr) {
  object["metadata"]["resourceVersion"] = version;
  auto fields = json::object();
  for (const auto& [key, value] : object["data"].items()) {
    if (edited.is_null() || !edited.contains("f:" + key)) fields["f:" + key] = json::object();
  }
  object["metadata"]["managedFields"] =
      json::array({json{{"manager", "driftwarden"}, {"operation", "Apply"}, {"apiVersion", "v1"}, {"fieldsV1", {{"f:data", fields}}}}});
  if (!edited.is_null()) {
    object["metadata"]["managedFields"].push_back(
        {{"manager", "kubectl-edit"}, {"operation", "Update"}, {"apiVersion", "v1"}, {"time", "2026-01-01T00:00:00Z"}, {"fieldsV1", {{"f:data", edited}}}});
  }
  return object;
}

/// `k` was set by kubectl-edit.
inline json edited(const std::string& name, const std::string& value, const std::string& version) {
  return live(config_map(name, {{"k", value}}), version, {{"f:k", json::object()}});
}

inline App shop_app() {
  App app;
  app.name = "shop";
  app.cluster = "prod";
  return app;
}

class Index : public testing::Test {
 protected:
  Index() : app(shop_app()), redactor("key"), index(redactor) { index.set_app(app); }

  void desire(const std::vector<json>& objects, UnstablePaths unstable = {}) { desire_of("shop", objects, std::move(unstable)); }
  void desire_of(const std::string& name, const std::vector<json>& objects, UnstablePaths unstable = {}) {
    std::vector<Manifest> manifests;
    for (const auto& object : objects) manifests.push_back(manifest(object));
    index.set_desired(name, "rev1", std::move(manifests), std::move(unstable));
  }
  void see(const json& object) { index.on_object("prod", {ref_of(object), std::make_shared<const json>(object)}); }
  /// As a cluster with glimpses does it. False when the object needn't be parsed.
  bool glimpse(const json& object) {
    const auto text = object.dump();
    const auto status = object.contains("status") ? object["status"].dump() : std::string();
    const auto version = object["metadata"].value("resourceVersion", "");
    const LiveGlimpse seen{ref_of(object), version, content_hash(object), status, text};
    if (!index.wants("prod", seen)) return false;
    index.on_object("prod", {ref_of(object), std::make_shared<const json>(object), seen.content});
    return true;
  }
  void list(const std::vector<json>& objects, const WatchedKind& kind = kMaps) {
    index.on_relist("prod", kind);
    for (const auto& object : objects) see(object);
    index.on_listed("prod", kind);
  }
  DriftReport report(WallTime now = kNow) { return index.report("shop", now); }

  App app;
  Redactor redactor;
  DriftIndex index;
};

}  // namespace driftwarden
