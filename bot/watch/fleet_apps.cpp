// The fleet's Apps that are declared in Git: taken over from each head, beside those of the config.
#include "bot/watch/fleet.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

/// Who it belongs to and where it is told changes nothing of what it is rendered from and compared with.
bool is_same_work(const App& a, const App& b) {
  return a.repository == b.repository && a.path == b.path && a.render == b.render && a.helm == b.helm && a.cluster == b.cluster && a.namespace_ == b.namespace_ && a.track == b.track;
}

}  // namespace

asio::awaitable<void> Fleet::refresh_declared(std::string repository, std::string head) {
  // The pool reads this copy: people may be linked meanwhile.
  const auto config = std::make_shared<const Config>(*parts_.config);
  std::function<Result<DeclaredApps>(Mirror&)> work = [repository, head, known = declared_[repository].id, config](Mirror& mirror) {
    return read_declared_apps(mirror, head, known, repository, *config);
  };
  auto reading = this->repository(repository).with_mirror<DeclaredApps>(std::move(work));
  auto read = co_await std::move(reading);
  auto& declared = declared_[repository];
  if (!read) {
    if (read.error().kind != ErrorKind::Cancelled) notice(repository, "the Apps declared in it can't be read: " + read.error().message);
    declared.read = true;
    co_return;
  }
  if (read->id != declared.id) take_declared(repository, std::move(*read));
  declared.read = true;
}

void Fleet::take_declared(const std::string& repository, DeclaredApps read) {
  auto& declared = declared_[repository];
  declared.id = read.id;
  for (const auto& warning : read.warnings) notice(repository, warning + "; the file is left out");
  std::set<std::string> names;
  for (auto& app : read.apps) {
    const auto known = apps_.find(app.name);
    if (known != apps_.end() && !declared.names.contains(app.name)) {
      const auto* from = find_app(*parts_.config, app.name) != nullptr ? "the configuration" : "another repository, or orphans,";
      notice(repository, fmt::format("{}: {} has an App of that name already; the file is left out", app_file_path(app.name), from));
      continue;
    }
    names.insert(app.name);
    put_app(std::move(app));
  }
  for (const auto& name : declared.names) {
    if (names.contains(name)) continue;
    if (read.broken.contains(name)) {
      names.insert(name);
    } else {
      drop_app(name);
    }
  }
  declared.names = std::move(names);
  changed_.notify();
}

void Fleet::put_app(App app) {
  const auto name = app.name;
  const auto known = apps_.find(name);
  if (known != apps_.end() && known->second == app) return;
  if (known != apps_.end() && is_same_work(known->second, app)) {
    known->second = app;  // in place: others may hold its address
    index_.set_app(app);
    return;
  }
  const bool is_new = known == apps_.end();
  if (!is_new) drop_app(name);
  index_.set_app(app);
  apps_[name] = std::move(app);
  log_info("fleet", fmt::format("{}: {} as {} says", name, is_new ? "taken over" : "replaced", app_file_path(name)));
}

void Fleet::drop_app(const std::string& name) {
  index_.remove_app(name);
  auto node = apps_.extract(name);
  if (!node) return;
  dropped_.push_back(std::move(node));  // somebody may hold its address across a wait
  renderings_.erase(name);
  rules_.erase(name);
  told_.erase(name);
  held_.erase(name);
  if (applications_.erase(name) > 0) applications_moved_ = true;
  if (listener_.on_app_dropped) listener_.on_app_dropped(name);
}

void Fleet::notice(const std::string& repository, const std::string& what) {
  log_warn("fleet", fmt::format("repository {}: {}", repository, what));
  if (listener_.on_notice) listener_.on_notice(repository, what);
}

bool Fleet::apps_are_known() const {
  for (const auto& repository : parts_.config->repositories) {
    const auto found = declared_.find(repository.name);
    if ((found == declared_.end() || !found->second.read) && !failed_repositories_.contains(repository.name)) return false;
  }
  return true;
}

}  // namespace driftwarden
