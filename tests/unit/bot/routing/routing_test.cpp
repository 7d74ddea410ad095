// Where an alert goes, how loudly, after how long, and again when.
#include "bot/config/policy.hpp"
#include "bot/routing/routing.hpp"

#include "gitops/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

App app_of(const std::string& name, const std::string& environment, std::vector<std::string> owners = {}) {
  App app;
  app.name = name;
  app.environment = environment;
  app.cluster = environment + "-eu";
  app.namespace_ = "shop";
  app.owners = std::move(owners);
  return app;
}

AlertRoute node(AlertMatch match, std::string channel, std::vector<std::string> mention = {}, std::vector<AlertRoute> routes = {}, std::string code_owner = {}) {
  AlertRoute made;
  made.match = std::move(match);
  made.code_owner = std::move(code_owner);
  made.channel = std::move(channel);
  made.mention = std::move(mention);
  made.routes = std::move(routes);
  return made;
}

/// "app=check* cause=git-ahead", as silences are typed.
AlertMatch match_of(const std::string& text) {
  AlertMatch match;
  for (const auto& part : split(text, ' ')) {
    const auto equals = part.find('=');
    if (equals == std::string::npos) continue;
    const auto key = part.substr(0, equals);
    const auto value = part.substr(equals + 1);
    if (key == "app") match.app = value;
    if (key == "cluster") match.cluster = value;
    if (key == "environment") match.environment = value;
    if (key == "namespace") match.namespace_ = value;
    if (key == "team") match.team = value;
    if (key == "cause") match.cause = cause_from(value);
    if (key == "severity") match.severity = severity_from(value);
  }
  EXPECT_EQ(to_string(match), text.empty() ? "everything" : text);
  return match;
}

struct MatchRow {
  std::string name;
  std::string match;
  bool matches;
  friend void PrintTo(const MatchRow& row, std::ostream* out) { *out << row.name; }
};
class MatchTable : public testing::TestWithParam<MatchRow> {};
TEST_P(MatchTable, Decides) {
  const auto app = app_of("checkout", "production", {"alice", "shop-team"});
  EXPECT_EQ(matches(match_of(GetParam().match), {.app = &app, .cause = Cause::GitAhead, .severity = Severity::Warning}), GetParam().matches);
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, MatchTable,
    testing::Values(MatchRow{"NothingGivenMatchesAll", "", true}, MatchRow{"App", "app=checkout", true}, MatchRow{"AppGlob", "app=check*", true}, MatchRow{"OtherApp", "app=check", false},
                    MatchRow{"Cluster", "cluster=*-eu", true}, MatchRow{"OtherCluster", "cluster=*-us", false}, MatchRow{"Environment", "environment=prod*", true},
                    MatchRow{"OtherEnvironment", "environment=staging", false}, MatchRow{"Namespace", "namespace=shop", true}, MatchRow{"OtherNamespace", "namespace=shop-*", false},
                    MatchRow{"TeamByItsGroup", "team=shop", true}, MatchRow{"TeamByItsName", "team=shop-team", true}, MatchRow{"Person", "team=alice", true},
                    MatchRow{"OtherTeam", "team=sho", false}, MatchRow{"Cause", "cause=git-ahead", true}, MatchRow{"OtherCause", "cause=fight", false},
                    MatchRow{"Severity", "severity=warning", true}, MatchRow{"ExactlyThisSeverity", "severity=info", false},
                    MatchRow{"AllMustFit", "app=checkout environment=staging", false}),
    [](const auto& row) { return row.param.name; });

struct RouteRow {
  std::string name;
  App app;
  Cause cause;
  Severity severity;
  std::vector<std::string> code_owners;
  std::string channel;
  std::vector<std::string> mention;
  std::vector<std::string> way;
  friend void PrintTo(const RouteRow& row, std::ostream* out) { *out << row.name; }
};
class RouteTable : public testing::TestWithParam<RouteRow> {
 protected:
  RouteTable() {
    config.slack.default_channel = "#gitops";
    config.alerts.routes = {
        node(match_of("environment=production"), "#prod", {"owners"},
             {node(match_of("team=shop"), "#shop", {}, {node(match_of("severity=critical"), "", {"sre"})}), node(match_of("cause=fight"), "#fights", {"codeowners"})}),
        node({}, "#acme", {}, {}, "@acme/*"),
        node(match_of("environment=staging"), "", {"alice"}),
    };
  }
  Config config;
};
TEST_P(RouteTable, Goes) {
  const auto& row = GetParam();
  const auto routed = route(config, {.app = &row.app, .cause = row.cause, .severity = row.severity, .code_owners = row.code_owners});
  EXPECT_EQ(routed.channel, row.channel);
  EXPECT_EQ(routed.mention, row.mention);
  EXPECT_EQ(routed.way, row.way);
}
App with_channel(App app, std::string channel) {
  app.channel = std::move(channel);
  return app;
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, RouteTable,
    testing::Values(
        RouteRow{"FirstThatMatches", app_of("a", "production"), Cause::GitAhead, Severity::Warning, {}, "#prod", {"owners"}, {"routes[0] (environment=production)"}},
        RouteRow{"DownToAChild", app_of("a", "production", {"shop-team"}), Cause::GitAhead, Severity::Warning, {}, "#shop", {"owners"},
                 {"routes[0] (environment=production)", "routes[0].routes[0] (team=shop)"}},
        RouteRow{"ToTheLeafThatKeepsTheChannelAndNamesOthers", app_of("a", "production", {"shop-team"}), Cause::LiveEdited, Severity::Critical, {}, "#shop", {"sre"},
                 {"routes[0] (environment=production)", "routes[0].routes[0] (team=shop)", "routes[0].routes[0].routes[0] (severity=critical)"}},
        RouteRow{"NoSecondChildAfterTheFirst", app_of("a", "production", {"shop"}), Cause::Fight, Severity::Warning, {}, "#shop", {"owners"},
                 {"routes[0] (environment=production)", "routes[0].routes[0] (team=shop)"}},
        RouteRow{"ByCause", app_of("a", "production"), Cause::Fight, Severity::Warning, {}, "#fights", {"codeowners"},
                 {"routes[0] (environment=production)", "routes[0].routes[1] (cause=fight)"}},
        RouteRow{"ByCodeOwnerInAnyCase", app_of("a", "test"), Cause::Fight, Severity::Warning, {"@Acme/shop"}, "#acme", {}, {"routes[1] (code_owner=@acme/*)"}},
        RouteRow{"NotWithoutCodeOwners", app_of("a", "test"), Cause::Fight, Severity::Warning, {}, "#gitops", {}, {}},
        RouteRow{"WithoutAChannelTheAppsOwn", with_channel(app_of("a", "staging"), "#mine"), Cause::Fight, Severity::Warning, {}, "#mine", {"alice"}, {"routes[2] (environment=staging)"}},
        RouteRow{"ElseTheDefault", app_of("a", "staging"), Cause::Fight, Severity::Warning, {}, "#gitops", {"alice"}, {"routes[2] (environment=staging)"}},
        RouteRow{"NoRouteButAChannel", with_channel(app_of("a", "test"), "#mine"), Cause::Fight, Severity::Warning, {}, "#mine", {}, {}},
        RouteRow{"ARouteGoesBeforeTheAppsOwn", with_channel(app_of("a", "production"), "#mine"), Cause::Fight, Severity::Warning, {}, "#fights", {"codeowners"},
                 {"routes[0] (environment=production)", "routes[0].routes[1] (cause=fight)"}}),
    [](const auto& row) { return row.param.name; });

struct SeverityRow {
  std::string name;
  std::string environment;
  Cause cause;
  bool orphans;
  Severity severity;
  friend void PrintTo(const SeverityRow& row, std::ostream* out) { *out << row.name; }
};
class SeverityTable : public testing::TestWithParam<SeverityRow> {};
TEST_P(SeverityTable, Is) {
  const auto& row = GetParam();
  auto app = app_of("a", row.environment);
  app.orphans = row.orphans;
  EXPECT_EQ(severity_of({}, app, row.cause), row.severity);
}
INSTANTIATE_TEST_SUITE_P(AllOf, SeverityTable,
                         testing::Values(SeverityRow{"EditedInProd", "prod", Cause::LiveEdited, false, Severity::Critical}, SeverityRow{"BothInProduction", "production", Cause::Both, false, Severity::Critical},
                                         SeverityRow{"MissingInProd", "prod-eu", Cause::Missing, false, Severity::Critical}, SeverityRow{"FightInProd", "prod", Cause::Fight, false, Severity::Critical},
                                         SeverityRow{"StuckInProd", "prod", Cause::Stuck, false, Severity::Critical}, SeverityRow{"WaitingInProd", "prod", Cause::GitAhead, false, Severity::Warning},
                                         SeverityRow{"ExtraInProd", "prod", Cause::Extra, false, Severity::Warning}, SeverityRow{"UnknownInProd", "prod", Cause::Unknown, false, Severity::Warning},
                                         SeverityRow{"EditedElsewhere", "staging", Cause::LiveEdited, false, Severity::Warning}, SeverityRow{"WaitingElsewhere", "staging", Cause::GitAhead, false, Severity::Info},
                                         SeverityRow{"OrphansElsewhere", "staging", Cause::Extra, true, Severity::Info}, SeverityRow{"OrphansInProd", "prod", Cause::Extra, true, Severity::Warning},
                                         SeverityRow{"WithoutAnEnvironment", "", Cause::Fight, false, Severity::Warning}),
                         [](const auto& row) { return row.param.name; });

TEST(Severities, TheFirstRuleThatMatchesDecides) {
  Config config;
  config.alerts.severities = {{match_of("app=a cause=live-edited"), Severity::Info}, {match_of("environment=prod"), Severity::Warning}, {{}, Severity::Critical}};
  EXPECT_EQ(severity_of(config, app_of("a", "prod"), Cause::LiveEdited), Severity::Info);
  EXPECT_EQ(severity_of(config, app_of("a", "prod"), Cause::Fight), Severity::Warning);
  EXPECT_EQ(severity_of(config, app_of("a", "test"), Cause::Fight), Severity::Critical);
}

struct HoldOffRow {
  std::string name;
  std::string environment;
  Cause cause;
  Duration wait;
  friend void PrintTo(const HoldOffRow& row, std::ostream* out) { *out << row.name; }
};
class HoldOffTable : public testing::TestWithParam<HoldOffRow> {};
TEST_P(HoldOffTable, Waits) {
  Config config;
  config.alerts.hold_off = {{Cause::LiveEdited, 5s}, {Cause::GitAhead, 2min}};
  config.alerts.hold_off_in = {{"*", {{Cause::Missing, 1s}}}, {"staging", {{Cause::LiveEdited, 5min}}}, {"stag*", {{Cause::LiveEdited, 9min}, {Cause::Fight, 3s}}},
                                {"*a", {{Cause::Fight, 1s}, {Cause::Unknown, 0s}}}, {"qa-?", {{Cause::Fight, 4s}}}, {"qa-*a", {{Cause::Fight, 2s}}}};
  EXPECT_EQ(hold_off(config, app_of("a", GetParam().environment), GetParam().cause), GetParam().wait);
}
INSTANTIATE_TEST_SUITE_P(AllOf, HoldOffTable,
                         testing::Values(HoldOffRow{"TheGeneralOne", "prod", Cause::LiveEdited, 5s}, HoldOffRow{"NoneForOthers", "prod", Cause::Stuck, 0s}, HoldOffRow{"OfTheEnvironment", "staging", Cause::LiveEdited, 5min},
                                         HoldOffRow{"ByGlob", "stage", Cause::Stuck, 0s}, HoldOffRow{"ByGlobWhatTheNameLeavesOut", "staging", Cause::Fight, 3s},
                                         HoldOffRow{"WhatItLeavesOutIsGeneral", "staging", Cause::GitAhead, 2min}, HoldOffRow{"ForAll", "prod", Cause::Missing, 1s},
                                         HoldOffRow{"ThePatternThatSaysMost", "qa-a", Cause::Fight, 2s}, HoldOffRow{"NotTheFirstByLetter", "qa-b", Cause::Fight, 4s},
                                         HoldOffRow{"UnknownWaitsABit", "prod", Cause::Unknown, 15s}, HoldOffRow{"UnlessSaid", "qa-a", Cause::Unknown, 0s}),
                         [](const auto& row) { return row.param.name; });

TEST(Repeat, IsBySeverity) {
  Config config;
  EXPECT_EQ(repeat_after(config, Severity::Critical), 4h);
  EXPECT_EQ(repeat_after(config, Severity::Warning), 24h);
  EXPECT_EQ(repeat_after(config, Severity::Info), std::nullopt);
  config.alerts.repeat.clear();
  EXPECT_EQ(repeat_after(config, Severity::Critical), std::nullopt);
}

TEST(Silences, TheLongestThatMatchesNow) {
  const auto now = *parse_time("2026-11-21T12:00:00Z");
  const auto app = app_of("a", "prod");
  const AlertFacts facts{.app = &app, .cause = Cause::GitAhead};
  const auto silence = [&](std::int64_t id, AlertMatch match, Duration since, Duration until) {
    Silence made;
    made.id = id;
    made.match = std::move(match);
    made.since = now + since;
    made.until = now + until;
    return made;
  };
  EXPECT_EQ(silenced_by({}, facts, now), nullptr);
  std::vector<Silence> silences{silence(1, match_of("app=b"), -1h, 9h), silence(2, match_of("app=a"), -2h, 0h), silence(3, match_of("cause=git-ahead"), -1h, 1h), silence(4, match_of("environment=prod"), -1h, 2h),
                                silence(5, {}, 1h, 9h), silence(6, {}, -1h, 9h)};
  silences.back().ended_at = now;
  ASSERT_NE(silenced_by(silences, facts, now), nullptr);
  EXPECT_EQ(silenced_by(silences, facts, now)->id, 4);
  EXPECT_EQ(silenced_by(silences, {.app = &app, .cause = Cause::Fight}, now + 90min)->id, 5) << "which has begun by then";
}

TEST(Silences, OnlyOfThoseWhoMay) {
  const auto now = *parse_time("2026-11-21T12:00:00Z");
  const auto app = app_of("a", "prod");
  Silence silence;
  silence.owner = "bob";
  silence.until = now + 1h;
  const std::vector<Silence> silences{silence};
  EXPECT_NE(silenced_by(silences, {.app = &app}, now), nullptr);
  EXPECT_EQ(silenced_by(silences, {.app = &app, .silencers = std::vector<PersonId>{"alice"}}, now), nullptr);
  EXPECT_NE(silenced_by(silences, {.app = &app, .silencers = std::vector<PersonId>{"alice", "bob"}}, now), nullptr);
  EXPECT_NE(silenced_by(silences, {.app = &app, .silencers = std::vector<PersonId>{"*"}}, now), nullptr);
}

Team team_of(const std::string& name, std::vector<std::string> apps, std::vector<std::string> channels, bool is_private) {
  Team team;
  team.name = name;
  team.members = {"alice"};
  team.apps = std::move(apps);
  team.channels = std::move(channels);
  team.is_private = is_private;
  return team;
}

TEST(Teams, KeepTheirAlertsToTheirChannels) {
  Config config;
  config.slack.default_channel = "#gitops";
  config.teams = {team_of("all", {"*"}, {"#all"}, false), team_of("pay", {"pay*"}, {"#pay", "#pay-2"}, true)};
  const auto pay = app_of("pay", "prod");
  const auto routed = route(config, {.app = &pay, .cause = Cause::Fight});
  EXPECT_EQ(routed.channel, "#pay");
  EXPECT_THAT(routed.way, ElementsAre("teams[1] (pay has channels of its own)"));
  EXPECT_FALSE(routed.by_default);
  const auto shop = app_of("shop", "prod");
  EXPECT_EQ(route(config, {.app = &shop, .cause = Cause::Fight}).channel, "#all");
  config.alerts.routes = {node(match_of("environment=prod"), "#prod"), node({}, "#pay-2")};
  EXPECT_EQ(route(config, {.app = &pay, .cause = Cause::Fight}).channel, "#pay") << "a route for all is no leave to speak of it there";
  config.alerts.routes.erase(config.alerts.routes.begin());
  EXPECT_EQ(route(config, {.app = &pay, .cause = Cause::Fight}).channel, "#pay-2");
  EXPECT_EQ(channel_of(config, with_channel(pay, "#elsewhere")), "#pay");
  EXPECT_EQ(channel_of(config, with_channel(pay, "pay-2")), "pay-2");
}

TEST(Teams, AreMeantByTeam) {
  Config config;
  config.slack.default_channel = "#gitops";
  config.teams = {team_of("pay", {"pay*"}, {}, false)};
  config.alerts.routes = {node(match_of("team=pay"), "#pay")};
  config.alerts.severities = {{match_of("team=p?y"), Severity::Info}};
  const auto pay = app_of("pay-web", "prod");
  const auto shop = app_of("shop", "prod");
  EXPECT_EQ(route(config, {.app = &pay, .cause = Cause::Fight}).channel, "#pay");
  EXPECT_EQ(route(config, {.app = &shop, .cause = Cause::Fight}).channel, "#gitops");
  EXPECT_TRUE(route(config, {.app = &shop, .cause = Cause::Fight}).by_default);
  EXPECT_EQ(severity_of(config, pay, Cause::Fight), Severity::Info);
  EXPECT_TRUE(may_be_meant(config, match_of("team=pay"), pay));
  EXPECT_FALSE(may_be_meant(config, match_of("team=pay"), shop));
}

TEST(Silences, MayBeMeantWhateverTheCause) {
  const auto app = app_of("a", "prod", {"shop-team"});
  EXPECT_TRUE(may_be_meant({}, match_of("team=shop cause=fight severity=info"), app));
  EXPECT_FALSE(may_be_meant({}, match_of("app=b cause=fight"), app));
}

TEST(ExplainRoute, SaysOneLineForWhatDiffers) {
  Config config;
  config.slack.default_channel = "#gitops";
  config.alerts.routes = {node(match_of("environment=production"), "#prod", {"owners"}, {node(match_of("severity=critical"), "#loud", {"sre", "owners"})})};
  EXPECT_EQ(explain_route(config, app_of("checkout", "production", {"alice"}), {"@acme/shop"}),
            "checkout, environment production, cluster production-eu, namespace shop, owners alice, code owners @acme/shop\n"
            "live-edited, both, missing, fight, stuck (critical): #loud, names sre, owners; by routes[0] (environment=production) > routes[0].routes[0] (severity=critical); told at once, "
            "again every 4h\n"
            "git-ahead (warning): #prod, names owners; by routes[0] (environment=production); told after 2m, again every 1d\n"
            "extra, render-unstable (warning): #prod, names owners; by routes[0] (environment=production); told at once, again every 1d\n"
            "unknown (warning): #prod, names owners; by routes[0] (environment=production); told after 15s, again every 1d\n"
            "Changes: #prod; the digest: #prod; neither knows a cause, a severity or code owners to be routed by");
  EXPECT_EQ(split(explain_route(config, app_of("search", "staging"), {}), '\n').at(2), "git-ahead (info): #gitops; no route matches; told after 2m, never repeated");
}

}  // namespace
}  // namespace driftwarden
