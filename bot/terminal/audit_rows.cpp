#include "bot/terminal/audit_rows.hpp"

#include "bot/audit/others_commits.hpp"
#include "bot/command/audit_key.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <filesystem>

namespace driftwarden {
namespace {

constexpr std::size_t kRowsAtOnce = 1000;

Result<std::optional<WallTime>> parse_moment(std::string_view option, const std::string& text, const Clock& clock) {
  if (text.empty()) return std::optional<WallTime>{};
  if (const auto age = parse_duration(text)) return std::optional{clock.wall_now() - *age};
  if (const auto time = parse_time(text)) return std::optional{*time};
  return Error{ErrorKind::InvalidInput, fmt::format("{} \"{}\" is neither a duration such as 30d nor a time such as 2026-11-21T09:00:00Z", option, text)};
}

bool is_action(const std::string& wanted, const std::string& action) { return wanted.empty() || action == wanted || (wanted.ends_with('.') && action.starts_with(wanted)); }

}  // namespace

Result<storage::AuditQuery> audit_query(const AuditArguments& arguments, const Clock& clock) {
  storage::AuditQuery query;
  query.app = arguments.app;
  query.limit = arguments.limit;
  query.actor = arguments.actor;
  query.action = arguments.row_action;
  TRY(query.since, parse_moment("--since", arguments.since, clock));
  TRY(query.until, parse_moment("--until", arguments.until, clock));
  return query;
}

std::string audit_key_of(const std::string& about) { return audit_key_from(about).value_or(about); }

bool matches(const storage::AuditQuery& query, const AuditRow& row) {
  const auto& entry = row.entry;
  if (!query.app.empty() && !concerns_app(entry, query.app)) return false;
  if (!query.actor.empty() && entry.actor != query.actor) return false;
  if (!is_action(query.action, entry.action)) return false;
  return (!query.since || row.at >= *query.since) && (!query.until || row.at < *query.until) && row.seq > query.after_seq;
}

Result<std::vector<AuditRow>> read_rows(storage::Store& store, const storage::AuditQuery& query) {
  std::vector<AuditRow> rows;
  CHECK_OK(store.transact([&](storage::Transaction& transaction) -> Result<void> {
    TRY(rows, transaction.audit(query));
    return {};
  }));
  return rows;
}

Result<void> for_each_row(storage::Store& store, const std::string& archive, storage::AuditQuery query, const std::function<void(const AuditRow&)>& each) {
  TRY(const auto seals, store.audit_seals());
  for (const auto& seal : seals) {
    if (query.since && seal.at < *query.since) continue;
    const auto file = archive + "/" + seal.archive;
    if (!std::filesystem::exists(file)) return Error{ErrorKind::NotFound, fmt::format("rows {} to {} are in the archive {}, which isn't there: say where by --archive", seal.first, seal.last, file)};
    TRY(const auto rows, storage::read_archive(file));
    for (const auto& row : rows) {
      if (matches(query, row)) each(row);
    }
  }
  query.newest_first = false;
  query.limit = kRowsAtOnce;
  while (true) {
    TRY(const auto rows, read_rows(store, query));
    for (const auto& row : rows) each(row);
    if (rows.size() < kRowsAtOnce) return Result<void>{};
    query.after_seq = rows.back().seq;
  }
}

std::string archive_directory(const AuditArguments& arguments) {
  if (!arguments.archive.empty()) return arguments.archive;
  return (std::filesystem::path(arguments.db).parent_path() / "audit").string();
}

}  // namespace driftwarden
