#pragma once
// The one implementation of Store. Internal to storage/ and its tests.
#include "storage/session.hpp"
#include "storage/store.hpp"

#include <memory>

namespace driftwarden::storage {

/// Held for as long as the store is open: `<path>.lock`, by flock, so that it goes with the process however that ends.
class FileLock {
 public:
  static Result<FileLock> take(const std::string& path);
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(FileLock lock, std::unique_ptr<Session> session, Clock& clock, bool read_only)
      : lock_(std::move(lock)), session_(std::move(session)), clock_(clock), read_only_(read_only) {}

  Result<void> transact(const std::function<Result<void>(Transaction&)>& work) override;
  std::vector<Result<void>> transact_all(const std::vector<std::function<Result<void>(Transaction&)>>& works) override;
  Result<std::vector<AuditFault>> verify_audit() override;
  Result<std::size_t> prune(Duration age) override;

  Session& session() { return *session_; }

 private:
  /// Reads one consistent state while others write.
  template <class Work>
  auto in_snapshot(std::string_view step, Work&& work) {
    return guarded(step, [&] {
      Rollback rollback{*session_};
      session_->database().exec("BEGIN");
      return work();
    });
  }
  /// Ends what is left of a transaction, also when an exception passes.
  struct Rollback {
    Session& session;
    ~Rollback() {
      if (session.in_transaction()) session.database().tryExec("ROLLBACK");
    }
  };

  using Works = std::vector<std::function<Result<void>(Transaction&)>>;
  /// Error: the database failed, and nothing of any work stays.
  Result<std::vector<Result<void>>> transact_together(const Works& works);

  FileLock lock_;  ///< let go of after the session is closed
  std::unique_ptr<Session> session_;
  Clock& clock_;
  bool read_only_;
};

}  // namespace driftwarden::storage
