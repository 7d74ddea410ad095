#include "gitops/drift/live_store.hpp"

#include "gitops/diff/compare.hpp"
#include "gitops/drift/digest.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace driftwarden {
namespace {

using nlohmann::json;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool has_health(std::string_view kind) {
  static constexpr std::array<std::string_view, 9> kKinds{"Deployment", "StatefulSet",           "DaemonSet", "ReplicaSet", "Job",
                                                          "Pod",        "PersistentVolumeClaim", "Service",   "CronJob"};
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

bool is_older_version(std::string_view version, std::string_view than) {
  const auto a = number_of(version);
  const auto b = number_of(than);
  return a && b && *a < *b;
}

std::string_view resource_version_of(const json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto found = metadata->find("resourceVersion");
  return found != metadata->end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>()) : std::string_view();
}

std::string tracked_by(const json& object, const ObjectRef& ref) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto annotations = metadata->find("annotations");
  if (annotations == metadata->end() || !annotations->is_object()) return {};
  const auto found = annotations->find(kTrackingAnnotation);
  if (found == annotations->end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  const auto colon = text.find(':');
  if (colon == std::string::npos || std::string_view(text).substr(colon + 1) != object_id(ref)) return {};
  return text.substr(0, colon);
}

LiveKind& LiveStore::kind(KindKey key) {
  auto& kind = by_kind_[key];
  if (kind == nullptr) {
    const auto& watched = kinds_.at(key);
    kind = std::make_unique<LiveKind>(fmt::format("live {}/{}", watched.group, watched.kind), has_health(watched.kind));
  }
  return *kind;
}

const LiveKind* LiveStore::find_kind(KindKey key) const {
  const auto found = by_kind_.find(key);
  return found == by_kind_.end() ? nullptr : found->second.get();
}

const LiveEntry* LiveStore::find(KindKey kind_key, ObjectKey object) const {
  const auto* kind = find_kind(kind_key);
  if (kind == nullptr) return nullptr;
  const auto found = kind->objects.find(object);
  return found == kind->objects.end() ? nullptr : &found->second;
}

void LiveStore::put_status(const LiveKind& kind, LiveEntry& entry, std::string_view version, std::string_view status) {
  if (is_older_version(version, entry.resource_version)) return;
  entry.resource_version = version;
  if (kind.with_status) entry.status = status;
}

LiveStore::Put LiveStore::put(KindKey kind_key, ObjectKey object, const json& body, std::uint64_t content, std::string tracked) {
  auto& kind = this->kind(kind_key);
  const auto version = resource_version_of(body);
  const auto [at, added] = kind.objects.try_emplace(object);
  auto& entry = at->second;
  entry.generation = kind.generation;
  if (!added && !version.empty() && (version == entry.resource_version || is_older_version(version, entry.resource_version))) return Put::Nothing;
  if (content == 0) content = content_hash(body);
  const auto status = body.find("status");
  if (kind.with_status && status != body.end()) {
    put_status(kind, entry, version, status->dump(-1, ' ', false, json::error_handler_t::replace));
  } else {
    put_status(kind, entry, version, {});
  }
  if (!added && content == entry.content) return Put::Status;
  entry.content = content;
  entry.body = packer_.pack_live(body, kind.shelf);
  if (tracked != entry.app) {
    untrack(entry.app, {kind_key, object});
    track(tracked, {kind_key, object});
    entry.app = std::move(tracked);
  }
  return Put::Content;
}

bool LiveStore::erase(KindKey kind_key, ObjectKey object) {
  const auto kind = by_kind_.find(kind_key);
  if (kind == by_kind_.end()) return false;
  const auto found = kind->second->objects.find(object);
  if (found == kind->second->objects.end()) return false;
  untrack(found->second.app, {kind_key, object});
  kind->second->objects.erase(found);
  return true;
}

void LiveStore::begin_list(KindKey key) {
  auto& kind = this->kind(key);
  kind.active = true;
  ++kind.generation;
  // A list is the last word, also when versions went back: a server restored from a backup.
  for (auto& [object, entry] : kind.objects) entry.resource_version.clear();
}

std::vector<ObjectKey> LiveStore::end_list(KindKey key) {
  auto& kind = this->kind(key);
  kind.active = true;
  std::erase_if(kind.foreign, [&](const auto& mark) { return mark.second.generation != kind.generation; });
  std::vector<ObjectKey> gone;
  for (const auto& [object, entry] : kind.objects) {
    if (entry.generation != kind.generation) gone.push_back(object);
  }
  return gone;
}

JsonPtr LiveStore::whole(const LiveEntry& entry) const {
  auto object = packer_.unpack(entry.body);
  if (!entry.status.empty() && object.is_object()) {
    auto status = json::parse(entry.status, nullptr, false);
    if (!status.is_discarded()) object["status"] = std::move(status);
  }
  return std::make_shared<const json>(std::move(object));
}

const std::vector<LiveStore::Place>* LiveStore::tracked(const std::string& app) const {
  const auto found = tracked_.find(app);
  return found == tracked_.end() ? nullptr : &found->second;
}

void LiveStore::track(const std::string& app, Place place) {
  if (app.empty()) return;
  auto& places = tracked_[app];
  const auto at = std::lower_bound(places.begin(), places.end(), place);
  if (at == places.end() || *at != place) places.insert(at, place);
}

void LiveStore::untrack(const std::string& app, Place place) {
  const auto found = tracked_.find(app);
  if (found == tracked_.end()) return;
  const auto at = std::lower_bound(found->second.begin(), found->second.end(), place);
  if (at != found->second.end() && *at == place) found->second.erase(at);
  if (found->second.empty()) tracked_.erase(found);
}

}  // namespace driftwarden
