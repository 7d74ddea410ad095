// Somebody pushed to a Change's branch: what it says now is looked at as if it were proposed anew, and whoever pushed can't approve it.
#include "bot/change/changes.hpp"
#include "bot/change/git_diff.hpp"
#include "bot/change/planned_files.hpp"
#include "bot/config/policy.hpp"
#include "bot/watch/app_files.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kCommitsLookedAt = 200;
constexpr std::size_t kPathsNamed = 3;

struct Moved {
  std::string base;
  std::vector<FileDiff> files;
  std::vector<CommitInfo> commits;
  std::string shown;
};

Result<Moved> look_at_branch(Mirror& mirror, const App& app, const std::string& ref, const std::string& expected) {
  TRY(const auto head, mirror.fetch());
  TRY(const auto fetched, mirror.fetch_ref(ref));
  if (fetched != expected) return Error{ErrorKind::Conflict, "the branch moved again"};
  Moved moved;
  TRY(moved.base, mirror.merge_base(head, fetched));
  TRY(moved.files, mirror.diff(moved.base, fetched, ""));
  const auto variables = is_rendered(app) ? std::nullopt : std::optional(variables_around(mirror, app, moved.base, fetched));
  moved.shown = shown_git_diff(moved.files, whole_files(mirror, moved.base, fetched), variables ? &*variables : nullptr);
  TRY(moved.commits, mirror.commits_between(moved.base, fetched, kCommitsLookedAt));
  return moved;
}

bool is_below(const std::string& path, const std::string& directory) { return directory.empty() || path == directory || path.starts_with(directory + "/"); }

/// Touched files that are none of the App's.
std::vector<std::string> strange_paths(const std::vector<FileDiff>& files, const App& app) {
  const std::vector<std::string> own{pin_path(app.name), sync_record_path(app.name), ignore_path(app.name), app_file_path(app.name)};
  std::vector<std::string> strange;
  for (const auto& file : files) {
    if (!is_below(file.path, app.path) && std::ranges::find(own, file.path) == own.end()) strange.push_back(file.path);
  }
  return strange;
}

/// By its trailer, also as it was called in commits of before.
bool is_commit_of(const Change& change, const std::string& message) {
  const auto line = "Change: " + change_name(change.id) + "\n";
  return message.find("\nDriftwarden-" + line) != std::string::npos || message.find("\n" + line) != std::string::npos;
}

/// The one that was proposed: by its trailer, which can be copied, and by its author, who can't approve anyway.
bool is_ours(const CommitInfo& commit, const Change& change, const Config& config) {
  if (!is_commit_of(change, commit.message)) return false;
  const auto* person = person_by_email(config, commit.author.email);
  return person != nullptr ? is_same_person(config, person->name, change.requester) : commit.author.email == change.requester + "@users.noreply.invalid";
}

/// People who wrote commits of the branch that aren't ours; `unknown`: there is one whom the config doesn't know.
std::vector<PersonId> pushers(const std::vector<CommitInfo>& commits, const Change& change, const Config& config, bool& unknown) {
  std::vector<PersonId> people;
  for (const auto& commit : commits) {
    if (is_ours(commit, change, config)) continue;
    const auto* person = person_by_email(config, commit.author.email);
    unknown = unknown || person == nullptr;
    if (person != nullptr && std::ranges::find(people, person->name) == people.end()) people.push_back(person->name);
  }
  // A trailer can be copied: where no strange commit is found, nobody is known to have moved it.
  unknown = unknown || people.empty();
  return people;
}

}  // namespace

asio::awaitable<Result<ChangeStep>> Changes::take_moved(Change change, App app, forge::PullRequest pull_request) {
  const auto now = parts_.clock->wall_now();
  std::function<Result<Moved>(Mirror&)> work = [app, ref = "refs/heads/" + pull_request.branch, sha = pull_request.head_sha](Mirror& mirror) { return look_at_branch(mirror, app, ref, sha); };
  auto working = parts_.fleet->repository(app.repository).with_mirror<Moved>(std::move(work));
  const auto moved = co_await std::move(working);
  if (!moved) co_return wrap("looking at the moved branch", moved.error());
  std::function<ChangeStep(Change)> event;
  if (const auto strange = strange_paths(moved->files, app); !strange.empty()) {
    const std::vector<std::string> named(strange.begin(), strange.begin() + static_cast<std::ptrdiff_t>(std::min(strange.size(), kPathsNamed)));
    const auto why = fmt::format("somebody pushed to its branch what is no part of {}: {}; that needs a pull request of its own", app.name, join(named, ", "));
    event = [why, now](Change current) { return on_failed(std::move(current), why, now); };
  } else {
    Written written;
    written.files = moved->files;
    bool unknown = false;
    written.authors = pushers(moved->commits, change, *parts_.config, unknown);
    // Whose commits it put in force before the move can't approve it now either.
    for (const auto& person : change.quorum.excluded) {
      if (std::ranges::find(written.authors, person) == written.authors.end()) written.authors.push_back(person);
    }
    auto& proposal = written.proposal;
    proposal.branch = change.branch;
    proposal.base_sha = moved->base;
    proposal.content.head_sha = pull_request.head_sha;
    proposal.git_diff = moved->shown;
    proposal.notes = change.notes;
    proposal.pull_request = change.pull_request;
    proposal.pull_request_url = change.pull_request_url;
    auto judged = co_await judge(change, app, written);
    if (!judged) {
      proposal.notes.insert(proposal.notes.begin(), "What the branch says now can't be rendered: " + judged.error().message);
      proposal.content.diff_digest = sha256_hex(proposal.git_diff);
      proposal.quorum = change.quorum;
      for (const auto& person : written.authors) {
        if (std::ranges::find(proposal.quorum.excluded, person) == proposal.quorum.excluded.end()) proposal.quorum.excluded.push_back(person);
      }
    }
    // Whoever moved it might be the one to approve it.
    if (unknown) ++proposal.quorum.need;
    event = [proposal, now](Change current) { return on_content_moved(std::move(current), proposal, now); };
  }
  auto stepping = step(change.id, std::move(event));
  co_return co_await std::move(stepping);
}

}  // namespace driftwarden
