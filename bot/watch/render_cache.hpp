#pragma once
// What tools rendered, kept by what it was rendered from. In memory, bounded, for pool threads.
#include "gitops/base/secret.hpp"
#include "gitops/diff/unstable.hpp"
#include "gitops/render/render.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct CachedRender {
  std::vector<Manifest> manifests;
  bool may_vary = false;
  std::optional<UnstablePaths> unstable;  ///< once a second run was compared
};

/// Where renderings outlive the process. For pool threads; what can't be read counts as not there.
class RenderStore {
 public:
  virtual ~RenderStore() = default;
  virtual std::optional<CachedRender> find(const std::string& key) = 0;
  virtual void keep(const std::string& key, const CachedRender& render) = 0;
};
/// Files of a directory (0700), encrypted with AES-256-GCM: a rendering may hold Secrets. `secret` is what the key is derived from and must be stored
/// elsewhere (Slack's token); another secret, or a damaged file, is a miss. What was used least recently goes first beyond `max_bytes`.
std::shared_ptr<RenderStore> create_render_store(const std::string& directory, const Secret<std::string>& secret, std::size_t max_bytes = 512U << 20U);

/// What was used least recently goes first; behind it, where there is one, a store on disk.
class RenderCache {
 public:
  explicit RenderCache(std::size_t max_entries = 2000, std::size_t max_bytes = 64U << 20U, std::shared_ptr<RenderStore> store = nullptr)
      : max_entries_(max_entries), max_bytes_(max_bytes), store_(std::move(store)) {}

  std::optional<CachedRender> find(const std::string& key);
  void keep(const std::string& key, CachedRender render);
  std::size_t size() const;
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    CachedRender render;
    std::size_t bytes = 0;
  };
  void keep_in_memory(const std::string& key, CachedRender render);
  void drop(std::list<Entry>::iterator entry);

  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  const std::shared_ptr<RenderStore> store_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  ///< used last first
  std::map<std::string, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace driftwarden
