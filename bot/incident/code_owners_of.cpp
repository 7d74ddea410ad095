#include "bot/incident/code_owners_of.hpp"

#include "gitops/base/log.hpp"

namespace driftwarden {
namespace {

constexpr Duration kHeadIsFresh{30'000};
constexpr Duration kFirstLookWaits{3'000};

struct OwnersFile {
  std::string head;
  std::vector<CodeOwnersRule> rules;
  bool same = false;  ///< the head is the one that is known
};

Result<OwnersFile> read_owners(Mirror& mirror, ForgeKind dialect, const std::string& known_head) {
  OwnersFile file;
  TRY(file.head, mirror.head());
  file.same = file.head == known_head;
  if (file.same) return file;
  for (const auto& path : code_owners_files(dialect)) {
    const auto text = mirror.read_file(file.head, path);
    if (!text) continue;
    file.rules = parse_code_owners(*text, dialect);
    break;
  }
  return file;
}

asio::awaitable<Result<OwnersFile>> read_owners_of(Fleet& fleet, App app, std::string known_head) {
  const auto dialect = fleet.repository_config(app.repository).forge.kind;
  std::function<Result<OwnersFile>(Mirror&)> read = [dialect, known_head](Mirror& mirror) { return read_owners(mirror, dialect, known_head); };
  auto reading = fleet.repository(app.repository).with_mirror<OwnersFile>(std::move(read));
  co_return co_await std::move(reading);
}

std::vector<std::string> owners_in(Fleet& fleet, const App& app, const std::vector<CodeOwnersRule>& rules) {
  return owners_of_path(rules, owned_file_of(app), fleet.repository_config(app.repository).forge.kind);
}

}  // namespace

asio::awaitable<std::vector<std::string>> code_owners_of(Fleet& fleet, App app) {
  if (app.repository.empty()) co_return std::vector<std::string>{};
  auto reading = read_owners_of(fleet, app, "");
  const auto file = co_await std::move(reading);
  if (!file) {
    log_warn("incident", app.name + ": CODEOWNERS can't be read: " + file.error().message);
    co_return std::vector<std::string>{};
  }
  co_return owners_in(fleet, app, file->rules);
}

asio::awaitable<void> CodeOwnersCache::look(App app, std::shared_ptr<Known> known) {
  auto reading = read_owners_of(fleet_, app, known->head);
  auto file = co_await std::move(reading);
  known->reading = false;
  known->read = true;
  known->looked_at = clock_.mono_now();
  if (!file) log_warn("incident", app.repository + ": CODEOWNERS can't be read: " + file.error().message);
  if (file && !file->same) {
    known->head = file->head;
    known->rules = std::move(file->rules);
  }
  for (const auto& waiter : std::exchange(known->waiting, {})) waiter->notify();
}

asio::awaitable<std::vector<std::string>> CodeOwnersCache::of(App app) {
  if (app.repository.empty()) co_return std::vector<std::string>{};
  auto& entry = known_[app.repository];
  if (!entry) entry = std::make_shared<Known>();
  const auto known = entry;
  const auto now = clock_.mono_now();
  if (!known->reading && (!known->read || now - known->looked_at > kHeadIsFresh)) {
    known->reading = true;
    known->looked_at = now;
    tasks_.spawn("code owners of " + app.repository, look(app, known));
  }
  if (!known->read && now - known->looked_at < kFirstLookWaits) {
    const auto signal = std::make_shared<Signal>(executor_);
    known->waiting.push_back(signal);
    (void)co_await signal->wait_until(clock_, known->looked_at + kFirstLookWaits);
  }
  co_return owners_in(fleet_, app, known->rules);
}

asio::awaitable<void> CodeOwnersCache::stop() { co_await tasks_.join(); }

}  // namespace driftwarden
