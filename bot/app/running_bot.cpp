// Its life: begin, go on, stop, and what it does now and then.
#include "bot/app/running_bot.hpp"

#include "bot/app/housekeeping.hpp"
#include "bot/config/policy.hpp"
#include "bot/doctor/slack_checks.hpp"
#include "bot/policy/identity.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

constexpr Duration kSlackRetry{5000};
constexpr Duration kHouseEvery = std::chrono::hours{6};
constexpr Duration kHouseTurn{50};
constexpr Duration kDamageEvery{1000};
constexpr Duration kTokenEvery = std::chrono::minutes{10};
constexpr Duration kGroupsEvery = std::chrono::minutes{10};

}  // namespace

asio::awaitable<Result<void>> RunningBot::run() {
  auto identity = co_await introduce();
  if (!identity) co_return identity.error();
  log_info("slack", fmt::format("in the workspace {} as {}", identity->team, identity->user_id));
  CO_CHECK_OK(check_identity(*identity));
  members_ = std::make_unique<Members>(*web_api_, clock_, identity->team_id);
  team_ = identity->team_id;
  learn_people();
  co_await fill_usergroups();
  co_await renew_tokens();
  tasks_.spawn("tokens for Git", renew_tokens_now_and_then());
  tasks_.spawn("members of user groups", fill_usergroups_now_and_then());
  conversation_ = std::make_unique<Conversation>(executor_, services(*identity), messenger_, *identity);
  outbox_.start();
  tasks_.spawn("housekeeping", keep_house_now_and_then());
  tasks_.spawn("the database's health", end_when_damaged());
  incidents_.start();
  rollouts_.start();
  fleet_.start(fleet_listener());
  sources_.start();
  if (reload_) reload_->start();
  changes_.start();
  pulls_.start();
  digest_.start();
  home_.start();
  commits_.start();
  if (anchor_) anchor_->start();
  if (syslog_) syslog_->start();
  conversation_->start();
  pulse_.start();
  socket_tasks_.spawn("Slack's socket", take_envelopes());
  auto ended = co_await ended_.wait();
  if (!ended) co_return ended;
  co_return outcome_;
}

std::optional<Config> RunningBot::wanted_config() { return std::exchange(wanted_, std::nullopt); }

void RunningBot::reload_again() {
  if (reload_) reload_->again();
}

asio::awaitable<void> RunningBot::drain(Duration bound) {
  draining_ = true;
  if (!conversation_) co_return;
  const auto until = clock_.mono_now() + bound;
  co_await socket_tasks_.join();
  co_await conversation_->drain(until);
  co_await outbox_.drain(until);
}

asio::awaitable<void> RunningBot::stop() {
  if (server_) co_await server_->stop();
  co_await pulse_.stop();
  co_await nudges_.stop();
  if (reload_) co_await reload_->stop();
  co_await socket_tasks_.join();
  if (conversation_) co_await conversation_->stop();
  co_await commits_.stop();
  if (anchor_) co_await anchor_->stop();
  if (syslog_) co_await syslog_->stop();
  co_await home_.stop();
  co_await digest_.stop();
  co_await sources_.stop();
  co_await fleet_.stop();
  co_await pulls_.stop();
  co_await changes_.stop();
  co_await rollouts_.stop();
  co_await incidents_.stop();
  co_await outbox_.stop();
  co_await sender_->stop();
  co_await tasks_.join();
  database_thread_.join();
  pool_.join();
}

std::string RunningBot::not_ready() const {
  if (draining_) return "it is about to stop";
  if (socket_->state() != slack::SocketState::Connected) return "Slack's socket is not open";
  if (!fleet_.ready()) return "not every App has been judged yet";
  return {};
}

std::uint16_t RunningBot::http_port() const { return server_ ? server_->port() : std::uint16_t{0}; }

void RunningBot::take_config(Config config, const ConfigDifference& difference, const std::string& origin) {
  const auto changed = join({difference.keys.begin(), difference.keys.end()}, ", ");
  log_info("config", fmt::format("{}: {} changed{}", origin, changed, difference.restart ? "; connections are made anew" : ""));
  tasks_.spawn("audit of the config", audit_config(origin, changed, digest_of(config_), digest_of(config)));
  if (difference.keys.contains("log")) {
    set_log_json(config.log.format == LogFormat::Json);
    set_log_level(config.log.debug ? LogLevel::Debug : LogLevel::Info);
  }
  if (difference.restart) {
    wanted_ = std::move(config);
    ended_.notify();
    return;
  }
  for (auto& group : config.groups) {
    const auto known = std::ranges::find(config_.groups, group.name, &Group::name);
    if (known != config_.groups.end() && !group.slack_usergroup.empty() && known->slack_usergroup == group.slack_usergroup) group.members = known->members;
  }
  for (const auto& identity : identities_) add_identity(config, identity);
  // Whoever holds an element of the old one across a wait goes on with it.
  retired_.push_back(std::exchange(config_, std::move(config)));
  learn_people();
  fleet_.config_changed();
  sources_.look_again();
  home_.on_moved();
  tasks_.spawn("user groups", fill_usergroups());
}

asio::awaitable<void> RunningBot::take_envelopes() {
  slack::EnvelopeSink sink = [this](slack::Envelope envelope) {
    stages_.on_envelope(slack::dedupe_key(envelope), clock_.wall_now());
    return conversation_->accept(std::move(envelope));
  };
  outcome_ = co_await socket_->run(std::move(sink));
  ended_.notify();
}

asio::awaitable<void> RunningBot::renew_tokens() {
  for (const auto& repository : config_.repositories) {
    const auto forge = forges_.find(repository.name);
    if (forge == forges_.end() || !needs_forge_token(repository)) continue;
    auto token = co_await forge->second->git_token();
    if (token) {
      git_tokens_->put(repository.url, std::move(*token));
    } else {
      log_warn("forge", fmt::format("repository {}: no token for Git: {}", repository.name, token.error().message));
    }
  }
}

asio::awaitable<void> RunningBot::renew_tokens_now_and_then() {
  while (true) {
    auto slept = co_await clock_.sleep_for(kTokenEvery);
    if (!slept) co_return;
    co_await renew_tokens();
  }
}

asio::awaitable<Result<slack::Identity>> RunningBot::introduce() {
  while (true) {
    auto identity = co_await web_api_->auth_test();
    if (identity || !is_transient(identity.error())) co_return identity;
    log_warn("slack", identity.error().message + "; trying again");
    auto slept = co_await clock_.sleep_for(kSlackRetry);
    if (!slept) co_return slept.error();
  }
}

Result<void> RunningBot::check_identity(const slack::Identity& identity) const {
  const auto& wanted = config_.slack;
  if (!wanted.team.empty() && wanted.team != identity.team_id) {
    return Error{ErrorKind::Denied, fmt::format("slack.bot_token is of workspace {} ({}), and slack.team says {}: give the token of that workspace, or correct slack.team", identity.team_id,
                                                identity.team, wanted.team)};
  }
  const auto app = app_of_token(wanted.app_token);
  if (!wanted.app.empty() && !app.empty() && wanted.app != app) {
    return Error{ErrorKind::Denied, fmt::format("slack.app_token is of app {}, and slack.app says {}: give the token of that app, or correct slack.app", app, wanted.app)};
  }
  if (const auto lacking = lacking_scopes(identity.scopes); !lacking.empty()) {
    return Error{ErrorKind::Denied, lacking + ": add it under OAuth & Permissions of the Slack app (`driftwarden slack-manifest` prints all that is needed), and install the app again"};
  }
  if (const auto excess = excess_scopes(identity.scopes); !excess.empty()) log_warn("slack", excess + "; take them away");
  return Result<void>{};
}

asio::awaitable<Result<bool>> RunningBot::is_outsider(std::string slack_id) {
  if (!members_) co_return Error{ErrorKind::Unavailable, "Slack has not been asked yet"};
  auto asking = members_->standing(std::move(slack_id));
  const auto standing = co_await std::move(asking);
  if (!standing) co_return standing.error();
  co_return *standing != Standing::Member;
}

asio::awaitable<void> RunningBot::keep_house_now_and_then() {
  while (true) {
    auto turn = [this, retention = config_.storage.retention, archive = archive_of(config_)] { return keep_house(*store_, clock_, retention, archive); };
    auto working = offload(database_thread_.get_executor(), std::move(turn));
    const auto more = co_await std::move(working);
    if (!more) log_warn("storage", more.error().message);
    const auto pause = more && *more ? kHouseTurn : kHouseEvery;
    auto slept = co_await clock_.sleep_for(pause);
    if (!slept) co_return;
  }
}

asio::awaitable<void> RunningBot::end_when_damaged() {
  while (true) {
    if (const auto why = store_->damage(); !why.empty()) {
      outcome_ = Error{ErrorKind::Corrupt, why};
      ended_.notify();
      co_return;
    }
    auto slept = co_await clock_.sleep_for(kDamageEvery);
    if (!slept) co_return;
  }
}

asio::awaitable<void> RunningBot::fill_usergroups() {
  for (const auto& group : config_.groups) {
    if (group.slack_usergroup.empty()) continue;
    slack::JsonPtr arguments = std::make_shared<const nlohmann::json>(nlohmann::json{{"usergroup", group.slack_usergroup}});
    auto answer = co_await web_api_->call("usergroups.users.list", std::move(arguments));
    if (!answer) {
      log_warn("slack", fmt::format("the members of {} are not known: {}", group.name, answer.error().message));
      continue;
    }
    const auto users = (*answer)->find("users");
    if (users != (*answer)->end() && users->is_array()) set_usergroup_members(config_, group.slack_usergroup, users->get<std::vector<std::string>>());
  }
}

asio::awaitable<void> RunningBot::fill_usergroups_now_and_then() {
  while (true) {
    auto slept = co_await clock_.sleep_for(kGroupsEvery);
    if (!slept) co_return;
    co_await fill_usergroups();
  }
}

asio::awaitable<void> RunningBot::keep_synced(std::string app, std::string revision) {
  std::function<Result<void>(storage::Transaction&)> work = [app, revision, now = clock_.wall_now()](storage::Transaction& tx) { return tx.save_app({app, revision, now}); };
  auto working = async_store_.transact(std::move(work));
  auto kept = co_await std::move(working);
  if (!kept) log_warn("storage", kept.error().message);
}

}  // namespace driftwarden
