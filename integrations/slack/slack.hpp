#pragma once
// Slack as the bot sees it: envelopes in, calls out. Facts: reference slack.md.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "gitops/base/secret.hpp"
#include "gitops/model/app.hpp"
#include "integrations/net/http_client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::slack {

using JsonPtr = std::shared_ptr<const nlohmann::json>;

/// One unit of Socket Mode: events_api, slash_commands or interactive.
struct Envelope {
  std::string envelope_id;
  std::string type;
  JsonPtr payload;
  int retry_attempt = 0;
  bool accepts_response_payload = false;
};

/// The key by which a redelivery is known: event_id for events, trigger_id (or action_ts and user) for interactions, else the envelope's id.
std::string dedupe_key(const Envelope& envelope);

/// What the text of an incident, a card or an answer becomes on the wire.
struct Message {
  std::string text;   ///< complete by itself: notification and screen reader
  JsonPtr blocks;     ///< array or null
  JsonPtr metadata;   ///< {"event_type", "event_payload"} or null
  bool broadcast = false;  ///< of a reply in a thread: the channel sees it, too
};

struct WebApiOptions {
  std::string api_url = "https://slack.com/api/";
  Secret<std::string> bot_token;
  Secret<std::string> app_token;
  Duration attempt_timeout{10'000};  ///< one HTTP exchange
  Duration call_timeout{30'000};     ///< one call with all its waits and repetitions
  Duration retry_base{500};          ///< back-off between repetitions
};

struct Identity {
  std::string team_id;
  std::string team;
  std::string user_id;  ///< the bot user
  std::string bot_id;
  std::string url;
  std::string enterprise_id{};  ///< of a workspace that belongs to an Enterprise Grid
  std::optional<std::vector<std::string>> scopes{};  ///< what the bot token may (the header x-oauth-scopes); nothing where Slack doesn't say
  std::optional<Duration> clock_ahead{};             ///< our clock before Slack's, by its Date header
};

/// Slack's Web API. `ok:false` becomes an Error: ratelimited -> RateLimited, invalid_auth and the like -> Denied, *_not_found -> NotFound,
/// internal_error and service_unavailable -> Unavailable, else InvalidInput; the message names method and Slack's code. 429 waits for
/// Retry-After on that method and repeats, as long as the call's deadline allows. Calls that may have taken effect are not repeated.
class WebApi {
 public:
  virtual ~WebApi() = default;
  /// Any method. Arguments are a JSON object. Returns the answer.
  virtual asio::awaitable<Result<JsonPtr>> call(std::string method, JsonPtr arguments) = 0;
  virtual asio::awaitable<Result<Identity>> auth_test() = 0;
  virtual asio::awaitable<Result<std::string>> open_connection() = 0;  ///< apps.connections.open: a wss URL, good once
  /// Channel ids for "#name" (paged conversations.list, cached); ids pass through.
  virtual asio::awaitable<Result<std::string>> channel_id(std::string name_or_id) = 0;
  virtual asio::awaitable<Result<MessageRef>> post(std::string channel, std::string thread_ts, Message message) = 0;
  virtual asio::awaitable<Result<void>> update(MessageRef at, Message message) = 0;
  virtual asio::awaitable<Result<void>> post_ephemeral(std::string channel, std::string user, std::string thread_ts, Message message) = 0;
  virtual asio::awaitable<Result<void>> open_view(std::string trigger_id, JsonPtr view) = 0;
  /// The App Home of one person (views.publish).
  virtual asio::awaitable<Result<void>> publish_home(std::string user, JsonPtr view) = 0;
  /// By its id; with `hash` only while it is the newest.
  virtual asio::awaitable<Result<void>> update_view(std::string view_id, std::string hash, JsonPtr view) = 0;
  /// The three-step upload. `title` is also the file's name.
  virtual asio::awaitable<Result<void>> upload_file(std::string channel, std::string thread_ts, std::string title, std::string content) = 0;
  /// The first message of `channel` since `oldest_ts` whose metadata's event_payload.key is `key`; nullopt when there is none. How a post
  /// that may have happened before a crash is found again.
  virtual asio::awaitable<Result<std::optional<MessageRef>>> find_posted(std::string channel, std::string thread_ts, std::string oldest_ts, std::string key) = 0;
  /// Until when Slack's Retry-After holds `method` back; nothing when it doesn't.
  virtual std::optional<MonoTime> held_until(const std::string& method) const {
    (void)method;
    return std::nullopt;
  }
};
std::unique_ptr<WebApi> create_web_api(net::HttpClient& http, Clock& clock, Random& random, WebApiOptions options);

/// Slack's limits, and how much of them is used. A bucket refills evenly, so a minute sees at most its rate and one burst.
struct SenderOptions {
  Duration per_channel{1'000};  ///< between two messages of one channel
  int edits_per_minute = 38;    ///< chat.update is tier 3: fifty a minute and workspace
  int edits_burst = 10;
  int posts_per_minute = 200;  ///< "several hundred a minute" and workspace
  int posts_burst = 40;
};

/// Sends messages at Slack's pace: at most one a second and channel, in order, answers (approval cards are some) before alerts, posts
/// before edits; an alert's edit that waited long enough goes first every other time. An edit of a message that is still waiting replaces it, and every waiter of the two gets the one result.
class Sender {
 public:
  /// Progress: news of an answer that goes on. After all else, and never with the last of what Slack allows.
  enum class Priority { Answer, Alert, Progress };
  struct Outgoing {
    std::string key;                ///< names the message: equal keys coalesce while waiting
    std::string channel;            ///< an id
    std::string thread_ts;
    std::optional<std::string> ts;  ///< set: edit this message
    Message message;
    Priority priority = Priority::Answer;
  };
  virtual ~Sender() = default;
  virtual asio::awaitable<Result<MessageRef>> send(Outgoing outgoing) = 0;
  virtual std::size_t waiting() const = 0;
  /// Cancels what waits or is under way and returns when nothing runs any more: await it before the sender dies. Afterwards send() answers
  /// Cancelled.
  virtual asio::awaitable<void> stop() { co_return; }
};
std::unique_ptr<Sender> create_sender(asio::any_io_executor executor, WebApi& api, Clock& clock, SenderOptions options = {});

/// Takes an envelope over, durably, before it is acknowledged. The JSON, when not null, is the ack's response payload (a modal's
/// validation errors). An error means: not stored, don't acknowledge; Slack will send it again.
using EnvelopeSink = std::function<asio::awaitable<Result<JsonPtr>>(Envelope)>;

struct SocketModeOptions {
  Duration silence_limit{30'000};      ///< no frame at all for so long: the socket is dead
  Duration ping_every{10'000};
  Duration backoff_base{500};
  Duration backoff_max{30'000};
  net::TlsOptions tls;
  Duration connect_within{10'000};   ///< name, TCP and TLS
  Duration hello_within{10'000};     ///< from there to Slack's hello
  Duration drain_within{15'000};     ///< an old socket is read so long after its successor's hello
  Duration stable_after{10'000};     ///< a socket that lived so long ends the count of failures
  std::size_t max_message_bytes = 4U << 20U;
};

enum class SocketState { Connecting, Connected, Disabled, Stopped };

/// Keeps Socket Mode open: connects, acknowledges, answers pings, and upon a warning opens the next socket and waits for its hello before
/// the old one is drained and closed. Ends only by cancellation, or with Denied when Slack refuses the token for good or the app has
/// Socket Mode switched off.
class SocketMode {
 public:
  virtual ~SocketMode() = default;
  virtual asio::awaitable<Result<void>> run(EnvelopeSink sink) = 0;
  virtual SocketState state() const = 0;
  virtual MonoTime last_frame() const = 0;
  virtual std::uint64_t connections() const { return 0; }  ///< sockets that said hello, since the start
};
std::unique_ptr<SocketMode> create_socket_mode(asio::any_io_executor executor, WebApi& api, Clock& clock, Random& random, SocketModeOptions options = {});

/// `&`, `<` and `>` escaped, so that no text from outside can ping anybody or make a link.
std::string escape(std::string_view text);

}  // namespace driftwarden::slack
