#include "gitops/repository/mirror.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/repository/committer.hpp"
#include "gitops/repository/directory.hpp"
#include "gitops/repository/objects.hpp"
#include "gitops/repository/old_refs.hpp"
#include "gitops/repository/packs.hpp"
#include "gitops/repository/remote.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <type_traits>

namespace driftwarden {

namespace {

using libgit::Handle;
using libgit::short_id;

constexpr std::string_view kFetched = "refs/fetched/";
constexpr std::string_view kOurBranches = "refs/heads/driftwarden/";
constexpr std::string_view kFollowed = "refs/followed/";
constexpr std::size_t kRefsKept = 200;
constexpr std::size_t kFollowedKept = 2000;
constexpr std::size_t kIdLength = 40;

bool is_full_id(const std::string& text) { return text.size() == kIdLength && text.find_first_not_of("0123456789abcdef") == std::string::npos; }

/// A tag comes before a branch of the same name, as Git itself takes it.
std::vector<std::string> refs_of(const std::string& name) {
  if (name.starts_with("refs/")) return {name};
  return {"refs/tags/" + name, "refs/heads/" + name};
}

/// Name -> the commit it stands for, or why it stands for none.
using Followed = std::map<std::string, Result<std::string>>;

/// libgit2's objects are not shared between threads: each handle has its lock. Three handles, so that neither a slow
/// remote nor a walk through a long history holds up a reader.
struct LockedRepository {
  std::mutex mutex;
  Handle<git_repository> handle;
};

class LibgitMirror final : public Mirror {
 public:
  LibgitMirror(MirrorOptions options, Handle<git_repository> reader, Handle<git_repository> network, Handle<git_repository> walker)
      : options_(std::move(options)) {
    local_.handle = std::move(reader);
    network_.handle = std::move(network);
    walker_.handle = std::move(walker);
  }

  Result<std::string> fetch() override {
    const std::lock_guard lock(network_.mutex);
    const auto before = libgit::read_ref(network_.handle.get(), libgit::tracking_ref(options_.branch));
    libgit::Remote remote(network_.handle.get(), options_);
    CHECK_OK(remote.connect(false));
    TRY(auto there, fetch_branch(remote));
    CHECK_OK(fetch_followed(remote, followed_names()));
    if (before != there) {
      libgit::drop_old_refs(network_.handle.get(), kFetched, kRefsKept);
      libgit::drop_old_refs(network_.handle.get(), kOurBranches, kRefsKept);
      tidy_up();
    }
    return there;
  }

  Result<std::string> head() override {
    const std::lock_guard lock(local_.mutex);
    if (auto head = libgit::read_ref(local_.handle.get(), libgit::tracking_ref(options_.branch))) return *head;
    return Error{ErrorKind::NotFound, fmt::format("{} of {} was not fetched yet", options_.branch, options_.url)};
  }

  Result<std::string> resolve(const std::string& text) override {
    const std::lock_guard lock(local_.mutex);
    return libgit::resolve(local_.handle.get(), options_.branch, text);
  }

  Result<std::string> tree_id(const std::string& revision, const std::string& path) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto commit, find(revision));
    TRY(auto entry, libgit::require_entry(commit.get(), libgit::normal_path(path)));
    return entry.id;
  }

  Result<std::vector<TreeEntry>> read_tree(const std::string& revision, const std::string& path) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto commit, find(revision));
    return libgit::read_tree(local_.handle.get(), commit.get(), libgit::normal_path(path));
  }

  Result<std::string> read_file(const std::string& revision, const std::string& path) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto commit, find(revision));
    return libgit::read_file(local_.handle.get(), commit.get(), libgit::normal_path(path));
  }

  Result<std::vector<DirectoryEntry>> list_tree(const std::string& tree) override {
    const std::lock_guard lock(local_.mutex);
    return libgit::list_tree(local_.handle.get(), tree);
  }

  Result<std::vector<std::string>> link_targets(const std::string& revision, const std::string& path) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto commit, find(revision));
    return libgit::link_targets(local_.handle.get(), commit.get(), libgit::normal_path(path));
  }

  Result<std::vector<CommitInfo>> history(const std::string& from, const std::string& path, std::size_t limit) override {
    const std::lock_guard lock(walker_.mutex);
    TRY(auto commit, libgit::find_commit(walker_.handle.get(), from));
    return libgit::history(walker_.handle.get(), commit.get(), libgit::normal_path(path), limit);
  }

  Result<CommitInfo> commit_info(const std::string& revision) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto commit, find(revision));
    return libgit::to_info(commit.get());
  }

  Result<CommitPerson> committer(const std::string& revision) {
    const std::lock_guard lock(local_.mutex);
    TRY(auto commit, find(revision));
    return libgit::committer(commit.get());
  }

  Result<bool> is_ancestor(const std::string& ancestor, const std::string& descendant) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto old_commit, find(ancestor));
    TRY(auto new_commit, find(descendant));
    if (ancestor == descendant) return true;
    const int code = git_graph_descendant_of(local_.handle.get(), git_commit_id(new_commit.get()), git_commit_id(old_commit.get()));
    if (code < 0) return libgit::last_error("comparing two commits", code);
    return code == 1;
  }

  Result<std::vector<FileDiff>> diff(const std::string& from, const std::string& to, const std::string& path) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto old_commit, find(from));
    TRY(auto new_commit, find(to));
    return libgit::diff(local_.handle.get(), old_commit.get(), new_commit.get(), libgit::normal_path(path));
  }

  Result<std::string> fetch_ref(const std::string& remote_ref) override {
    const std::lock_guard lock(network_.mutex);
    int valid = 0;
    if (!remote_ref.starts_with("refs/") || git_reference_name_is_valid(&valid, remote_ref.c_str()) < 0 || valid == 0) {
      return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is no ref", libgit::valid_utf8(without_control_characters(remote_ref)))};
    }
    libgit::Remote remote(network_.handle.get(), options_);
    CHECK_OK(remote.connect(false));
    TRY(auto there, remote.find(remote_ref));
    if (!there) return Error{ErrorKind::NotFound, fmt::format("{} has no {}", options_.url, remote_ref)};
    // Kept under a name of ours: what has one is offered again in later fetches rather than sent again. Hashed, as "a" and "a/b" can't both be names.
    CHECK_OK(fetch_into(remote, remote_ref, std::string(kFetched) + sha256_hex(remote_ref), *there));
    libgit::drop_old_refs(network_.handle.get(), kFetched, kRefsKept);
    return *there;
  }

  std::string branch() const override { return options_.branch; }

  Result<std::string> revision_of(const std::string& name) override {
    if (name.empty() || name == "HEAD" || name == options_.branch) return head();
    if (is_full_id(name)) return known_commit(name);
    CHECK_OK(know({name}));
    const std::lock_guard lock(followed_mutex_);
    const auto known = followed_.find(name);
    if (known != followed_.end()) return known->second;
    return Error{ErrorKind::Unavailable, fmt::format("\"{}\" is followed no longer", without_control_characters(name))};
  }

  Result<void> follow(const std::vector<std::string>& names) override {
    {
      const std::lock_guard lock(followed_mutex_);
      std::erase_if(followed_, [&](const auto& one) { return std::ranges::find(names, one.first) == names.end(); });
    }
    return know(names);
  }

  /// Fetches those that are new.
  Result<void> know(const std::vector<std::string>& names) {
    std::set<std::string> fresh;
    {
      const std::lock_guard lock(followed_mutex_);
      for (const auto& name : names) {
        if (!name.empty() && name != "HEAD" && name != options_.branch && !is_full_id(name) && !followed_.contains(name)) fresh.insert(name);
      }
    }
    if (fresh.empty()) return Result<void>{};
    const std::lock_guard lock(network_.mutex);
    libgit::Remote remote(network_.handle.get(), options_);
    auto done = remote.connect(false);
    if (done) done = fetch_followed(remote, fresh);
    if (done || !is_transient(done.error())) return done;
    // Nobody answers now: what a name stood for last is better than nothing, and the next fetch puts it right.
    const std::lock_guard followed_lock(followed_mutex_);
    for (const auto& name : fresh) {
      const auto known = libgit::read_ref(network_.handle.get(), followed_ref(name));
      if (!known || followed_.contains(name)) continue;
      followed_.emplace(name, *known);
    }
    const bool all = std::ranges::all_of(fresh, [&](const std::string& name) { return followed_.contains(name); });
    return all ? Result<void>{} : done;
  }

  std::string followed_id() override {
    const std::lock_guard lock(followed_mutex_);
    if (followed_.empty()) return {};
    std::string all;
    for (const auto& [name, commit] : followed_) all += name + '\0' + (commit ? *commit : std::string("-")) + '\n';
    return sha256_hex(all);
  }

  Result<std::string> merge_base(const std::string& a, const std::string& b) override {
    const std::lock_guard lock(walker_.mutex);
    TRY(auto first, libgit::find_commit(walker_.handle.get(), a));
    TRY(auto second, libgit::find_commit(walker_.handle.get(), b));
    return libgit::merge_base(walker_.handle.get(), first.get(), second.get());
  }

  Result<std::vector<CommitInfo>> commits_between(const std::string& from, const std::string& to, std::size_t limit) override {
    const std::lock_guard lock(walker_.mutex);
    TRY(auto old_commit, libgit::find_commit(walker_.handle.get(), from));
    TRY(auto new_commit, libgit::find_commit(walker_.handle.get(), to));
    return libgit::commits_between(walker_.handle.get(), old_commit.get(), new_commit.get(), limit);
  }

  Result<std::string> try_undo(const std::string& head, const std::string& revision, const std::string& path) override {
    const std::lock_guard lock(local_.mutex);
    TRY(auto commit, find(head));
    return libgit::undone_tree(local_.handle.get(), commit.get(), revision, libgit::normal_path(path));
  }

  Result<std::string> merge(const MergeRequest& request) override {
    const auto composed = with_reader([&](git_repository* repository) { return libgit::compose_merge(repository, request); });
    return composed ? sign_and_store(*composed, request.sign) : composed.error();
  }

  Result<std::string> commit(const CommitRequest& request) override {
    const auto composed = with_reader([&](git_repository* repository) { return libgit::compose_commit(repository, request); });
    return composed ? sign_and_store(*composed, request.sign) : composed.error();
  }

  Result<void> push(const std::string& branch, const std::string& remote_branch, const std::string& expected) override {
    const std::lock_guard lock(network_.mutex);
    const auto local_ref = "refs/heads/" + branch;
    const auto remote_ref = "refs/heads/" + remote_branch;
    CHECK_OK(check_branch(remote_branch));
    if (!libgit::read_ref(network_.handle.get(), local_ref)) return Error{ErrorKind::NotFound, fmt::format("no local branch {} to push", branch)};
    // Only a branch of our own is ever rewritten, and only from the commit that we know to be there.
    const bool force = !expected.empty() && remote_branch != options_.branch;
    libgit::Remote remote(network_.handle.get(), options_);
    CHECK_OK(remote.connect(true));
    return remote.push(fmt::format("{}{}:{}", force ? "+" : "", local_ref, remote_ref), remote_ref, expected);
  }

  Result<void> delete_remote_branch(const std::string& remote_branch) override {
    const std::lock_guard lock(network_.mutex);
    CHECK_OK(check_branch(remote_branch));
    if (remote_branch == options_.branch) return Error{ErrorKind::InvalidInput, fmt::format("{} is the truth and is never deleted", remote_branch)};
    const auto remote_ref = "refs/heads/" + remote_branch;
    libgit::Remote remote(network_.handle.get(), options_);
    CHECK_OK(remote.connect(true));
    TRY(auto there, remote.find(remote_ref));
    if (!there) return Result<void>{};
    return remote.push(":" + remote_ref, remote_ref, *there);
  }

 private:
  Result<Handle<git_commit>> find(const std::string& revision) { return libgit::find_commit(local_.handle.get(), revision); }

  template <class Work>
  std::invoke_result_t<Work, git_repository*> with_reader(Work work) {
    const std::lock_guard lock(local_.mutex);
    return work(local_.handle.get());
  }

  /// Signing takes a program and its time: nobody is kept from reading meanwhile.
  Result<std::string> sign_and_store(const libgit::UnsignedCommit& commit, const Signer& sign) {
    std::string signature;
    if (sign) {
      if (auto there = with_reader([&](git_repository* repository) { return libgit::find_signed(repository, commit); })) return *there;
      auto armored = sign(commit.bytes);
      if (!armored) return wrap("signing the commit", armored.error());
      signature = std::move(*armored);
      while (signature.ends_with('\n')) signature.pop_back();
      if (signature.empty()) return Error{ErrorKind::Corrupt, "signing the commit: the signature is empty"};
    }
    return with_reader([&](git_repository* repository) { return libgit::store_commit(repository, commit, signature); });
  }

  Result<std::string> known_commit(const std::string& id) {
    const std::lock_guard lock(local_.mutex);
    if (find(id)) return id;
    return Error{ErrorKind::InvalidInput, fmt::format("commit {} is not in branch {} of {}; name a branch or tag that holds it", short_id(id), options_.branch, options_.url)};
  }

  /// Hashed, as "a" and "a/b" can't both be names.
  static std::string followed_ref(const std::string& name) { return std::string(kFollowed) + sha256_hex(name); }

  std::set<std::string> followed_names() {
    const std::lock_guard lock(followed_mutex_);
    std::set<std::string> names;
    for (const auto& [name, commit] : followed_) names.insert(name);
    return names;
  }

  /// The network's lock is held. The error is one of the remote; what is wrong with a name is kept as its answer.
  Result<void> fetch_followed(libgit::Remote& remote, const std::set<std::string>& names) {
    for (const auto& name : names) {
      auto commit = fetch_name(remote, name);
      if (!commit && commit.error().kind != ErrorKind::InvalidInput) return commit.error();
      const std::lock_guard lock(followed_mutex_);
      followed_.insert_or_assign(name, std::move(commit));
    }
    if (!names.empty()) libgit::drop_old_refs(network_.handle.get(), kFollowed, kFollowedKept);
    return Result<void>{};
  }

  Result<std::string> fetch_name(libgit::Remote& remote, const std::string& name) {
    for (const auto& ref : refs_of(name)) {
      int valid = 0;
      if (git_reference_name_is_valid(&valid, ref.c_str()) < 0 || valid == 0) {
        return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is no tag, branch or commit", libgit::valid_utf8(without_control_characters(name)))};
      }
    }
    TRY(const auto there, remote.find_first(refs_of(name)));
    if (!there) return missing_name(remote, name);
    auto* repository = network_.handle.get();
    const auto local_ref = followed_ref(name);
    if (libgit::read_ref(repository, local_ref) == there->commit && libgit::find_commit(repository, there->commit)) return there->commit;
    CHECK_OK(remote.download(fmt::format("+{}:{}", there->ref, local_ref)));
    auto commit = libgit::find_commit(repository, there->commit);
    if (!commit) return Error{ErrorKind::InvalidInput, fmt::format("{} of {} is no commit", there->ref, options_.url)};
    Handle<git_reference> moved;
    if (int code = git_reference_create(libgit::into(moved), repository, local_ref.c_str(), git_commit_id(commit->get()), 1, nullptr); code < 0) {
      return libgit::last_error("noting what was fetched", code);
    }
    return there->commit;
  }

  Error missing_name(libgit::Remote& remote, const std::string& name) {
    const auto branches = remote.branches();
    const auto tags = remote.tags();
    const auto shown = [](const Result<std::string>& names) { return !names || names->empty() ? std::string("none") : *names; };
    return Error{ErrorKind::InvalidInput, fmt::format("{} has no tag or branch \"{}\"; branches: {}; tags: {}", options_.url, name, shown(branches), shown(tags))};
  }

  /// The network's lock is held.
  Result<std::string> fetch_branch(libgit::Remote& remote) {
    const auto remote_ref = "refs/heads/" + options_.branch;
    const auto local_ref = libgit::tracking_ref(options_.branch);
    TRY(auto there, remote.find(remote_ref));
    if (!there) return missing_branch(remote);
    CHECK_OK(fetch_into(remote, remote_ref, local_ref, *there));
    return *there;
  }

  Result<void> fetch_into(libgit::Remote& remote, const std::string& remote_ref, const std::string& local_ref, const std::string& there) {
    auto* repository = network_.handle.get();
    if (libgit::read_ref(repository, local_ref) == there && libgit::find_commit(repository, there)) return Result<void>{};
    CHECK_OK(remote.download(fmt::format("+{}:{}", remote_ref, local_ref)));
    TRY(auto commit, libgit::find_commit(repository, there));
    Handle<git_reference> moved;
    if (int code = git_reference_create(libgit::into(moved), repository, local_ref.c_str(), git_commit_id(commit.get()), 1, nullptr); code < 0) {
      return libgit::last_error("noting what was fetched", code);
    }
    return Result<void>{};
  }

  /// A mirror that can't be tidied still works.
  void tidy_up() {
    const std::scoped_lock lock(walker_.mutex, local_.mutex);
    const auto merged = libgit::merge_small_packs(network_.handle.get());
    if (!merged) log_warn("repository", merged.error().message);
    if (!merged || !*merged) return;
    for (auto* repository : {&local_, &network_, &walker_}) {
      if (auto opened = libgit::open_bare(options_.directory)) repository->handle = std::move(*opened);
    }
  }

  Error missing_branch(libgit::Remote& remote) {
    const auto branches = remote.branches();
    if (!branches || branches->empty()) {
      return Error{ErrorKind::NotFound, fmt::format("{} is empty: push a first commit to {}", options_.url, options_.branch)};
    }
    return Error{ErrorKind::NotFound, fmt::format("{} has no branch {}; it has {}", options_.url, options_.branch, *branches)};
  }

  static Result<void> check_branch(const std::string& branch) {
    int valid = 0;
    const auto ref = "refs/heads/" + branch;
    if (git_reference_name_is_valid(&valid, ref.c_str()) == 0 && valid == 1 && !branch.empty()) return Result<void>{};
    return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is no branch name", without_control_characters(branch))};
  }

  MirrorOptions options_;
  LockedRepository local_;
  LockedRepository network_;
  LockedRepository walker_;
  std::mutex followed_mutex_;  ///< taken last
  Followed followed_;
};

}  // namespace

Result<CommitPerson> committer_of(Mirror& mirror, const std::string& revision) {
  if (auto* known = dynamic_cast<LibgitMirror*>(&mirror)) return known->committer(revision);
  TRY(const auto commit, mirror.commit_info(revision));
  return commit.author;
}

Result<std::unique_ptr<Mirror>> Mirror::open(MirrorOptions options) {
  libgit::initialise();
  if (options.directory.empty()) return Error{ErrorKind::InvalidInput, "a mirror needs a directory"};
  CHECK_OK(libgit::check_url(options.url));
  int valid = 0;
  if (git_reference_name_is_valid(&valid, libgit::tracking_ref(options.branch).c_str()) < 0 || valid == 0 || options.branch.empty()) {
    return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is no branch name", without_control_characters(options.branch))};
  }
  TRY(auto reader, libgit::open_directory(options));
  TRY(auto network, libgit::open_bare(options.directory));
  TRY(auto walker, libgit::open_bare(options.directory));
  return std::unique_ptr<Mirror>(std::make_unique<LibgitMirror>(std::move(options), std::move(reader), std::move(network), std::move(walker)));
}

}  // namespace driftwarden
