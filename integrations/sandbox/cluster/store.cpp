#include "integrations/sandbox/cluster/store.hpp"

#include <algorithm>

namespace driftwarden::sandbox::cluster {
namespace {
constexpr std::size_t kLogLength = 4096;
}

const std::string& Stored::members() const {
  if (!members_.empty()) return members_;
  for (const auto& [key, value] : body_->items()) {
    if (key == "kind" || key == "apiVersion") continue;
    if (!members_.empty()) members_ += ',';
    members_ += '"' + key + "\":" + value.dump();
  }
  return members_;
}

std::string Stored::text() const {
  std::string out = "{\"kind\":" + body_->value("kind", Json()).dump() + ",\"apiVersion\":" + body_->value("apiVersion", Json()).dump() + ",";
  return out.append(members()).append("}");
}

std::string Stored::item_text() const { return "{" + members() + "}"; }

StoredPtr Store::find(const std::string& kind, const Key& key) const {
  const auto& all = objects(kind);
  const auto found = all.find(key);
  return found == all.end() ? nullptr : found->second;
}

const Store::Objects& Store::objects(const std::string& kind) const {
  static const Objects none;
  const auto found = objects_.find(kind);
  return found == objects_.end() ? none : found->second;
}

StoredPtr Store::put(const std::string& kind, const Key& key, Json body) {
  body["metadata"]["resourceVersion"] = std::to_string(++version_);
  auto fresh = std::make_shared<const Stored>(std::make_shared<const Json>(std::move(body)));
  StoredPtr& slot = objects_[kind][key];
  StoredPtr before = std::exchange(slot, fresh);
  const ChangeType type = before ? ChangeType::Modified : ChangeType::Added;
  record(kind, StoreChange{version_, type, fresh, std::move(before)});
  return fresh;
}

StoredPtr Store::remove(const std::string& kind, const Key& key) {
  auto& all = objects_[kind];
  const auto found = all.find(key);
  if (found == all.end()) return nullptr;
  StoredPtr before = found->second;
  all.erase(found);
  Json last = before->body();
  last["metadata"]["resourceVersion"] = std::to_string(++version_);
  auto gone = std::make_shared<const Stored>(std::make_shared<const Json>(std::move(last)));
  record(kind, StoreChange{version_, ChangeType::Deleted, gone, std::move(before)});
  return gone;
}

std::size_t Store::size() const {
  std::size_t out = 0;
  for (const auto& [kind, all] : objects_) out += all.size();
  return out;
}

void Store::record(const std::string& kind, StoreChange change) {
  Log& log = logs_[kind];
  log.changes.push_back(change);
  if (log.changes.size() > kLogLength) {
    log.oldest = log.changes.front().version;
    log.changes.pop_front();
  }
  if (on_change) on_change(kind, change);
}

std::uint64_t Store::oldest(const std::string& kind) const {
  const auto found = logs_.find(kind);
  return std::max(compacted_, found == logs_.end() ? 0 : found->second.oldest);
}

std::optional<std::vector<StoreChange>> Store::changes(const std::string& kind, std::uint64_t since, std::size_t limit) const {
  if (since < oldest(kind)) return std::nullopt;
  std::vector<StoreChange> out;
  const auto found = logs_.find(kind);
  if (found == logs_.end()) return out;
  const auto& all = found->second.changes;
  auto at = std::upper_bound(all.begin(), all.end(), since, [](std::uint64_t version, const StoreChange& one) { return version < one.version; });
  for (; at != all.end() && out.size() < limit; ++at) out.push_back(*at);
  return out;
}

void Store::compact() {
  compacted_ = version_;
  for (auto& [kind, log] : logs_) log.changes.clear();
}

}  // namespace driftwarden::sandbox::cluster
