#include "tests/sim/git_remote.hpp"

#include "gitops/repository/objects.hpp"

#include <git2.h>
#include <git2/sys/repository.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace driftwarden::sim {
namespace {

using libgit::Handle;
using libgit::into;

const std::string kHeads = "refs/heads/";
const std::string kZero(40, '0');

void must(int code, const std::string& what) {
  if (code >= 0) return;
  const auto* error = git_error_last();
  throw std::runtime_error(what + ": " + (error == nullptr ? "?" : error->message));
}

git_oid oid_of(const std::string& hex) {
  git_oid id;
  must(git_oid_fromstr(&id, hex.c_str()), "reading the id " + hex);
  return id;
}

std::string packet(const std::string& line) { return fmt::format("{:04x}{}", line.size() + 4, line); }

}  // namespace

GitRemote::GitRemote(Ground& ground, std::string name, const std::string& directory, const std::string& objects_of) : ground_(ground), name_(std::move(name)), directory_(directory) {
  libgit::initialise();
  git_repository_init_options init = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  init.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
  Handle<git_repository> made;
  must(git_repository_init_ext(into(made), directory.c_str(), &init), "making a remote");
  if (!objects_of.empty()) {
    std::ofstream(directory + "/objects/info/alternates") << objects_of << "/objects\n";
    made.reset();
    must(git_repository_open_bare(into(repository_), directory.c_str()), "opening a remote");
  } else {
    repository_ = std::move(made);
  }
}

GitRemote::~GitRemote() = default;

std::string GitRemote::head(const std::string& branch) const {
  const auto found = refs_.find(kHeads + branch);
  return found == refs_.end() ? "" : found->second;
}

std::vector<std::string> GitRemote::branches() const {
  std::vector<std::string> names;
  for (const auto& [ref, commit] : refs_) names.push_back(ref.substr(kHeads.size()));
  return names;
}

void GitRemote::point(const std::string& branch, const std::string& commit) {
  if (commit.empty()) {
    refs_.erase(kHeads + branch);
    return;
  }
  refs_[kHeads + branch] = commit;
  note(commit);
}

void GitRemote::note(const std::string& commit) { born.try_emplace(commit, ground_.time.mono()); }

Handle<git_commit> GitRemote::find(const std::string& commit) const {
  Handle<git_commit> found;
  const auto id = oid_of(commit);
  must(git_commit_lookup(into(found), repository_.get(), &id), "reading commit " + commit);
  return found;
}

std::string GitRemote::store(const std::string& tree, const std::vector<std::string>& parents, const GitAuthor& author, const std::string& message) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(ground_.time.wall().time_since_epoch()).count();
  Handle<git_signature> who;
  must(git_signature_new(into(who), author.name.c_str(), author.email.c_str(), seconds, 0), "signing");
  std::vector<Handle<git_commit>> kept;
  std::vector<const git_commit*> given;
  for (const auto& parent : parents) {
    kept.push_back(find(parent));
    given.push_back(kept.back().get());
  }
  Handle<git_tree> root;
  const auto tree_id = oid_of(tree);
  must(git_tree_lookup(into(root), repository_.get(), &tree_id), "reading a tree");
  git_oid id;
  must(git_commit_create(&id, repository_.get(), nullptr, who.get(), who.get(), nullptr, message.c_str(), root.get(), given.size(), given.data()), "writing a commit");
  return libgit::to_hex(id);
}

std::string GitRemote::commit(const std::string& branch, const std::map<std::string, std::string>& files, const GitAuthor& author, const std::string& message) {
  const auto parent = head(branch);
  Handle<git_tree> base;
  git_oid id;
  if (parent.empty()) {
    Handle<git_treebuilder> empty;
    must(git_treebuilder_new(into(empty), repository_.get(), nullptr), "writing a tree");
    must(git_treebuilder_write(&id, empty.get()), "writing a tree");
    must(git_tree_lookup(into(base), repository_.get(), &id), "reading a tree");
  } else {
    const auto on = find(parent);
    must(git_commit_tree(into(base), on.get()), "reading a tree");
  }
  std::vector<git_tree_update> updates;
  for (const auto& [path, text] : files) {
    git_tree_update update{};
    update.action = GIT_TREE_UPDATE_UPSERT;
    must(git_blob_create_from_buffer(&update.id, repository_.get(), text.data(), text.size()), "writing a file");
    update.filemode = GIT_FILEMODE_BLOB;
    update.path = path.c_str();
    updates.push_back(update);
  }
  must(git_tree_create_updated(&id, repository_.get(), base.get(), updates.size(), updates.data()), "writing a tree");
  const auto made = store(libgit::to_hex(id), parent.empty() ? std::vector<std::string>{} : std::vector<std::string>{parent}, author, message);
  if (!parent.empty()) writers[made] = writers[parent];
  writers[made].insert(author.email);
  point(branch, made);
  return made;
}

Result<std::string> GitRemote::squash(const std::string& branch, const std::string& head_sha, const GitAuthor& author, const std::string& message) {
  const auto base = head(branch);
  const auto ours = find(base);
  const auto theirs = find(head_sha);
  Handle<git_index> index;
  must(git_merge_commits(into(index), repository_.get(), ours.get(), theirs.get(), nullptr), "merging");
  if (git_index_has_conflicts(index.get()) != 0) return Error{ErrorKind::Conflict, "the branch conflicts with " + branch};
  git_oid id;
  must(git_index_write_tree_to(&id, index.get(), repository_.get()), "writing the merge");
  const auto made = store(libgit::to_hex(id), {base}, author, message);
  point(branch, made);
  return made;
}

bool GitRemote::merges_cleanly(const std::string& branch, const std::string& head_sha) const {
  const auto ours = find(head(branch));
  const auto theirs = find(head_sha);
  Handle<git_index> index;
  must(git_merge_commits(into(index), repository_.get(), ours.get(), theirs.get(), nullptr), "merging");
  return git_index_has_conflicts(index.get()) == 0;
}

std::string GitRemote::file(const std::string& commit, const std::string& path) const {
  if (commit.empty()) return {};
  const auto found = find(commit);
  const auto text = libgit::read_file(repository_.get(), found.get(), path);
  return text ? *text : std::string();
}

std::map<std::string, std::string> GitRemote::tree(const std::string& commit, const std::string& path) const {
  std::map<std::string, std::string> files;
  if (commit.empty()) return files;
  const auto found = find(commit);
  const auto entries = libgit::read_tree(repository_.get(), found.get(), path);
  if (!entries) return files;
  for (const auto& entry : *entries) files.emplace(entry.path, entry.content);
  return files;
}

std::vector<std::string> GitRemote::parents(const std::string& commit) const {
  const auto found = find(commit);
  std::vector<std::string> ids;
  for (unsigned i = 0; i < git_commit_parentcount(found.get()); ++i) ids.push_back(libgit::to_hex(*git_commit_parent_id(found.get(), i)));
  return ids;
}

std::string GitRemote::message(const std::string& commit) const { return git_commit_message(find(commit).get()); }

bool GitRemote::contains(const std::string& descendant, const std::string& ancestor) const {
  if (descendant.empty() || ancestor.empty()) return false;
  if (descendant == ancestor) return true;
  const auto newer = oid_of(descendant);
  const auto older = oid_of(ancestor);
  return git_graph_descendant_of(repository_.get(), &newer, &older) == 1;
}

std::string GitRemote::advertisement(bool for_push) const {
  const std::string capabilities = for_push ? "report-status delete-refs agent=sim/1" : "agent=sim/1";
  std::string text;
  bool first = true;
  const auto add = [&](const std::string& id, const std::string& ref) {
    text += packet(fmt::format("{} {}{}\n", id, ref, first ? std::string(1, '\0') + capabilities : std::string()));
    first = false;
  };
  if (!for_push && refs_.contains(kHeads + "main")) add(refs_.at(kHeads + "main"), "HEAD");
  for (const auto& [ref, commit] : refs_) add(commit, ref);
  if (first) add(kZero, "capabilities^{}");
  return text + "0000";
}

std::string GitRemote::pack(const std::vector<std::string>& wants, const std::vector<std::string>& haves) const {
  Handle<git_packbuilder> builder;
  must(git_packbuilder_new(into(builder), repository_.get()), "packing");
  git_packbuilder_set_threads(builder.get(), 1);
  Handle<git_revwalk> walk;
  must(git_revwalk_new(into(walk), repository_.get()), "packing");
  for (const auto& want : wants) {
    const auto id = oid_of(want);
    must(git_revwalk_push(walk.get(), &id), "packing");
  }
  for (const auto& have : haves) {
    const auto id = oid_of(have);
    (void)git_revwalk_hide(walk.get(), &id);  // what isn't known here is none of ours
  }
  must(git_packbuilder_insert_walk(builder.get(), walk.get()), "packing");
  git_buf bytes = GIT_BUF_INIT;
  must(git_packbuilder_write_buf(&bytes, builder.get()), "packing");
  std::string out(bytes.ptr, bytes.size);
  git_buf_dispose(&bytes);
  return out;
}

std::string GitRemote::receive(const std::string& bytes) {
  struct Command {
    std::string before, after, ref;
  };
  std::vector<Command> commands;
  std::size_t at = 0;
  while (at + 4 <= bytes.size()) {
    const auto size = std::stoul(bytes.substr(at, 4), nullptr, 16);
    if (size == 0) {
      at += 4;
      break;
    }
    auto line = bytes.substr(at + 4, size - 4);
    at += size;
    line = line.substr(0, line.find('\0'));
    while (line.ends_with('\n')) line.pop_back();
    commands.push_back({line.substr(0, 40), line.substr(41, 40), line.substr(82)});
  }
  const auto pack = bytes.substr(at);
  // Its header says how many objects there are.
  if (pack.size() > 12 && pack.substr(8, 4) != std::string(4, '\0')) {
    git_odb* odb = nullptr;
    must(git_repository_odb(&odb, repository_.get()), "receiving");
    git_odb_writepack* writer = nullptr;
    git_indexer_progress progress{};
    must(git_odb_write_pack(&writer, odb, nullptr, nullptr), "receiving");
    must(writer->append(writer, pack.data(), pack.size(), &progress), "receiving");
    must(writer->commit(writer, &progress), "receiving");
    writer->free(writer);
    git_odb_free(odb);
  }
  std::string report = packet("unpack ok\n");
  for (const auto& command : commands) {
    const auto branch = command.ref.substr(kHeads.size());
    const auto current = head(branch).empty() ? kZero : head(branch);
    if (current != command.before) {
      report += packet(fmt::format("ng {} fetch first\n", command.ref));
      continue;
    }
    const auto after = command.after == kZero ? std::string() : command.after;
    if (on_push) on_push(branch, head(branch), after);
    point(branch, after);
    ground_.say(fmt::format("git {}: {} is at {} now", name_, branch, after.empty() ? "nothing" : after.substr(0, 8)));
    report += packet(fmt::format("ok {}\n", command.ref));
  }
  return report + "0000";
}

}  // namespace driftwarden::sim
