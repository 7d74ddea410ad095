#include "gitops/repository/directory.hpp"

#include "gitops/base/log.hpp"
#include "gitops/repository/objects.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <filesystem>

namespace driftwarden::libgit {

namespace fs = std::filesystem;

namespace {

constexpr const char* kUrlKey = "driftwarden.url";

Error failed(const std::string& step, const std::string& directory, const std::error_code& cause) {
  return Error{ErrorKind::Unavailable, fmt::format("{} {}: {}", step, directory, cause.message())};
}

Result<void> make_private(const std::string& directory) {
  std::error_code failure;
  fs::create_directories(directory, failure);
  if (!failure) fs::permissions(directory, fs::perms::owner_all, failure);
  if (failure) return failed("making the mirror's directory", directory, failure);
  return Result<void>{};
}

/// Locks and half-written packs that a killed process left; the directory has one owner, so nobody holds them.
void remove_leftovers(const fs::path& directory) {
  std::error_code ignored;
  const auto sweep = [&](const fs::path& folder, auto is_leftover) {
    std::vector<fs::path> doomed;
    for (fs::recursive_directory_iterator it(folder, ignored), end; it != end; it.increment(ignored)) {
      if (ignored) return;
      if (is_leftover(it->path())) doomed.push_back(it->path());
    }
    for (const auto& path : doomed) fs::remove(path, ignored);
  };
  sweep(directory / "refs", [](const fs::path& path) { return path.extension() == ".lock"; });
  sweep(directory / "objects" / "pack", [](const fs::path& path) { return path.filename().string().rfind("pack_git2_", 0) == 0; });
  for (const auto* name : {"config.lock", "packed-refs.lock", "HEAD.lock"}) fs::remove(directory / name, ignored);
}

Result<Handle<git_repository>> create(const MirrorOptions& options) {
  CHECK_OK(make_private(options.directory));
  git_repository_init_options init = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  init.flags = GIT_REPOSITORY_INIT_BARE;
  Handle<git_repository> repository;
  if (int code = git_repository_init_ext(into(repository), options.directory.c_str(), &init); code < 0) {
    return last_error("making a mirror in " + options.directory, code);
  }
  return repository;
}

/// A branch whose commit or tree can't be read means that the object store is damaged.
bool is_sound(git_repository* repository, const std::string& branch) {
  const auto head = read_ref(repository, tracking_ref(branch));
  if (!head) return true;
  auto commit = find_commit(repository, *head);
  if (!commit) return false;
  Handle<git_tree> tree;
  return git_commit_tree(into(tree), commit->get()) == 0;
}

/// Commits of another remote would be taken for this one's.
Result<void> belong_to(git_repository* repository, const MirrorOptions& options) {
  Handle<git_config> config;
  if (int code = git_repository_config(into(config), repository); code < 0) return last_error("reading the mirror's settings", code);
  git_buf known = {};
  const bool same = git_config_get_string_buf(&known, config.get(), kUrlKey) == 0 && options.url == known.ptr;
  git_buf_dispose(&known);
  if (same) return Result<void>{};
  Handle<git_reference> stale;
  if (git_reference_lookup(into(stale), repository, tracking_ref(options.branch).c_str()) == 0) git_reference_delete(stale.get());
  if (int code = git_config_set_string(config.get(), kUrlKey, options.url.c_str()); code < 0) return last_error("writing the mirror's settings", code);
  return Result<void>{};
}

Result<void> put_aside(const std::string& directory) {
  std::error_code failure;
  const auto aside = directory + ".broken";
  fs::remove_all(aside, failure);
  fs::rename(directory, aside, failure);
  if (failure) return failed("putting aside the damaged mirror", directory, failure);
  log_warn("repository", fmt::format("the mirror in {} was damaged or no mirror; it is now {} and everything is fetched again", directory, aside));
  return Result<void>{};
}

Result<Handle<git_repository>> open_existing(const MirrorOptions& options) {
  TRY(auto repository, open_bare(options.directory));
  remove_leftovers(options.directory);
  if (!is_sound(repository.get(), options.branch)) return Error{ErrorKind::Corrupt, "objects are missing"};
  CHECK_OK(belong_to(repository.get(), options));
  return repository;
}

}  // namespace

Result<Handle<git_repository>> open_bare(const std::string& directory) {
  Handle<git_repository> repository;
  if (int code = git_repository_open_bare(into(repository), directory.c_str()); code < 0) return last_error("opening the mirror in " + directory, code);
  return repository;
}

Result<Handle<git_repository>> open_directory(const MirrorOptions& options) {
  initialise();
  std::error_code failure;
  const bool fresh = !fs::exists(options.directory, failure) || fs::is_empty(options.directory, failure);
  if (failure) return failed("looking at the mirror's directory", options.directory, failure);
  if (!fresh) {
    auto opened = open_existing(options);
    if (opened) {
      CHECK_OK(make_private(options.directory));
      return opened;
    }
    // A full disk or too few file handles say nothing about the mirror.
    if (opened.error().kind == ErrorKind::Unavailable) return opened.error();
    CHECK_OK(put_aside(options.directory));
  }
  TRY(auto repository, create(options));
  CHECK_OK(belong_to(repository.get(), options));
  return repository;
}

}  // namespace driftwarden::libgit
