#include "bot/doctor/storage_probe.hpp"

#include "storage/quick_check.hpp"
#include "storage/store.hpp"

#include <fmt/core.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;

/// The nearest directory above that is there.
fs::path existing(fs::path path) {
  std::error_code failed;
  while (!path.empty() && path != path.root_path() && !fs::exists(path, failed)) path = path.parent_path();
  return path;
}

bool is_in_use(const std::string& lock_file) {
  struct stat status {};
  if (::stat(lock_file.c_str(), &status) != 0) return false;
  std::ifstream locks("/proc/locks");
  return is_flocked({std::istreambuf_iterator<char>(locks), {}}, status.st_ino);
}

}  // namespace

bool is_flocked(const std::string& locks, std::uint64_t inode) {
  // "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"
  const auto ending = fmt::format(":{}", inode);
  std::istringstream lines(locks);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number;
    std::string kind;
    std::string advisory;
    std::string mode;
    std::string pid;
    std::string place;
    words >> number >> kind >> advisory >> mode >> pid >> place;
    if (kind == "FLOCK" && place.ends_with(ending)) return true;
  }
  return false;
}

StorageFacts look_at_storage(const std::string& database, Clock& clock, MonoTime until) {
  StorageFacts facts;
  std::error_code failed;
  const auto directory = fs::absolute(database, failed).parent_path();
  facts.directory = directory.string();
  facts.exists = fs::is_directory(directory, failed);
  const auto there = existing(directory);
  if (::access(there.c_str(), W_OK | X_OK) != 0) facts.why_not_writable = facts.exists ? std::strerror(errno) : fmt::format("it isn't there, and {} can't be written: {}", there.string(), std::strerror(errno));
  const auto space = fs::space(there, failed);
  if (!failed) facts.free_bytes = space.available;
  facts.database = fs::exists(database, failed);
  if (!facts.database) return facts;
  facts.in_use = is_in_use(database + ".lock");
  if (auto checked = storage::quick_check(database, clock, until); !checked) {
    facts.trouble = checked.error().message;
  } else if (auto opened = storage::Store::open_read_only(database, clock); !opened) {
    facts.trouble = opened.error().message;
  }
  return facts;
}

}  // namespace driftwarden
