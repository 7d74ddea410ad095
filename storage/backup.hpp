#pragma once
// Copies of a whole database. Internal to storage/ and its tests.
#include "storage/file_lock.hpp"
#include "storage/files.hpp"
#include "storage/session.hpp"
#include "storage/store.hpp"

#include <memory>
#include <string>

namespace driftwarden::storage {

/// A read-only WAL database needs its -shm file, which can't be made in a read-only directory. With no -wal the file alone is whole. Throws.
std::unique_ptr<Session> open_for_reading(const std::string& path);

/// One file that holds what is committed now, durable, mode 0600. An existing one is replaced.
Result<void> copy_database(Session& from, const std::string& to, Files& files);
/// Corrupt when the file or its audit chain isn't whole.
Result<void> check_copy(const std::string& path);

/// restore() with its steps in the open.
Result<RestoreReport> restore_with(Files& files, const std::string& from, const std::string& to, Clock& clock);
/// Ends a restore that was cut short after it had decided what takes the database's place.
Result<void> finish_restore(Files& files, FileLock& lock, const std::string& path);

}  // namespace driftwarden::storage
