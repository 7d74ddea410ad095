// Who is answered at all: our workspace, our app, our people.
#include "bot/conversation/conversation.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr std::size_t kMostRefusedKept = 100;  ///< what one could make us write by inventing workspaces
constexpr std::size_t kLongestId = 40;

}  // namespace

bool Conversation::is_elsewhere(const std::string& team) const {
  if (own_.team.empty() || team.empty()) return false;
  // Somebody of the same Enterprise Grid: whether they belong to this workspace is for Slack to say.
  return team != own_.team && (own_.enterprise.empty() || team != own_.enterprise);
}

asio::awaitable<Result<void>> Conversation::refuse_envelope(std::string type, Foreign foreign) {
  const auto team = ellipsize(without_control_characters(foreign.team), kLongestId);
  const auto app = ellipsize(without_control_characters(foreign.app), kLongestId);
  const auto key = team + "/" + app;
  if (refused_.size() >= kMostRefusedKept || !refused_.insert(key).second) co_return Result<void>{};
  log_warn("slack", fmt::format("envelopes of {}{}{} are not for us, and none is worked on", team.empty() ? "" : "workspace " + team, team.empty() || app.empty() ? "" : ", ",
                                app.empty() ? "" : "app " + app));
  AuditEntry entry;
  entry.actor = "driftwarden";
  entry.action = "envelope.refused";
  entry.subject = key;
  entry.detail = fmt::format(R"({{"type":{},"team":{},"app":{},"rule":{}}})", json_quoted(type), json_quoted(team), json_quoted(app),
                             json_quoted(team.empty() ? "slack.app" : "slack.team"));
  std::function<Result<void>(storage::Transaction&)> work = [entry](storage::Transaction& tx) -> Result<void> {
    auto appended = tx.append_audit(entry);
    if (!appended) return appended.error();
    return Result<void>{};
  };
  auto working = services_.store.transact(std::move(work));
  auto written = co_await std::move(working);
  if (written) co_return Result<void>{};
  // It is refused all the same, and written with the next of its kind.
  refused_.erase(key);
  log_warn("slack", written.error().message);
  co_return Result<void>{};
}

asio::awaitable<Result<Standing>> Conversation::standing_of(const Request& request) {
  if (is_elsewhere(request.team)) co_return Standing::Stranger;
  if (services_.members == nullptr) co_return Standing::Member;
  auto asking = services_.members->standing(request.user);
  co_return co_await std::move(asking);
}

}  // namespace driftwarden
