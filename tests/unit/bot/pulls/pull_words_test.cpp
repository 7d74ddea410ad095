#include "bot/pulls/pull_words.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const WallTime kNine{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 9h};

struct PullRow {
  std::string name;
  std::function<void(forge::PullRequest&)> make;
  bool looked_at;
  friend void PrintTo(const PullRow& row, std::ostream* out) { *out << row.name; }
};

forge::PullRequest pull_request() {
  forge::PullRequest made;
  made.number = 7;
  made.branch = "topic";
  made.base = "main";
  made.head_sha = "abc";
  made.author = "bobby";
  return made;
}

class PullsOfPeople : public testing::TestWithParam<PullRow> {};
TEST_P(PullsOfPeople, Decides) {
  auto pull = pull_request();
  GetParam().make(pull);
  const Ours ours{{"driftwarden", true}, {"driftwarden/c-12-sync"}};
  EXPECT_EQ(pulls_of_people({pull}, "main", ours, 50).size() == 1, GetParam().looked_at);
}
INSTANTIATE_TEST_SUITE_P(Rule, PullsOfPeople,
    testing::Values(PullRow{"APersonsIsLookedAt", [](auto&) {}, true},
                    PullRow{"SoIsADraft", [](auto& pull) { pull.draft = true; }, true},
                    PullRow{"OurBranchIsNot", [](auto& pull) { pull.branch = "driftwarden/c-12-sync"; }, false},
                    PullRow{"ABranchNamedAsOursIs", [](auto& pull) { pull.branch = "driftwarden/c-13-sync"; }, true},
                    PullRow{"OurAccountsBranchIsNot", [](auto& pull) { pull.branch = "driftwarden/c-13-sync"; pull.author = "driftwarden[bot]"; }, false},
                    PullRow{"AForksBranchOfThatNameIs", [](auto& pull) { pull.branch = "driftwarden/c-12-sync"; pull.from_fork = true; }, true},
                    PullRow{"OurAccountIsNot", [](auto& pull) { pull.author = "driftwarden"; }, false},
                    PullRow{"OurAppsBotIsNot", [](auto& pull) { pull.author = "driftwarden[bot]"; }, false},
                    PullRow{"AnotherBotIs", [](auto& pull) { pull.author = "renovate[bot]"; }, true},
                    PullRow{"IntoAnotherBranchIsNot", [](auto& pull) { pull.base = "next"; }, false},
                    PullRow{"AClosedOneIsNot", [](auto& pull) { pull.state = forge::PullRequestState::Closed; }, false},
                    PullRow{"OneWithoutAHeadIsNot", [](auto& pull) { pull.head_sha.clear(); }, false}),
    [](const auto& row) { return row.param.name; });

TEST(PullsOfPeopleLimit, TakesTheFirstOfThem) {
  std::vector<forge::PullRequest> many(80, pull_request());
  many.front().author = "driftwarden";
  EXPECT_THAT(pulls_of_people(many, "main", Ours{{"driftwarden"}}, 50), SizeIs(50));
}

TEST(PullsOfPeopleLimit, AnUnknownAccountIsNobodys) {
  auto pull = pull_request();
  pull.author.clear();
  EXPECT_THAT(pulls_of_people({pull}, "main", {}, 50), SizeIs(1));
  pull.branch = "driftwarden/c-13-sync";
  EXPECT_THAT(pulls_of_people({pull}, "main", {}, 50), IsEmpty()) << "who we are isn't known: the name alone has to do";
}

TEST(ChangeOfBranch, IsReadFromItsName) {
  EXPECT_EQ(change_of_branch("driftwarden/c-12-sync-checkout"), 12);
  EXPECT_EQ(change_of_branch("driftwarden/c-12"), 12);
  for (const auto* branch : {"driftwarden/x", "driftwarden/c-", "driftwarden/c-x-1", "topic", "c-12"}) EXPECT_EQ(change_of_branch(branch), std::nullopt) << branch;
}

Config config() {
  Config made;
  made.slack.default_channel = "#gitops";
  RepositoryConfig repository;
  repository.name = "config";
  repository.forge.kind = ForgeKind::Gitea;
  made.repositories = {repository};
  for (const auto* name : {"bob", "carol"}) {
    Person person;
    person.name = name;
    person.forge = person.name + "by";
    made.people.push_back(person);
  }
  made.gates.owners = {"bob", "carol"};
  return made;
}

view::PullEffect effect(const std::string& name, const std::string& channel) {
  view::PullEffect made;
  made.app.name = name;
  made.app.repository = "config";
  made.app.cluster = "prod-eu";
  made.app.channel = channel;
  made.rendered_diff = "Deployment shop/" + name + "\n-  replicas: 2\n+  replicas: 5";
  made.live_diff = made.rendered_diff;
  made.risk.tier = RiskTier::Low;
  return made;
}

view::PullSummary summary() {
  view::PullSummary made;
  made.repository = "config";
  made.number = 7;
  made.title = "More replicas";
  made.author = "bobby";
  made.head_sha = "9e8d7c6";
  made.base_sha = "4f2c81a";
  made.state = "open";
  made.effects = {effect("checkout", "#shop"), effect("cart", "#shop"), effect("infra", "#infra")};
  return made;
}

std::vector<std::string> kinds(const PullSaying& saying) {
  std::vector<std::string> found;
  for (const auto& row : saying.rows) found.push_back(row.kind);
  return found;
}

PullSaid as_said(const PullSaying& saying) { return {saying.note, saying.messages}; }

GateResult privileged() {
  Finding finding;
  finding.rule = "privileged";
  finding.object = "Deployment shop/checkout";
  GateResult result;
  result.gate = "built-in";
  result.findings.push_back(finding);
  return result;
}

TEST(StatusOfGates, FailsWhereSomethingNewBlocks) {
  auto pull = summary();
  EXPECT_EQ(status_of_gates(pull).state, forge::StatusState::Success);
  EXPECT_EQ(status_of_gates(pull).context, "driftwarden/gates");
  pull.effects[0].gates = {privileged()};
  EXPECT_EQ(status_of_gates(pull).state, forge::StatusState::Failure);
  EXPECT_EQ(status_of_gates(pull).description, "checkout: built-in/privileged");
  Waiver waiver;
  waiver.app = "checkout";
  waiver.gate = "built-in";
  waiver.rule = "privileged";
  pull.effects[0].waivers.counting = {waiver};
  EXPECT_EQ(status_of_gates(pull).state, forge::StatusState::Success);
  pull.not_rendered = {"one", "two", "network"};
  EXPECT_EQ(status_of_gates(pull).state, forge::StatusState::Success) << "gates don't judge what a tool plans";
  pull.not_judged = 2;
  EXPECT_EQ(status_of_gates(pull).state, forge::StatusState::Failure) << "what nobody looked at is not good";
  pull.not_rendered.clear();
  pull.not_judged = 0;
  pull.effects.clear();
  EXPECT_EQ(status_of_gates(pull).description, "it touches no App");
}

TEST(StatusOfGates, IsSaidOnceForEachHead) {
  auto pull = summary();
  const auto first = status_to_say(pull, "", kNine);
  ASSERT_TRUE(first);
  EXPECT_FALSE(status_to_say(pull, first->digest, kNine + 1h));
  pull.head_sha = "1234567";
  EXPECT_TRUE(status_to_say(pull, first->digest, kNine + 1h));
  const auto payload = nlohmann::json::parse(first->row.payload);
  EXPECT_EQ(payload.at("sha"), "9e8d7c6");
  EXPECT_EQ(payload.at("good"), true);
}

TEST(WaiversForAPullRequest, AreNotItsAuthors) {
  auto all = config();
  auto pull = summary();
  pull.person = "bob";
  Waiver waiver;
  waiver.app = "checkout";
  waiver.gate = "built-in";
  waiver.owner = "carol";
  waiver.until = kNine + 1h;
  const auto counting = [&](const view::PullEffect& effect, WallTime now) { return waivers_for(all, pull, effect, {waiver}, now).counting; };
  EXPECT_THAT(counting(pull.effects[0], kNine), SizeIs(1));
  EXPECT_THAT(counting(pull.effects[1], kNine), IsEmpty()) << "of another App";
  EXPECT_THAT(counting(pull.effects[0], kNine + 2h), IsEmpty());
  waiver.owner = "bob";
  EXPECT_THAT(counting(pull.effects[0], kNine), IsEmpty());
  waiver.owner = "bobby";
  EXPECT_THAT(counting(pull.effects[0], kNine), IsEmpty()) << "by their login";
}

TEST(WaiversForAPullRequest, OfSomebodyUnknownOnlyThoseOfWhoHasAnotherAccountThereCount) {
  auto all = config();
  for (auto& person : all.people) person.linked = true;
  auto pull = summary();
  pull.author = "mallory";
  Waiver waiver;
  waiver.app = "checkout";
  waiver.gate = "built-in";
  waiver.owner = "carol";
  waiver.until = kNine + 1h;
  EXPECT_THAT(waivers_for(all, pull, pull.effects[0], {waiver}, kNine).counting, SizeIs(1));
  all.people[1].forge.clear();
  const auto here = waivers_for(all, pull, pull.effects[0], {waiver}, kNine);
  EXPECT_THAT(here.counting, IsEmpty());
  ASSERT_THAT(here.idle, SizeIs(1));
  EXPECT_THAT(here.idle[0].why, HasSubstr("link LOGIN"));
  pull.person = "bob";
  EXPECT_THAT(waivers_for(all, pull, pull.effects[0], {waiver}, kNine).counting, SizeIs(1)) << "once they are known, it is somebody else";
}

TEST(WhatToSay, OneCommentAndAMessageInEachChannelOfItsApps) {
  const auto saying = what_to_say(config(), summary(), {}, 65'000, kNine);
  ASSERT_TRUE(saying);
  EXPECT_THAT(kinds(*saying), ElementsAre("pull.comment", "pull.message", "pull.message"));
  EXPECT_EQ(saying->note.channel, "#shop");
  const auto comment = nlohmann::json::parse(saying->rows[0].payload).at("text").get<std::string>();
  EXPECT_TRUE(comment.starts_with("<!-- driftwarden:pull -->\n"));
  const auto infra = nlohmann::json::parse(saying->rows[1].payload);
  EXPECT_EQ(infra.at("channel"), "#infra");
  EXPECT_THAT(infra.at("text").get<std::string>(), HasSubstr("*infra*"));
  EXPECT_THAT(infra.at("text").get<std::string>(), testing::Not(HasSubstr("*cart*"))) << "each channel hears of its own Apps";
}

TEST(WhatToSay, TheSameIsSaidOnce) {
  const auto first = what_to_say(config(), summary(), {}, 65'000, kNine);
  EXPECT_FALSE(what_to_say(config(), summary(), as_said(*first), 65'000, kNine + 1h));
}

TEST(WhatToSay, WhatIsSaidAgainAfterSomethingElseIsANewEffect) {
  const auto first = what_to_say(config(), summary(), {}, 65'000, kNine);
  auto other = summary();
  other.effects.front().obstacles = {"frozen"};
  const auto second = what_to_say(config(), other, as_said(*first), 65'000, kNine + 1h);
  const auto third = what_to_say(config(), summary(), as_said(*second), 65'000, kNine + 2h);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->note.digest, first->note.digest);
  EXPECT_NE(third->rows[0].key, first->rows[0].key);
}

TEST(WhatToSay, NothingOfWhatTouchesNoApp) {
  auto empty = summary();
  empty.effects.clear();
  EXPECT_FALSE(what_to_say(config(), empty, {}, 65'000, kNine));
  const auto first = what_to_say(config(), summary(), {}, 65'000, kNine);
  EXPECT_TRUE(what_to_say(config(), empty, as_said(*first), 65'000, kNine)) << "but that it doesn't any more";
}

TEST(WhatToSay, TheEndIsAnEditOfTheMessageAlone) {
  const auto first = what_to_say(config(), summary(), {}, 65'000, kNine);
  auto merged = summary();
  merged.state = "merged";
  const auto saying = what_to_say(config(), merged, as_said(*first), 65'000, kNine + 1h);
  ASSERT_TRUE(saying);
  EXPECT_THAT(kinds(*saying), ElementsAre("pull.message", "pull.message"));
  EXPECT_TRUE(saying->note.closed);
}

view::PullSummary in_many_channels() {
  auto made = summary();
  made.effects.clear();
  for (int i = 0; i < 8; ++i) made.effects.push_back(effect(fmt::format("app-{}", i), fmt::format("#team-{}", i)));
  return made;
}
std::vector<std::string> channels(const PullSaying& saying) {
  std::vector<std::string> found;
  for (const auto& [channel, at] : saying.messages) found.push_back(channel);
  return found;
}

TEST(WhatToSay, InFiveChannelsAndTheFirstNamesTheOthers) {
  const auto saying = what_to_say(config(), in_many_channels(), {}, 65'000, kNine);
  EXPECT_THAT(channels(*saying), ElementsAre("#team-0", "#team-1", "#team-2", "#team-3", "#team-4"));
  EXPECT_EQ(saying->note.channel, "#team-0");
  EXPECT_THAT(saying->rows[1].payload, testing::AllOf(HasSubstr("not said in #team-5, #team-6, #team-7"), HasSubstr("*app-7*")));
  EXPECT_THAT(saying->rows[2].payload, testing::Not(HasSubstr("not said in")));
  EXPECT_THAT(saying->rows, SizeIs(6));
}

TEST(WhatToSay, AStrangersInOneChannelOnly) {
  auto strangers = in_many_channels();
  strangers.by_stranger = true;
  strangers.effects.push_back(effect("app-8", "#team-1"));
  const auto saying = what_to_say(config(), strangers, {}, 65'000, kNine);
  EXPECT_THAT(channels(*saying), ElementsAre("#team-0"));
  EXPECT_EQ(saying->note.channel, "#team-0") << "the first App's, also where another has more of them";
  EXPECT_THAT(saying->rows[1].payload, testing::AllOf(HasSubstr("#team-7"), HasSubstr("*app-1*")));
}

TEST(WhatToSay, AppsBeyondThoseThatAreRenderedAreNamed) {
  auto big = summary();
  for (int i = 0; i < 970; ++i) big.not_rendered.push_back(fmt::format("more-{}", i));
  const auto saying = what_to_say(config(), big, {}, 65'000, kNine);
  EXPECT_THAT(saying->rows[0].payload, testing::AllOf(HasSubstr("and 970 more Apps, not rendered here: more-0, more-1"), HasSubstr("973 Apps")));
  EXPECT_THAT(saying->rows[2].payload, HasSubstr("and 970 more Apps, not rendered here"));
  EXPECT_THAT(saying->rows[1].payload, testing::Not(HasSubstr("970"))) << "the first channel hears it";
}

TEST(FitDiffs, CutsTheLongestAndSaysSo) {
  auto all = summary().effects;
  const auto small = all[1];
  for (int i = 0; i < 20'000; ++i) all[0].rendered_diff += "\n+ line";
  all[0].live_diff = all[0].rendered_diff + "\n+ one more";
  fit_diffs(all, 10'000);
  std::size_t bytes = 0;
  for (const auto& effect : all) bytes += effect.rendered_diff.size() + effect.live_diff.size();
  EXPECT_LE(bytes, 10'100U);
  EXPECT_GT(bytes, 9'000U);
  EXPECT_EQ(all[1], small);
  EXPECT_THAT(all[0].rendered_diff, HasSubstr("are left out here"));
  EXPECT_NE(all[0].rendered_diff, all[0].live_diff) << "they differed";
}

TEST(WhatToSay, IsNoSecretAndKeepsTheLimit) {
  auto big = summary();
  for (int i = 0; i < 20'000; ++i) big.effects.front().rendered_diff += "\n+ line";
  const auto saying = what_to_say(config(), big, {}, 65'000, kNine);
  EXPECT_LE(nlohmann::json::parse(saying->rows[0].payload).at("text").get<std::string>().size(), 65'000U);
}

TEST(PullMessagesText, SurvivesTheStore) {
  const PullMessages messages{{"#shop", MessageRef{"C1", "18.1"}}, {"#infra", std::nullopt}};
  EXPECT_EQ(pull_messages_from(to_json_text(messages)), messages);
  EXPECT_THAT(pull_messages_from("no JSON"), IsEmpty());
}

TEST(QuorumInWords, SaysWhoAndHow) {
  EXPECT_EQ(quorum_in_words({2, {"sre"}}), "a Change like this needs 2 approvals by sre");
  Quorum strict{1, {"owners"}};
  strict.step_up = StepUp::Totp;
  strict.typed_name = true;
  strict.rule = "policy.approvals[1]: 1 of owners; policy.destructive needs 2";
  EXPECT_EQ(quorum_in_words(strict), "a Change like this needs an approval by owners, with a one-time code, with the App's name typed (policy.approvals[1]; policy.destructive needs 2)");
  EXPECT_EQ(quorum_in_words({0, {}}), "a Change like this needs no approval");
  Quorum dear{1, {"sre"}};
  dear.extra = {1, {"fin", "fay"}, "212 EUR more a month"};
  EXPECT_EQ(quorum_in_words(dear), "a Change like this needs an approval by sre and an approval by fin, fay for its cost, 212 EUR more a month");
  dear.need = 0;
  EXPECT_EQ(quorum_in_words(dear), "a Change like this needs an approval by fin, fay for its cost, 212 EUR more a month");
}

view::PullEffect planned() {
  view::PullEffect made;
  made.app.name = "net";
  made.app.kind = AppKind::Terraform;
  made.app.environment = "prod";
  made.app.plan.apply = true;
  made.files = {"live/net/main.tf"};
  made.risk.tier = RiskTier::Medium;
  return made;
}

Config with_threshold() {
  Config config;
  CostThreshold threshold;
  threshold.above = 200'000'000;
  threshold.from = {"fay"};
  config.cost.thresholds = {threshold};
  Person fay;
  fay.name = "fay";
  config.people = {fay};
  return config;
}

TEST(JudgeEffect, OfAToolsFilesSaysWhatItsApplyNeeds) {
  auto effect = planned();
  judge_effect(with_threshold(), "bob", {}, WallTime{}, effect);
  EXPECT_THAT(effect.policy, StartsWith("apply net needs an approval"));
  EXPECT_THAT(effect.policy, Not(HasSubstr("cost")));
  effect.cost.emplace();
  effect.cost->currency = "EUR";
  effect.cost->after.micros = 212'400'000;
  judge_effect(with_threshold(), "bob", {}, WallTime{}, effect);
  EXPECT_THAT(effect.policy, HasSubstr("by fay for its cost, 212.40 EUR more a month (cost.thresholds[0]: above 200 EUR)"));
  effect.cost.reset();
  effect.cost_trouble = "Infracost took too long";
  judge_effect(with_threshold(), "bob", {}, WallTime{}, effect);
  EXPECT_THAT(effect.policy, HasSubstr("by fay for its cost, which isn't known: Infracost took too long (cost.thresholds[0])"));
  effect.app.plan.apply = false;
  judge_effect(with_threshold(), "bob", {}, WallTime{}, effect);
  EXPECT_THAT(effect.policy, StartsWith("a Change like this needs"));
  effect.policy.clear();
  effect.failure = "it is gone";
  judge_effect(with_threshold(), "bob", {}, WallTime{}, effect);
  EXPECT_EQ(effect.policy, "");
}

}  // namespace
}  // namespace driftwarden
