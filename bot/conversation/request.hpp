#pragma once
// What a person said or pressed, from Slack's payloads. Pure.
#include "gitops/model/app.hpp"
#include "integrations/slack/slack.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct Request {
  enum class Kind { Mention, DirectMessage, Slash, Button, Modal, Shortcut };
  Kind kind = Kind::Mention;
  std::string team;
  std::string user;       ///< Slack id
  std::string channel;
  std::string thread_ts;  ///< where an answer belongs; "" = at the channel's top level
  std::optional<MessageRef> message;  ///< what was said, or the message whose button was pressed
  std::string text;       ///< the command, plain; of a modal what its private_metadata says
  std::string trigger_id{};  ///< good for 3 s: what a modal is opened with
  std::map<std::string, std::string> values{};  ///< of a modal, by action_id
  WallTime said_at{};       ///< by Slack's clock where it says so; else when it arrived
  std::string view_id{};    ///< of a modal, or of the App Home whose button was pressed (then there is no channel: answers go to the DM)
  bool operator==(const Request&) const = default;
};

/// What a message shortcut says: act on what this message is about.
inline constexpr const char* kAct = "act";
/// The shortcut in the app's manifest that says so; any other shortcut's callback_id is a command, with `_` for `-`.
inline constexpr const char* kActShortcut = "alert_act";

/// Nothing for what is no command: other bots, our own messages, edits, joins, events of other kinds.
std::optional<Request> request_from(const std::string& type, const nlohmann::json& payload, const std::string& bot_user);

/// The tab "home" was opened.
struct HomeOpened {
  std::string team;
  std::string user;
  bool operator==(const HomeOpened&) const = default;
};
std::optional<HomeOpened> home_opened_from(const std::string& type, const nlohmann::json& payload);

/// A menu wants to know what to offer.
struct Suggestion {
  std::string team;
  std::string user;
  std::string action_id;
  std::string typed;
  bool operator==(const Suggestion&) const = default;
};
std::optional<Suggestion> suggestion_from(const std::string& type, const nlohmann::json& payload);

/// The form's inputs, by block_id, in the order shown: where an error can be told.
std::vector<std::string> input_blocks(const nlohmann::json& payload);

}  // namespace driftwarden
