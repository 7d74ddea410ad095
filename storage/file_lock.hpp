#pragma once
// One process per database. Internal to storage/ and its tests.
#include "gitops/base/result.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string>

namespace driftwarden::storage {

/// What the lock's file remembers beside the database, so that a lost -wal file, an emptied database or an older copy in its place shows, and so
/// that a restore which was cut short is finished.
struct LockNote {
  AuditMark head{};       ///< the end of the chain when last looked at; seq 0 = unknown
  std::string restoring{};  ///< file name of the copy that is to take the database's place
  bool operator==(const LockNote&) const = default;
};

/// Held for as long as the store is open: `<path>.lock`, by flock, so that it goes with the process however that ends.
class FileLock {
 public:
  /// `shared`: beside others that take it so, too; of these one leads.
  static Result<FileLock> take(const std::string& path, bool shared = false);
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  bool held() const { return descriptor_ >= 0; }
  /// What can't be read is nothing.
  LockNote note() const;
  /// `durable` is for what must not be forgotten; else it is a hint that costs next to nothing.
  Result<void> set_note(const LockNote& note, bool durable) const;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace driftwarden::storage
