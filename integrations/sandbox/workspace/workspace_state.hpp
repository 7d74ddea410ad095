#pragma once
// Everything the workspace knows, without any I/O: methods change it, and leave behind the events for the bot and the updates for the page.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/sandbox/workspace/workspace.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::sandbox::workspace {

using Json = nlohmann::json;

/// Result<Json>, which can't be: a Json converts to anything, an Error included.
class [[nodiscard]] JsonResult {
 public:
  JsonResult(Json value) : value_(std::move(value)) {}   // NOLINT: implicit, as Result is
  JsonResult(Error error) : error_(std::move(error)) {}  // NOLINT
  explicit operator bool() const { return !error_.has_value(); }
  bool operator!() const { return error_.has_value(); }
  const Error& error() const& { return *error_; }
  Error error() && { return std::move(*error_); }
  Json value() && { return std::move(value_); }
  Json& operator*() { return value_; }
  const Json& operator*() const { return value_; }

 private:
  Json value_;
  std::optional<Error> error_;
};

inline constexpr const char* kTeamId = "T0SANDBOX";
inline constexpr const char* kOtherTeamId = "T0ELSEWHERE";  ///< of people who come by Slack Connect
inline constexpr const char* kAppId = "A0SANDBOX";
inline constexpr const char* kBotUser = "U0WARDEN";
inline constexpr const char* kBotId = "B0WARDEN";
inline constexpr const char* kSlackbot = "USLACKBOT";
inline constexpr std::size_t kKeptUpdates = 4000;

struct Person {
  std::string id;
  std::string name;
  std::string real_name;
  std::string email;
  std::string token;
  bool is_bot = false;
  bool is_guest = false;    ///< of our workspace, but restricted
  std::string team{};       ///< of one from elsewhere, by Slack Connect; "" = ours
};

struct Message {
  Json body;                  ///< the message object as the Web API shows it, without metadata
  Json metadata;              ///< null or {"event_type", "event_payload"}
  std::string ephemeral_for;  ///< the only person who sees it; empty = everybody
};

struct Conversation {
  std::string id;
  std::string name;  ///< empty for a DM
  bool is_im = false;
  bool is_private = false;
  std::set<std::string> members;
  std::map<std::string, Message> messages;       ///< by ts, which sorts as text
  std::map<std::string, std::string> last_read;  ///< person -> ts
  std::set<std::string> pinned;
  Json bookmarks = Json::array();

  bool has(const std::string& person) const { return members.count(person) > 0; }
  /// "channel", "group" or "im", as in events.
  std::string type() const { return is_im ? "im" : is_private ? "group" : "channel"; }
  Message* find(const std::string& ts);
};

struct View {
  Json object;
  std::string user;
};

/// Good for three seconds and one use.
struct Trigger {
  WallTime expires;
  bool used = false;
  std::string user;
};

struct ResponseUrl {
  WallTime expires;
  int uses_left = 5;
  std::string channel;
  std::string user;
  std::string message_ts;  ///< the message acted upon; empty for a slash command
  std::string thread_ts;
};

struct File {
  std::string id;
  std::string name;
  std::string title;
  std::string owner;
  std::string snippet_type;
  std::string content;
  std::size_t announced_length = 0;
  bool uploaded = false;
  bool shared = false;
  std::int64_t created = 0;
};

/// What the page is told. `audience` empty = everybody.
struct Update {
  std::uint64_t seq = 0;
  Json what;
  std::set<std::string> audience;
};

class WorkspaceState {
 public:
  WorkspaceState(Random& random, WorkspaceOptions options);

  const WorkspaceOptions& options() const { return options_; }
  void set_base_url(std::string base_url);
  /// With one '/' at its end.
  const std::string& base_url() const { return options_.base_url; }

  // People and conversations.
  const Person* find_person(std::string_view id_or_name) const;
  const Person* person_by_token(const std::string& token) const;
  const std::vector<Person>& people() const { return people_; }
  /// "member", "guest" (of our workspace) or "stranger" (from another). False for another word or nobody.
  bool set_standing(std::string_view id_or_name, std::string_view standing);
  /// By id, "#name", "name", or a person's id (the DM between that person and `viewer`, made when missing).
  Conversation* find_conversation(const std::string& ref, const std::string& viewer);
  Conversation& open_im(const std::string& one, const std::string& other);
  std::map<std::string, Conversation>& conversations() { return conversations_; }

  // Ids and time.
  std::string next_ts(WallTime now);
  std::string next_id(const std::string& prefix);
  std::string new_trigger(const std::string& user, WallTime now);
  /// Slack's error code, or the person whose trigger it was. A used trigger stays used.
  Result<std::string> take_trigger(const std::string& trigger_id, WallTime now);
  std::string new_response_url(ResponseUrl details, WallTime now);
  std::map<std::string, ResponseUrl>& response_urls() { return response_urls_; }
  /// A Socket Mode ticket: one use, within a minute.
  std::string new_ticket(WallTime now);
  bool take_ticket(const std::string& ticket, WallTime now);
  std::string random_hex(std::size_t length) { return random_.hex(length); }

  // Messages. Each change is announced to the page.
  Message& append(Conversation& conversation, Message message, WallTime now);
  void announce_message(const Conversation& conversation, const Message& message);
  void remove_message(Conversation& conversation, const std::string& ts);
  /// Gives every block a block_id and every interactive element an action_id, as Slack does. A block that was in `before`
  /// keeps its id, so that a click on it counts even while the update that brought these is on its way to who clicks.
  void complete_blocks(Json& blocks, const Json& before = {});

  // Views: a stack per person, the last on top.
  std::map<std::string, View>& views() { return views_; }
  std::vector<std::string>& view_stack(const std::string& user) { return stacks_[user]; }
  std::map<std::string, std::string>& home_views() { return homes_; }
  /// Makes the stored view object of what the app sent.
  Json make_view(const Json& sent, const std::string& user, const Json* before);
  void push_view(const std::string& user, Json object);
  void replace_view(const std::string& id, Json object);
  /// Takes the view, and with `whole_stack` all of the person's, away.
  void close_view(const std::string& id, bool whole_stack);
  void announce_views(const std::string& user);

  std::map<std::string, File>& files() { return files_; }

  // For the bot and the page.
  void emit(Json event) { events_.push_back(std::move(event)); }
  std::vector<Json> take_events();
  void announce(Json what, std::set<std::string> audience = {});
  const std::deque<Update>& updates() const { return updates_; }
  std::uint64_t last_seq() const { return seq_; }

  /// Counts one call to `bucket`; the seconds to wait when more than `limit` came within `window`.
  std::optional<int> over_limit(const std::string& bucket, int limit, Duration window, WallTime now);

 private:
  void add_people();
  void add_channels();

  Random& random_;
  WorkspaceOptions options_;
  std::vector<Person> people_;
  std::map<std::string, Conversation> conversations_;
  std::map<std::string, Trigger> triggers_;
  std::map<std::string, ResponseUrl> response_urls_;
  std::map<std::string, WallTime> tickets_;
  std::map<std::string, View> views_;
  std::map<std::string, std::vector<std::string>> stacks_;
  std::map<std::string, std::string> homes_;
  std::map<std::string, File> files_;
  std::map<std::string, int> counters_;
  std::map<std::string, std::deque<WallTime>> calls_;
  std::vector<Json> events_;
  std::deque<Update> updates_;
  std::uint64_t seq_ = 0;
  std::int64_t last_ts_us_ = 0;
};

std::int64_t unix_seconds(WallTime time);
/// "" when the key is missing or no string.
std::string string_of(const Json& object, const char* key);

}  // namespace driftwarden::sandbox::workspace
