#include "bot/change/merged_rises.hpp"

#include "bot/audit/details.hpp"
#include "gitops/base/money.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

constexpr const char* kMerged = "cost.merged";
constexpr const char* kRise = "rise_micros";
constexpr std::size_t kMostRows = 300;
constexpr std::size_t kLongestLogin = 100;
constexpr std::size_t kLongestUrl = 500;

}  // namespace

AuditEntry audit_of(const MergedPull& pull) {
  AuditEntry entry;
  entry.actor = "driftwarden";
  entry.action = kMerged;
  entry.app = pull.app;
  entry.subject = fmt::format("{}#{}", pull.repository, pull.number);
  entry.on = pull.head_sha;
  const nlohmann::ordered_json facts{{"what", money_difference(pull.rise_micros, pull.currency) + " a month"},
                                     {"login", ellipsize(without_control_characters(pull.author), kLongestLogin)},
                                     {"pull_request", fmt::format("#{}", pull.number)},
                                     {"pull_request_url", ellipsize(without_control_characters(pull.url), kLongestUrl)},
                                     {kRise, pull.rise_micros},
                                     {"currency", pull.currency}};
  add_details(entry, facts);
  return entry;
}

Result<std::vector<MergedRise>> merged_rises(storage::Transaction& tx, const std::string& app, WallTime since) {
  storage::AuditQuery query;
  query.app = app;
  query.action = kMerged;
  query.since = since;
  query.limit = kMostRows;
  TRY(const auto rows, tx.audit(query));
  std::vector<MergedRise> rises;
  for (const auto& row : rows) {
    const auto detail = detail_of(row.entry);
    const auto rise = detail.find(kRise);
    if (rise != detail.end() && rise->is_number_integer()) rises.push_back({row.at, rise->get<std::int64_t>()});
  }
  return rises;
}

}  // namespace driftwarden
