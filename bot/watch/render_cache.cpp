#include "bot/watch/render_cache.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kPerNode = 64;  // a map's node with its key's text object, about

std::size_t memory_of(const json& value) {
  std::size_t bytes = sizeof(json);
  if (value.is_string()) bytes += sizeof(std::string) + value.get_ref<const std::string&>().size();
  if (value.is_array()) {
    for (const auto& item : value) bytes += memory_of(item);
  }
  if (value.is_object()) {
    for (const auto& [name, item] : value.items()) bytes += kPerNode + name.size() + memory_of(item);
  }
  return bytes;
}

}  // namespace

std::optional<CachedRender> RenderCache::find(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->render;
    }
  }
  if (!store_) return std::nullopt;
  auto stored = store_->find(key);
  if (stored) keep_in_memory(key, *stored);
  return stored;
}

void RenderCache::keep(const std::string& key, CachedRender render) {
  if (store_) store_->keep(key, render);
  keep_in_memory(key, std::move(render));
}

void RenderCache::keep_in_memory(const std::string& key, CachedRender render) {
  std::size_t bytes = sizeof(Entry) + key.size();
  for (const auto& manifest : render.manifests) bytes += sizeof(Manifest) + memory_of(*manifest.body);
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  if (bytes > max_bytes_) return;
  entries_.push_front({key, std::move(render), bytes});
  by_key_[key] = entries_.begin();
  bytes_ += bytes;
  while (entries_.size() > max_entries_ || bytes_ > max_bytes_) drop(std::prev(entries_.end()));
}

void RenderCache::drop(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

std::size_t RenderCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t RenderCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace driftwarden
