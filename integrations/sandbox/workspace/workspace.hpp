#pragma once
// A Slack-compatible workspace: Web API, Socket Mode, and a chat page where one can be several people.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/http_server.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sandbox {

struct WorkspaceUser {
  std::string id;     ///< "U0ALICE"
  std::string name;   ///< "alice"
  std::string token;  ///< "xoxp-..."
};

struct WorkspaceChannel {
  std::string id;    ///< "C0GITOPS"
  std::string name;  ///< "gitops", without '#'
  bool bot_is_member = true;
  bool is_private = false;
};

struct WorkspaceUserGroup {
  std::string id;      ///< "S0ONCALL"
  std::string handle;  ///< "on-call", without '@'
  std::vector<std::string> users;
};

/// Appears in the menu of every message (`on_message`) or of the whole workspace.
struct WorkspaceShortcut {
  std::string callback_id;
  std::string name;
  bool on_message = true;
};

/// A line of the page's "Try this" guide: a click puts `say` into the composer.
struct WorkspaceTip {
  std::string say;
  std::string explanation;
};

/// A button or form of the page's side panel ("break something"); `run` does it and says what it did.
struct PanelAction {
  std::string id;
  std::string title;
  std::string description;
  std::function<asio::awaitable<Result<std::string>>(std::string as_user)> run;
};

/// Slack's own times; a test that can't wait so long shortens them.
struct WorkspaceTimes {
  Duration ack_within{3'000};
  std::vector<Duration> retries{Duration{0}, Duration{60'000}, Duration{300'000}};  ///< the pause before each further delivery of an event
  Duration first_ping{3'000};
  Duration ping_every{10'000};
  Duration silence{60'000};        ///< a client that says nothing for so long is cut
  Duration warned_before{10'000};  ///< from "warning" to the end
  Duration refresh_linger{2'000};  ///< from "refresh_requested" to the end
};

struct WorkspaceOptions {
  std::string team = "Driftwarden sandbox";
  std::string bot_name = "warden";
  std::string app_token;  ///< "xapp-..."
  std::string bot_token;  ///< "xoxb-..."
  std::vector<WorkspaceUser> users;
  std::string email_domain = "example.com";  ///< people's mail addresses: name@email_domain
  std::vector<WorkspaceChannel> channels;    ///< the bot is in all of them
  std::vector<std::string> commands{"/warden"};
  std::vector<WorkspaceUserGroup> usergroups{};
  std::vector<WorkspaceShortcut> shortcuts{};
  std::vector<WorkspaceTip> tips{};  ///< empty: the built-in guide
  /// What the app subscribes to, in the manifest's words. "message.channels" delivers every message of a channel.
  std::vector<std::string> bot_events{"app_mention", "message.im", "app_home_opened", "reaction_added"};
  std::string base_url;  ///< "http://127.0.0.1:7070/", set once the port is known
  WorkspaceTimes times{};
};

/// Knobs for tests: what Slack does on a bad day.
struct WorkspaceFaults {
  bool enforce_rate_limits = false;          ///< 429 beyond one message a second and channel
  int fail_next_calls = 0;                   ///< answer the next Web API calls with `fail_with`
  std::string fail_with = "internal_error";  ///< Slack's error code; "ratelimited" is a 429, "http_503" that status
  bool fail_after_effect = false;            ///< take effect, then fail
  int duplicate_next_events = 0;             ///< deliver the next envelopes twice
  int drop_next_envelopes = 0;               ///< lose the next envelopes on their way, as a broken network does
  int delay_next_envelopes = 0;              ///< deliver the next envelopes `envelope_delay` late
  Duration envelope_delay{5'000};
  int reorder_next_events = 0;  ///< deliver the next envelopes in the opposite order
  Duration delay_answers{0};
  std::string without_scope{};  ///< the bot token says that it lacks this one
  std::string excess_scope{};   ///< and that it has this one besides
  Duration redeliver_within{600'000};  ///< the longest pause before a further delivery of an event
};

/// What became of the envelopes so far.
struct DeliveryStats {
  std::size_t events = 0;        ///< that happened
  std::size_t envelopes = 0;     ///< sent, repetitions included
  std::size_t acknowledged = 0;  ///< envelopes
  std::size_t given_up = 0;      ///< events without an ack after all repetitions
  std::size_t duplicated = 0;
  std::size_t delayed = 0;
  std::size_t reordered = 0;
  std::size_t lost = 0;  ///< envelopes that left and arrived nowhere
  std::size_t disconnects = 0;
  std::size_t connections = 0;  ///< opened so far
};

/// From an envelope's departure to its ack, over the last 20,000.
struct AckLatency {
  std::chrono::microseconds p50{0};
  std::chrono::microseconds p99{0};
  std::chrono::microseconds max{0};
};

/// Mount `handle` at the root of a server: it serves /api/*, /link/ (Socket Mode), /files/*, /sandbox/*, /archives/* (permalinks) and the
/// chat page at /.
class Workspace {
 public:
  virtual ~Workspace() = default;
  virtual asio::awaitable<net::ServerReply> handle(net::ServerRequest request) = 0;
  virtual void set_base_url(std::string base_url) = 0;
  virtual void add_panel_action(PanelAction action) = 0;
  virtual void set_faults(WorkspaceFaults faults) = 0;
  /// Sends `disconnect` with `reason` to every socket ("warning", "refresh_requested", "link_disabled").
  virtual void disconnect_sockets(std::string reason) = 0;
  /// Cuts every socket without a word.
  virtual void drop_sockets() = 0;
  /// Leaves every socket open and neither reads nor writes there any more.
  virtual void half_open_sockets() = 0;
  virtual DeliveryStats delivery_stats() const = 0;
  virtual AckLatency ack_latency() const = 0;
  virtual asio::awaitable<void> stop() = 0;
};

std::unique_ptr<Workspace> create_workspace(asio::any_io_executor executor, Clock& clock, Random& random, WorkspaceOptions options);

}  // namespace driftwarden::sandbox
