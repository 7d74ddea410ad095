#pragma once
// Several at once: all Apps of a group of incidents, several Changes. Each is judged by itself, and one message says how each went.
#include "bot/conversation/handlers.hpp"
#include "bot/view/together_view.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

using view::kMostChangesAtOnce;

/// What is to become a Change.
struct ChangeWish {
  ChangeVerb verb = ChangeVerb::Sync;
  std::string target_revision{};
  std::string argument{};
  std::string remark{};                ///< mrkdwn, said beside the card
  std::optional<MessageRef> place{};   ///< the thread that the card stands in; else it is a message of its own in the channel
};
struct AskedFor {
  Reply reply;
  std::int64_t change = 0;  ///< 0: there is none, and the reply says why
};
using ChangeDeed = std::function<Result<AskedFor>(storage::Transaction&)>;
ChangeDeed change_deed(const Services& services, const Call& call, const App& app, const ChangeWish& wanted);

/// The incidents that share a message, as far as the caller may know of them.
struct IncidentGroup {
  std::int64_t id = 0;                 ///< of the one that leads
  std::string channel;
  std::optional<MessageRef> message;
  std::vector<Incident> open;
};
/// Of `incident N`; an Answer says why there is nothing to do.
asio::awaitable<Result<IncidentGroup>> load_group(Services& services, Call call);

/// One line for each, in a message; more than fits is in a file with it.
struct BulkLines {
  std::string headline;
  std::vector<std::string> lines;  ///< mrkdwn
};
Reply bulk_reply(const BulkLines& said);
/// What a single one's refusal or remark says, on one line.
std::string one_line(const Reply& reply);

asio::awaitable<Result<Answer>> sync_group(Services& services, Call call);
asio::awaitable<Result<Answer>> diff_group(Services& services, Call call);
/// ack and snooze.
asio::awaitable<Result<Answer>> step_group(Services& services, Call call, std::function<IncidentStep(Incident, WallTime)> event);

}  // namespace driftwarden
