#include "bot/view/inspect_view.hpp"

#include "gitops/base/text.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PodRow pod(const std::string& name, const std::string& phase, bool ready, int restarts = 0, const std::string& why = "") {
  PodRow row;
  row.name = name;
  row.workload = "Deployment/checkout";
  row.phase = phase;
  row.ready = ready;
  row.why = why;
  row.created = kNine - 3h;
  ContainerState container;
  container.name = "app";
  container.ready = ready;
  container.restarts = restarts;
  if (restarts > 0) container.last = "OOMKilled (137)";
  row.containers.push_back(container);
  return row;
}

EventRow event(const std::string& type, const std::string& message, int count = 1) {
  EventRow row;
  row.object = "Pod/checkout-6d5f9c7b8d-x2x7k";
  row.type = type;
  row.reason = type == "Warning" ? "BackOff" : "Pulled";
  row.message = message;
  row.count = count;
  row.last = kNine - 2min;
  return row;
}

LogText log(const std::string& text) {
  LogText out;
  out.text = text;
  out.lines = split(text, '\n').size() - 1;
  out.sources = {"checkout-6d5f9c7b8d-x2x7k/app"};
  return out;
}

TEST(InspectView, Pods) {
  expect_view("pods", pods_message(app(), {pod("checkout-6d5f9c7b8d-x2x7k", "CrashLoopBackOff", false, 5, "container app keeps crashing: OOMKilled (137)"), pod("checkout-6d5f9c7b8d-zzzzz", "Running", true),
                                           pod("nightly-29381234-bbbbb", "Completed", true)}, kNine));
  expect_view("pods_none", pods_message(app(), {}, kNine));
}

TEST(InspectView, ManyPodsAreCounted) {
  std::vector<PodRow> rows;
  for (int i = 0; i < 400; ++i) rows.push_back(pod(fmt::format("checkout-{}", i), i < 20 ? "Pending" : "Running", i >= 20, 0, i < 20 ? kHostile : ""));
  const auto message = pods_message(app(), rows, kNine);
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_THAT(message.blocks->dump(), HasSubstr("and 370 more, 370 of them ready"));
}

TEST(InspectView, Events) {
  expect_view("events", events_message(app(), {event("Warning", "Back-off restarting failed container " + kHostile, 12), event("Normal", "Successfully pulled image")}, kNine));
  expect_view("events_none", events_message(app(), {}, kNine));
}

TEST(InspectView, Logs) {
  auto some = log("level=info msg=\"listening\"\nlevel=warn password=***\n");
  some.troubles = {"checkout-6d5f9c7b8d-zzzzz: container app isn't started: waiting: ImagePullBackOff"};
  LogsShown how;
  how.asked = "logs checkout";
  expect_view("logs", logs_message(app(), some, tail_of(some.text, 200), how));
  expect_view("logs_none", logs_message(app(), log(""), tail_of("", 200), how));
}

TEST(InspectView, LongLogsAreShownFromTheirEnd) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("line {} {}\n", i, i % 100 == 0 ? std::string(500, 'x') : "short");
  auto all = log(text);
  all.cut = true;
  const auto shown = tail_of(all.text, 200);
  EXPECT_LE(shown.lines, 200U);
  EXPECT_EQ(shown.lines + shown.missing, 1000U);
  EXPECT_TRUE(shown.text.ends_with("line 999 short"));
  LogsShown how;
  how.with_file = true;
  const auto message = logs_message(app(), all, shown, how);
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_THAT(message.blocks->dump(), HasSubstr("all 1000 in the file"));
  EXPECT_THAT(message.blocks->dump(), HasSubstr("line 999 short")) << "the newest line isn't cut by the block";
  how.with_file = false;
  EXPECT_THAT(logs_message(app(), all, shown, how).blocks->dump(), HasSubstr("earlier not shown"));
}

TEST(InspectView, OneHugeLineIsCutVisibly) {
  const auto shown = tail_of(std::string(10'000, 'x') + "\n", 200);
  EXPECT_EQ(shown.lines, 1U);
  EXPECT_THAT(shown.text, testing::EndsWith("\u2026"));
  EXPECT_TRUE(shown.cut);
  EXPECT_FALSE(shown.is_whole());
  EXPECT_TRUE(tail_of("short\n", 200).is_whole());
  EXPECT_THAT(logs_message(app(), log("x\n"), shown, {}).blocks->dump(), HasSubstr("this line is cut"));
}

TEST(InspectView, AnExcerptBeginsAtTheTop) {
  const auto shown = head_of("a\nb\nc\n", 2);
  EXPECT_EQ(shown.text, "a\nb");
  EXPECT_EQ(shown.missing, 1U);
  EXPECT_EQ(head_of("", 5).lines, 0U);
}

TEST(InspectView, Describe) {
  expect_view("describe", describe_message(app(), "Deployment/checkout", head_of("Name:   checkout\nKind:   apps/v1 Deployment\n", 80), false));
}

TEST(InspectView, Why) {
  WhyFacts facts;
  facts.health = {"Deployment/checkout degraded: its rollout exceeded the progress deadline", "Pod/checkout-6d5f9c7b8d-x2x7k CrashLoopBackOff, 5 restarts; its last words: panic: <no> route to db"};
  facts.has_pods = true;
  facts.last_change = change(ChangeState::Done);
  const auto of = [&](const DriftReport& report) { return why_message(app(), report, std::nullopt, std::nullopt, kNine); };
  expect_view("why_unhealthy", with_health(of(edited_live()), app(), edited_live(), facts));
  auto synced = report({});
  synced.state = AppState::Synced;
  synced.cause = Cause::None;
  const auto well = with_health(of(synced), app(), synced, {});
  EXPECT_THAT(well.text, HasSubstr("is healthy"));
  EXPECT_THAT(well.blocks->dump(), Not(HasSubstr("diff checkout")));
  WhyFacts unknown;
  unknown.unknown = "forbidden: my service account lacks the right to list pods in namespace shop";
  EXPECT_THAT(with_health(of(synced), app(), synced, unknown).text, HasSubstr("list pods in namespace shop"));
}

}  // namespace
}  // namespace driftwarden::view
