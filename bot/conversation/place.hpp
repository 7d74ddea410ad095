#pragma once
// Where something was said: what the message or thread is about, as far as the one who asks may know of it.
#include "bot/conversation/handlers.hpp"

#include <optional>

namespace driftwarden {

struct Place {
  GrammarContext context;
  std::optional<Incident> incident;  ///< whose message this is; of several Apps their leader
  std::optional<Change> change;      ///< whose card this is
};
asio::awaitable<Result<Place>> look_around(Services& services, Call call);

/// A menu at a message: what can be done about its incident or Change, for who asked alone.
Answer act_on(const Services& services, const Call& call, const Place& place);

/// How the config names the channel with this id ("#shop-prod"), where a team speaks of its Apps only there; else the id. Names that Slack doesn't know now
/// are left out.
asio::awaitable<std::string> channel_named(Services& services, std::string id);
/// Whether what the command is answered with may be read by all in this channel.
bool may_be_read_in(const Services& services, const Call& call, const std::string& channel);

}  // namespace driftwarden
