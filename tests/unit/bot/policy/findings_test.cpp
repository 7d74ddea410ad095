// What is new, what still blocks, and whose waiver counts.
#include "bot/policy/findings.hpp"

#include "bot/config/gate_rules.hpp"
#include "tests/unit/bot/policy/fixture.hpp"

#include <random>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Finding finding(const std::string& rule, const std::string& object = "Deployment shop/web", bool blocks = true) {
  Finding made;
  made.rule = rule;
  made.object = object;
  made.message = "no " + rule;
  made.blocks = blocks;
  return made;
}

class FindingsTest : public GateTest {
 protected:
  FindingsTest() {
    config.gates.owners = {"sre"};
    GateConfig tool;
    tool.name = "policy";
    tool.owners = {"bob"};
    config.gates.tools.push_back(tool);
  }

  Change change() const {
    Change made;
    made.id = 12;
    made.app = "checkout";
    made.requester = "alice";
    made.gates = {new_findings("built-in", true, {finding("floating-tag"), finding("missing-limits", "Deployment shop/web", false)}, {}), new_findings("policy", true, {finding("deny")}, {})};
    return made;
  }

  static Waiver waiver(const std::string& gate, const std::string& rule, const PersonId& owner = {}) {
    Waiver made;
    made.id = 1;
    made.app = "checkout";
    made.gate = gate;
    made.rule = rule;
    made.owner = !owner.empty() ? owner : gate == "policy" ? "bob" : "carol";
    made.reason = "vendor";
    made.since = kNow;
    made.until = kNow + std::chrono::hours{24};
    return made;
  }

  std::vector<std::string> left(const Change& of, const std::vector<Waiver>& open, WallTime now = kNow) const {
    std::vector<std::string> words;
    for (const auto& one : still_blocking(config, of.app, of.gates, waivers_of(config, open, of, app(), now).counting)) words.push_back(to_words(one));
    return words;
  }
};

TEST_F(FindingsTest, OnlyWhatIsNewIsTold) {
  const auto result = new_findings("policy", true, {finding("b", "Deployment shop/web", false), finding("a"), finding("a"), finding("c")}, {finding("a"), finding("gone")});
  EXPECT_EQ(result.known, 1U) << "one of the two that look alike was there";
  ASSERT_THAT(result.findings, SizeIs(3));
  EXPECT_EQ(result.findings[0].rule, "a");
  EXPECT_EQ(result.findings[2].rule, "b") << "what blocks comes first";
}

TEST_F(FindingsTest, TextsAreBoundAndLinksAreHttpsOrNone) {
  auto odd = finding("");
  odd.message = std::string(5000, 'x') + "\n\x1b[31m";
  odd.link = "javascript:alert(1)";
  auto fine = finding("no root allowed");
  fine.link = "https://policies.example/r";
  auto broken = finding("s");
  broken.link = "https://x.example/|<!channel>";
  const auto result = new_findings("policy", true, {odd, fine, broken}, {});
  EXPECT_EQ(result.findings[0].rule, "unnamed");
  EXPECT_LE(result.findings[0].message.size(), 700U);
  EXPECT_EQ(result.findings[0].link, "");
  EXPECT_EQ(result.findings[1].rule, "no-root-allowed") << "as a waiver has to name it";
  EXPECT_EQ(result.findings[1].link, "https://policies.example/r");
  EXPECT_EQ(result.findings[2].link, "");
}

TEST_F(FindingsTest, MoreThanAreKeptBlockAsOne) {
  std::vector<Finding> many;
  for (int i = 0; i < 100; ++i) many.push_back(finding("a", "ConfigMap shop/c" + std::to_string(i)));
  auto of = change();
  of.gates = {new_findings("policy", true, many, {})};
  EXPECT_EQ(of.gates[0].left_out, 100 - kFindingsKept);
  EXPECT_THAT(left(of, {waiver("policy", "a")}), ElementsAre("policy/too-many"));
  EXPECT_THAT(left(of, {waiver("policy", "a"), waiver("policy", kTooMany)}), IsEmpty());
  for (auto& one : many) one.blocks = &one == &many.front();
  of.gates = {new_findings("policy", true, many, {})};
  EXPECT_THAT(left(of, {waiver("policy", "a")}), IsEmpty()) << "what was left out only warns";
}

TEST_F(FindingsTest, TroubleBlocksLikeAFinding) {
  auto of = change();
  of.gates = {unjudged("policy", true, "conftest ended with 3")};
  EXPECT_THAT(left(of, {}), ElementsAre("policy/unjudged"));
  EXPECT_THAT(left(of, {waiver("policy", kUnjudged)}), IsEmpty());
  of.gates = {unjudged("policy", false, "conftest ended with 3")};
  EXPECT_THAT(left(of, {}), IsEmpty()) << "a gate that only warns";
  EXPECT_EQ(unjudged("policy", true, "").trouble.empty(), false);
}

TEST_F(FindingsTest, EachWaiverLetsPassJustWhatItNames) {
  EXPECT_THAT(left(change(), {}), ElementsAre("built-in/floating-tag of Deployment shop/web", "policy/deny of Deployment shop/web"));
  EXPECT_THAT(left(change(), {waiver("built-in", "floating-tag")}), ElementsAre("policy/deny of Deployment shop/web"));
  EXPECT_THAT(left(change(), {waiver("policy", "floating-tag")}), SizeIs(2)) << "another gate's rule of that name";
  auto exact = waiver("policy", "deny");
  exact.object = "Deployment shop/web";
  EXPECT_THAT(left(change(), {exact}), SizeIs(1));
  exact.object = "Deployment shop/cart";
  EXPECT_THAT(left(change(), {exact}), SizeIs(2));
  auto elsewhere = waiver("policy", "deny");
  elsewhere.app = "search";
  EXPECT_THAT(left(change(), {elsewhere}), SizeIs(2));
}

TEST_F(FindingsTest, AWaiverEnds) {
  const auto given = waiver("policy", "deny");
  EXPECT_THAT(left(change(), {given}, given.until - std::chrono::milliseconds{1}), SizeIs(1));
  EXPECT_THAT(left(change(), {given}, given.until), SizeIs(2));
  auto ended = given;
  ended.ended_at = kNow;
  EXPECT_THAT(left(change(), {ended}), SizeIs(2));
}

TEST_F(FindingsTest, NobodyWaivesTheirOwn) {
  config.gates.tools.front().owners = {"bob", "alice"};
  EXPECT_THAT(left(change(), {waiver("policy", "deny", "alice")}), SizeIs(2)) << "they asked for it";
  auto of = change();
  of.quorum.excluded = {"bob"};
  EXPECT_THAT(left(of, {waiver("policy", "deny", "bob")}), SizeIs(2)) << "it puts their commits in force";
  EXPECT_THAT(left(change(), {waiver("policy", "deny", "U0alice")}), SizeIs(2)) << "the same person by another name";
}

/// Why the only waiver there is doesn't count; "" = it does.
std::string why_of(const WaiversHere& here) { return here.idle.size() == 1 ? here.idle.front().why : ""; }

TEST_F(FindingsTest, AWaiverCountsWhileItsOwnerOwnsTheGate) {
  const auto given = waiver("built-in", "floating-tag");
  const auto why = [&] { return why_of(waivers_of(config, {given}, change(), app(), kNow)); };
  EXPECT_EQ(why(), "");
  config.groups.front().members = {"dan"};
  EXPECT_EQ(why(), "carol isn't an owner of that gate any more");
  EXPECT_THAT(left(change(), {given}), SizeIs(2));
  const auto obstacle = gate_obstacle(config, change(), waivers_of(config, {given}, change(), app(), kNow));
  ASSERT_TRUE(obstacle);
  EXPECT_EQ(obstacle->why, "the gate built-in/floating-tag of Deployment shop/web and 1 more; sre may waive C-12 because ... (waiver 1 doesn't count: carol isn't an owner of that gate any more)");
  config.groups.front().members = {"dan", "carol"};
  EXPECT_EQ(why(), "") << "who comes back";
  config.gates.owners = {"bob"};
  EXPECT_THAT(why(), HasSubstr("isn't an owner")) << "the config says so";
  config.gates.owners = {"carol"};
  EXPECT_EQ(why(), "");
  EXPECT_EQ(why_of(waivers_of(config, {waiver("retired", "deny")}, change(), app(), kNow)), "there is no gate retired any more");
  const auto carol = std::ranges::find(config.people, "carol", &Person::name);
  carol->forge.clear();
  EXPECT_EQ(why(), "carol isn't linked to the forge: link LOGIN proves who they are there");
  config.people.erase(carol);
  EXPECT_EQ(why(), "carol is nobody that I know any more");
}

TEST_F(FindingsTest, WhoTheConfigCameToNameIsTheSameAsBefore) {
  auto given = waiver("built-in", "floating-tag", "U0carol");
  EXPECT_EQ(why_of(waivers_of(config, {given}, change(), app(), kNow)), "");
  auto own = change();
  own.requester = "carol";
  EXPECT_EQ(why_of(waivers_of(config, {given}, own, app(), kNow)), "it is U0carol's own");
}

TEST_F(FindingsTest, ByAnUnknownAuthorOnlyWhoHasAnAccountThereIsSomebodyElse) {
  const auto given = waiver("built-in", "floating-tag");
  const auto why = [&](const Wanting& by) { return why_of(waivers_here(config, {given}, app(), by, kNow)); };
  EXPECT_EQ(why({{}, "mallory"}), "") << "carol is carol there";
  const auto carol = std::ranges::find(config.people, "carol", &Person::name);
  config.repositories.front().forge.api_url = "https://git.example/api";
  carol->linked = true;
  carol->forge_of = "https://other.example/api";
  EXPECT_THAT(why({{}, "mallory"}), HasSubstr("isn't linked")) << "what they proved elsewhere says nothing of here";
  carol->forge_of.clear();
  carol->forge.clear();
  EXPECT_EQ(why({{"bob"}, ""}), "");
  EXPECT_EQ(why({{}, "mallory"}), "nobody is linked to the account mallory, and carol to none there: it may be theirs until they say link LOGIN");
}

TEST_F(FindingsTest, AGateThatIsNoMoreHoldsNothing) {
  config.gates.tools.front().effect = GateEffect::Warn;
  EXPECT_THAT(left(change(), {}), SizeIs(1));
  config.gates.tools.clear();
  EXPECT_THAT(left(change(), {}), SizeIs(1));
  config.gates.built_in["floating-tag"] = GateEffect::Warn;
  EXPECT_THAT(left(change(), {}), IsEmpty());
}

TEST_F(FindingsTest, TheBuiltInGateIsNoMoreWhenAllOfItsRulesAreOff) {
  auto of = change();
  of.gates = {unjudged("built-in", true, "not rendered")};
  EXPECT_THAT(left(of, {}), SizeIs(1));
  for (const auto rule : kBuiltInRules) config.gates.built_in[std::string(rule)] = GateEffect::Off;
  EXPECT_FALSE(has_gate(config, "built-in"));
  EXPECT_THAT(left(of, {}), IsEmpty());
}

TEST_F(FindingsTest, TheObstacleNamesItsRuleAndPasses) {
  const auto obstacle = gate_obstacle(config, change(), {});
  ASSERT_TRUE(obstacle);
  EXPECT_EQ(obstacle->rule, "gate built-in/floating-tag");
  EXPECT_TRUE(obstacle->passes);
  EXPECT_THAT(obstacle->why, HasSubstr("built-in/floating-tag of Deployment shop/web and 1 more"));
  EXPECT_THAT(obstacle->why, HasSubstr("waive C-12"));
  EXPECT_FALSE(gate_obstacle(config, change(), waivers_of(config, {waiver("built-in", "floating-tag"), waiver("policy", "deny")}, change(), app(), kNow)));
  auto broken = change();
  broken.break_glass = "alice";
  EXPECT_FALSE(gate_obstacle(config, broken, {}));
  auto ignore = change();
  ignore.verb = ChangeVerb::Ignore;
  EXPECT_FALSE(gate_obstacle(config, ignore, {}));
}

TEST_F(FindingsTest, OwnersAreTheGatesOwn) {
  EXPECT_TRUE(is_gate_owner(config, "built-in", "carol", app()));
  EXPECT_FALSE(is_gate_owner(config, "built-in", "bob", app()));
  EXPECT_TRUE(is_gate_owner(config, "policy", "bob", app()));
  EXPECT_FALSE(is_gate_owner(config, "policy", "carol", app())) << "a gate with owners of its own";
  EXPECT_FALSE(is_gate_owner(config, "nothing", "carol", app()));
  EXPECT_FALSE(is_gate_owner(config, "built-in", "", app()));
  config.gates.owners = {"eve"};
  EXPECT_FALSE(is_gate_owner(config, "built-in", "eve", app())) << "who isn't linked";
}

/// Whatever is found and waived: nothing blocks that no gate found, more waivers never block more, and what is left is waived by nothing that counts.
TEST_F(FindingsTest, HoldsForAnyFindingsAndWaivers) {
  std::mt19937 random(7);
  const std::vector<std::string> gates{"built-in", "policy", "gone"};
  const std::vector<std::string> rules{"a", "b", kUnjudged, kTooMany};
  const std::vector<std::string> objects{"", "Deployment shop/web", "Deployment shop/cart"};
  const std::vector<std::string> people{"alice", "bob", "carol", "dan"};
  const auto one_of = [&](const std::vector<std::string>& all) { return all[random() % all.size()]; };
  for (int round = 0; round < 2000; ++round) {
    Change of;
    of.app = "checkout";
    of.requester = one_of(people);
    for (const auto& gate : gates) {
      std::vector<Finding> after;
      for (auto n = random() % 5; n > 0; --n) after.push_back(finding(one_of(rules), one_of(objects), random() % 2 == 0));
      of.gates.push_back(random() % 6 == 0 ? unjudged(gate, random() % 3 > 0, "x") : new_findings(gate, random() % 3 > 0, after, {}));
    }
    std::vector<Waiver> open;
    for (auto n = random() % 5; n > 0; --n) {
      auto given = waiver(one_of(gates), one_of(rules), one_of(people));
      given.object = one_of(objects);
      given.until = kNow + std::chrono::hours{static_cast<int>(random() % 3) - 1};
      open.push_back(given);
    }
    const auto all = blocking_in(of.gates);
    const auto counting = waivers_of(config, open, of, app(), kNow);
    const auto blocking = still_blocking(config, of.app, of.gates, counting.counting);
    for (const auto& one : blocking) {
      EXPECT_NE(std::ranges::find(all, one), all.end());
      EXPECT_NE(one.gate, "gone");
      for (const auto& given : counting.counting) EXPECT_FALSE(lets_pass(given, of.app, one.gate, one.finding));
    }
    for (const auto& given : counting.counting) EXPECT_NE(given.owner, of.requester);
    auto fewer = open;
    if (!fewer.empty()) fewer.pop_back();
    EXPECT_GE(still_blocking(config, of.app, of.gates, waivers_of(config, fewer, of, app(), kNow).counting).size(), blocking.size());
    EXPECT_EQ(gate_obstacle(config, of, counting).has_value(), !blocking.empty());
  }
}

}  // namespace
}  // namespace driftwarden
