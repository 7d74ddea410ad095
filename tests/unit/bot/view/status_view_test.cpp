// The fleet in one message, however large it is.
#include "tests/unit/bot/view/samples.hpp"

#include <regex>
#include <set>

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

StatusRow row(const std::string& name, AppState state = AppState::Synced, const std::string& cluster = "prod-eu", const std::string& environment = "prod") {
  StatusRow made;
  made.app = app(name);
  made.app.cluster = cluster;
  made.app.environment = environment;
  made.report = report({});
  made.report.app = name;
  made.report.state = state;
  made.report.cause = state == AppState::OutOfSync ? Cause::LiveEdited : Cause::None;
  if (state == AppState::Unknown) made.report.reason = "cluster prod-eu can't be reached: <timeout>";
  made.health = "healthy";
  return made;
}

StatusRow drifted(const std::string& name, Duration age, Severity severity = Severity::Warning) {
  auto made = row(name, AppState::OutOfSync);
  made.incident = incident();
  made.incident->opened_at = kNine - age;
  made.incident->severity = severity;
  return made;
}

struct Fleet {
  std::vector<StatusRow> rows;
  explicit Fleet(int size, int every_drifted = 10) {
    const std::vector<std::pair<std::string, std::string>> places{{"prod", "prod-eu"}, {"prod", "prod-us"}, {"staging", "staging-eu"}, {"dev", "dev-1"}};
    for (int i = 0; i < size; ++i) {
      const auto& [environment, cluster] = places[static_cast<std::size_t>(i) % places.size()];
      rows.push_back(row(fmt::format("service-with-a-name-{:04}", i), i % every_drifted == 0 ? AppState::OutOfSync : i % 97 == 1 ? AppState::Unknown : AppState::Synced, cluster, environment));
    }
  }
};

std::string all_text(const slack::Message& message) {
  std::vector<std::string> texts;
  test::collect_mrkdwn(*message.blocks, texts);
  std::string all;
  for (const auto& text : texts) all += text + "\n";
  return all;
}

int number_in(const std::string& text, const std::string& pattern) {
  int sum = 0;
  const std::regex regex(pattern);
  for (auto it = std::sregex_iterator(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it) sum += std::stoi((*it)[1]);
  return sum;
}

std::set<std::string> named(const std::string& text) {
  std::set<std::string> names;
  const std::regex regex("service-with-a-name-[0-9]+");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it) names.insert(it->str());
  return names;
}

std::vector<std::string> commands(const slack::Message& message) {
  std::vector<std::string> found;
  for (const auto& block : *message.blocks) {
    if (block.at("type") != "actions") continue;
    for (const auto& element : block.at("elements")) found.push_back(element.at("value"));
  }
  return found;
}

class StatusOf : public testing::TestWithParam<int> {};
TEST_P(StatusOf, IsOneMessageInWhichNothingIsMissing) {
  const Fleet fleet(GetParam());
  const auto message = status_message(fleet.rows, kNine);
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_LE(message.blocks->size(), 15U);
  const auto all = all_text(message);
  // Listed with a line of their own, counted as further ones, or folded as in sync: together all of them.
  const auto listed = static_cast<int>(named(all).size());
  const auto more = number_in(all, "and ([0-9]+) more that need a look");
  const auto folded = number_in(all, "white_check_mark: ([0-9]+) in sync");
  EXPECT_EQ(listed + more + folded, GetParam()) << all;
  EXPECT_EQ(number_in(all, "([0-9]+) in sync, [0-9]+ OutOfSync") + number_in(all, "([0-9]+) OutOfSync, ") + number_in(all, "([0-9]+) unknown"), GetParam());
}
INSTANTIATE_TEST_SUITE_P(Sizes, StatusOf, testing::Values(500, 2000), [](const auto& row) { return fmt::format("{}Apps", row.param); });

TEST(Status, PagesShowEachDriftedAppOnce) {
  const Fleet fleet(2000, 4);
  std::set<std::string> seen;
  std::size_t shown = 0;
  for (int page = 1; page <= 13; ++page) {
    const auto message = status_message(fleet.rows, kNine, {"", page});
    EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
    const auto names = named(all_text(message));
    shown += names.size();
    seen.insert(names.begin(), names.end());
    if (page == 1) {
      EXPECT_THAT(commands(message), testing::Contains("status page 2"));
    }
  }
  const auto troubled = static_cast<std::size_t>(std::ranges::count_if(fleet.rows, [](const StatusRow& one) { return badness_of(one) != kFine; }));
  EXPECT_EQ(seen.size(), troubled);
  EXPECT_EQ(shown, troubled);
}

TEST(Status, WorstFirstThenOldestFirst) {
  auto ailing = row("degraded");
  ailing.health = "degraded: 0 of 2 replicas available";
  auto coming = row("progressing");
  coming.health = "progressing: 1 of 2 replicas available";
  const std::vector<StatusRow> rows{row("fine"), coming, row("unknown", AppState::Unknown), ailing, drifted("young", 1min), drifted("old", 3h), drifted("critical", 10s, Severity::Critical)};
  const auto text = status_message(rows, kNine).text;
  std::size_t before = 0;
  for (const auto* name : {"*critical*", "*old*", "*young*", "*degraded*", "*unknown*", "*progressing*", "*fine*"}) {
    const auto at = text.find(name);
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(at, before) << name;
    before = at;
  }
  EXPECT_THAT(text, HasSubstr("2 of those in sync are not healthy"));
}

/// Emoji, name and what is wrong fit the first line of a phone; the details wrap.
TEST(Status, IsReadableAtFortyColumns) {
  for (const auto& one : {drifted("checkout-service", 3h), drifted("payments-api", 49h, Severity::Critical), row("search", AppState::Unknown), row("cart")}) {
    const auto line = status_line(one, kNine);
    auto first = line.substr(0, line.find(" \u00b7 "));
    first.erase(0, first.find(' '));  // the emoji is one column
    std::erase(first, '*');
    EXPECT_LE(first.size(), 38U) << line;
  }
}

TEST(Status, ButtonsLeadToEnvironmentsAndClusters) {
  const auto message = status_message(Fleet(500).rows, kNine);
  EXPECT_THAT(commands(message), testing::IsSupersetOf({"status drifted", "status prod", "status staging", "status prod-eu", "status staging-eu", "status dev-1"}));
  EXPECT_LE(commands(message).size(), 25U);
  auto one_place = Fleet(500).rows;
  for (auto& each : one_place) {
    each.app.cluster = "prod-eu";
    each.app.environment = "prod";
  }
  const auto filtered = status_message(one_place, kNine, {"prod-eu"});
  EXPECT_THAT(commands(filtered), testing::ElementsAre("status prod-eu page 2", "status")) << "nothing narrower there";
  EXPECT_THAT(filtered.text, HasSubstr("*500 Apps* of `prod-eu`"));
}

TEST(Status, FewAppsAreNotFolded) {
  const auto message = status_message({row("cart"), row("web"), drifted("checkout", 2min)}, kNine);
  EXPECT_THAT(message.text, HasSubstr("*cart* in sync"));
  EXPECT_THAT(message.text, Not(HasSubstr("in sync on")));
  EXPECT_THAT(commands(message), IsEmpty());
}

TEST(Status, OfManyPlacesWhatIsWellIsStillCounted) {
  std::vector<StatusRow> rows;
  for (int i = 0; i < 300; ++i) rows.push_back(row(fmt::format("app{}", i), AppState::Synced, fmt::format("cluster-{}", i % 60), fmt::format("env-{}", i % 60)));
  const auto message = status_message(rows, kNine);
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_EQ(number_in(all_text(message), "white_check_mark: ([0-9]+) in sync"), 300);
}

}  // namespace
}  // namespace driftwarden::view
