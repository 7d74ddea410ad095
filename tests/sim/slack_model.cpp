#include "tests/sim/slack_model.hpp"

#include <algorithm>

namespace driftwarden::sim {
namespace {

using nlohmann::json;

constexpr Duration kDeadline{30'000};
const std::string kChannel = "Cshop-prod";

void fill(Posted& posted, const slack::Message& message) {
  posted.text = message.text;
  posted.blocks = message.blocks ? *message.blocks : json();
  if (message.metadata) posted.key = message.metadata->at("event_payload").at("key").get<std::string>();
}

std::string first_words(const std::string& text) {
  auto line = text.substr(0, text.find('\n'));
  if (line.size() > 90) line = line.substr(0, 90) + "...";
  return line;
}

}  // namespace

std::vector<Button> buttons_of(const Posted& message) {
  std::vector<Button> buttons;
  if (message.deleted || !message.blocks.is_array()) return buttons;
  for (const auto& block : message.blocks) {
    if (block.value("type", "") != "actions") continue;
    for (const auto& element : block.at("elements")) {
      if (element.value("type", "") == "button") buttons.push_back({element.value("action_id", ""), element.value("value", "")});
    }
  }
  return buttons;
}

const Posted* SlackModel::find(const MessageRef& at) const {
  const auto found = std::ranges::find_if(messages, [&](const Posted& message) { return message.at == at && !message.deleted; });
  return found == messages.end() ? nullptr : &*found;
}

Posted* SlackModel::find(const MessageRef& at) { return const_cast<Posted*>(std::as_const(*this).find(at)); }

std::vector<const Posted*> SlackModel::with_key(const std::string& key) const {
  std::vector<const Posted*> found;
  for (const auto& message : messages) {
    if (message.key == key && !message.deleted) found.push_back(&message);
  }
  return found;
}

std::vector<const Posted*> SlackModel::with_prefix(const std::string& prefix) const {
  std::vector<const Posted*> found;
  for (const auto& message : messages) {
    if (message.key.starts_with(prefix) && !message.deleted) found.push_back(&message);
  }
  return found;
}

std::string SlackModel::next_ts() {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(ground_.time.wall().time_since_epoch()).count();
  last_ts_ = std::max(last_ts_ + 1, static_cast<std::int64_t>(micros));
  return fmt::format("{}.{:06}", last_ts_ / 1'000'000, last_ts_ % 1'000'000);
}

MessageRef SlackModel::post(const std::string& channel, const std::string& thread_ts, const std::string& user, const slack::Message& message) {
  Posted posted;
  // What is sent to a person lands in the conversation with them.
  posted.at = {channel.starts_with('U') ? "D" + channel : channel, next_ts()};
  posted.thread_ts = thread_ts;
  posted.user = user;
  posted.since = ground_.time.elapsed();
  fill(posted, message);
  ground_.say(fmt::format("slack: {}{} [{}] {}", channel, thread_ts.empty() ? "" : " in a thread", posted.key, first_words(posted.text)));
  messages.push_back(posted);
  const auto at = posted.at;
  if (on_shown) on_shown(messages.back());
  return at;
}

Result<void> SlackModel::edit(const MessageRef& at, const slack::Message& message) {
  auto* posted = find(at);
  if (posted == nullptr) return Error{ErrorKind::NotFound, "chat.update: message_not_found"};
  fill(*posted, message);
  ++posted->edits;
  ground_.say(fmt::format("slack: edited [{}] {}", posted->key, first_words(posted->text)));
  if (on_shown) on_shown(*posted);
  return Result<void>{};
}

std::optional<MessageRef> SlackModel::search(const std::string& channel, const std::string& thread_ts, const std::string& oldest, const std::string& key) const {
  for (const auto& message : messages) {
    const bool there = message.at.channel == channel && message.user.empty() && !message.deleted && message.at.ts >= oldest;
    // The history of a channel holds no replies of threads.
    if (there && message.thread_ts == thread_ts && message.key == key) return message.at;
  }
  return std::nullopt;
}

std::size_t SlackModel::add(Event event) {
  event.said_at = ground_.time.elapsed();
  ++ground_.totals.said;
  ground_.say(fmt::format("{}: {}{}", event.who, event.text, event.button_of.empty() ? "" : " (a button of " + event.button_of + ")"));
  events.push_back(std::move(event));
  return events.size() - 1;
}

std::size_t SlackModel::mention(const std::string& who, const std::string& text, const std::string& thread_ts) {
  Event event;
  const auto ts = next_ts();
  json inner{{"type", "app_mention"}, {"user", who}, {"text", "<@UBOT> " + text}, {"ts", ts}, {"channel", kChannel}};
  if (!thread_ts.empty()) inner["thread_ts"] = thread_ts;
  event.key = "event:Ev" + ts;
  event.type = "events_api";
  event.payload = {{"type", "event_callback"}, {"team_id", "T1"}, {"event_id", "Ev" + ts}, {"event", std::move(inner)}};
  event.who = who;
  event.text = text;
  return add(std::move(event));
}

std::size_t SlackModel::press(const std::string& who, const Posted& message, const Button& button) {
  Event event;
  const auto trigger = fmt::format("tr{}", ++said_);
  event.key = "trigger:" + trigger;
  event.type = "interactive";
  event.payload = {{"type", "block_actions"}, {"team", {{"id", "T1"}}}, {"user", {{"id", who}, {"team_id", "T1"}}}, {"trigger_id", trigger},
                   {"container", {{"channel_id", message.at.channel}, {"message_ts", message.at.ts}}}, {"message", {{"thread_ts", message.thread_ts}}},
                   {"actions", {{{"action_id", button.action_id}, {"type", "button"}, {"value", button.value}, {"action_ts", next_ts()}}}}};
  event.who = who;
  event.text = button.value;
  event.button_of = message.key.empty() ? "a whisper" : message.key;
  return add(std::move(event));
}

std::size_t SlackModel::submit(const std::string& who, const json& view, const std::map<std::string, std::string>& values) {
  Event event;
  const auto trigger = fmt::format("tr{}", ++said_);
  json state = json::object();
  for (const auto& [id, value] : values) state[id][id] = {{"type", "plain_text_input"}, {"value", value}};
  event.key = "trigger:" + trigger;
  event.type = "interactive";
  event.payload = {{"type", "view_submission"}, {"team", {{"id", "T1"}}}, {"user", {{"id", who}, {"team_id", "T1"}}}, {"trigger_id", trigger},
                   {"view", {{"id", "V" + trigger}, {"type", "modal"}, {"private_metadata", view.value("private_metadata", "")}, {"blocks", view.value("blocks", json::array())}, {"state", {{"values", state}}}}}};
  event.who = who;
  event.text = json::parse(view.value("private_metadata", "{}"), nullptr, false).value("command", "");
  return add(std::move(event));
}

slack::Envelope SlackModel::envelope(const Event& event) const {
  slack::Envelope made;
  made.envelope_id = fmt::format("{}#{}", event.key, event.deliveries);
  made.type = event.type;
  made.payload = std::make_shared<const json>(event.payload);
  made.retry_attempt = std::max(0, event.deliveries - 1);
  made.accepts_response_payload = true;
  return made;
}

std::optional<Error> SlackPort::limited(const std::string& method) {
  const auto found = model_.held.find(method);
  const bool held = found != model_.held.end() && found->second > ground_.time.mono();
  if (!held && (ground_.faults_stopped || !ground_.chance(ground_.rates.limit))) return std::nullopt;
  if (!held) model_.held[method] = ground_.time.mono() + ground_.some(Duration{1'000}, Duration{8'000});
  ground_.fault("429");
  return Error{ErrorKind::RateLimited, "Slack's " + method + ": rate limited"};
}

std::optional<MonoTime> SlackPort::held_until(const std::string& method) const {
  const auto found = model_.held.find(method);
  if (found == model_.held.end() || found->second <= ground_.time.mono()) return std::nullopt;
  return found->second;
}

asio::awaitable<Result<slack::JsonPtr>> SlackPort::call(std::string method, slack::JsonPtr arguments) {
  std::function<Result<slack::JsonPtr>()> effect = [method, arguments]() -> Result<slack::JsonPtr> {
    json answer{{"ok", true}};
    if (method == "conversations.open") {
      answer["channel"] = {{"id", "D" + arguments->value("users", "")}};
    } else if (method == "chat.getPermalink") {
      answer["permalink"] = "https://acme.slack.com/archives/" + arguments->value("channel", "") + "/p" + arguments->value("message_ts", "");
    } else if (method == "users.info") {
      answer["user"] = {{"id", arguments->value("user", "")}, {"team_id", "T1"}};
    } else {
      return Error{ErrorKind::InvalidInput, method + ": unknown_method"};
    }
    return slack::JsonPtr(std::make_shared<const json>(std::move(answer)));
  };
  return outside<slack::JsonPtr>(ground_, "slack " + method, kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<slack::Identity>> SlackPort::auth_test() {
  std::function<Result<slack::Identity>()> effect = []() -> Result<slack::Identity> { return slack::Identity{"T1", "acme", "UBOT", "BBOT", "https://acme.slack.com/"}; };
  return outside<slack::Identity>(ground_, "slack auth.test", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<std::string>> SlackPort::open_connection() { co_return std::string(); }

asio::awaitable<Result<std::string>> SlackPort::channel_id(std::string name) {
  if (name.starts_with('#')) name = "C" + name.substr(1);
  co_return name;
}

asio::awaitable<Result<MessageRef>> SlackPort::post_once(std::string channel, std::string thread_ts, slack::Message message) {
  std::function<Result<MessageRef>()> effect = [this, channel, thread_ts, message]() -> Result<MessageRef> {
    if (auto wait = limited("chat.postMessage")) return *wait;
    if (ground_.is(MutantKind::PostsDropped) && ground_.random->below(4) == 0) return MessageRef{channel, "1.000000"};
    return model_.post(channel, thread_ts, "", message);
  };
  return outside<MessageRef>(ground_, "slack chat.postMessage", kDeadline, {}, std::move(effect));
}

asio::awaitable<Result<MessageRef>> SlackPort::post_blindly(std::string channel, std::string thread_ts, slack::Message message) {
  auto first = post_once(channel, thread_ts, message);
  auto posted = co_await std::move(first);
  if (posted || posted.error().kind != ErrorKind::Timeout) co_return posted;
  auto again = post_once(channel, thread_ts, message);
  co_return co_await std::move(again);
}

asio::awaitable<Result<MessageRef>> SlackPort::post(std::string channel, std::string thread_ts, slack::Message message) {
  if (ground_.is(MutantKind::PostsBlindlyAgain)) return post_blindly(std::move(channel), std::move(thread_ts), std::move(message));
  return post_once(std::move(channel), std::move(thread_ts), std::move(message));
}

asio::awaitable<Result<void>> SlackPort::update(MessageRef at, slack::Message message) {
  std::function<Result<void>()> effect = [this, at, message]() -> Result<void> {
    if (auto wait = limited("chat.update")) return *wait;
    if (ground_.is(MutantKind::EditsDropped) && ground_.random->below(3) == 0) return Result<void>{};
    return model_.edit(at, message);
  };
  return outside<void>(ground_, "slack chat.update", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<void>> SlackPort::post_ephemeral(std::string channel, std::string user, std::string thread_ts, slack::Message message) {
  std::function<Result<void>()> effect = [this, channel, user, thread_ts, message]() -> Result<void> {
    (void)model_.post(channel, thread_ts, user, message);
    return Result<void>{};
  };
  return outside<void>(ground_, "slack chat.postEphemeral", kDeadline, {}, std::move(effect));
}

asio::awaitable<Result<void>> SlackPort::open_view(std::string trigger_id, slack::JsonPtr view) {
  std::function<Result<void>()> effect = [this, trigger_id, view]() -> Result<void> {
    model_.dialogs[trigger_id] = *view;
    return Result<void>{};
  };
  return outside<void>(ground_, "slack views.open", Duration{3'000}, {}, std::move(effect));
}

asio::awaitable<Result<void>> SlackPort::publish_home(std::string user, slack::JsonPtr view) {
  std::function<Result<void>()> effect = [this, user, view]() -> Result<void> {
    model_.homes[user] = *view;
    return Result<void>{};
  };
  return outside<void>(ground_, "slack views.publish", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<void>> SlackPort::update_view(std::string, std::string, slack::JsonPtr) {
  std::function<Result<void>()> effect = []() -> Result<void> { return Result<void>{}; };
  return outside<void>(ground_, "slack views.update", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<void>> SlackPort::upload_file(std::string, std::string, std::string, std::string) {
  std::function<Result<void>()> effect = []() -> Result<void> { return Result<void>{}; };
  return outside<void>(ground_, "slack files.upload", kDeadline, {}, std::move(effect));
}

asio::awaitable<Result<std::optional<MessageRef>>> SlackPort::find_posted(std::string channel, std::string thread_ts, std::string oldest_ts, std::string key) {
  std::function<Result<std::optional<MessageRef>>()> effect = [this, channel, thread_ts, oldest_ts, key]() -> Result<std::optional<MessageRef>> {
    if (ground_.is(MutantKind::SearchBlind)) return std::optional<MessageRef>();
    return model_.search(channel, thread_ts, oldest_ts, key);
  };
  return outside<std::optional<MessageRef>>(ground_, "slack conversations.history", kDeadline, {false, false}, std::move(effect));
}

}  // namespace driftwarden::sim
