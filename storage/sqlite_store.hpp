#pragma once
// The one implementation of Store. Internal to storage/ and its tests.
#include "storage/file_lock.hpp"
#include "storage/files.hpp"
#include "storage/session.hpp"
#include "storage/store.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace driftwarden::storage {

class SqliteStore final : public Store {
 public:
  SqliteStore(FileLock lock, std::unique_ptr<Session> session, Clock& clock, bool read_only)
      : lock_(std::move(lock)), session_(std::move(session)), clock_(clock), read_only_(read_only) {}

  Result<void> transact(const std::function<Result<void>(Transaction&)>& work) override;
  std::vector<Result<void>> transact_all(const std::vector<std::function<Result<void>(Transaction&)>>& works) override;
  std::string damage() const override;

  Result<std::string> instance() override;
  Result<AuditMark> audit_head() override;
  Result<std::vector<AuditFault>> verify_audit() override;
  Result<std::vector<AuditSeal>> audit_seals() override;
  Result<std::vector<AuditFault>> verify_archives(const std::string& directory, const std::function<void(const AuditRow&)>& each) override;
  Result<SealReport> seal_audit(WallTime before, const std::string& directory) override;

  Result<std::size_t> prune(Duration age) override;
  Result<std::size_t> forget(Duration age) override;
  Result<void> backup(const std::string& to) override;

  Session& session() { return *session_; }
  /// For tests, which watch the steps.
  void use(Files& files) { files_ = &files; }
  /// Notes in the lock's file where the chain ends now; called once the database is open.
  Result<void> note_head();
  /// With several instances: this one's term, from here on. Nothing when `leads` is empty, an error when it says no.
  Result<void> begin_term(const std::function<bool()>& leads, const std::string& path);

 private:
  /// In a transaction that writes: an error when another instance's term has begun.
  Result<void> check_term();
  /// After a commit: an error when the file was taken out of our hands meanwhile, so that nothing stays of it.
  Result<void> check_not_seized() const;
  /// An error when the database can't be trusted any more.
  Result<void> refusal() const;
  /// The same result; a damage that it tells of is remembered.
  template <class T>
  Result<T> noted(Result<T> result) {
    if (!result) note_damage(result.error());
    return result;
  }
  void note_damage(const Error& error);
  void note_appended(const std::optional<AuditMark>& last);
  Result<void> run(const std::function<Result<void>(Transaction&)>& work);
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
  Files* files_ = &system_files();
  LockNote note_{};
  std::int64_t term_ = 0;  ///< 0 = the only instance
  std::string shared_path_;     ///< with several instances
  std::int64_t seizures_ = 0;   ///< when this term began
  mutable std::mutex mutex_;  ///< of `damage_`, which others than the database's thread read
  std::string damage_;
};

}  // namespace driftwarden::storage
