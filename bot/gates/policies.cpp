#include "bot/gates/policies.hpp"

#include <fmt/core.h>

#include <utility>

namespace driftwarden {
namespace {

using Files = std::vector<gates::PolicyFile>;

constexpr std::size_t kMostFiles = 5000;
constexpr std::size_t kMostBytes = 32U << 20U;

Error unknown(const std::string& repository) { return {ErrorKind::NotFound, fmt::format("the repository {} of its policies isn't known", repository)}; }

Result<PolicySource::Found> find_in(Mirror& mirror, const std::string& path) {
  TRY(auto head, mirror.head());
  TRY(auto id, mirror.tree_id(head, path));
  return PolicySource::Found{std::move(head), std::move(id)};
}

Result<Files> read_from(Mirror& mirror, const std::string& head, const std::string& path) {
  TRY(auto entries, mirror.read_tree(head, path));
  Files files;
  std::size_t bytes = 0;
  for (auto& entry : entries) {
    bytes += entry.content.size();
    if (files.size() >= kMostFiles || bytes > kMostBytes) return Error{ErrorKind::InvalidInput, fmt::format("more than {} files or {} MiB", kMostFiles, kMostBytes >> 20U)};
    files.push_back({std::move(entry.path), std::move(entry.content)});
  }
  if (files.empty()) return Error{ErrorKind::NotFound, "there is no file"};
  return files;
}

std::string step(const std::string& repository, const std::string& path) { return fmt::format("reading its policies at {} of {}", path.empty() ? "the root" : path, repository); }

class GitPolicies final : public PolicySource {
 public:
  GitPolicies(FindWatcher watchers, bool fetch) : watchers_(std::move(watchers)), fetch_(fetch) {}

  asio::awaitable<Result<Found>> find(std::string repository, std::string path) override {
    auto* watcher = watchers_(repository);
    if (watcher == nullptr) co_return unknown(repository);
    if (fetch_) {
      auto fetched = co_await watcher->fetch();
      if (!fetched) co_return wrap(step(repository, path), fetched.error());
    }
    std::function<Result<Found>(Mirror&)> look = [path](Mirror& mirror) { return find_in(mirror, path); };
    auto looking = watcher->with_mirror(std::move(look));
    auto found = co_await std::move(looking);
    if (!found) co_return wrap(step(repository, path), found.error());
    co_return found;
  }

  asio::awaitable<Result<Files>> read(std::string repository, std::string head, std::string path) override {
    auto* watcher = watchers_(repository);
    if (watcher == nullptr) co_return unknown(repository);
    std::function<Result<Files>(Mirror&)> look = [head, path](Mirror& mirror) { return read_from(mirror, head, path); };
    auto looking = watcher->with_mirror(std::move(look));
    auto files = co_await std::move(looking);
    if (!files) co_return wrap(step(repository, path), files.error());
    co_return files;
  }

 private:
  FindWatcher watchers_;
  bool fetch_;
};

}  // namespace

std::unique_ptr<PolicySource> create_policy_source(FindWatcher watchers, bool fetch) { return std::make_unique<GitPolicies>(std::move(watchers), fetch); }

}  // namespace driftwarden
