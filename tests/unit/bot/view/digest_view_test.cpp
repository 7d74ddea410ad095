#include "bot/view/digest_view.hpp"

#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kDay = 24h;

Incident open_incident(const std::string& app, Duration age) {
  Incident incident;
  incident.id = 7;
  incident.app = app;
  incident.report.app = app;
  incident.report.state = AppState::OutOfSync;
  incident.report.cause = Cause::LiveEdited;
  incident.opened_at = kNine - age;
  return incident;
}

Hold hold(HoldKind kind, HoldScope scope, const std::string& owner, Duration age) {
  Hold made;
  made.kind = kind;
  made.scope = std::move(scope);
  made.owner = owner;
  made.since = kNine - age;
  return made;
}

DigestContent full() {
  DigestContent content;
  content.apps = 12;
  content.in_sync = 9;
  content.open = {open_incident("checkout", 3 * kDay), open_incident("cart", 26h), open_incident("search", 2h)};
  content.open[0].severity = Severity::Critical;
  content.open[1].state = IncidentState::Acknowledged;
  content.open[1].acknowledged_by = "bob";
  content.open[2].muted_by = "silence 3";
  Change change;
  change.id = 12;
  change.app = "checkout";
  change.verb = ChangeVerb::Sync;
  change.state = ChangeState::Proposed;
  change.target_revision = kSha;
  change.requester = "alice";
  change.requested_at = kNine - 5h;
  change.expires_at = kNine + 3h;
  change.pull_request = 31;
  change.pull_request_url = "https://forge.example.org/acme/config/pulls/31";
  content.pending = {change};
  content.pauses = {{"shop", "CronJob shop/report is suspended", "kubectl-edit", "changed live", kNine - 9 * kDay, "sync shop"},
                    {"infra", "automatic sync of Application argocd/shop is off", "", "so in Git", std::nullopt, ""}};
  content.holds = {hold(HoldKind::Halt, {}, "carol", 2h), hold(HoldKind::Freeze, {HoldScope::Kind::Environment, "prod"}, "alice", 30h), hold(HoldKind::Lock, {HoldScope::Kind::App, "cart"}, "bob", 1h)};
  content.holds[0].reason = "incident 7";
  content.holds[2].until = kNine + 1h;
  auto glass = hold(HoldKind::BreakGlass, {HoldScope::Kind::App, "checkout"}, "alice", 10h);
  glass.ended_at = glass.since + 20min;
  glass.reason = "payment is down";
  content.broken_glass = {glass};
  Silence silence;
  silence.id = 3;
  silence.match.app = "search*";
  silence.match.cause = Cause::GitAhead;
  silence.owner = "bob";
  silence.reason = "reindexing";
  silence.until = kNine + 2h;
  content.silences = {silence};
  content.rules = {{"checkout", ".spec.replicas of Deployment *", "alice", kNine - kDay, true}, {"cart", ".data of ConfigMap flags", "", kNine + 3 * kDay, false}, {"cart", ".spec.x", "bob", std::nullopt, false}};
  content.resolved_since = 4;
  return content;
}

TEST(DigestView, SaysAllOfIt) { expect_view("digest", digest_message(full(), kNine)); }

TEST(DigestView, SaysThatAllIsWell) {
  DigestContent content;
  content.apps = content.in_sync = 12;
  EXPECT_TRUE(is_quiet(content));
  expect_view("digest_quiet", digest_message(content, kNine));
}

TEST(DigestView, IsNotQuietWhen) {
  const auto loud = [](auto change) {
    DigestContent content;
    change(content);
    return !is_quiet(content);
  };
  EXPECT_TRUE(loud([](DigestContent& content) { content.open = full().open; }));
  EXPECT_TRUE(loud([](DigestContent& content) { content.pending = full().pending; }));
  EXPECT_TRUE(loud([](DigestContent& content) { content.pauses = full().pauses; }));
  EXPECT_TRUE(loud([](DigestContent& content) { content.holds = full().holds; }));
  EXPECT_TRUE(loud([](DigestContent& content) { content.broken_glass = full().broken_glass; }));
  EXPECT_TRUE(loud([](DigestContent& content) { content.silences = full().silences; }));
  EXPECT_TRUE(loud([](DigestContent& content) { content.rules = {full().rules[1]}; }));
  EXPECT_FALSE(loud([](DigestContent& content) { content.rules = {full().rules[2]}; })) << "a rule without an end is no news every day";
  EXPECT_FALSE(loud([](DigestContent& content) { content.resolved_since = 9; }));
}

TEST(DigestView, CutsLongPartsWithACount) {
  DigestContent content;
  content.apps = 100;
  for (int i = 0; i < 40; ++i) content.open.push_back(open_incident("app-" + std::to_string(i), Duration{1000} * (1000 - i)));
  for (int i = 0; i < 40; ++i) content.pauses.push_back({"app-" + std::to_string(i), "is off", "", "", std::nullopt, "sync app-" + std::to_string(i)});
  const auto message = digest_message(content, kNine);
  EXPECT_THAT(test::BlockKitCheck(message).faults, IsEmpty());
  EXPECT_THAT(message.text, HasSubstr("*app-14*"));
  EXPECT_THAT(message.text, Not(HasSubstr("*app-15* edited")));
  EXPECT_THAT(message.text, HasSubstr("\u2026 and 25 more: `status`"));
}

TEST(DigestView, LetsNobodyPing) {
  auto content = full();
  content.open[0].app = kHostile;
  content.open[1].acknowledged_by = kHostile;
  content.open[2].muted_by = kHostile;
  content.pending[0].app = kHostile;
  content.pending[0].requester = kHostile;
  content.pauses[0] = {kHostile, kHostile, kHostile, kHostile, kNine, "sync x"};
  content.holds[0].reason = kHostile;
  content.holds[1].scope.name = kHostile;
  content.broken_glass[0].owner = kHostile;
  content.silences[0].reason = kHostile;
  content.silences[0].match.app = kHostile;
  content.rules[0] = {kHostile, kHostile, kHostile, kNine, true};
  const auto message = digest_message(content, kNine);
  EXPECT_THAT(test::BlockKitCheck(message).faults, IsEmpty());
  EXPECT_THAT(message.text + message.blocks->dump(), Not(HasSubstr("<!channel>")));
  EXPECT_THAT(message.text + message.blocks->dump(), Not(HasSubstr("<@U1>")));
}

}  // namespace
}  // namespace driftwarden::view
