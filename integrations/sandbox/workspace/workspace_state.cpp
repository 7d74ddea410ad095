#include "integrations/sandbox/workspace/workspace_state.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr Duration kTriggerLife{3'000};
constexpr Duration kResponseUrlLife{30 * 60'000};
constexpr Duration kTicketLife{60'000};

std::string capitalised(std::string name) {
  if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

bool is_interactive(const std::string& type) {
  static const std::set<std::string> kTypes{"button",
                                            "overflow",
                                            "static_select",
                                            "external_select",
                                            "users_select",
                                            "conversations_select",
                                            "channels_select",
                                            "multi_static_select",
                                            "multi_external_select",
                                            "multi_users_select",
                                            "multi_conversations_select",
                                            "multi_channels_select",
                                            "checkboxes",
                                            "radio_buttons",
                                            "datepicker",
                                            "timepicker",
                                            "datetimepicker",
                                            "plain_text_input",
                                            "email_text_input",
                                            "url_text_input",
                                            "number_input",
                                            "rich_text_input",
                                            "workflow_button"};
  return kTypes.count(type) > 0;
}

/// The ids of blocks by what they are without them.
std::multimap<Json, std::string> ids_by_content(const Json& blocks) {
  std::multimap<Json, std::string> ids;
  for (const auto& block : blocks.is_array() ? blocks : Json::array()) {
    if (!block.is_object() || string_of(block, "block_id").empty()) continue;
    auto content = block;
    content.erase("block_id");
    ids.emplace(std::move(content), string_of(block, "block_id"));
  }
  return ids;
}

}  // namespace

std::int64_t unix_seconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }

std::string string_of(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Message* Conversation::find(const std::string& ts) {
  const auto found = messages.find(ts);
  return found == messages.end() ? nullptr : &found->second;
}

WorkspaceState::WorkspaceState(Random& random, WorkspaceOptions options) : random_(random), options_(std::move(options)) {
  set_base_url(options_.base_url);
  add_people();
  add_channels();
}

void WorkspaceState::set_base_url(std::string base_url) {
  if (base_url.empty() || base_url.back() != '/') base_url += '/';
  options_.base_url = std::move(base_url);
}

void WorkspaceState::add_people() {
  for (const auto& user : options_.users) {
    Person person{.id = user.id, .name = user.name, .real_name = capitalised(user.name), .email = user.name + "@" + options_.email_domain, .token = user.token};
    people_.push_back(std::move(person));
  }
  people_.push_back(Person{.id = kBotUser, .name = options_.bot_name, .real_name = capitalised(options_.bot_name), .email = {}, .token = {}, .is_bot = true});
}

bool WorkspaceState::set_standing(std::string_view id_or_name, std::string_view standing) {
  const auto* person = find_person(id_or_name);
  if (person == nullptr || (standing != "member" && standing != "guest" && standing != "stranger")) return false;
  auto& changed = people_[static_cast<std::size_t>(person - people_.data())];
  changed.is_guest = standing == "guest";
  changed.team = standing == "stranger" ? kOtherTeamId : "";
  return true;
}

void WorkspaceState::add_channels() {
  for (const auto& channel : options_.channels) {
    Conversation conversation;
    conversation.id = channel.id;
    conversation.name = channel.name;
    conversation.is_private = channel.is_private;
    for (const auto& person : people_) {
      if (!person.is_bot || channel.bot_is_member) conversation.members.insert(person.id);
    }
    conversations_.emplace(channel.id, std::move(conversation));
  }
  for (const auto& person : people_) {
    if (!person.is_bot) open_im(person.id, kBotUser);
  }
}

const Person* WorkspaceState::find_person(std::string_view id_or_name) const {
  const auto found = std::find_if(people_.begin(), people_.end(), [&](const Person& p) { return p.id == id_or_name || p.name == id_or_name; });
  return found == people_.end() ? nullptr : &*found;
}

const Person* WorkspaceState::person_by_token(const std::string& token) const {
  const auto found = std::find_if(people_.begin(), people_.end(), [&](const Person& p) { return !p.token.empty() && p.token == token; });
  return found == people_.end() ? nullptr : &*found;
}

Conversation* WorkspaceState::find_conversation(const std::string& ref, const std::string& viewer) {
  if (const auto found = conversations_.find(ref); found != conversations_.end()) {
    const bool hidden = found->second.is_im && !viewer.empty() && !found->second.has(viewer);
    return hidden ? nullptr : &found->second;
  }
  const auto name = !ref.empty() && ref[0] == '#' ? ref.substr(1) : ref;
  for (auto& [id, conversation] : conversations_) {
    if (!conversation.is_im && conversation.name == name) return &conversation;
  }
  const auto* person = ref.empty() || ref[0] != 'U' ? nullptr : find_person(ref);
  return person != nullptr && person->id != viewer ? &open_im(viewer, person->id) : nullptr;
}

Conversation& WorkspaceState::open_im(const std::string& one, const std::string& other) {
  auto a = std::min(one, other);
  auto b = std::max(one, other);
  const auto short_name = [](const std::string& id) { return id.starts_with("U0") ? id.substr(2) : id; };
  std::string id = "D0";
  if (a == kBotUser)
    id += short_name(b);
  else if (b == kBotUser)
    id += short_name(a);
  else
    id += short_name(a) + "0" + short_name(b);
  auto [at, made] = conversations_.try_emplace(id);
  if (made) {
    at->second.id = id;
    at->second.is_im = true;
    at->second.members = {a, b};
  }
  return at->second;
}

std::string WorkspaceState::next_ts(WallTime now) {
  last_ts_us_ = std::max(last_ts_us_ + 1, now.time_since_epoch().count() * 1000);
  return fmt::format("{:010}.{:06}", last_ts_us_ / 1'000'000, last_ts_us_ % 1'000'000);
}

std::string WorkspaceState::next_id(const std::string& prefix) { return fmt::format("{}0SBX{:05}", prefix, ++counters_[prefix]); }

std::string WorkspaceState::new_trigger(const std::string& user, WallTime now) {
  for (auto it = triggers_.begin(); it != triggers_.end();) it = it->second.expires + Duration{600'000} < now ? triggers_.erase(it) : std::next(it);
  auto id = fmt::format("{}.{}.{}", unix_seconds(now), ++counters_["trigger"], random_.hex(32));
  triggers_[id] = Trigger{.expires = now + kTriggerLife, .used = false, .user = user};
  return id;
}

Result<std::string> WorkspaceState::take_trigger(const std::string& trigger_id, WallTime now) {
  const auto found = triggers_.find(trigger_id);
  if (found == triggers_.end()) return Error{ErrorKind::InvalidInput, "invalid_trigger_id"};
  if (found->second.used) return Error{ErrorKind::Conflict, "exchanged_trigger_id"};
  if (now > found->second.expires) return Error{ErrorKind::Timeout, "expired_trigger_id"};
  found->second.used = true;
  return found->second.user;
}

std::string WorkspaceState::new_response_url(ResponseUrl details, WallTime now) {
  details.expires = now + kResponseUrlLife;
  auto token = random_.hex(24);
  auto url = options_.base_url + "api/response/" + token;
  response_urls_[token] = std::move(details);
  return url;
}

std::string WorkspaceState::new_ticket(WallTime now) {
  auto ticket = random_.hex(32);
  tickets_[ticket] = now + kTicketLife;
  return ticket;
}

bool WorkspaceState::take_ticket(const std::string& ticket, WallTime now) {
  for (auto it = tickets_.begin(); it != tickets_.end();) it = it->second < now ? tickets_.erase(it) : std::next(it);
  return tickets_.erase(ticket) > 0;
}

Message& WorkspaceState::append(Conversation& conversation, Message message, WallTime now) {
  const auto ts = next_ts(now);
  message.body["ts"] = ts;
  auto& stored = conversation.messages[ts] = std::move(message);
  announce_message(conversation, stored);
  const auto thread = string_of(stored.body, "thread_ts");
  auto* parent = thread.empty() || !stored.ephemeral_for.empty() ? nullptr : conversation.find(thread);
  if (parent == nullptr) return stored;
  auto& body = parent->body;
  body["thread_ts"] = thread;
  body["reply_count"] = body.value("reply_count", 0) + 1;
  body["latest_reply"] = ts;
  auto& users = body["reply_users"];
  if (!users.is_array()) users = Json::array();
  const auto author = stored.body.contains("user") ? stored.body["user"] : Json(kBotUser);
  if (std::find(users.begin(), users.end(), author) == users.end()) users.push_back(author);
  body["reply_users_count"] = users.size();
  body["is_locked"] = false;
  body["subscribed"] = false;
  if (body.contains("user")) stored.body["parent_user_id"] = body["user"];
  announce_message(conversation, *parent);
  return stored;
}

void WorkspaceState::announce_message(const Conversation& conversation, const Message& message) {
  auto shown = message.body;
  auto audience = conversation.is_im ? conversation.members : std::set<std::string>{};
  if (!message.ephemeral_for.empty()) {
    shown["is_ephemeral"] = true;
    audience = {message.ephemeral_for};
  }
  Json what{{"type", "message"}, {"channel", conversation.id}, {"message", std::move(shown)}};
  announce(std::move(what), std::move(audience));
}

void WorkspaceState::remove_message(Conversation& conversation, const std::string& ts) {
  const auto found = conversation.messages.find(ts);
  if (found == conversation.messages.end()) return;
  const auto thread = string_of(found->second.body, "thread_ts");
  const bool was_ephemeral = !found->second.ephemeral_for.empty();
  conversation.messages.erase(found);
  Json what{{"type", "message_deleted"}, {"channel", conversation.id}, {"ts", ts}};
  announce(std::move(what), conversation.is_im ? conversation.members : std::set<std::string>{});
  auto* parent = thread.empty() || thread == ts || was_ephemeral ? nullptr : conversation.find(thread);
  if (parent == nullptr) return;
  parent->body["reply_count"] = std::max(0, parent->body.value("reply_count", 1) - 1);
  announce_message(conversation, *parent);
}

void WorkspaceState::complete_blocks(Json& blocks, const Json& before) {
  if (!blocks.is_array()) return;
  auto known = ids_by_content(before);
  const auto complete = [this](Json& element) {
    if (element.is_object() && is_interactive(string_of(element, "type")) && string_of(element, "action_id").empty()) element["action_id"] = random_.hex(5);
  };
  for (auto& block : blocks) {
    if (!block.is_object()) continue;
    if (string_of(block, "block_id").empty()) {
      auto kept = known.extract(block);
      block["block_id"] = kept.empty() ? random_.hex(5) : kept.mapped();
    }
    if (block.contains("elements") && block["elements"].is_array()) std::for_each(block["elements"].begin(), block["elements"].end(), complete);
    if (block.contains("accessory")) complete(block["accessory"]);
    if (block.contains("element")) complete(block["element"]);
  }
}

std::vector<Json> WorkspaceState::take_events() { return std::exchange(events_, {}); }

void WorkspaceState::announce(Json what, std::set<std::string> audience) {
  updates_.push_back(Update{.seq = ++seq_, .what = std::move(what), .audience = std::move(audience)});
  if (updates_.size() > kKeptUpdates) updates_.pop_front();
}

std::optional<int> WorkspaceState::over_limit(const std::string& bucket, int limit, Duration window, WallTime now) {
  auto& calls = calls_[bucket];
  while (!calls.empty() && calls.front() + window <= now) calls.pop_front();
  if (static_cast<int>(calls.size()) < limit) {
    calls.push_back(now);
    return std::nullopt;
  }
  const auto wait = std::chrono::ceil<std::chrono::seconds>(calls.front() + window - now);
  return std::max(1, static_cast<int>(wait.count()));
}

}  // namespace driftwarden::sandbox::workspace
