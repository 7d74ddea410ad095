#include "bot/audit/trace.hpp"

#include "bot/audit/details.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

constexpr std::size_t kMostSubjects = 20;
constexpr std::size_t kRowsSearched = 5000;  ///< for what a short commit id is short for
constexpr std::size_t kShaSize = 40;

bool is_short_sha(const std::string& key) { return key.size() >= 7 && key.size() < kShaSize && key.find_first_not_of("0123456789abcdef") == std::string::npos; }

/// What has a story of more than one row.
bool is_story(const std::string& subject) { return parse_change_name(subject).has_value() || subject.starts_with("incident ") || subject.starts_with("hold ") || subject.starts_with("silence "); }

Result<std::vector<AuditRow>> about(storage::Transaction& tx, const std::string& key, std::size_t limit) {
  storage::AuditQuery query;
  query.about = key;
  query.limit = limit;
  query.newest_first = true;
  return tx.audit(query);
}

/// The whole id of a commit that a row names, else `key` as it is.
Result<std::string> whole_sha(storage::Transaction& tx, const std::string& key) {
  if (!is_short_sha(key)) return key;
  storage::AuditQuery query;
  query.limit = kRowsSearched;
  TRY(const auto rows, tx.audit(query));
  for (const auto& row : rows) {
    if (row.entry.on.starts_with(key)) return row.entry.on;
    const auto at = row.entry.detail.find("\"" + key);
    if (at == std::string::npos) continue;
    const auto end = row.entry.detail.find('"', at + 1);
    if (end != std::string::npos) return row.entry.detail.substr(at + 1, end - at - 1);
  }
  return key;
}

/// Whose card or alert this message is, "" = nobody's.
Result<std::string> told_by(storage::Transaction& tx, const std::string& key) {
  const auto message = message_of(key);
  if (!message) return std::string{};
  TRY(const auto change, tx.find_change_by_card(*message));
  if (change) return change_name(change->id);
  TRY(const auto incident, tx.find_incident_by_message(*message));
  if (incident) return fmt::format("incident {}", incident->id);
  return std::string{};
}

}  // namespace

Result<Trace> trace(storage::Transaction& tx, const std::string& key, std::size_t limit) {
  Trace found;
  if (key.empty()) return found;
  std::map<std::int64_t, AuditRow> rows;
  const auto take = [&](std::vector<AuditRow> some) {
    for (auto& row : some) {
      const auto& subject = row.entry.subject;
      const bool known = std::ranges::find(found.subjects, subject) != found.subjects.end();
      if (is_story(subject) && !known && found.subjects.size() < kMostSubjects) found.subjects.push_back(subject);
      rows.emplace(row.seq, std::move(row));
    }
  };
  TRY(const auto whole, whole_sha(tx, key));
  TRY(auto direct, about(tx, whole, limit + 1));
  found.more = direct.size() > limit;
  take(std::move(direct));
  TRY(const auto owner, told_by(tx, key));
  if (!owner.empty() && std::ranges::find(found.subjects, owner) == found.subjects.end()) found.subjects.insert(found.subjects.begin(), owner);
  // Of a Change the rows that name it elsewhere are its own story; those of what they belong to are another one.
  const auto subjects = is_story(key) ? std::vector<std::string>{} : found.subjects;
  for (const auto& subject : subjects) {
    TRY(auto others, about(tx, subject, limit + 1));
    found.more = found.more || others.size() > limit;
    take(std::move(others));
  }
  while (rows.size() > limit) {
    rows.erase(rows.begin());
    found.more = true;
  }
  for (auto& [seq, row] : rows) found.rows.push_back(std::move(row));
  return found;
}

}  // namespace driftwarden
