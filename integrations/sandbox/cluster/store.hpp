#pragma once
// The objects, the one resourceVersion counter, and the recent changes that watches read. No I/O, no clock.
#include "integrations/sandbox/cluster/json.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

/// An object as it stands, and its JSON text, made once when first asked for.
class Stored {
 public:
  explicit Stored(JsonPtr body) : body_(std::move(body)) {}
  const Json& body() const { return *body_; }
  const JsonPtr& shared_body() const { return body_; }
  /// As in an answer or an event: kind and apiVersion first.
  std::string text() const;
  /// As an item of a list, where built-in kinds lack kind and apiVersion.
  std::string item_text() const;

 private:
  JsonPtr body_;
  mutable std::string members_;
  const std::string& members() const;
};
using StoredPtr = std::shared_ptr<const Stored>;

struct Key {
  std::string namespace_;
  std::string name;
  auto operator<=>(const Key&) const = default;
};

enum class ChangeType { Added, Modified, Deleted };

struct StoreChange {
  std::uint64_t version = 0;
  ChangeType type = ChangeType::Added;
  StoredPtr object;  ///< for Deleted: the last state, with the deletion's resourceVersion
  StoredPtr before;  ///< null for Added
};

class Store {
 public:
  /// `kind` is Resource::storage().
  using Objects = std::map<Key, StoredPtr>;

  StoredPtr find(const std::string& kind, const Key& key) const;
  const Objects& objects(const std::string& kind) const;
  /// Creates or replaces; sets metadata.resourceVersion.
  StoredPtr put(const std::string& kind, const Key& key, Json body);
  StoredPtr remove(const std::string& kind, const Key& key);
  std::uint64_t version() const { return version_; }
  std::size_t size() const;

  /// The changes of `kind` after `since`, at most `limit`; nothing when they are no longer known.
  std::optional<std::vector<StoreChange>> changes(const std::string& kind, std::uint64_t since, std::size_t limit) const;
  /// The oldest version from which `kind` can still be watched.
  std::uint64_t oldest(const std::string& kind) const;
  void compact();
  void forget_kind(const std::string& kind) { objects_.erase(kind); }

  /// Called after every change.
  std::function<void(const std::string& kind, const StoreChange& change)> on_change;

 private:
  struct Log {
    std::deque<StoreChange> changes;
    std::uint64_t oldest = 0;
  };
  void record(const std::string& kind, StoreChange change);

  std::map<std::string, Objects> objects_;
  std::map<std::string, Log> logs_;
  std::uint64_t version_ = 1;
  std::uint64_t compacted_ = 0;
};

}  // namespace driftwarden::sandbox::cluster
