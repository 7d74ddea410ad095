#include "gitops/repository/old_refs.hpp"

#include <git2.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace driftwarden::libgit {

namespace fs = std::filesystem;

namespace {

struct NamedRef {
  std::string name;
  fs::file_time_type written;
};

std::vector<NamedRef> refs_below(git_repository* repository, std::string_view prefix) {
  std::vector<NamedRef> found;
  git_reference_iterator* iterator = nullptr;
  const auto glob = std::string(prefix) + "*";
  if (git_reference_iterator_glob_new(&iterator, repository, glob.c_str()) < 0) return found;
  const char* name = nullptr;
  while (git_reference_next_name(&name, iterator) == 0) {
    // A ref has no time of its own but its file's; one that somebody packed is an old one.
    std::error_code packed;
    const auto written = fs::last_write_time(fs::path(git_repository_path(repository)) / name, packed);
    found.push_back({name, packed ? fs::file_time_type::min() : written});
  }
  git_reference_iterator_free(iterator);
  return found;
}

}  // namespace

void drop_old_refs(git_repository* repository, std::string_view prefix, std::size_t keep) {
  auto refs = refs_below(repository, prefix);
  if (refs.size() <= keep) return;
  std::ranges::sort(refs, std::ranges::greater{}, &NamedRef::written);
  for (auto at = refs.begin() + static_cast<std::ptrdiff_t>(keep); at != refs.end(); ++at) (void)git_reference_remove(repository, at->name.c_str());
  git_error_clear();
}

}  // namespace driftwarden::libgit
