#pragma once
// A world in which everything is well, each thing of which can be broken.
#include "bot/doctor/doctor.hpp"
#include "bot/setup/slack_scopes.hpp"
#include "tests/support/fakes/slack.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>

namespace driftwarden::test {

class DoctorSlack final : public FakeSlack {
 public:
  DoctorSlack() {
    std::vector<std::string> all;
    for (const auto& scope : kSlackScopes) all.emplace_back(scope.scope);
    scopes = all;
  }
  std::optional<std::vector<std::string>> scopes;
  std::optional<Duration> clock_ahead{400};
  std::optional<Error> auth_fails;
  std::optional<Error> socket_fails;
  std::set<std::string> unknown;   ///< channels
  std::set<std::string> strange;   ///< whose member the bot isn't
  std::set<std::string> archived;

  asio::awaitable<Result<slack::Identity>> auth_test() override {
    if (auth_fails) co_return *auth_fails;
    slack::Identity identity;
    identity.team_id = "T0ACME";
    identity.team = "acme";
    identity.user_id = "UBOT";
    identity.scopes = scopes;
    identity.clock_ahead = clock_ahead;
    co_return identity;
  }
  asio::awaitable<Result<std::string>> open_connection() override {
    if (socket_fails) co_return *socket_fails;
    co_return std::string("wss://x");
  }
  asio::awaitable<Result<std::string>> channel_id(std::string name) override {
    if (unknown.contains(name)) co_return Error{ErrorKind::NotFound, "no channel " + name};
    co_return name;
  }
  asio::awaitable<Result<slack::JsonPtr>> call(std::string method, slack::JsonPtr arguments) override {
    if (method != "conversations.info") co_return Error{ErrorKind::InvalidInput, method};
    const auto channel = arguments->at("channel").get<std::string>();
    nlohmann::json answer{{"ok", true}, {"channel", {{"id", channel}, {"is_member", !strange.contains(channel)}, {"is_archived", archived.contains(channel)}}}};
    co_return std::make_shared<const nlohmann::json>(std::move(answer));
  }
};

/// Only what doctor asks of a forge.
class DoctorForge final : public forge::Forge {
 public:
  std::optional<Error> token_fails;
  forge::ProjectRights may{.read = true, .push = true, .pull_requests = true, .clock_ahead = Duration{0}};
  Result<std::optional<bool>> required = std::optional<bool>(true);

  asio::awaitable<Result<forge::Account>> account() override {
    if (token_fails) co_return *token_fails;
    forge::Account account;
    account.login = "warden";
    co_return account;
  }
  asio::awaitable<Result<forge::ProjectRights>> rights() override { co_return may; }
  asio::awaitable<Result<std::optional<bool>>> requires_status(std::string, std::string) override { co_return required; }

  asio::awaitable<Result<std::optional<forge::PullRequest>>> find_open(std::string, std::string) override { co_return not_asked(); }
  asio::awaitable<Result<forge::PullRequest>> open(forge::PullRequestDraft) override { co_return not_asked(); }
  asio::awaitable<Result<forge::PullRequest>> get(std::int64_t) override { co_return not_asked(); }
  asio::awaitable<Result<std::vector<forge::Review>>> reviews(std::int64_t) override { co_return not_asked(); }
  asio::awaitable<Result<forge::PullRequest>> merge(std::int64_t, std::string, forge::MergeMethod, std::string) override { co_return not_asked(); }
  asio::awaitable<Result<void>> update(std::int64_t, std::string, std::string) override { co_return not_asked(); }
  asio::awaitable<Result<void>> close(std::int64_t) override { co_return not_asked(); }
  asio::awaitable<Result<void>> comment(std::int64_t, std::string) override { co_return not_asked(); }
  asio::awaitable<Result<void>> set_status(std::string, forge::CommitStatus) override { co_return not_asked(); }
  asio::awaitable<Result<std::vector<forge::PullRequest>>> open_pull_requests(std::string) override { co_return not_asked(); }
  asio::awaitable<Result<forge::MergeGate>> merge_gate(std::int64_t) override { co_return not_asked(); }
  asio::awaitable<Result<void>> upsert_comment(std::int64_t, std::string, std::string) override { co_return not_asked(); }
  asio::awaitable<Result<void>> request_reviewers(std::int64_t, std::vector<std::string>) override { co_return not_asked(); }
  asio::awaitable<Result<std::vector<forge::Comment>>> comments_since(WallTime) override { co_return not_asked(); }
  asio::awaitable<Result<Secret<std::string>>> git_token() override { co_return not_asked(); }

 private:
  static Error not_asked() { return {ErrorKind::InvalidInput, "doctor doesn't ask this"}; }
};

class DoctorCluster final : public ClusterProbe {
 public:
  std::optional<Error> hello_fails;
  std::optional<Duration> clock_ahead{0};
  std::set<std::string> refused;  ///< by words_of
  std::vector<std::string> asked;

  asio::awaitable<Result<ServerFacts>> hello() override {
    if (hello_fails) co_return *hello_fails;
    ServerFacts facts;
    facts.version = "v1.33.1";
    facts.clock_ahead = clock_ahead;
    co_return facts;
  }
  asio::awaitable<Result<bool>> may(AccessQuestion question) override {
    asked.push_back(words_of(question));
    co_return !refused.contains(words_of(question));
  }
};

}  // namespace driftwarden::test
