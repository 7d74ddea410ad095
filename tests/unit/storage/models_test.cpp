#include "storage/json.hpp"
#include "tests/unit/storage/fixture.hpp"

namespace driftwarden::storage {
namespace {

using namespace std::chrono_literals;

class ModelsTest : public StoreTest {
 protected:
  Incident incident(const std::string& app = "checkout") const {
    Incident one;
    one.app = app;
    one.fingerprint = "f00d";
    one.opened_at = one.updated_at = clock.wall_now();
    one.channel = "#shop-prod";
    one.report.app = app;
    one.report.state = AppState::OutOfSync;
    one.report.cause = Cause::LiveEdited;
    one.report.revision = "4f2c81a";
    one.report.objects_total = 7;
    one.report.as_of = clock.wall_now();
    FieldDrift replicas{.path = ".spec.replicas",
                        .op = FieldOp::Changed,
                        .by = "kubectl-edit",
                        .cause = FieldCause::Live,
                        .desired = "2",
                        .live = "5",
                        .time = clock.wall_now() - 5min};
    FieldDrift bare;
    bare.path = ".spec.x";
    bare.op = FieldOp::Order;
    one.report.objects.push_back(
        {.object = {"apps", "v1", "Deployment", "shop", "checkout"}, .verdict = Verdict::OutOfSync, .fields = {replicas, bare}, .notes = {"unconfirmed"},
         .hits = {{.rule = 2, .fields = 3, .expired = true}, {.rule = kAnnotationRule, .fields = 1}}});
    one.report.fights.push_back({{"apps", "v1", "Deployment", "shop", "checkout"}, ".spec.replicas", {"argocd-controller", "kubectl-patch"}, 4, clock.wall_now()});
    one.report.rules = {{".spec.replicas of Deployment *", "alice", "KEDA", clock.wall_now() + 1h, 2, false}, {".spec.x", "", "", {}, 0, true}};
    one.report.floating.push_back({{"apps", "v1", "Deployment", "shop", "checkout"}, "nginx:latest"});
    one.report.warnings = {"an ignore file can't be read"};
    return one;
  }
  Change change(const std::string& app = "checkout") const {
    Change one;
    one.app = app;
    one.verb = ChangeVerb::Rollback;
    one.state = ChangeState::Proposed;
    one.review = ReviewMode::Chat;
    one.requester = "alice";
    one.reason = "it's broken; DROP TABLE change;";
    one.target_revision = "4f2c81a";
    one.argument = R"({"paths":[]})";
    one.base_sha = "base";
    one.branch = "driftwarden/c-1";
    one.content = {"head", "digest"};
    one.diff = "- 2\n+ 5\n";
    one.quorum = {.need = 2, .from = {"owners", "sre"}, .code_owners = {"carol"}, .excluded = {"dave"}, .step_up = StepUp::Totp, .typed_name = true, .rule = "policy.approvals[1]"};
    one.approvals = {{.by = "bob", .of = {"head", "digest"}, .at = clock.wall_now(), .via = "chat", .stepped_up = true, .in_place_of = "carol"}};
    one.git_diff = "-replicas: 2\n+replicas: 5\n";
    one.notes = {"apps/checkout/web.yaml: .spec.replicas"};
    one.risk = {RiskTier::High, {"ClusterRole shop: rules"}, {"Service shop/old"}, {"the database stays as it is"}};
    one.reminded_at = clock.wall_now() + 1h;
    one.merged_at = clock.wall_now() + 2h;
    one.waiting_for = "check ci/build";
    one.break_glass = "alice";
    one.pull_request = 4;
    one.pull_request_url = "http://127.0.0.1/4";
    one.merged_sha = "m";
    one.failure = "f";
    one.closed_by = "carol";
    one.channel = "C1";
    one.thread_ts = "1.2";
    one.requested_at = one.updated_at = clock.wall_now();
    return one;
  }
  Incident add(const Incident& one) {
    return in([&](Transaction& tx) { return tx.add_incident(one); });
  }
  Change add(const Change& one) {
    return in([&](Transaction& tx) { return tx.add_change(one); });
  }
};

TEST_F(ModelsTest, AnIncidentComesBackWhole) {
  auto expected = add(incident());
  EXPECT_EQ(expected.id, 1);
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_incident(1); }), expected);
  expected.state = IncidentState::Snoozed;
  expected.message = MessageRef{"C1", "17.000100"};
  expected.acknowledged_by = "alice";
  expected.snoozed_until = clock.wall_now() + 1h;
  expected.group = 1;
  expected.grouping = Grouping::Storm;
  expected.root_cause = "c0ffee";
  expected.severity = Severity::Critical;
  expected.muted_by = "silence 3";
  expected.mention = {"owners", "sre"};
  expected.code_owners = {"@acme/shop"};
  expected.flaps = 4;
  expected.calm_since = clock.wall_now() + 2h;
  expected.reminded_at = clock.wall_now() + 3h;
  expected.reminders = 2;
  expected.report.objects.clear();
  expected.report.state = AppState::Unknown;
  expected.report.cause = Cause::Unknown;
  in([&](Transaction& tx) { return tx.save_incident(expected); });
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_incident(1); }), expected);
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_incident_by_message({"C1", "17.000100"}); }), expected);
  EXPECT_FALSE(in([](Transaction& tx) { return tx.find_incident_by_message({"C2", "17.000100"}); }));
  EXPECT_FALSE(in([](Transaction& tx) { return tx.find_incident(2); }));
}

TEST_F(ModelsTest, AReportOfAnOlderVersionIsReadAsWithoutWhatItLacks) {
  const auto report = report_from_json(R"({"app":"checkout","state":"OutOfSync","cause":"live-edited","reason":"","revision":"4f2c81a","objects":[{"group":"","version":"v1",
    "kind":"Service","namespace":"shop","name":"cart","verdict":"Missing","fields":[],"notes":[]}],"objects_total":1,"as_of":5})");
  ASSERT_EQ(report.objects.size(), 1U);
  EXPECT_TRUE(report.objects.front().hits.empty());
  EXPECT_TRUE(report.fights.empty() && report.rules.empty() && report.floating.empty() && report.warnings.empty());
}

TEST_F(ModelsTest, TheOpenIncidentOfAnAppIsFoundWithoutTheOthers) {
  auto first = add(incident());
  add(incident("search"));
  EXPECT_EQ(in([](Transaction& tx) { return tx.open_incident("checkout"); }), first);
  EXPECT_FALSE(in([](Transaction& tx) { return tx.open_incident("nobody"); }));
  first.state = IncidentState::Resolved;
  first.resolved_at = clock.wall_now();
  in([&](Transaction& tx) { return tx.save_incident(first); });
  EXPECT_FALSE(in([](Transaction& tx) { return tx.open_incident("checkout"); }));
}

TEST_F(ModelsTest, AGroupIsItsLeaderAndWhoeverJoined) {
  auto leader = add(incident("checkout"));
  auto member = incident("cart");
  member.group = leader.id;
  member = add(member);
  add(incident("search"));
  EXPECT_EQ(in([&](Transaction& tx) { return tx.incidents_of_group(leader.id); }), (std::vector<Incident>{member})) << "a leader that doesn't say so is no part of it";
  leader.group = leader.id;
  in([&](Transaction& tx) { return tx.save_incident(leader); });
  member.state = IncidentState::Resolved;
  in([&](Transaction& tx) { return tx.save_incident(member); });
  EXPECT_EQ(in([&](Transaction& tx) { return tx.incidents_of_group(leader.id); }), (std::vector<Incident>{leader, member}));
  EXPECT_TRUE(in([](Transaction& tx) { return tx.incidents_of_group(0); }).empty()) << "alone is no group";
}

TEST_F(ModelsTest, WhatHasTheSameCauseIsFoundInItsChannel) {
  auto first = incident("checkout");
  first.root_cause = "c0ffee";
  first = add(first);
  auto other = incident("cart");
  other.root_cause = "c0ffee";
  other.channel = "#elsewhere";
  add(other);
  const auto find = [&](const std::string& channel, const std::string& cause) {
    const auto found = in([&](Transaction& tx) { return tx.leaders_with(channel, cause, 5); });
    return found.empty() ? "" : found.front().app;
  };
  EXPECT_EQ(find("#shop-prod", "c0ffee"), "checkout");
  EXPECT_EQ(find("#elsewhere", "c0ffee"), "cart");
  EXPECT_EQ(find("#shop-prod", "bad"), "");
  EXPECT_EQ(find("#shop-prod", ""), "") << "no cause to share is shared with nobody";
  first.muted_by = "quiet hours";
  in([&](Transaction& tx) { return tx.save_incident(first); });
  EXPECT_EQ(find("#shop-prod", "c0ffee"), "") << "what isn't told has no message to join";
  first.muted_by = "";
  first.group = 99;
  in([&](Transaction& tx) { return tx.save_incident(first); });
  EXPECT_EQ(find("#shop-prod", "c0ffee"), "") << "a member leads nobody";
  first.group = first.id;
  in([&](Transaction& tx) { return tx.save_incident(first); });
  EXPECT_EQ(find("#shop-prod", "c0ffee"), "checkout");
  first.state = IncidentState::Resolved;
  in([&](Transaction& tx) { return tx.save_incident(first); });
  EXPECT_EQ(find("#shop-prod", "c0ffee"), "checkout") << "others of its group may be open";
  first.group = 0;
  in([&](Transaction& tx) { return tx.save_incident(first); });
  EXPECT_EQ(find("#shop-prod", "c0ffee"), "");
}

TEST_F(ModelsTest, WhatWasToldInAChannelCountsMessages) {
  const auto told = [&] {
    std::vector<std::string> apps;
    for (const auto& one : in([&](Transaction& tx) { return tx.told_in_channel("#shop-prod", clock.wall_now() - 1min); })) apps.push_back(one.app);
    return apps;
  };
  const auto told_now = [&](const std::string& app) {
    auto one = incident(app);
    one.opened_at -= 2h;
    one.told_at = clock.wall_now();
    return one;
  };
  auto old = told_now("old");
  old.told_at = clock.wall_now() - 2min;
  add(old);
  add(incident("untold"));
  auto leader = add(told_now("leader"));
  leader.group = leader.id;
  in([&](Transaction& tx) { return tx.save_incident(leader); });
  auto member = told_now("member");
  member.group = leader.id;
  add(member);
  auto muted = told_now("muted");
  muted.muted_by = "silence 1";
  add(muted);
  auto over = told_now("over");
  over.state = IncidentState::Resolved;
  add(over);
  EXPECT_EQ(told(), (std::vector<std::string>{"leader", "over"})) << "what healed was told, too";
}

TEST_F(ModelsTest, HeadsAreIncidentsWithoutTheirReports) {
  auto whole = incident("checkout");
  whole.told = {"joined"};
  whole.told_at = clock.wall_now();
  whole.last_member_at = clock.wall_now() + 1s;
  whole.critical_at = clock.wall_now() + 2s;
  whole.group = 1;
  whole = add(whole);
  EXPECT_EQ(in([&](Transaction& tx) { return tx.find_incident(whole.id); }), whole);
  auto head = whole;
  head.report = {};
  head.report.app = whole.report.app;
  head.report.state = whole.report.state;
  head.report.cause = whole.report.cause;
  EXPECT_EQ(in([](Transaction& tx) { return tx.open_incident_heads(); }), (std::vector<Incident>{head}));
  EXPECT_EQ(in([](Transaction& tx) { return tx.group_heads(1); }), (std::vector<Incident>{head}));
  EXPECT_EQ(in([](Transaction& tx) { return tx.count_group(1, true); }), 1U);
}

TEST_F(ModelsTest, ASilenceIsOpenUntilItEnds) {
  Silence silence;
  silence.match = {"cart*", "prod-eu", "staging", "shop", "shop", Cause::GitAhead, Severity::Info};
  silence.owner = "alice";
  silence.reason = "load test; DROP TABLE silence;";
  silence.since = clock.wall_now();
  silence.until = clock.wall_now() + 2h;
  silence.channel = "C1";
  silence = in([&](Transaction& tx) { return tx.add_silence(silence); });
  EXPECT_EQ(in([](Transaction& tx) { return tx.open_silences(); }), (std::vector<Silence>{silence}));
  EXPECT_TRUE(is_active(silence, clock.wall_now()));
  EXPECT_FALSE(is_active(silence, silence.until));
  silence.ended_at = clock.wall_now() + 1h;
  silence.ended_by = "bob";
  in([&](Transaction& tx) { return tx.save_silence(silence); });
  EXPECT_TRUE(in([](Transaction& tx) { return tx.open_silences(); }).empty());
  EXPECT_EQ(in([&](Transaction& tx) { return tx.find_silence(silence.id); }), silence);
  EXPECT_FALSE(in([](Transaction& tx) { return tx.find_silence(99); }));
  silence.id = 99;
  EXPECT_FALSE(store->transact([&](Transaction& tx) { return tx.save_silence(silence); })) << "what is not there";
  Silence everything;
  everything.reason = "x";
  everything = in([&](Transaction& tx) { return tx.add_silence(everything); });
  EXPECT_EQ(in([&](Transaction& tx) { return tx.find_silence(everything.id); })->match, AlertMatch{});
}

TEST_F(ModelsTest, IncidentsSinceAreThoseThatWereOpenAtSomeTimeSince) {
  auto old = add(incident());
  old.state = IncidentState::Resolved;
  old.resolved_at = clock.wall_now() - 31 * 24h;
  in([&](Transaction& tx) { return tx.save_incident(old); });
  auto late = add(incident());
  late.state = IncidentState::Resolved;
  late.resolved_at = clock.wall_now();
  in([&](Transaction& tx) { return tx.save_incident(late); });
  const auto open = add(incident());
  const auto since = clock.wall_now() - 30 * 24h;
  EXPECT_EQ(in([&](Transaction& tx) { return tx.incidents_since(since, 10); }), (std::vector{open, late}));
  EXPECT_EQ(in([&](Transaction& tx) { return tx.incidents_since(since, 1); }), (std::vector{open}));
}

TEST_F(ModelsTest, BytesThatAreNoTextDontLoseAnIncident) {
  auto odd = incident();
  odd.report.reason = "render failed: \xff\xfe";
  add(odd);
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_incident(1); })->report.objects.size(), 1U);
}

TEST_F(ModelsTest, AnAppHasOneOpenIncident) {
  auto first = add(incident());
  add(incident("search"));
  const auto second = store->transact([&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.add_incident(incident()));
    return {};
  });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  first.state = IncidentState::Resolved;
  first.resolved_at = clock.wall_now();
  first.resolved_by = "live edit undone";
  in([&](Transaction& tx) { return tx.save_incident(first); });
  const auto next = add(incident());
  const auto open = in([](Transaction& tx) { return tx.open_incidents(); });
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].app, "search");
  EXPECT_EQ(open[1], next);
  EXPECT_EQ(in([](Transaction& tx) { return tx.incidents_of("checkout", 10); }), (std::vector{next, first}));
  EXPECT_EQ(in([](Transaction& tx) { return tx.incidents_of("checkout", 1); }), (std::vector{next}));
}

TEST_F(ModelsTest, SavingWhatIsNotThereIsAnError) {
  EXPECT_EQ(store->transact([&](Transaction& tx) { return tx.save_incident(incident()); }).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(store->transact([&](Transaction& tx) { return tx.save_change(change()); }).error().kind, ErrorKind::NotFound);
}

TEST_F(ModelsTest, AChangeComesBackWhole) {
  auto expected = add(change());
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_change(1); }), expected);
  expected.state = ChangeState::Approved;
  expected.card = MessageRef{"C1", "18.000200"};
  expected.expires_at = clock.wall_now() + 4h;
  expected.approvals.push_back({.by = "carol", .of = expected.content, .at = clock.wall_now(), .via = "forge", .stepped_up = false, .in_place_of = {}});
  in([&](Transaction& tx) { return tx.save_change(expected); });
  reopen();
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_change(1); }), expected);
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_change_by_card({"C1", "18.000200"}); }), expected);
  EXPECT_FALSE(in([](Transaction& tx) { return tx.find_change_by_card({"C1", "18"}); }));
}

TEST_F(ModelsTest, EveryStateIsStored) {
  for (int at = 0; at <= static_cast<int>(ChangeState::Cancelled); ++at) {
    auto one = change();
    one.state = static_cast<ChangeState>(at);
    const auto id = add(one).id;
    EXPECT_EQ(in([&](Transaction& tx) { return tx.find_change(id); })->state, one.state);
  }
  const auto open = in([](Transaction& tx) { return tx.changes({.app = {}, .open_only = true}); });
  for (const auto& one : open) EXPECT_FALSE(is_final(one.state)) << to_string(one.state);
  EXPECT_EQ(open.size(), 6U);
}

TEST_F(ModelsTest, ChangesAreListedNewestFirst) {
  const auto first = add(change());
  const auto other = add(change("search"));
  auto done = change();
  done.state = ChangeState::Done;
  done = add(done);
  EXPECT_EQ(in([](Transaction& tx) { return tx.changes({}); }), (std::vector{done, other, first}));
  EXPECT_EQ(in([](Transaction& tx) { return tx.changes({.app = "checkout"}); }), (std::vector{done, first}));
  EXPECT_EQ(in([](Transaction& tx) { return tx.changes({.app = "checkout", .open_only = true}); }), (std::vector{first}));
  EXPECT_EQ(in([](Transaction& tx) { return tx.changes({.app = {}, .open_only = true, .limit = 1}); }), (std::vector{other}));
}

TEST_F(ModelsTest, AChangeWithoutTheNewerPartsReadsAsBefore) {
  add(change());
  other().exec("UPDATE change SET details = '{}', quorum = '{\"need\":1,\"from\":[]}'");
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_change(1); })->risk, Risk{});
}

TEST_F(ModelsTest, WhenChangesWereAskedForIsKnownPerApp) {
  auto early = change();
  early.requested_at = clock.wall_now() - 2h;
  auto late = change();
  late.requested_at = clock.wall_now();
  add(early);
  add(late);
  add(change("search"));
  EXPECT_EQ(in([&](Transaction& tx) { return tx.change_times("checkout", clock.wall_now() - 1h); }), std::vector{late.requested_at});
}

TEST_F(ModelsTest, AHoldIsOpenUntilItEnds) {
  Hold freeze{.kind = HoldKind::Freeze, .scope = {HoldScope::Kind::Environment, "production"}, .owner = "alice", .reason = "peak", .since = clock.wall_now(),
              .until = clock.wall_now() + 1h, .ended_at = {}, .ended_by = {}, .channel = "C1"};
  freeze = in([&](Transaction& tx) { return tx.add_hold(freeze); });
  EXPECT_EQ(in([](Transaction& tx) { return tx.open_holds(); }), std::vector{freeze});
  freeze.ended_at = clock.wall_now();
  freeze.ended_by = "bob";
  in([&](Transaction& tx) { return tx.save_hold(freeze); });
  EXPECT_TRUE(in([](Transaction& tx) { return tx.open_holds(); }).empty());
  freeze.id = 99;
  EXPECT_EQ(store->transact([&](Transaction& tx) { return tx.save_hold(freeze); }).error().kind, ErrorKind::NotFound);
}

TEST_F(ModelsTest, ADelegationIsActiveUntilItsTimeOrItsEnd) {
  Delegation given{.id = 0, .from = "alice", .to = "bob", .since = clock.wall_now(), .until = clock.wall_now() + 8h, .ended_at = {}};
  given = in([&](Transaction& tx) { return tx.add_delegation(given); });
  EXPECT_EQ(in([&](Transaction& tx) { return tx.active_delegations(clock.wall_now()); }), std::vector{given});
  EXPECT_TRUE(in([&](Transaction& tx) { return tx.active_delegations(clock.wall_now() + 8h); }).empty());
  given.ended_at = clock.wall_now();
  in([&](Transaction& tx) { return tx.save_delegation(given); });
  EXPECT_TRUE(in([&](Transaction& tx) { return tx.active_delegations(clock.wall_now()); }).empty());
}

TEST_F(ModelsTest, AnIdentityIsKeyedOnWorkspaceAndUser) {
  Identity alice{.team = "T1", .user = "U1", .person = "alice", .forge = "alice-gh", .repository = "config", .code_hash = "ab", .asked_at = clock.wall_now(), .proven_at = {}};
  in([&](Transaction& tx) { return tx.save_identity(alice); });
  alice.proven_at = clock.wall_now();
  in([&](Transaction& tx) { return tx.save_identity(alice); });
  EXPECT_EQ(in([](Transaction& tx) { return tx.find_identity("T1", "U1"); }), alice);
  EXPECT_FALSE(in([](Transaction& tx) { return tx.find_identity("T2", "U1"); }));
  EXPECT_EQ(in([](Transaction& tx) { return tx.identities(); }), std::vector{alice});
}

TEST_F(ModelsTest, ARolloutKeepsItsBeginning) {
  const auto begin = clock.wall_now();
  in([&](Transaction& tx) { return tx.save_rollout({"checkout", "t1", begin, begin, "Progressing", "1 of 2"}); });
  in([&](Transaction& tx) { return tx.save_rollout({"checkout", "t1", begin + 1h, begin + 1h, "Healthy", ""}); });
  const auto rows = in([](Transaction& tx) { return tx.rollouts_of("checkout"); });
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().first_at, begin);
  EXPECT_EQ(rows.front().last_at, begin + 1h);
  EXPECT_EQ(rows.front().health, "Healthy");
}

TEST_F(ModelsTest, WhatWasSaidOfAPullRequestIsRepliedUntilItCloses) {
  PullNote note{.repository = "config", .number = 7, .head_sha = "h", .base_sha = "b", .digest = "d", .channel = "#shop", .message = MessageRef{"C1", "1.2"}, .closed = false,
                .updated_at = clock.wall_now()};
  in([&](Transaction& tx) { return tx.save_pull_note(note); });
  const auto found = in([](Transaction& tx) { return tx.find_pull_note("config", 7); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->message, note.message);
  EXPECT_EQ(found->head_sha, "h");
  note.closed = true;
  in([&](Transaction& tx) { return tx.save_pull_note(note); });
  EXPECT_TRUE(in([](Transaction& tx) { return tx.pull_notes("config"); }).empty());
}

}  // namespace
}  // namespace driftwarden::storage
