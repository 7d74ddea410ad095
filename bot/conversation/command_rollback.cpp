// rollback: which commit is meant, then a Change.
#include "bot/command/rollback_target.hpp"
#include "bot/command/when.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/base/plain_time.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kCommitsSearched = 50;
constexpr std::size_t kCommitsByTime = 500;
constexpr std::size_t kCommitsLookedBack = 30;

Result<std::string> merged_revision(Mirror& mirror, const std::string& text) {
  TRY(const auto revision, mirror.resolve(text));
  TRY(const auto head, mirror.head());
  TRY(const auto merged, mirror.is_ancestor(revision, head));
  if (!merged) return Error{ErrorKind::NotFound, "it was never merged"};
  return revision;
}

/// The newest commit at which a file of the App names an image of this tag.
Result<std::string> revision_with_tag(Mirror& mirror, const App& app, const std::string& tag) {
  TRY(const auto head, mirror.head());
  TRY(const auto commits, mirror.history(head, app.path, kCommitsSearched));
  for (const auto& commit : commits) {
    const auto files = mirror.read_tree(commit.sha, app.path);
    if (!files) continue;
    if (std::ranges::any_of(*files, [&](const TreeEntry& file) { return holds_tag(file.content, tag); })) return commit.sha;
  }
  return Error{ErrorKind::NotFound, fmt::format("it is no commit, and none of the last {} commits has an image of that tag", commits.size())};
}

Result<std::string> named_revision(Mirror& mirror, const App& app, const std::string& text) {
  auto revision = merged_revision(mirror, text);
  if (revision) return revision;
  auto tagged = revision_with_tag(mirror, app, text);
  // What Git says of a name that it knows is worth more than that no image is called so.
  if (!tagged && revision.error().kind == ErrorKind::NotFound && revision.error().message.find("merged") != std::string::npos) return revision;
  return tagged;
}

Result<std::string> revision_in_force_at(Mirror& mirror, const App& app, WallTime moment) {
  TRY(const auto head, mirror.head());
  TRY(const auto commits, mirror.history(head, app.path, kCommitsByTime));
  const auto found = std::ranges::find_if(commits, [&](const CommitInfo& commit) { return commit.time <= moment; });
  if (found == commits.end()) return Error{ErrorKind::NotFound, fmt::format("Git knows no commit of it from before {}", plain_time(moment))};
  return found->sha;
}

/// The ways in which a person may stand in a commit.
struct Author {
  std::string word;
  std::vector<std::string> emails;
  bool wrote(const CommitInfo& commit) const {
    const auto name = to_lower(commit.author.name);
    const auto email = to_lower(commit.author.email);
    return name == word || name.starts_with(word + " ") || email.starts_with(word + "@") || email == word || std::ranges::find(emails, email) != emails.end();
  }
};

Author author_of(const Config& config, const std::string& word) {
  Author author{to_lower(word), {}};
  const auto* person = find_person(config, word);
  if (person == nullptr) person = person_by_slack(config, word);
  if (person == nullptr) person = person_by_forge(config, word);
  if (person == nullptr) return author;
  author.word = to_lower(person->name);
  for (const auto& email : person->emails) author.emails.push_back(to_lower(email));
  return author;
}

Result<std::string> revision_before(Mirror& mirror, const App& app, const Author& author) {
  TRY(const auto head, mirror.head());
  TRY(const auto commits, mirror.history(head, app.path, kCommitsSearched));
  const auto found = std::ranges::find_if(commits, [&](const CommitInfo& commit) { return author.wrote(commit); });
  if (found == commits.end()) return Error{ErrorKind::NotFound, fmt::format("none of the last {} commits is by {}", commits.size(), author.word)};
  if (std::next(found) == commits.end()) return Error{ErrorKind::NotFound, fmt::format("the last commit by {} is the oldest that I know of", author.word)};
  return std::next(found)->sha;
}

/// Before everything that is like now, so that a second rollback goes on back instead of returning; "" when there is none.
std::string earlier_revision(const std::vector<view::HistoryRow>& rows) {
  const auto last_same = std::ranges::find(rows.rbegin(), rows.rend(), true, &view::HistoryRow::same);
  if (last_same == rows.rend() || last_same == rows.rbegin()) return {};
  return std::prev(last_same)->sha;
}

Answer not_found(const App& app, const std::string& target, const std::string& why) {
  NotUnderstood trouble{fmt::format("There is no revision \"{}\" of {}: {}.", ellipsize(target, 60), app.name, why), {"history " + app.name}};
  return say(view::not_understood_message(trouble));
}

/// What is in force of an App that a tool plans, and how it was at `target`: ids of its own path, "" = nothing was there.
struct PlannedPast {
  std::string target;
  std::string now;
  std::string then;
};

Result<std::string> own_id(Mirror& mirror, const App& app, const std::string& revision) {
  auto id = mirror.tree_id(revision, app.path);
  if (!id && id.error().kind == ErrorKind::NotFound) return std::string();
  return id;
}

/// Before everything that is like now; "" when there is none.
Result<std::string> earlier_commit(Mirror& mirror, const App& app, const std::string& now) {
  TRY(const auto head, mirror.head());
  TRY(const auto commits, mirror.history(head, app.path, kCommitsLookedBack));
  std::string earlier;
  bool same_above = false;
  for (const auto& commit : commits) {
    TRY(const auto then, own_id(mirror, app, commit.sha));
    if (same_above && then != now) earlier = commit.sha;
    same_above = then == now;
  }
  return earlier;
}

Result<PlannedPast> planned_past(Mirror& mirror, const App& app, const std::string& target) {
  PlannedPast past;
  TRY(const auto head, mirror.head());
  TRY(const auto revision, revision_in_force(mirror, app, head));
  TRY(past.now, own_id(mirror, app, revision));
  past.target = target;
  if (target.empty()) {
    TRY(past.target, earlier_commit(mirror, app, past.now));
  }
  if (!past.target.empty()) {
    TRY(past.then, own_id(mirror, app, past.target));
  }
  return past;
}

/// No tool runs for it: what comes of its files is planned once they are merged.
asio::awaitable<Result<Answer>> roll_back_planned(Services& services, Call call, App app) {
  std::string target;
  if (!call.command.revision.empty()) {
    auto resolving = resolve_target(services, app, call.command.revision);
    auto revision = co_await std::move(resolving);
    if (!revision) co_return not_found(app, call.command.revision, revision.error().message);
    target = std::move(*revision);
  }
  std::function<Result<PlannedPast>(Mirror&)> look = [app, target](Mirror& mirror) { return planned_past(mirror, app, target); };
  auto looking = services.fleet.repository(app.repository).with_mirror<PlannedPast>(std::move(look));
  const auto past = co_await std::move(looking);
  if (!past) co_return past.error();
  const auto name = slack::escape(app.name);
  if (past->target.empty()) co_return say(fmt::format("I see no earlier commit of *{}* to go back to; `history {}` lists them.", name, app.name));
  const auto sha = view::short_sha(past->target);
  if (past->then.empty()) co_return say(fmt::format(":no_entry: *{}* can't be rolled back to `{}`: its files weren't there yet.", name, sha));
  if (past->then == past->now) co_return say(fmt::format("*{}* is what it was at `{}` already: its files are the same.", name, sha));
  co_return request_change(services, call, app, ChangeVerb::Rollback, past->target);
}

/// Takes back what one commit did to the App.
asio::awaitable<Result<Answer>> take_back(Services& services, Call call, App app, std::string undo) {
  auto revision = co_await resolve_target(services, app, undo);
  if (!revision) co_return not_found(app, undo, revision.error().message);
  std::function<Result<bool>(Mirror&)> look = [app, revision = *revision](Mirror& mirror) -> Result<bool> {
    TRY(const auto touched, mirror.history(revision, app.path, 1));
    return !touched.empty() && touched.front().sha == revision;
  };
  auto looking = services.fleet.repository(app.repository).with_mirror<bool>(std::move(look));
  const auto touches = co_await std::move(looking);
  if (!touches) co_return touches.error();
  const auto sha = view::short_sha(*revision);
  if (!*touches) co_return say(fmt::format("`{}` changed nothing of *{}*: there is nothing to take back. `history {}` lists the commits that did.", sha, slack::escape(app.name), app.name));
  const RollbackRequest request{*revision};
  co_return request_change(services, call, app, ChangeVerb::Rollback, "", to_json_text(request));
}

}  // namespace

asio::awaitable<Result<std::string>> resolve_target(Services& services, App app, std::string text) {
  const auto target = rollback_target_from(text);
  if (!target) co_return Error{ErrorKind::InvalidInput, "that is neither a commit, a tag, a day nor `before PERSON's last`"};
  std::function<Result<std::string>(Mirror&)> work;
  switch (target->kind) {
    case RollbackTarget::Kind::Name: work = [app, name = target->text](Mirror& mirror) { return named_revision(mirror, app, name); }; break;
    case RollbackTarget::Kind::Moment: {
      const auto moment = moment_before(target->text, services.clock.wall_now());
      if (!moment) co_return Error{ErrorKind::NotFound, "that moment is yet to come"};
      work = [app, when = *moment](Mirror& mirror) { return revision_in_force_at(mirror, app, when); };
      break;
    }
    case RollbackTarget::Kind::Before: work = [app, author = author_of(services.config, target->text)](Mirror& mirror) { return revision_before(mirror, app, author); }; break;
  }
  auto working = services.fleet.repository(app.repository).with_mirror<std::string>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<Answer>> handle_rollback(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto head = co_await services.fleet.repository(app.repository).fetch();
  if (!head) {
    // Behind a broken glass the mirror is good enough: Git may be what is down.
    std::function<Result<std::string>(Mirror&)> known = [](Mirror& mirror) { return mirror.head(); };
    auto knowing = services.fleet.repository(app.repository).with_mirror<std::string>(std::move(known));
    auto local = co_await std::move(knowing);
    if (!local) co_return head.error();
    head = std::move(local);
  }
  if (const auto* request = std::get_if<RollbackRequest>(&call.command.intent); request != nullptr && !request->undo.empty()) {
    auto undo = request->undo;
    co_return co_await take_back(services, call, app, std::move(undo));
  }
  if (!is_rendered(app)) co_return co_await roll_back_planned(services, call, app);
  auto target = call.command.revision;
  if (target.empty()) {
    const auto rows = co_await history_rows(services, app, 30);
    if (!rows) co_return rows.error();
    target = earlier_revision(*rows);
    if (target.empty()) co_return say(fmt::format("I see no earlier commit of *{}* to go back to; `history {}` lists them.", slack::escape(app.name), app.name));
  }
  auto revision = co_await resolve_target(services, app, target);
  if (!revision) co_return not_found(app, target, revision.error().message);
  auto now = co_await services.fleet.render_at(app, *head);
  auto then = co_await services.fleet.render_revision(app, *revision);
  if (!then) co_return say(fmt::format(":no_entry: *{}* can't be rolled back to `{}`: {}", slack::escape(app.name), view::short_sha(*revision), slack::escape(then.error().message)));
  if (now && now->tree == then->tree) co_return say(fmt::format("*{}* is what it was at `{}` already.", slack::escape(app.name), view::short_sha(*revision)));
  co_return request_change(services, call, app, ChangeVerb::Rollback, *revision);
}

}  // namespace driftwarden
