#include "bot/conversation/run_once.hpp"

#include "bot/audit/details.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr const char* kRun = "sentence.run";
constexpr Duration kLookedBack = std::chrono::hours{24};  ///< far more than a button is good for: the clock may have been set

}  // namespace

std::string button_digest(const std::optional<MessageRef>& message, const std::string& words) {
  return sha256_hex(fmt::format("{}\n{}", message ? where_of(*message) : std::string(), words));
}

AuditEntry run_entry(const Call& call, const std::string& digest) {
  AuditEntry entry;
  entry.actor = caller_id(call);
  entry.action = kRun;
  entry.app = call.command.app;
  entry.detail = fmt::format(R"({{"command":{}}})", json_quoted(to_log_text(call.command)));
  entry.on = digest;
  return entry;
}

asio::awaitable<Result<bool>> was_run(AsyncStore& store, std::string digest, WallTime until) {
  std::function<Result<bool>(storage::Transaction&)> work = [digest, until](storage::Transaction& tx) -> Result<bool> {
    storage::AuditQuery query;
    query.action = kRun;
    query.about = digest;
    query.since = until - kLookedBack;
    TRY(const auto rows, tx.audit(query));
    return std::ranges::any_of(rows, [&](const AuditRow& row) { return row.entry.on == digest; });
  };
  auto working = store.query<bool>(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace driftwarden
