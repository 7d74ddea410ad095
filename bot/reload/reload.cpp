#include "bot/reload/reload.hpp"

#include "bot/config/load.hpp"
#include "bot/reload/git_texts.hpp"
#include "bot/reload/last_good.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <map>
#include <optional>
#include <utility>

namespace driftwarden {
namespace {

constexpr Duration kRetry{30'000};

bool same_place(const std::optional<ConfigFromGit>& one, const ConfigFromGit& other) {
  return one && one->repository == other.repository && one->path == other.path;
}

/// What `seen` begins with for this place.
std::string prefix_of(const ConfigFromGit& place) { return place.repository + ":" + place.path + "@"; }

/// Of what is wrong and where, whatever the commit is called.
std::string content_of(const std::vector<ConfigMistake>& mistakes) {
  std::string all;
  for (const auto& mistake : mistakes) all += fmt::format("{}:{}:{}:{}\n", mistake.file.substr(mistake.file.find(':') + 1), mistake.line, mistake.column, mistake.what);
  return sha256_hex(all);
}

}  // namespace

/// One look at a time: what comes meanwhile is looked at next.
struct Reload::State {
  explicit State(Parts given) : parts(std::move(given)), wanted(parts.executor), tasks(parts.executor), good(load_last_good(parts.state_directory, *parts.environment)) {}

  Parts parts;
  Signal wanted;
  TaskGroup tasks;
  std::optional<LastGood> good;              ///< as it is on disk
  std::map<std::string, std::string> heads;  ///< by repository
  bool asked = false;
  std::string seen;     ///< the place and its tree that were looked at last
  std::string refused;  ///< what was told last
  std::optional<MonoTime> retry;
  std::size_t looks = 0;

  RepositoryWatcher* watcher(const std::string& repository) const {
    if (parts.watcher) return parts.watcher(repository);
    return parts.fleet != nullptr && find_repository(*parts.config, repository) != nullptr ? &parts.fleet->repository(repository) : nullptr;
  }

  asio::awaitable<void> follow() {
    while (true) {
      auto woken = wait();
      const auto told = co_await std::move(woken);
      if (!told) co_return;
      retry.reset();
      auto looking = look(std::exchange(asked, false));
      co_await std::move(looking);
      ++looks;
    }
  }

  asio::awaitable<Result<void>> wait() {
    if (!retry) co_return co_await wanted.wait();
    auto woken = co_await wanted.wait_until(*parts.clock, *retry);
    if (!woken) co_return woken.error();
    co_return Result<void>{};
  }

  asio::awaitable<void> look(bool by_hand) {
    const auto file = parts.config->file;
    if (by_hand) forget_unbuildable(parts.state_directory);
    const auto place = by_hand ? find_places(file, *parts.environment).from_git : parts.config->from_git;
    if (!place) co_return judge(load_config(file, *parts.environment), file, std::nullopt);
    auto* repository = watcher(place->repository);
    const auto head = heads.find(place->repository);
    if (repository == nullptr || head == heads.end()) co_return judge_with_last(*place, file);
    const auto commit = head->second;
    const auto known = prefix_of(*place);
    const auto known_tree = !by_hand && seen.starts_with(known) ? seen.substr(known.size()) : std::string();
    std::function<Result<GitTexts>(Mirror&)> work = [at = *place, commit, known_tree](Mirror& mirror) { return read_git_texts(mirror, at, commit, known_tree); };
    auto working = repository->with_mirror<GitTexts>(std::move(work));
    auto read = co_await std::move(working);
    const auto origin = by_hand ? file : origin_of(*place, commit);
    if (!read) co_return unreadable(*place, commit, read.error(), by_hand);
    if (read->texts.empty()) co_return;
    seen = known;
    seen += read->tree;
    auto loaded = load_config(file, *parts.environment, read->texts);
    judge(std::move(loaded), origin, LastGood{.place = *place, .texts = std::move(read->texts)});
  }

  /// Git wasn't read yet: what it said last is good enough to judge the file by.
  void judge_with_last(const ConfigFromGit& place, const std::string& file) {
    const bool usable = good && same_place(good->place, place);
    auto loaded = load_config(file, *parts.environment, usable ? good->texts : std::vector<ConfigText>{});
    if (!usable) allow_reading_only(loaded);
    judge(std::move(loaded), file, std::nullopt);
  }

  /// Gone is no empty config: only what never was there is waited for.
  void unreadable(const ConfigFromGit& place, const std::string& commit, const Error& error, bool by_hand) {
    if (error.kind == ErrorKind::Cancelled) return;
    const auto origin = origin_of(place, commit);
    if (error.kind != ErrorKind::NotFound && error.kind != ErrorKind::InvalidInput) {
      log_warn("config", fmt::format("{} can't be read: {}; trying again", origin, error.message));
      retry = parts.clock->mono_now() + kRetry;
      asked = asked || by_hand;
      return;
    }
    const bool was_there = seen.starts_with(prefix_of(place)) || (good && !good->texts.empty() && same_place(good->place, place));
    if (error.kind == ErrorKind::NotFound && !was_there) {
      log_info("config", fmt::format("{}: there is no configuration in Git yet, at \"{}\"", origin, place.path));
      // Git was read, and has nothing to say: the next start needn't wait to hear that.
      if (auto noted = save_last_good(parts.state_directory, {.place = place, .texts = {}}); !noted) log_warn("config", noted.error().message);
      if (by_hand || allows_reading_only_before_git(*parts.config)) judge(load_config(parts.config->file, *parts.environment), parts.config->file, std::nullopt);
      return;
    }
    ConfigMistake mistake{.file = origin + ":" + place.path, .line = 1, .column = 1, .what = error.message, .expected = "the files that are in force, or others that are good"};
    seen = prefix_of(place);
    tell(origin, {std::move(mistake)});
    if (by_hand) judge_with_last(place, parts.config->file);
  }

  void tell(const std::string& origin, std::vector<ConfigMistake> mistakes) {
    for (const auto& mistake : mistakes) log_warn("config", fmt::format("refused: {}", to_string(mistake)));
    auto content = content_of(mistakes);
    if (content == refused) return;
    refused = std::move(content);
    if (parts.refuse) parts.refuse(origin, std::move(mistakes));
  }

  void tell_unbuildable(const std::string& origin, const Unbuildable& config) {
    ConfigMistake mistake{.file = parts.config->file, .line = 1, .column = 1, .what = "no bot can be made of it: " + config.why, .expected = "another, or SIGHUP to try it again"};
    tell(origin, {std::move(mistake)});
  }

  /// `texts`: what it was made of beside the file; nothing when that is known already.
  void judge(LoadedConfig loaded, const std::string& origin, std::optional<LastGood> texts) {
    if (!loaded.config) return tell(origin, std::move(loaded.mistakes));
    const auto unbuildable = load_unbuildable(parts.state_directory, *parts.environment);
    if (unbuildable && unbuildable->digest == digest_of(*loaded.config)) return tell_unbuildable(origin, *unbuildable);
    if (unbuildable) forget_unbuildable(parts.state_directory);
    refused.clear();
    for (const auto& warning : loaded.warnings) log_warn("config", to_string(warning));
    auto difference = difference_of(*parts.config, *loaded.config);
    // A config that needs other connections is proven only by the bot that is made of it: its texts are kept once that runs.
    if (texts && !difference.restart) keep(std::move(*texts));
    if (difference.empty()) {
      log_info("config", fmt::format("{}: nothing differs from what is in force", origin));
      return;
    }
    parts.take(std::move(*loaded.config), std::move(difference), origin);
  }

  void keep(LastGood texts) {
    if (good && same_place(good->place, texts.place) && good->texts == texts.texts) return;
    good = std::move(texts);
    if (auto saved = save_last_good(parts.state_directory, *good); !saved) {
      log_warn("config", saved.error().message);
      good.reset();
    }
  }
};

Reload::Reload(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {}
Reload::~Reload() = default;

void Reload::start() {
  // This bot may be here because the one that was wanted couldn't be made.
  if (const auto config = load_unbuildable(state_->parts.state_directory, *state_->parts.environment)) state_->tell_unbuildable(state_->parts.config->file, *config);
  state_->tasks.spawn("config", state_->follow());
}

std::size_t Reload::looks() const { return state_->looks; }

asio::awaitable<void> Reload::stop() { co_await state_->tasks.join(); }

void Reload::again() {
  state_->asked = true;
  state_->wanted.notify();
}

void Reload::on_head(const std::string& repository, const std::string& head) {
  state_->heads[repository] = head;
  const auto& from = state_->parts.config->from_git;
  if (from && from->repository == repository) state_->wanted.notify();
}

}  // namespace driftwarden
