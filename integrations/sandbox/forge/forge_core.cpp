#include "integrations/sandbox/forge/forge_core.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "integrations/sandbox/forge/protection.hpp"

#include <algorithm>

namespace driftwarden::sandbox::forge {

namespace {

constexpr std::size_t kMergeablesMax = 1000;
constexpr std::size_t kFormKeyDigits = 32;

std::string branch_ref(const std::string& branch) { return "refs/heads/" + branch; }

std::string find_ref(const Refs& refs, const std::string& branch) {
  const auto found = refs.find(branch_ref(branch));
  return found == refs.end() ? std::string{} : found->second;
}

}  // namespace

GitPerson to_person(const ForgeUser& user) { return {user.login, user.email.empty() ? user.login + "@sandbox.test" : user.email}; }

Core::Core(asio::any_io_executor executor, Clock& clock, Random& random, ForgeServerOptions options)
    : clock_(clock),
      random_(random),
      options_(std::move(options)),
      form_key_(random_.hex(kFormKeyDigits)),
      http_(net::create_http_client(executor, clock)),
      tasks_(executor) {}

Repository* Core::find(const std::string& full_name) {
  const auto found = state_.repositories.find(full_name);
  return found == state_.repositories.end() ? nullptr : &found->second;
}

std::string Core::directory_of(const std::string& full_name) const { return options_.directory + "/" + full_name + ".git"; }

GitProgram Core::git(const Repository& repository) const { return {clock_, directory_of(repository.full_name())}; }

const ForgeUser* Core::find_user(const std::string& login) const {
  const auto found = std::ranges::find(options_.users, login, &ForgeUser::login);
  return found == options_.users.end() ? nullptr : &*found;
}

const ForgeUser* Core::user_of_token(const std::string& token) const {
  const auto matches = [&](const ForgeUser& user) { return !user.token.empty() && constant_time_equal(user.token, token); };
  const auto found = std::ranges::find_if(options_.users, matches);
  return found == options_.users.end() ? nullptr : &*found;
}

void Core::set_urls(std::string base_url, std::string webhook_url) {
  options_.base_url = std::move(base_url);
  options_.webhook_url = std::move(webhook_url);
}

Result<void> Core::load() {
  auto loaded = load_state(options_.directory + "/forge.json");
  if (loaded) {
    state_ = std::move(*loaded);
  } else if (loaded.error().kind != ErrorKind::NotFound) {
    return loaded.error();
  }
  return Result<void>{};
}

void Core::save() {
  auto saved = save_state(options_.directory + "/forge.json", state_);
  if (!saved) log_error("sandbox", "the forge's state: " + saved.error().message);
}

void Core::follow_one(const Repository& repository, Pull& pull, const Refs& refs) {
  const auto head = find_ref(refs, pull.head);
  const auto base = find_ref(refs, pull.base);
  if (!base.empty()) pull.base_sha = base;
  if (head.empty()) {
    // As on Gitea: without its branch a pull request is closed.
    pull.state = PullState::Closed;
    pull.ended = now();
    notify_pull(repository, pull, pull.author, "closed");
  } else if (head != pull.head_sha) {
    pull.head_sha = head;
    pull.updated = now();
    const auto* rule = find_protection(repository, pull.base);
    for (auto& review : pull.reviews) review.dismissed = review.dismissed || (rule != nullptr && rule->dismiss_stale_approvals && review.state == "APPROVED");
    notify_pull(repository, pull, pull.author, "synchronized");
  }
}

asio::awaitable<Result<Refs>> Core::follow(std::string name) {
  const auto* repository = find(name);
  if (repository == nullptr) co_return Error{ErrorKind::NotFound, "no repository " + name};
  auto program = git(*repository);
  CO_TRY(auto refs, co_await program.refs());
  bool changed = false;
  std::vector<Pull> moved;
  for (auto& pull : find(name)->pulls) {
    if (!pull.open() || merging_.contains(name + "#" + std::to_string(pull.number))) continue;
    const auto before = pull.head_sha + pull.base_sha;
    follow_one(*find(name), pull, refs);
    changed = changed || !pull.open() || before != pull.head_sha + pull.base_sha;
    const auto kept = refs.find("refs/pull/" + std::to_string(pull.number) + "/head");
    if (pull.open() && (kept == refs.end() || kept->second != pull.head_sha || pull.merge_base.empty())) moved.push_back(pull);
  }
  for (const auto& pull : moved) {
    // Keeps the commits when the branch is deleted.
    CO_CHECK_OK(co_await program.move_ref("refs/pull/" + std::to_string(pull.number) + "/head", pull.head_sha, ""));
    auto start = co_await program.merge_base(pull.base_sha, pull.head_sha);
    auto* current = find(name)->find_pull(pull.number);
    if (start && current != nullptr && current->head_sha == pull.head_sha) current->merge_base = std::move(*start);
    changed = true;
  }
  if (changed) save();
  co_return refs;
}

asio::awaitable<Answer<Pull>> Core::open_pull(std::string name, std::string user, PullDraft draft) {
  CO_TRY(const auto refs, co_await follow(name));
  const auto head = find_ref(refs, draft.head);
  const auto base = find_ref(refs, draft.base);
  if (head.empty() || base.empty()) co_return Refused{404, "not found"};
  if (draft.title.empty()) co_return Refused{422, "[Title]: Required"};
  auto program = git(*find(name));
  CO_TRY(auto start, co_await program.merge_base(base, head));
  auto* repository = find(name);
  if (const auto* existing = repository->find_open(draft.head, draft.base)) {
    co_return Refused{409, "pull request already exists for these targets [id: " + std::to_string(existing->id) + ", head_branch: " + draft.head +
                               ", base_branch: " + draft.base + "]"};
  }
  if (start == head) co_return Refused{422, "Invalid PullRequest: There are no changes between the head and the base"};
  Pull pull;
  pull.id = state_.next_id();
  pull.number = static_cast<std::int64_t>(repository->pulls.size()) + 1;
  pull.title = std::move(draft.title);
  pull.body = std::move(draft.body);
  pull.head = std::move(draft.head);
  pull.base = std::move(draft.base);
  pull.head_sha = head;
  pull.base_sha = base;
  pull.merge_base = std::move(start);
  pull.author = user;
  pull.created = pull.updated = now();
  repository->pulls.push_back(pull);
  save();
  notify_pull(*repository, pull, user, "opened");
  CO_CHECK_OK(co_await program.move_ref("refs/pull/" + std::to_string(pull.number) + "/head", pull.head_sha, ""));
  CO_CHECK_OK(co_await request_owners(name, pull.number));
  co_return *find(name)->find_pull(pull.number);
}

asio::awaitable<Answer<PullReview>> Core::review(std::string name, std::int64_t number, std::string user, PullReview wanted) {
  CO_CHECK_OK(co_await follow(name));
  auto* repository = find(name);
  auto* pull = repository->find_pull(number);
  if (pull == nullptr) co_return Refused{404, "not found"};
  if (!pull->open()) co_return Refused{422, "the pull request is closed"};
  CO_TRY(auto made, make_review(*pull, user, std::move(wanted.state), std::move(wanted.body), std::move(wanted.commit_id)));
  made.id = state_.next_id();
  made.at = now();
  pull->updated = now();
  add_review(*pull, made);
  save();
  notify_pull(*repository, *pull, user, "reviewed");
  co_return made;
}

Answer<Comment> Core::comment(const std::string& name, std::int64_t number, const std::string& user, const std::string& body) {
  auto* repository = find(name);
  auto* pull = repository == nullptr ? nullptr : repository->find_pull(number);
  if (pull == nullptr) return Refused{404, "not found"};
  if (body.empty()) return Refused{422, "[Body]: Required"};
  Comment comment{state_.next_id(), user, body, now(), now()};
  pull->comments.push_back(comment);
  pull->updated = now();
  save();
  notify_comment(*repository, *pull, comment, user, "created");
  return comment;
}

Answer<Pull> Core::close(const std::string& name, std::int64_t number, const std::string& user) {
  auto* repository = find(name);
  auto* pull = repository == nullptr ? nullptr : repository->find_pull(number);
  if (pull == nullptr) return Refused{404, "not found"};
  if (pull->state == PullState::Merged) return Refused{412, "cannot change state of this pull request, it was already merged"};
  if (!pull->open()) return *pull;
  pull->state = PullState::Closed;
  pull->ended = pull->updated = now();
  save();
  notify_pull(*repository, *pull, user, "closed");
  return *pull;
}

asio::awaitable<Answer<Pull>> Core::reopen(std::string name, std::int64_t number, std::string user) {
  CO_TRY(const auto refs, co_await follow(name));
  auto* repository = find(name);
  auto* pull = repository->find_pull(number);
  if (pull == nullptr) co_return Refused{404, "not found"};
  if (pull->state == PullState::Merged) co_return Refused{412, "cannot change state of this pull request, it was already merged"};
  if (pull->open()) co_return *pull;
  if (repository->find_open(pull->head, pull->base) != nullptr) co_return Refused{409, "pull request already exists for these targets"};
  if (find_ref(refs, pull->head).empty()) co_return Refused{404, "the branch " + pull->head + " is gone"};
  pull->state = PullState::Open;
  pull->updated = now();
  notify_pull(*repository, *pull, user, "reopened");
  save();
  co_return *pull;
}

asio::awaitable<Answer<StatusEntry>> Core::set_status(std::string name, std::string sha, StatusEntry status) {
  static const std::set<std::string> kStates{"pending", "success", "error", "failure", "warning", "skipped"};
  auto* known = find(name);
  if (known == nullptr) co_return Refused{404, "not found"};
  if (!kStates.contains(status.state)) co_return Refused{422, "[State]: In"};
  auto program = git(*known);
  auto commit = co_await program.resolve(sha);
  // The odd 500 is Gitea's.
  if (!commit) co_return Refused{500, "GetCommit[" + sha + "]: object does not exist [id: " + sha + ", rel_path: ]"};
  if (status.context.empty()) status.context = "default";
  status.id = state_.next_id();
  status.at = now();
  find(name)->statuses[*commit].push_back(status);
  save();
  notify_status(*find(name), *commit, status);
  co_return status;
}

asio::awaitable<Result<bool>> Core::mergeable(std::string name, Pull pull) {
  if (!pull.open()) co_return pull.state == PullState::Merged;
  const auto key = std::pair(pull.base_sha, pull.head_sha);
  if (const auto known = mergeable_.find(key); known != mergeable_.end()) co_return known->second;
  auto program = git(*find(name));
  CO_TRY(const auto tree, co_await program.merged_tree(pull.base_sha, pull.head_sha));
  if (mergeable_.size() >= kMergeablesMax) mergeable_.clear();
  mergeable_[key] = !tree.empty();
  co_return !tree.empty();
}

asio::awaitable<void> Core::pushed(std::string name, std::string user, Refs before, Refs after) {
  auto* repository = find(name);
  if (repository == nullptr) co_return;
  const auto at = [](const Refs& refs, const std::string& ref) {
    const auto found = refs.find(ref);
    return found == refs.end() ? std::string(40, '0') : found->second;
  };
  Refs all = after;
  all.insert(before.begin(), before.end());
  for (const auto& [ref, sha] : all) {
    if (ref.starts_with("refs/pull/") || at(before, ref) == at(after, ref)) continue;
    notify_push(*repository, user, ref, at(before, ref), at(after, ref));
  }
  auto followed = co_await follow(name);
  if (!followed) log_warn("sandbox", "after a push to " + name + ": " + followed.error().message);
}

}  // namespace driftwarden::sandbox::forge
