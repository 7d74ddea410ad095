#pragma once
// Where something was said: what the message or thread is about, as far as the one who asks may know of it.
#include "bot/conversation/handlers.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct ChannelPlace {
  GrammarContext context;
  std::optional<Incident> incident;  ///< whose message this is; of several Apps their leader
  std::optional<Change> change;      ///< whose card this is
};
asio::awaitable<Result<ChannelPlace>> look_around(Services& services, Call call);

/// A menu at a message: what can be done about its incident or Change, for who asked alone.
Answer act_on(const Services& services, const Call& call, const ChannelPlace& place);

/// Which channel each of the teams' names stands for, as Slack said a while ago.
struct ChannelNames {
  struct Known {
    std::string id;  ///< "" = Slack knows no such channel
    MonoTime asked_at{};
  };
  std::map<std::string, Known> by_name;
};
/// How the config names the channel with this id ("#shop-prod"), where a team speaks of its Apps only there; else the id. Names that Slack doesn't know now
/// are left out. Slack is asked for a name once in some minutes, whether it knows it or not; a failure is not kept.
asio::awaitable<std::string> channel_named(Services& services, ChannelNames& names, std::string id);

/// The Apps that a command is about without naming them, as far as the caller may know of them: of its incident's group, of its Changes.
asio::awaitable<Result<std::vector<std::string>>> apps_meant(Services& services, Call call);
/// Whether what the command is answered with may be read by all in this channel. `meant` is what apps_meant says.
bool may_be_read_in(const Services& services, const Call& call, const std::string& channel, const std::vector<std::string>& meant);

}  // namespace driftwarden
