#include "bot/app/audit_trailers.hpp"

#include "bot/app/temporary_directory.hpp"
#include "gitops/base/text.hpp"
#include "gitops/repository/mirror.hpp"

#include <fmt/core.h>

#include <charconv>
#include <filesystem>
#include <limits>
#include <map>

namespace driftwarden {
namespace {

constexpr std::string_view kTrailer = "Driftwarden-Audit:";

}  // namespace

std::vector<AuditTrailer> audit_trailers(const std::string& commit, const std::string& message) {
  std::vector<AuditTrailer> trailers;
  for (const auto& line : split(message, '\n')) {
    if (!line.starts_with(kTrailer)) continue;
    const auto value = trim(std::string_view{line}.substr(kTrailer.size()));
    AuditTrailer trailer{.commit = commit, .seq = 0, .hash = {}};
    const auto colon = value.find(':');
    const auto number = value.substr(0, colon);
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), trailer.seq);
    if (failed != std::errc{} || end != number.data() + number.size() || colon == std::string_view::npos) {
      trailer.seq = 0;
    } else {
      trailer.hash = std::string(value.substr(colon + 1));
    }
    trailers.push_back(std::move(trailer));
  }
  return trailers;
}

std::vector<storage::AuditFault> compare_trailers(const std::vector<AuditTrailer>& trailers, const std::vector<AuditRow>& rows) {
  std::map<std::int64_t, std::string> hashes;
  for (const auto& row : rows) hashes.emplace(row.seq, row.hash);
  std::vector<storage::AuditFault> faults;
  for (const auto& trailer : trailers) {
    const auto commit = trailer.commit.substr(0, 7);
    const auto row = hashes.find(trailer.seq);
    if (row == hashes.end()) {
      faults.push_back({trailer.seq, fmt::format("commit {} names a row that isn't in the log", commit)});
    } else if (trailer.hash.empty() || row->second != trailer.hash) {
      faults.push_back({trailer.seq, fmt::format("commit {} names another hash of this row: {}", commit, without_control_characters(trailer.hash))});
    }
  }
  return faults;
}

Result<std::vector<AuditTrailer>> read_audit_trailers(const std::string& directory, const std::string& branch) {
  TRY(auto copy, TemporaryDirectory::make());
  MirrorOptions options;
  options.directory = copy->path() + "/mirror";
  options.url = "file://" + std::filesystem::absolute(directory).lexically_normal().string();
  options.branch = branch;
  TRY(auto mirror, Mirror::open(std::move(options)));
  TRY(auto head, mirror->fetch());
  TRY(auto commits, mirror->history(head, "", std::numeric_limits<std::size_t>::max()));
  std::vector<AuditTrailer> trailers;
  for (const auto& commit : commits) {
    for (auto& trailer : audit_trailers(commit.sha, commit.message)) trailers.push_back(std::move(trailer));
  }
  return trailers;
}

}  // namespace driftwarden
