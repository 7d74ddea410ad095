#pragma once
// What tools rendered, kept by what it was rendered from. In memory, bounded, for pool threads.
#include "gitops/diff/unstable.hpp"
#include "gitops/render/render.hpp"

#include <cstddef>
#include <list>
#include <map>
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

/// What was used least recently goes first.
class RenderCache {
 public:
  explicit RenderCache(std::size_t max_entries = 2000, std::size_t max_bytes = 64U << 20U) : max_entries_(max_entries), max_bytes_(max_bytes) {}

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
  void drop(std::list<Entry>::iterator entry);

  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  ///< used last first
  std::map<std::string, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace driftwarden
