#include "bot/audit/arrivals.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kMostCommits = 2000;
constexpr std::size_t kMostLost = 200;
constexpr std::size_t kLongestNumber = 12;

using Known = std::map<std::string, const CommitInfo*>;

/// The branch's own line within these commits, newest first.
std::vector<const CommitInfo*> line_of(const Known& known, const std::string& head) {
  std::vector<const CommitInfo*> line;
  for (auto at = known.find(head); at != known.end();) {
    line.push_back(at->second);
    if (at->second->parents.empty()) break;
    at = known.find(at->second->parents.front());
  }
  return line;
}

/// What can be reached from these parents and nobody else brought.
std::set<std::string> take_reachable(const Known& known, std::vector<std::string> open, std::set<std::string>& taken) {
  std::set<std::string> found;
  while (!open.empty()) {
    const auto sha = std::move(open.back());
    open.pop_back();
    const auto commit = known.find(sha);
    if (commit == known.end() || !taken.insert(sha).second) continue;
    found.insert(sha);
    open.insert(open.end(), commit->second->parents.begin(), commit->second->parents.end());
  }
  return found;
}

std::vector<Arrival> arrivals_of(const std::vector<CommitInfo>& commits, const std::string& head) {
  Known known;
  for (const auto& commit : commits) known.emplace(commit.sha, &commit);
  auto line = line_of(known, head);
  std::ranges::reverse(line);
  std::set<std::string> taken;
  for (const auto* commit : line) taken.insert(commit->sha);
  std::vector<Arrival> found;
  for (const auto* commit : line) {
    Arrival arrival{*commit};
    if (commit->parents.size() > 1) {
      const auto brought = take_reachable(known, {commit->parents.begin() + 1, commit->parents.end()}, taken);
      for (const auto& other : commits) {
        if (brought.contains(other.sha)) arrival.brought.push_back(other.sha);
      }
    }
    found.push_back(std::move(arrival));
  }
  return found;
}

/// What stands at a path; no id where there is nothing.
struct Place {
  std::string id{};
  bool is_directory = false;
};
struct Both {
  Place before{};
  Place after{};
};
using Differing = std::map<std::string, Both>;

/// Which paths moved between two commits. Each directory that did is listed once: thousands of Apps beside each other cost two listings, and the mirror
/// is kept from nobody for longer than one takes.
class Moves {
 public:
  static Result<Moves> make(Mirror& mirror, const std::string& from, const std::string& to) {
    Moves moves(mirror);
    TRY(moves.root_.before, root_of(mirror, from));
    TRY(moves.root_.after, root_of(mirror, to));
    return moves;
  }
  bool any() const { return root_.before.id != root_.after.id; }

  Result<bool> moved(const std::string& path) {
    if (!any()) return false;
    const auto* at = &root_;
    std::string directory;
    for (const auto& part : split(path, '/')) {
      if (part.empty() || part == ".") continue;
      TRY(const auto* inside, differing_in(directory, *at));
      const auto found = inside->find(part);
      if (found == inside->end()) return false;
      at = &found->second;
      directory += part + "/";
    }
    return true;
  }

 private:
  explicit Moves(Mirror& mirror) : mirror_(mirror) {}

  static Result<Place> root_of(Mirror& mirror, const std::string& revision) {
    if (revision.empty()) return Place{};
    TRY(auto id, mirror.tree_id(revision, ""));
    return Place{std::move(id), true};
  }

  Result<std::vector<DirectoryEntry>> list(const Place& place) {
    if (!place.is_directory) return std::vector<DirectoryEntry>{};
    return mirror_.list_tree(place.id);
  }

  Result<const Differing*> differing_in(const std::string& directory, const Both& both) {
    if (const auto known = known_.find(directory); known != known_.end()) return &known->second;
    TRY(auto before, list(both.before));
    TRY(auto after, list(both.after));
    Differing differing;
    for (auto& entry : before) differing[entry.name].before = {std::move(entry.id), entry.kind == DirectoryEntryKind::Directory};
    for (auto& entry : after) differing[entry.name].after = {std::move(entry.id), entry.kind == DirectoryEntryKind::Directory};
    std::erase_if(differing, [](const auto& one) { return one.second.before.id == one.second.after.id; });
    return &known_.emplace(directory, std::move(differing)).first->second;
  }

  Mirror& mirror_;
  Both root_;
  std::map<std::string, Differing> known_;  ///< by directory
};

/// The number at the front of this, followed by `end`.
std::optional<std::int64_t> number_before(std::string_view text, char end) {
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  if (digits.empty() || digits.size() > kLongestNumber || text.substr(digits.size(), 1) != std::string_view(&end, 1)) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::optional<std::int64_t> of_gitlab(const std::string& message) {
  for (const auto& line : split(message, '\n')) {
    if (!line.starts_with("See merge request ")) continue;
    const auto mark = line.rfind('!');
    if (mark != std::string::npos) return number_before(std::string(trim(std::string_view(line).substr(mark + 1))) + "\n", '\n');
  }
  return std::nullopt;
}

}  // namespace

Result<Arrivals> find_arrivals(Mirror& mirror, const std::string& since, const std::string& head) {
  Arrivals found;
  const auto known = mirror.commit_info(since);
  if (!known && known.error().kind != ErrorKind::NotFound) return known.error();
  if (!known) {
    found.rewritten = true;
    found.knows_lost = false;
    return found;
  }
  TRY(const auto is_there, mirror.is_ancestor(since, head));
  if (!is_there) {
    found.rewritten = true;
    TRY(const auto lost, mirror.commits_between(head, since, kMostLost));
    for (const auto& commit : lost) found.lost.push_back(commit.sha);
  }
  TRY(const auto commits, mirror.commits_between(since, head, kMostCommits));
  found.more = commits.size() == kMostCommits;
  found.all = arrivals_of(commits, head);
  return found;
}

Result<std::vector<std::string>> touched_apps(Mirror& mirror, const std::string& from, const std::string& to, const std::vector<AppPaths>& apps) {
  std::vector<std::string> touched;
  TRY(auto moves, Moves::make(mirror, from, to));
  if (!moves.any()) return touched;
  for (const auto& app : apps) {
    bool moved = false;
    for (const auto& path : app.paths) {
      if (moved) break;
      TRY(moved, moves.moved(path));
    }
    if (moved) touched.push_back(app.app);
  }
  std::ranges::sort(touched);
  return touched;
}

std::optional<std::int64_t> pull_request_in(const std::string& message) {
  const auto title = message.substr(0, message.find('\n'));
  constexpr std::string_view kMerge = "Merge pull request #";
  if (title.starts_with(kMerge)) return number_before(std::string_view(title).substr(kMerge.size()), ' ');
  // "Merge pull request 'title' (#7) from topic into main", and of a squash "title (#7)".
  const auto mark = title.rfind("(#");
  if (mark != std::string::npos) return number_before(std::string_view(title).substr(mark + 2), ')');
  return of_gitlab(message);
}

}  // namespace driftwarden
