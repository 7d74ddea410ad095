// What an answer rests on beside the objects: the program, what its command names, its policies.
#include "gitops/base/crypto.hpp"
#include "integrations/gates/places.hpp"
#include "integrations/process/programs.hpp"

#include <sys/stat.h>

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace driftwarden::gates {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 50'000;

std::string stamp_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return fmt::format("{}:{}:{}:{}.{}", path, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

Result<void> add_stamps(const std::string& path, std::vector<std::string>& into) {
  auto own = stamp_of(path);
  if (own.empty()) return Error{ErrorKind::NotFound, fmt::format("{} isn't there", path)};
  into.push_back(std::move(own));
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return Result<void>{};
  std::size_t count = 0;
  for (fs::recursive_directory_iterator entry(path, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (++count > kMostFiles) return Error{ErrorKind::InvalidInput, fmt::format("{} has more than {} files", path, kMostFiles)};
    into.push_back(stamp_of(entry->path().string()));
  }
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("{} can't be read: {}", path, failed.message())};
  return Result<void>{};
}

}  // namespace

Result<std::string> identity_of(const GateProgram& program, const std::string& policies) {
  if (program.argv.empty()) return Error{ErrorKind::InvalidInput, "it has no command"};
  const char* ours = std::getenv("PATH");
  const auto file = process::find_program(program.argv.front(), ours == nullptr ? "/usr/local/bin:/usr/bin:/bin" : ours);
  if (!file || stamp_of(*file).empty()) return Error{ErrorKind::NotFound, fmt::format("{} isn't installed where Driftwarden runs", program.argv.front())};
  std::vector<std::string> stamps{stamp_of(*file)};
  for (const auto& path : existing_paths_in({program.argv.begin() + 1, program.argv.end()})) CHECK_OK(add_stamps(path, stamps));
  if (!policies.empty()) {
    auto added = add_stamps(policies, stamps);
    if (!added) return wrap("reading its policies", added.error());
  }
  std::ranges::sort(stamps);
  std::string all = fmt::format("{}\x1f{}\x1f{}", static_cast<int>(program.format), program.memory_bytes, program.timeout.count());
  for (const auto& argument : program.argv) all += "\x1e" + argument;
  for (const auto& stamp : stamps) all += "\x1f" + stamp;
  return sha256_hex(all);
}

}  // namespace driftwarden::gates
