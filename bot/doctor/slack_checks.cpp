#include "bot/doctor/slack_checks.hpp"

#include "bot/doctor/clock_check.hpp"
#include "bot/doctor/in_time.hpp"
#include "bot/setup/slack_scopes.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kSlack = "slack";
constexpr const char* kScopeFix = "add it under OAuth & Permissions of the Slack app (`driftwarden slack-manifest` prints the whole), and install the app again";

bool has(const std::vector<std::string>& given, std::string_view scope) { return std::ranges::find(given, scope) != given.end(); }

std::vector<std::string> needless(const std::vector<std::string>& given) {
  std::vector<std::string> found;
  for (const auto& scope : given) {
    if (std::ranges::find(kSlackScopes, scope, &SlackScope::scope) == kSlackScopes.end()) found.push_back(scope);
  }
  return found;
}

void add_channel(std::set<std::string>& channels, const std::string& channel) {
  if (!channel.empty()) channels.insert(channel);
}

void add_route(std::set<std::string>& channels, const AlertRoute& route) {
  add_channel(channels, route.channel);
  for (const auto& child : route.routes) add_route(channels, child);
}

std::string token_fix(const Error& error, std::string_view token) {
  if (error.kind == ErrorKind::Denied) return fmt::format("put the app's current {} where the config refers to it", token);
  return "see whether the network lets us reach Slack (proxy, firewall, slack.api_url)";
}

bool flag_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && *found == true;
}

DoctorFinding judge_channel(const std::string& name, const json& answer) {
  const auto check = "channel " + name;
  const auto channel = answer.find("channel");
  if (channel == answer.end() || !channel->is_object()) return {kSlack, check, FindingState::Skipped, "Slack doesn't say whether the bot is a member"};
  if (flag_at(*channel, "is_archived")) return {kSlack, check, FindingState::Problem, "it is archived", "unarchive it, or name another one in the config"};
  if (!flag_at(*channel, "is_member")) return {kSlack, check, FindingState::Problem, "the bot is no member, so what is for it goes to the admin channel", "/invite the bot there"};
  return {kSlack, check, FindingState::Ok, "the bot is a member"};
}

asio::awaitable<DoctorFinding> check_channel(slack::WebApi& api, Clock& clock, std::string name) {
  const auto check = "channel " + name;
  auto resolving = doctor_in_time<std::string>(clock, api.channel_id(name));
  const auto id = co_await std::move(resolving);
  if (!id) {
    const bool unknown = id.error().kind == ErrorKind::NotFound;
    DoctorFinding missing{kSlack, check, FindingState::Problem, unknown ? "there is no such channel, or it is private and the bot is no member" : id.error().message,
                    unknown ? "make it and /invite the bot, or name another one in the config" : "see the scopes and the network"};
    co_return missing;
  }
  slack::JsonPtr arguments = std::make_shared<const json>(json{{"channel", *id}});
  auto asking = doctor_in_time<slack::JsonPtr>(clock, api.call("conversations.info", std::move(arguments)));
  const auto answer = co_await std::move(asking);
  if (!answer) {
    DoctorFinding unknown{kSlack, check, FindingState::Problem, answer.error().message, "make it and /invite the bot, or name another one in the config"};
    co_return unknown;
  }
  co_return judge_channel(name, **answer);
}

asio::awaitable<DoctorFinding> check_socket(slack::WebApi& api, Clock& clock) {
  auto opening = doctor_in_time<std::string>(clock, api.open_connection());
  const auto opened = co_await std::move(opening);
  if (!opened) {
    DoctorFinding closed{kSlack, "socket", FindingState::Problem, opened.error().message,
                   opened.error().kind == ErrorKind::Denied ? fmt::format("switch Socket Mode on, and give an app-level token with {}", kAppTokenScope) : token_fix(opened.error(), "app-level token (xapp-)")};
    co_return closed;
  }
  DoctorFinding open{kSlack, "socket", FindingState::Ok, "the app-level token opens one"};
  co_return open;
}

}  // namespace

DoctorFindings judge_scopes(const std::optional<std::vector<std::string>>& given) {
  if (!given) return {{kSlack, "scopes", FindingState::Skipped, "Slack doesn't say which the bot token has"}};
  DoctorFindings findings;
  for (const auto& [scope, why] : kSlackScopes) {
    if (!has(*given, scope)) findings.push_back({kSlack, "scopes", FindingState::Problem, fmt::format("the bot token lacks {} ({})", scope, why), kScopeFix});
  }
  if (const auto excess = excess_scopes(given); !excess.empty()) {
    findings.push_back({kSlack, "scopes", FindingState::Warning, excess, "take them away under OAuth & Permissions, and install the app again"});
  }
  if (findings.empty()) findings.push_back({kSlack, "scopes", FindingState::Ok, fmt::format("the bot token has the {} that are needed, and no other", kSlackScopes.size())});
  return findings;
}

std::string lacking_scopes(const std::optional<std::vector<std::string>>& given) {
  if (!given) return {};
  std::vector<std::string> lacking;
  for (const auto& [scope, why] : kSlackScopes) {
    if (!has(*given, scope)) lacking.push_back(fmt::format("{} ({})", scope, why));
  }
  return lacking.empty() ? std::string() : fmt::format("the bot token lacks {}", join(lacking, ", "));
}

std::string excess_scopes(const std::optional<std::vector<std::string>>& given) {
  if (!given) return {};
  const auto found = needless(*given);
  return found.empty() ? std::string() : fmt::format("the bot token may more than is needed: {}", join(found, ", "));
}

std::vector<std::string> channels_of(const Config& config) {
  std::set<std::string> channels;
  add_channel(channels, config.slack.admin_channel);
  add_channel(channels, config.slack.default_channel);
  for (const auto& app : config.apps) add_channel(channels, app.channel);
  for (const auto& rule : config.discover) add_channel(channels, rule.app.channel);
  for (const auto& route : config.alerts.routes) add_route(channels, route);
  if (config.alerts.digest) add_channel(channels, config.alerts.digest->channel);
  for (const auto& team : config.teams) {
    for (const auto& channel : team.channels) add_channel(channels, channel);
  }
  return {channels.begin(), channels.end()};
}

asio::awaitable<DoctorFindings> check_slack(slack::WebApi& api, Clock& clock, const Config& config) {
  DoctorFindings findings;
  auto asking = doctor_in_time<slack::Identity>(clock, api.auth_test());
  const auto identity = co_await std::move(asking);
  if (!identity) {
    findings.push_back({kSlack, "bot token", FindingState::Problem, identity.error().message, token_fix(identity.error(), "bot token (xoxb-)")});
    for (const auto* check : {"scopes", "clock", "channels"}) findings.push_back({kSlack, check, FindingState::Skipped, "not without a bot token that Slack takes"});
  } else {
    findings.push_back({kSlack, "bot token", FindingState::Ok, fmt::format("in the workspace {} ({}) as {}", identity->team, identity->team_id, identity->user_id)});
    for (auto& finding : judge_scopes(identity->scopes)) findings.push_back(std::move(finding));
    findings.push_back(judge_clock(kSlack, identity->clock_ahead));
  }
  auto opening = check_socket(api, clock);
  findings.push_back(co_await std::move(opening));
  if (!identity) co_return findings;
  for (const auto& channel : channels_of(config)) {
    auto looking = check_channel(api, clock, channel);
    findings.push_back(co_await std::move(looking));
  }
  co_return findings;
}

}  // namespace driftwarden
