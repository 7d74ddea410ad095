#pragma once
// What backups, restores and archives do to files, step by step, each durable where it says so. Internal to storage/ and its tests, which count
// the steps, fail them and die at them.
#include "gitops/base/result.hpp"

#include <string>
#include <string_view>

namespace driftwarden::storage {

class Files {
 public:
  virtual ~Files() = default;

  /// A file of mode 0600 with this content, durable. An existing one is replaced.
  Result<void> write(const std::string& path, std::string_view content);
  /// An empty file of mode 0600; an existing one is replaced.
  Result<void> make_private(const std::string& path);
  Result<void> sync(const std::string& path);
  /// The directory that `path` is in: names in it are durable afterwards.
  Result<void> sync_directory_of(const std::string& path);
  Result<void> rename(const std::string& from, const std::string& to);
  /// Conflict when `to` exists.
  Result<void> rename_new(const std::string& from, const std::string& to);
  /// A second name for the file; a copy where there are no hard links. Conflict when `to` exists.
  Result<void> link(const std::string& from, const std::string& to);
  /// It is no error when there is none.
  Result<void> remove(const std::string& path);

 protected:
  /// Comes before each step.
  virtual Result<void> before(std::string_view step, const std::string& path);
};

Files& system_files();

Result<std::string> read_file(const std::string& path);
/// With the directories above it; those that are made belong to this user alone.
Result<void> make_directories(const std::string& directory);

}  // namespace driftwarden::storage
