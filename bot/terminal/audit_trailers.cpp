#include "bot/terminal/audit_trailers.hpp"

#include "gitops/base/temporary_directory.hpp"
#include "bot/audit/anchor.hpp"
#include "gitops/base/text.hpp"
#include "gitops/repository/mirror.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <limits>

namespace driftwarden {
namespace {

constexpr std::string_view kTrailer = "Driftwarden-Audit:";

/// A copy of one branch of a local repository.
struct Copy {
  std::unique_ptr<TemporaryDirectory> directory;
  std::unique_ptr<Mirror> mirror;
  std::string head;
};

Result<Copy> copy_of(const std::string& directory, const std::string& branch) {
  Copy copy;
  TRY(copy.directory, TemporaryDirectory::make());
  MirrorOptions options;
  options.directory = copy.directory->path() + "/mirror";
  options.url = "file://" + std::filesystem::absolute(directory).lexically_normal().string();
  options.branch = branch;
  TRY(copy.mirror, Mirror::open(std::move(options)));
  TRY(copy.head, copy.mirror->fetch());
  return copy;
}

void add_new(std::vector<AuditTrailer>& all, AuditTrailer trailer) {
  const auto same = [&](const AuditTrailer& known) { return known.mark == trailer.mark; };
  if (std::ranges::none_of(all, same)) all.push_back(std::move(trailer));
}

Result<void> add_files(Mirror& mirror, const std::string& revision, std::vector<AuditTrailer>& all) {
  const auto files = mirror.read_tree(revision, std::string(kAnchorDirectory));
  if (!files && files.error().kind == ErrorKind::NotFound) return Result<void>{};
  if (!files) return files.error();
  for (const auto& file : *files) {
    for (const auto& anchor : read_anchors(file.content)) add_new(all, {revision, anchor.mark});
  }
  return Result<void>{};
}

}  // namespace

std::vector<AuditTrailer> audit_trailers(const std::string& commit, const std::string& message) {
  std::vector<AuditTrailer> trailers;
  for (const auto& line : split(message, '\n')) {
    if (!line.starts_with(kTrailer)) continue;
    trailers.push_back({commit, storage::read_audit_mark(trim(std::string_view{line}.substr(kTrailer.size())))});
  }
  return trailers;
}

WitnessVerdict compare_trailers(const std::vector<AuditTrailer>& trailers, const std::map<std::int64_t, std::string>& hashes, const std::string& instance, bool alone) {
  WitnessVerdict verdict;
  for (const auto& [commit_id, mark] : trailers) {
    const bool own = mark.instance.empty() || mark.instance == instance;
    if (!own) {
      ++verdict.others[mark.instance];
      continue;
    }
    ++verdict.compared;
    const auto commit = commit_id.substr(0, 7);
    const auto row = hashes.find(mark.seq);
    if (row == hashes.end()) {
      verdict.faults.push_back({mark.seq, fmt::format("commit {} names a row that isn't in the log", commit)});
    } else if (mark.hash.empty() || row->second != mark.hash) {
      verdict.faults.push_back({mark.seq, fmt::format("commit {} names another hash of this row: {}", commit, without_control_characters(mark.hash))});
    }
  }
  if ((verdict.compared == 0 || alone) && !verdict.others.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, count] : verdict.others) names.push_back(without_control_characters(name));
    verdict.faults.push_back({0, fmt::format("Git knows {} of other logs ({}) than this one ({}): it was replaced, or the repository is another's too", verdict.compared == 0 ? "only" : "also", join(names, ", "), instance)});
  }
  return verdict;
}

Result<std::vector<AuditTrailer>> read_audit_trailers(const std::string& directory, const std::string& branch) {
  TRY(auto copy, copy_of(directory, branch));
  TRY(auto commits, copy.mirror->history(copy.head, "", std::numeric_limits<std::size_t>::max()));
  std::vector<AuditTrailer> trailers;
  for (const auto& commit : commits) {
    for (auto& trailer : audit_trailers(commit.sha, commit.message)) trailers.push_back(std::move(trailer));
  }
  return trailers;
}

Result<std::vector<AuditTrailer>> read_audit_anchors(const std::string& directory, const std::string& branch) {
  std::vector<AuditTrailer> anchors;
  auto copy = copy_of(directory, branch);
  if (!copy && copy.error().kind == ErrorKind::NotFound) return anchors;
  if (!copy) return copy.error();
  TRY(auto commits, copy->mirror->history(copy->head, "", std::numeric_limits<std::size_t>::max()));
  // Each commit names what it added; the files name all, also where somebody rewrote the history.
  for (const auto& commit : commits) {
    for (auto& trailer : audit_trailers(commit.sha, commit.message)) add_new(anchors, std::move(trailer));
  }
  CHECK_OK(add_files(*copy->mirror, copy->head, anchors));
  return anchors;
}

}  // namespace driftwarden
