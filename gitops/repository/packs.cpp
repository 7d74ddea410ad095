#include "gitops/repository/packs.hpp"

#include <git2.h>
#include <git2/odb_backend.h>
#include <git2/sys/odb_backend.h>

#include <filesystem>
#include <vector>

namespace driftwarden::libgit {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kManyPacks = 50;
constexpr std::uintmax_t kSmallPack = 1U << 20U;

std::vector<fs::path> small_packs(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".pack" && entry.file_size(ignored) < kSmallPack) found.push_back(entry.path());
  }
  return found;
}

int insert_object(const git_oid* id, void* payload) { return git_packbuilder_insert(static_cast<git_packbuilder*>(payload), id, nullptr); }

Result<void> insert_pack(git_packbuilder* builder, fs::path pack) {
  git_odb* store = nullptr;
  git_odb_backend* backend = nullptr;
  int code = git_odb_new(&store);
  if (code == 0) code = git_odb_backend_one_pack(&backend, pack.replace_extension(".idx").c_str());
  if (code == 0) code = git_odb_add_backend(store, backend, 1);
  if (code == 0) code = git_odb_foreach(store, insert_object, builder);
  git_odb_free(store);
  if (code < 0) return last_error("merging packs", code);
  return Result<void>{};
}

}  // namespace

Result<bool> merge_small_packs(git_repository* repository) {
  const fs::path folder = fs::path(git_repository_path(repository)) / "objects" / "pack";
  const auto packs = small_packs(folder);
  if (packs.size() < kManyPacks) return false;
  Handle<git_packbuilder> builder;
  if (int code = git_packbuilder_new(into(builder), repository); code < 0) return last_error("merging packs", code);
  for (const auto& pack : packs) CHECK_OK(insert_pack(builder.get(), pack));
  if (int code = git_packbuilder_write(builder.get(), nullptr, 0, nullptr, nullptr); code < 0) return last_error("merging packs", code);
  const auto merged = folder / ("pack-" + std::string(git_packbuilder_name(builder.get())));
  std::error_code ignored;
  for (auto pack : packs) {
    if (fs::path(pack).replace_extension() == merged) continue;
    for (const char* kind : {".pack", ".idx", ".rev"}) fs::remove(pack.replace_extension(kind), ignored);
  }
  return true;
}

}  // namespace driftwarden::libgit
