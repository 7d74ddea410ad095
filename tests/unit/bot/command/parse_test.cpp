#include "bot/command/command.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

struct Row {
  std::string name;
  std::string text;
  std::string command;     ///< to_text of what was understood, "" when it wasn't
  std::string suggestion;  ///< the first one
  std::string implied_app;
  std::int64_t implied_change = 0;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

class Grammar : public testing::TestWithParam<Row> {};

TEST_P(Grammar, Reads) {
  const auto& row = GetParam();
  GrammarContext context{{"checkout", "cart", "search", "shop-api", "shop-web", "pay-dev", "pay-prod"}, row.implied_app, row.implied_change, {"C-3"}};
  const auto parsed = parse_command(row.text, context);
  if (!row.command.empty()) {
    ASSERT_TRUE(std::holds_alternative<Command>(parsed)) << std::get<NotUnderstood>(parsed).message;
    EXPECT_EQ(to_text(std::get<Command>(parsed)), row.command);
    return;
  }
  ASSERT_TRUE(std::holds_alternative<NotUnderstood>(parsed)) << to_text(std::get<Command>(parsed));
  const auto& trouble = std::get<NotUnderstood>(parsed);
  EXPECT_FALSE(trouble.message.empty());
  // What is only an example is no button.
  if (trouble.suggestions.empty() && !row.suggestion.empty()) {
    EXPECT_NE(trouble.message.find(", as in `" + row.suggestion + "`."), std::string::npos) << trouble.message;
    return;
  }
  EXPECT_EQ(trouble.suggestions.empty() ? "" : trouble.suggestions.front(), row.suggestion);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Grammar,
    testing::Values(Row{"NothingIsHelp", "", "help", "", "", 0}, Row{"CaseDoesNotMatter", "SYNC Checkout", "sync checkout", "", "", 0},
                    Row{"Alias", "deploy checkout", "sync checkout", "", "", 0}, Row{"UniquePrefix", "diff che", "diff checkout", "", "", 0},
                    Row{"Reason", "sync cart because  OPS-12 is done", "sync cart because OPS-12 is done", "", "", 0},
                    Row{"RollbackTo", "rollback checkout to 4f2c81a", "rollback checkout to 4f2c81a", "", "", 0},
                    Row{"RollbackWithoutTo", "rollback checkout 4f2c81a because slow", "rollback checkout to 4f2c81a because slow", "", "", 0},
                    Row{"RollbackDefault", "rollback checkout", "rollback checkout", "", "", 0},
                    Row{"RollbackToNothing", "rollback checkout to", "", "history checkout", "", 0},
                    Row{"ThreadImpliesTheApp", "diff", "diff checkout", "", "checkout", 0},
                    Row{"ThreadImpliesTheAppForOptions", "rollback to HEAD~1", "rollback checkout to HEAD~1", "", "checkout", 0},
                    Row{"NamedAppWinsOverTheThread", "diff cart", "diff cart", "", "checkout", 0}, Row{"StatusOfAll", "status", "status", "", "", 0},
                    Row{"StatusOfOne", "status search", "status search", "", "", 0}, Row{"Approve", "approve C-12", "approve C-12", "", "", 0},
                    Row{"ApproveLowerCase", "approve c12", "approve C-12", "", "", 0}, Row{"ApproveInItsThread", "approve", "approve C-7", "", "", 7},
                    Row{"RejectWithReason", "reject C-12 too risky", "reject C-12 too risky", "", "", 0},
                    Row{"Snooze", "snooze checkout 2h", "snooze checkout 2h", "", "", 0}, Row{"SnoozeFor", "snooze checkout for 30m", "snooze checkout 30m", "", "", 0},
                    Row{"SnoozeInItsThread", "snooze 2h", "snooze checkout 2h", "", "checkout", 0},
                    Row{"TypoInVerb", "snyc checkout", "", "sync checkout", "", 0}, Row{"TypoInApp", "sync chekcout", "", "sync checkout", "", 0},
                    Row{"AmbiguousApp", "diff shop", "", "diff shop-api", "", 0}, Row{"MissingApp", "sync", "", "sync checkout", "", 0},
                    Row{"NoSuchVerb", "frobnicate", "", "help", "", 0}, Row{"NotAChange", "approve checkout", "", "approve C-3", "", 0},
                    Row{"MissingChange", "approve", "", "approve C-3", "", 0}, Row{"TooMuch", "sync checkout now", "", "sync checkout", "", 0},
                    Row{"BadDuration", "snooze checkout soon", "", "snooze checkout 2h", "", 0}, Row{"Audit", "audit checkout", "audit checkout", "", "", 0},
                    Row{"AuditOfAll", "audit", "audit", "", "", 0}, Row{"AuditInItsThread", "audit since 1h", "audit checkout since 1h", "", "checkout", 0},
                    Row{"AuditOfAChange", "audit c12", "audit C-12", "", "checkout", 0}, Row{"AuditOfACommit", "audit 4f2c81a9", "audit 4f2c81a9", "", "", 0},
                    Row{"AuditOfAPullRequest", "audit #41", "audit #41", "", "", 0}, Row{"AuditOfAnIncident", "audit incident 7", "audit incident 7", "", "", 0},
                    Row{"AuditOfAMessage", "audit https://acme.slack.com/archives/C0123/p1700000000000100?thread_ts=1", "audit C0123/1700000000.000100", "", "", 0},
                    Row{"AuditBySomebody", "audit by @U0ALICE --since 30d", "audit by @U0ALICE since 30d", "", "checkout", 0},
                    Row{"AuditRefused", "audit refused since=1d", "audit refused since 1d", "", "", 0}, Row{"AuditReport", "audit report since 30d", "audit report since 30d", "", "checkout", 0},
                    Row{"AuditPage", "audit cart by alice page 2", "audit cart by alice page 2", "", "", 0}, Row{"AuditTypo", "audit chekcout", "", "audit checkout", "", 0},
                    Row{"AuditByNobody", "audit by", "", "audit by alice", "", 0}, Row{"AuditSinceWhenever", "audit since ever", "", "audit checkout since 30d", "", 0},
                    Row{"IgnoreAll", "ignore checkout", "ignore checkout", "", "", 0}, Row{"IgnoreInItsThread", "ignore .spec.replicas", "ignore checkout .spec.replicas", "", "checkout", 0},
                    Row{"IgnorePaths", "ignore checkout .spec.replicas .spec.paused for 7d because KEDA, OPS-12", "ignore checkout .spec.replicas .spec.paused for 7d because KEDA, OPS-12", "", "", 0},
                    Row{"IgnorePathWithSpaces", R"(ignore cart .data["a b] c"] for 1h)", R"(ignore cart .data["a b] c"] for 1h)", "", "", 0},
                    Row{"IgnoreForNoTime", "ignore cart for ever", "", "ignore cart for 30d", "", 0}, Row{"IgnoreTooMuch", "ignore cart replicas", "", "ignore cart", "", 0},
                    Row{"IgnoreList", "ignore list", "ignores", "", "", 0}, Row{"IgnoreListOfOne", "ignore list cart", "ignores cart", "", "", 0},
                    Row{"Ignores", "ignores checkout", "ignores checkout", "", "", 0}, Row{"Stats", "stats", "stats", "", "", 0}, Row{"StatsOfOne", "stats cart", "stats cart", "", "", 0}),
    [](const auto& row) { return row.param.name; });

const std::string kNone;

INSTANTIATE_TEST_SUITE_P(
    Requests, Grammar,
    testing::Values(
        Row{"SetImage", "set-image checkout web:1.4.2", "set-image checkout web:1.4.2", kNone, "", 0},
        Row{"SetImageInTwoWords", "Set Image checkout web:1.4.2", "set-image checkout web:1.4.2", kNone, "", 0},
        Row{"Bump", "bump checkout web to 1.4.2 because OPS-1", "set-image checkout web:1.4.2 because OPS-1", kNone, "", 0},
        Row{"ImageOfARegistry", "image checkout ghcr.io:443/acme/web:1.4.2", "set-image checkout ghcr.io:443/acme/web:1.4.2", kNone, "", 0},
        Row{"ImageWithoutAName", "bump checkout to 1.4.2", "set-image checkout 1.4.2", kNone, "", 0}, Row{"ImageTagAlone", "bump checkout 1.4.2", "set-image checkout 1.4.2", kNone, "", 0},
        Row{"ImageInItsThread", "bump web:2", "set-image checkout web:2", kNone, "checkout", 0}, Row{"ImageWithoutATag", "bump checkout web", "set-image checkout web", kNone, "", 0},
        Row{"ImageMissingIsAskedFor", "set-image checkout", "set-image checkout", kNone, "", 0}, Row{"ImageOfNoApp", "set-image chekcout web:1", "", "set-image checkout web:1", "", 0},
        Row{"ImageWithAHostileTag", "bump checkout web:../../x", "", "set-image checkout NAME:TAG", "", 0}, Row{"ImageTypo", "bmup checkout web:1", "", "set-image checkout web:1", "", 0},
        Row{"Scale", "scale checkout to 5", "scale checkout to 5", kNone, "", 0}, Row{"ScaleShort", "scale checkout 5", "scale checkout to 5", kNone, "", 0},
        Row{"ScaleToNothing", "scale checkout to 0", "scale checkout to 0", kNone, "", 0},
        Row{"ScaleOne", "scale checkout deployment/web to 5 because sale", "scale checkout deployment/web to 5 because sale", kNone, "", 0},
        Row{"ScaleInItsThread", "scale shop 5", "scale checkout shop to 5", kNone, "checkout", 0}, Row{"ScaleByEquals", "scale checkout web=3", "scale checkout web to 3", kNone, "", 0},
        Row{"ScaleToWhat", "scale checkout web", "", "scale checkout to 3", "", 0}, Row{"ScaleToAWord", "scale checkout to many", "", "scale checkout to 3", "", 0},
        Row{"ScaleBelowZero", "scale checkout to -1", "", "scale checkout to 3", "", 0}, Row{"ScaleBeyondReason", "scale checkout to 100000", "", "scale checkout to 3", "", 0},
        Row{"ScaleOfAPath", "scale checkout ../x 3", "", "scale checkout to 3", "", 0},
        Row{"Set", "set checkout .spec.minReadySeconds=5", "set checkout .spec.minReadySeconds=5", kNone, "", 0},
        Row{"SetOfAnObject", "set checkout Deployment/web .spec.paused=true because calm", "set checkout Deployment/web .spec.paused=true because calm", kNone, "", 0},
        Row{"SetOfAFile", "set checkout values-prod.yaml image.pullPolicy=Always", "set checkout values-prod.yaml .image.pullPolicy=\"Always\"", kNone, "", 0},
        Row{"SetJson", R"(set checkout .args=["a b",  "because"] because OPS-1)", R"(set checkout .args=["a b","because"] because OPS-1)", kNone, "", 0},
        Row{"SetQuoted", R"(set checkout .data.port='8080')", R"(set checkout .data.port="8080")", kNone, "", 0}, Row{"SetNull", "set checkout .a=null", "set checkout .a=null", kNone, "", 0},
        Row{"SetWords", "set checkout .data.motto=keep  two spaces", R"(set checkout .data.motto="keep  two spaces")", kNone, "", 0},
        Row{"SetEmpty", "set checkout .data.motto=", "set checkout .data.motto=null", kNone, "", 0},
        Row{"SetAnElement", R"(set checkout .spec.containers[name="a=b"].image=x:1)", R"(set checkout .spec.containers[name="a=b"].image="x:1")", kNone, "", 0},
        Row{"SetAKeyWithDots", R"(set checkout .metadata.labels["app.kubernetes.io/name"]=shop)", R"(set checkout .metadata.labels["app.kubernetes.io/name"]="shop")", kNone, "", 0},
        Row{"SetInItsThread", "set .spec.replicas=3", "set checkout .spec.replicas=3", kNone, "checkout", 0},
        Row{"Unset", "unset checkout Deployment/web .spec.paused", "unset checkout Deployment/web .spec.paused", kNone, "", 0},
        Row{"SetNothing", "set checkout", "", "set checkout Deployment/NAME .spec.minReadySeconds=5", "", 0},
        Row{"SetWithoutAValue", "set checkout .spec.replicas", "", "set checkout Deployment/NAME .spec.minReadySeconds=5", "", 0},
        Row{"UnsetWithAValue", "unset checkout .a=1", "", "unset checkout Deployment/NAME .spec.minReadySeconds", "", 0},
        Row{"SetHalfJson", R"(set checkout .args=["a")", "", "set checkout Deployment/NAME .spec.minReadySeconds=5", "", 0},
        Row{"SetOutsideOfTheApp", "set checkout ../other/values.yaml a=1", "", "set checkout Deployment/NAME .spec.minReadySeconds=5", "", 0},
        Row{"SetARootedFile", "set checkout /etc/passwd a=1", "", "set checkout Deployment/NAME .spec.minReadySeconds=5", "", 0},
        Row{"Promote", "promote pay-prod from pay-dev because soaked", "promote pay-prod from pay-dev because soaked", kNone, "", 0},
        Row{"PromoteABase", "promote pay from dev to prod", "promote pay from dev to prod", kNone, "", 0}, Row{"PromoteOn", "promote pay-dev to prod", "promote pay-dev to prod", kNone, "", 0},
        Row{"PromoteInItsThread", "promote to prod", "promote pay-dev to prod", kNone, "pay-dev", 0}, Row{"PromoteToNothing", "promote pay-dev to", "", "promote pay-dev", "", 0},
        Row{"PromoteTooMuch", "promote pay-dev now", "", "promote pay-dev", "", 0}, Row{"PromoteNobody", "promote zzz to prod", "", "", "", 0},
        Row{"CreateApp", "create app web2 like checkout", "create-app web2 like checkout", kNone, "", 0}, Row{"CreateAppBare", "create app", "create-app", kNone, "", 0},
        Row{"CreateAppWhole", "create-app web2 image acme/web:1 port 8080 on prod-eu in shop because new", "create-app web2 image acme/web:1 port 8080 cluster prod-eu namespace shop because new", kNone, "", 0},
        Row{"CreateAnAppThatIs", "create app checkout", "", "status checkout", "", 0}, Row{"CreateAHostileApp", "create app ../../etc", "", "create-app my-app", "", 0},
        Row{"CreateAnUpperApp", "create app Web", "", "create-app my-app", "", 0}, Row{"CreateLikeNobody", "create app web2 like nobody", "", "", "", 0},
        Row{"CreateWithAnOddPort", "create app web2 port http", "", "create-app web2 port 8080", "", 0}, Row{"CreateWithOddWords", "create app web2 colour red", "", "create-app web2", "", 0},
        Row{"Restart", "restart checkout", "restart checkout", kNone, "", 0}, Row{"RestartSome", "restart checkout web Deployment/api because leak", "restart checkout web Deployment/api because leak", kNone, "", 0},
        Row{"Move", "move checkout to prod-us", "move checkout to prod-us", kNone, "", 0}, Row{"MoveWhole", "move checkout prod-us in shop because closer", "move checkout to prod-us namespace shop because closer", kNone, "", 0},
        Row{"MoveNowhere", "move checkout", "", "move checkout to CLUSTER", "", 0}, Row{"Pin", "pin checkout", "pin-image checkout", kNone, "", 0}, Row{"PinOne", "pin-image checkout ghcr.io/acme/web", "pin-image checkout ghcr.io/acme/web", kNone, "", 0},
        Row{"Plan", "plan checkout", "refresh checkout", kNone, "", 0}, Row{"Apply", "apply checkout because reviewed", "apply checkout because reviewed", kNone, "", 0},
        Row{"RestartPlease", "restart checkout please", "restart checkout", kNone, "", 0}, Row{"SyncPlease", "sync checkout Please", "sync checkout", kNone, "", 0},
        Row{"PleaseAsAReason", "sync checkout because alice said please", "sync checkout because alice said please", kNone, "", 0},
        Row{"PleaseAsAValue", "set checkout .data.motto=please", R"(set checkout .data.motto="please")", kNone, "", 0},
        Row{"RestartAPath", "restart checkout ../web", "", "restart checkout", "", 0}, Row{"RollbackPrevious", "rollback checkout --previous", "rollback checkout", kNone, "", 0},
        Row{"RollbackToATag", "rollback checkout to 1.4.1 because slow", "rollback checkout to 1.4.1 because slow", kNone, "", 0},
        Row{"RollbackToYesterday", "rollback checkout to yesterday 14:00", "rollback checkout to yesterday 14:00", kNone, "", 0},
        Row{"RollbackToADay", "rollback checkout to 2026-11-20", "rollback checkout to 2026-11-20", kNone, "", 0},
        Row{"RollbackBeforeSomebody", "rollback checkout to before alice's last", "rollback checkout to before alice's last", kNone, "", 0},
        Row{"RollbackUndo", "rollback checkout undo 4f2c81a", "rollback checkout undo 4f2c81a", kNone, "", 0}, Row{"RollbackToARange", "rollback checkout to a..b", "", "history checkout", "", 0},
        Row{"RollbackToAnOption", "rollback checkout to --all", "", "history checkout", "", 0}, Row{"RollbackToTooMuch", "rollback checkout to 4f2c81a and more", "", "history checkout", "", 0}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Holds, Grammar,
    testing::Values(
        Row{"Lock", "lock checkout", "lock checkout", kNone, "", 0}, Row{"LockFor", "lock checkout for 2h because migration", "lock checkout for 2h because migration", kNone, "", 0},
        Row{"LockInItsThread", "lock 2h", "lock checkout for 2h", kNone, "checkout", 0}, Row{"LockForEver", "lock checkout for ever", "", "lock checkout for 2h", "", 0},
        Row{"LockTooMuch", "lock checkout now", "", "lock checkout", "", 0}, Row{"Unlock", "unlock checkout because done", "unlock checkout because done", kNone, "", 0},
        Row{"Freeze", "freeze prod", "freeze prod", kNone, "", 0}, Row{"FreezeFor", "freeze prod for 2h because sale", "freeze prod for 2h because sale", kNone, "", 0},
        Row{"FreezeUntil", "freeze cluster prod-eu until Mon 08:00 because sale", "freeze cluster prod-eu until Mon 08:00 because sale", kNone, "", 0},
        Row{"FreezeWhat", "freeze for 2h", "", "freeze all for 2h", "", 0}, Row{"FreezeNothing", "freeze", "", "freeze all for 2h", "", 0},
        Row{"FreezeUntilNever", "freeze prod until", "", "freeze prod for 2h", "", 0}, Row{"FreezeTooMuch", "freeze prod now", "", "freeze prod", "", 0},
        Row{"Unfreeze", "unfreeze prod", "unfreeze prod", kNone, "", 0}, Row{"Thaw", "thaw all because over", "unfreeze all because over", kNone, "", 0},
        Row{"UnfreezeWhat", "unfreeze", "", "unfreeze all", "", 0}, Row{"Halt", "halt", "halt", kNone, "", 0}, Row{"HaltBecause", "HALT because incident 7", "halt because incident 7", kNone, "", 0},
        Row{"HaltInAHurry", "halt something is wrong", "halt because something is wrong", kNone, "", 0}, Row{"Resume", "resume because over", "resume because over", kNone, "", 0},
        Row{"BreakGlass", "break-glass checkout for 30m because outage", "break-glass checkout for 30m because outage", kNone, "", 0},
        Row{"BreakGlassInTwoWords", "break glass checkout 30m outage at 3", "break-glass checkout for 30m because outage at 3", kNone, "", 0},
        Row{"BreakGlassWhy", "break-glass checkout for 30m", "", "break-glass checkout for 30m because ...", "", 0},
        Row{"BreakGlassForWhat", "break-glass checkout for long because x", "", "break-glass checkout for 30m because ...", "", 0},
        Row{"BreakGlassEnd", "break-glass end checkout", "break-glass end checkout", kNone, "", 0}, Row{"BreakGlassEnds", "break-glass checkout end", "break-glass end checkout", kNone, "", 0},
        Row{"Pending", "pending", "pending", kNone, "", 0}, Row{"Delegate", "delegate to bob for 8h", "delegate to bob for 8h", kNone, "", 0},
        Row{"DelegateShort", "delegate @U0BOB 4h", "delegate to @U0BOB for 4h", kNone, "", 0}, Row{"DelegateEnd", "delegate end", "delegate end", kNone, "", 0},
        Row{"DelegateToNobody", "delegate", "", "delegate to PERSON for 8h", "", 0}, Row{"DelegateTooMuch", "delegate to bob and carol", "", "delegate to bob", "", 0}, Row{"Link", "link alice-gh", "link alice-gh", kNone, "", 0},
        Row{"LinkWithAt", "link @alice", "link alice", kNone, "", 0}, Row{"LinkNobody", "link", "", "link octocat", "", 0}, Row{"LinkAHostileLogin", "link ../alice", "", "link octocat", "", 0}),
    [](const auto& row) { return row.param.name; });

TEST(Intents, WhatWasUnderstoodIsWhatIsAskedFor) {
  const GrammarContext context{{"checkout"}, "", 0, {}};
  const auto intent = [&](const std::string& text) { return std::get<Command>(parse_command(text, context)).intent; };
  EXPECT_EQ(std::get<SetImageRequest>(intent("bump checkout to 1.4.2")), (SetImageRequest{"", "1.4.2", ""}));
  EXPECT_EQ(std::get<ScaleRequest>(intent("scale checkout web 5")), (ScaleRequest{"web", 5}));
  EXPECT_EQ(std::get<SetRequest>(intent("set checkout Deployment/web spec.paused=no")), (SetRequest{"Deployment/web", ".spec.paused", "false"}));
  EXPECT_EQ(std::get<SetRequest>(intent("unset checkout .spec.paused")), (SetRequest{"", ".spec.paused", ""}));
  EXPECT_EQ(std::get<RollbackRequest>(intent("rollback checkout undo HEAD~1")), (RollbackRequest{"HEAD~1"}));
  EXPECT_EQ(std::get<CreateAppRequest>(intent("create app web2 owners ann,bob")).owners, (std::vector<std::string>{"ann", "bob"}));
}

TEST(Intents, TheOneTimeCodeIsNeverInTheText) {
  Command command;
  command.verb = Verb::Approve;
  command.change = 12;
  command.code = "123456";
  command.typed_name = "checkout";
  EXPECT_EQ(to_text(command), "approve C-12");
}

TEST(Verbs, EveryVerbHasOneRowAndNoNameTwice) {
  std::set<std::string_view> names;
  for (const auto& info : verbs()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    for (const auto alias : info.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    EXPECT_EQ(to_string(info.verb), info.name);
  }
}

TEST(LogText, LeavesOutWhatIsSet) {
  Command command;
  command.verb = Verb::Set;
  command.app = "web";
  command.intent = SetRequest{"Secret/db", ".stringData.password", "\"hunter2\""};
  EXPECT_EQ(to_log_text(command), "set web Secret/db .stringData.password=\u2026");
  command.intent = SetRequest{"Secret/db", ".stringData.password", ""};
  EXPECT_EQ(to_log_text(command), "unset web Secret/db .stringData.password");
  command.verb = Verb::Status;
  command.intent = {};
  EXPECT_EQ(to_log_text(command), "status web");
  EXPECT_EQ(without_values("set web Secret/db .stringData.password=hunter2 because x"), "set web Secret/db .stringData.password=\u2026");
  EXPECT_EQ(without_values("please Set web .password to hunter2"), "please Set web \u2026");
  EXPECT_EQ(without_values("rollback web to 1.4 because the set was wrong"), "rollback web to \u2026");
  EXPECT_EQ(without_values("sync web because OPS-1"), "sync web because OPS-1");
}

INSTANTIATE_TEST_SUITE_P(
    Looks, Grammar,
    testing::Values(
        Row{"Logs", "logs checkout", "logs checkout", kNone, "", 0}, Row{"LogIsLogs", "log checkout", "logs checkout", kNone, "", 0},
        Row{"LogsWithAll", "logs checkout deployment/web container app since 15m tail 50 previous", "logs checkout deployment/web container app since 15m tail 50 previous", kNone, "", 0},
        Row{"LogsAsKubectl", "logs checkout web-5d4f -c app --since 1h -n 20 -p -f", "logs checkout web-5d4f container app since 1h tail 20 previous follow", kNone, "", 0},
        Row{"LogsSinceAlone", "logs checkout 15m", "logs checkout since 15m", kNone, "", 0}, Row{"LogsGrepTakesTheRest", "logs checkout grep out of memory", "logs checkout grep out of memory", kNone, "", 0},
        Row{"LogsGrepMayHoldBecause", "logs checkout grep because", "logs checkout grep because", kNone, "", 0}, Row{"LogsInItsThread", "logs follow", "logs checkout follow", kNone, "checkout", 0},
        Row{"LogsOfAWorkloadInItsThread", "logs web", "logs checkout web", kNone, "checkout", 0},
        Row{"LogsTailOfNothing", "logs checkout tail", "", "logs checkout since 15m tail 200", "", 0}, Row{"LogsTailOfNoNumber", "logs checkout tail x", "", "logs checkout since 15m tail 200", "", 0},
        Row{"LogsSinceNoTime", "logs checkout since yesterday", "", "logs checkout since 15m tail 200", "", 0}, Row{"LogsOfTwo", "logs checkout web api", "", "logs checkout web", "", 0},
        Row{"LogsOfAPath", "logs checkout ../../etc", "", "logs checkout", "", 0}, Row{"Pods", "pods checkout", "pods checkout", kNone, "", 0}, Row{"Ps", "ps checkout", "pods checkout", kNone, "", 0},
        Row{"Events", "events checkout", "events checkout", kNone, "", 0}, Row{"Describe", "describe checkout", "describe checkout", kNone, "", 0},
        Row{"DescribeOne", "describe checkout deployment/web", "describe checkout deployment/web", kNone, "", 0},
        Row{"DescribeInTwoWords", "describe checkout deployment web", "describe checkout deployment/web", kNone, "", 0}, Row{"DescribeInItsThread", "describe web", "describe checkout web", kNone, "checkout", 0},
        Row{"DescribeTooMuch", "describe checkout a b c", "", "describe checkout", "", 0}, Row{"Route", "route checkout", "route checkout", kNone, "", 0},
        Row{"RouteTest", "route test checkout", "route checkout", kNone, "", 0}, Row{"HelpOfAVerb", "help set-image", "help set-image", kNone, "", 0}, Row{"Digest", "digest", "digest", kNone, "", 0}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Quiet, Grammar,
    testing::Values(
        Row{"Silence", "silence checkout for 2h because we test", "silence app=checkout for 2h because we test", kNone, "", 0},
        Row{"SilenceWithoutFor", "silence checkout 2h we test", "silence app=checkout for 2h because we test", kNone, "", 0},
        Row{"SilenceMatch", "silence env=staging cause=git-ahead severity=info for 1d because a freeze", "silence environment=staging cause=git-ahead severity=info for 1d because a freeze", kNone, "", 0},
        Row{"SilenceGlob", "silence shop-* for 1h because load test", "silence app=shop-* for 1h because load test", kNone, "", 0},
        Row{"SilenceEverything", "silence all for 5m because of the move", "silence everything for 5m because of the move", kNone, "", 0},
        Row{"SilenceInItsThread", "silence for 2h because I know", "silence app=checkout for 2h because I know", kNone, "checkout", 0},
        Row{"SilenceWithoutTime", "silence checkout because we test", "", "silence checkout for 2h because ...", "", 0},
        Row{"SilenceWithoutReason", "silence checkout for 2h", "", "silence checkout for 2h because ...", "", 0},
        Row{"SilenceOfNothing", "silence for 2h because x", "", "silence environment=staging for 2h because ...", "", 0},
        Row{"SilenceOfAnUnknownKey", "silence colour=red for 2h because x", "", "silence environment=staging cause=git-ahead for 2h because ...", "", 0},
        Row{"SilenceOfNoCause", "silence cause=boredom for 2h because x", "", "silence environment=staging cause=git-ahead for 2h because ...", "", 0},
        Row{"SilenceOfTwoApps", "silence app=a app=b for 2h because x", "", "silence environment=staging cause=git-ahead for 2h because ...", "", 0},
        Row{"SilenceOfTwoCauses", "silence cause=fight cause=stuck for 2h because x", "", "silence environment=staging cause=git-ahead for 2h because ...", "", 0},
        Row{"SilenceTypo", "silence chekcout for 2h because x", "", "silence checkout for 2h because x", "", 0}, Row{"Silences", "silences", "silences", kNone, "", 0},
        Row{"SilenceList", "silence list", "silences", kNone, "", 0}, Row{"Unsilence", "unsilence #3", "unsilence 3", kNone, "", 0}, Row{"SilenceLift", "silence lift 3", "unsilence 3", kNone, "", 0},
        Row{"UnsilenceNothing", "unsilence", "", "unsilence 3", "", 0}, Row{"AckOfAGroup", "ack incident 7", "ack incident 7", kNone, "", 0},
        Row{"SnoozeOfAGroup", "snooze incident 7 2h", "snooze incident 7 2h", kNone, "", 0}, Row{"SyncOfAGroup", "sync incident #7 because it is over", "sync incident 7 because it is over", kNone, "", 0},
        Row{"RollbackIsOfOne", "rollback incident 7", "", kNone, "", 0}, Row{"ApproveSeveral", "approve C-12, C-13 C-14", "approve C-12 C-13 C-14", kNone, "", 0},
        Row{"ApproveOneTwice", "approve C-12 C-12", "approve C-12", kNone, "", 0}, Row{"RejectSeveral", "reject C-12 C-13 not now", "reject C-12 C-13 not now", kNone, "", 0},
        Row{"RejectWithANumber", "reject C-12 7 replicas are too many", "reject C-12 7 replicas are too many", kNone, "", 0},
        Row{"StatusFilter", "status drifted", "status drifted", kNone, "", 0}, Row{"StatusEnvironment", "status prod", "status prod", kNone, "", 0}, Row{"StatusGlob", "status shop-*", "status shop-*", kNone, "", 0},
        Row{"StatusPage", "status drifted page 2", "status drifted page 2", kNone, "", 0}, Row{"StatusOfATypo", "status chekcout", "", "status checkout", "", 0},
        Row{"HistoryPage", "history checkout page 3", "history checkout page 3", kNone, "", 0}, Row{"AppsOfAPlace", "apps production", "", "status production", "", 0}, Row{"AppsPage", "apps page 2", "apps page 2", kNone, "", 0}, Row{"NoPage", "status page x", "", "status page 2", "", 0},
        Row{"CreateFromTemplate", "create-app pay template web-service team=shop title=\"Pay me\"", "create-app pay template web-service team=shop title=\"Pay me\"", kNone, "", 0},
        Row{"CreateFromNoTemplate", "create-app pay template ../x", "", "create-app pay template web-service", "", 0}),
    [](const auto& row) { return row.param.name; });

TEST(Grammar, TheThreadOfAGroupMeansTheGroup) {
  GrammarContext context{{"checkout", "cart"}, "", 0, {}};
  context.implied_incident = 7;
  EXPECT_EQ(to_text(std::get<Command>(parse_command("ack", context))), "ack incident 7");
  EXPECT_EQ(to_text(std::get<Command>(parse_command("snooze 30m", context))), "snooze incident 7 30m");
  EXPECT_EQ(to_text(std::get<Command>(parse_command("ack cart", context))), "ack cart");
  EXPECT_TRUE(std::holds_alternative<NotUnderstood>(parse_command("rollback", context)));
}

INSTANTIATE_TEST_SUITE_P(
    WordsAndMoney, Grammar,
    testing::Values(Row{"Propose", "propose checkout \"give it 1 GiB\"", "propose checkout \"give it 1 GiB\"", "", "", 0},
                    Row{"ProposeNamesItsApp", "propose give checkout's pods 1 GiB", "propose checkout \"give checkout's pods 1 GiB\"", "", "", 0},
                    Row{"ProposeInAThread", "propose give it 1 GiB", "propose cart \"give it 1 GiB\"", "", "cart", 0},
                    Row{"ProposeOfASlip", "propose give chekout 1 GiB", "", "propose checkout give chekout 1 GiB", "", 0},
                    Row{"ProposeOfTwo", "propose give cart and checkout 1 GiB", "", "propose cart give cart and checkout 1 GiB", "", 0},
                    Row{"ProposeOfNone", "propose more memory", "", "propose checkout \"give it 1 GiB\"", "", 0},
                    Row{"AskOfAll", "ask is all well?", "ask \"is all well?\"", "", "", 0}, Row{"AskOfASlip", "ask why is chekout red?", "", "ask checkout why is chekout red?", "", 0},
                    Row{"CostOfAll", "cost", "cost", "", "", 0}, Row{"CostOfOne", "cost checkout", "cost checkout", "", "", 0}, Row{"CostOfASlip", "cost chekout", "", "cost checkout", "", 0},
                    Row{"CostOfATeam", "cost team shop", "cost team shop", "", "", 0}, Row{"CostOfAnEnvironment", "cost environment prod", "cost env prod", "", "", 0},
                    Row{"CostOfWhichTeam", "cost team", "", "cost team shop", "", 0}, Row{"CostOfWhichCluster", "cost cluster", "", "cost cluster prod-eu", "", 0},
                    Row{"CostOfTooMuch", "cost checkout cart", "", "cost checkout", "", 0},
                    Row{"Waive", "waive C-3 floating-tag for 1d because vendor", "waive C-3 floating-tag for 1d because vendor", "", "", 0},
                    Row{"WaiveOnAnObject", "waive cart policy/no-latest on web because vendor", "waive cart policy/no-latest on web because vendor", "", "", 0},
                    Row{"WaiveInItsThread", "waive because vendor", "waive C-7 because vendor", "", "checkout", 7},
                    Row{"WaiveWithoutRule", "waive checkout because vendor", "", "waive checkout floating-tag for 7d because ...", "", 0},
                    Row{"Unwaive", "unwaive #3", "unwaive 3", "", "", 0}, Row{"UnwaiveWithReason", "unwaive 3 because it is mended", "unwaive 3 because it is mended", "", "", 0},
                    Row{"ASlipInAShortWord", "I sync checkout", "", "", "", 0}, Row{"WhyOfASlip", "why is chekout red?", "", "why checkout", "", 0}, Row{"SyncOfASlipInASentence", "sync the chekout", "", "", "", 0},
                    Row{"DeleteIsNoDelegate", "delete checkout", "", "help", "", 0}),
    [](const auto& row) { return row.param.name; });

TEST(Grammar, WhatIsNoAppMayBeAPlace) {
  GrammarContext context{{"checkout", "cart"}, "", 0, {}};
  context.filters = {"production", "prod-eu", "shop-team"};
  const auto trouble = std::get<NotUnderstood>(parse_command("cost production", context));
  EXPECT_EQ(trouble.suggestions, (std::vector<std::string>{"cost env production", "cost cluster production", "cost team production"}));
}

TEST(Grammar, SentencesAreToldWhatToSay) {
  const GrammarContext context{{"checkout", "cart"}, "", 0, {}};
  EXPECT_NE(std::get<NotUnderstood>(parse_command("make me a coffee", context)).message.find("I can make no command of that."), std::string::npos);
  EXPECT_NE(std::get<NotUnderstood>(parse_command("why is everything so slow today", context)).message.find("I can make no command of that."), std::string::npos);
  const auto hello = std::get<NotUnderstood>(parse_command("hello", context));
  EXPECT_EQ(hello.message, "I don't know the command \"hello\". `help` lists those that there are.");
  EXPECT_EQ(hello.suggestions, std::vector<std::string>{"help"});
}

TEST(Grammar, StatusKnowsItsFiltersFromSlips) {
  GrammarContext context{{"checkout", "cart"}, "", 0, {}};
  context.filters = {"production", "prod-eu", "shop-team"};
  EXPECT_EQ(std::get<Command>(parse_command("status Prod-EU", context)).filter, "Prod-EU");
  EXPECT_TRUE(std::holds_alternative<NotUnderstood>(parse_command("status nowhere", context)));
}

struct AliasRow {
  std::string name;
  std::string text;
  std::string expanded;  ///< "" = an error
  friend void PrintTo(const AliasRow& row, std::ostream* out) { *out << row.name; }
};
class Aliases : public testing::TestWithParam<AliasRow> {};
TEST_P(Aliases, Expand) {
  const std::map<std::string, std::string> aliases{{"back", "rollback {1} --previous"}, {"ship", "set-image {1} web:{2} because {*}"}, {"sync", "halt"}, {"oops", "back {1}"}, {"drifts", "status drifted"}};
  const auto expanded = expand_alias(GetParam().text, aliases);
  if (GetParam().expanded.empty()) {
    ASSERT_FALSE(expanded);
    EXPECT_NE(expanded.error().message.find("say its word"), std::string::npos);
    return;
  }
  ASSERT_TRUE(expanded);
  EXPECT_EQ(*expanded, GetParam().expanded);
}
INSTANTIATE_TEST_SUITE_P(Texts, Aliases,
                         testing::Values(AliasRow{"OneWord", "back checkout", "rollback checkout --previous"}, AliasRow{"Case", "Back checkout", "rollback checkout --previous"},
                                         AliasRow{"Rest", "ship checkout 1.4 OPS-12 is done", "set-image checkout web:1.4 because OPS-12 is done"},
                                         AliasRow{"EmptyRest", "ship checkout 1.4", "set-image checkout web:1.4 because"}, AliasRow{"MoreIsKept", "back checkout because slow", "rollback checkout --previous because slow"},
                                         AliasRow{"Missing", "back", ""}, AliasRow{"NeverAVerb", "sync checkout", "sync checkout"}, AliasRow{"Once", "oops checkout", "back checkout"},
                                         AliasRow{"Plain", "drifts", "status drifted"}, AliasRow{"NoAlias", "status", "status"}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
