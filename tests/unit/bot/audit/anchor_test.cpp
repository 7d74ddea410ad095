#include "bot/audit/anchor.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/unit/bot/audit/fixture.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kBranch = "driftwarden-audit";

Anchor anchor_at(std::int64_t seq, const std::string& instance = "f00d") { return {{seq, std::string(64, 'a'), instance}, kMorning + std::chrono::days{seq}}; }

class Anchors : public test::RepositoryTest {
 protected:
  Anchors() { publish("README", "config\n"); }
  std::unique_ptr<Mirror> mirror(const std::string& name) {
    MirrorOptions options;
    options.directory = (root / name).string();
    options.url = remote().string();
    auto opened = Mirror::open(std::move(options));
    EXPECT_TRUE(opened);
    EXPECT_TRUE((*opened)->fetch());
    return std::move(*opened);
  }
  std::string file(const std::string& instance = "f00d") { return remote_git(std::string("show ") + kBranch + ":anchors/" + instance + ".jsonl"); }
};

TEST_F(Anchors, MakeABranchOfTheirOwn) {
  auto one = mirror("one");
  ASSERT_TRUE(write_anchor(*one, kBranch, anchor_at(1), {}));
  EXPECT_EQ(read_anchors(file()), std::vector<Anchor>{anchor_at(1)});
  EXPECT_EQ(remote_git(std::string("rev-list --count ") + kBranch), "1") << "it shares nothing with main";
  EXPECT_EQ(remote_git(std::string("ls-tree -r --name-only ") + kBranch), "anchors/f00d.jsonl");
  EXPECT_THAT(remote_git(std::string("log -1 --format=%B ") + kBranch), HasSubstr("Driftwarden-Audit: 1:" + std::string(64, 'a') + ":f00d"));
}

TEST_F(Anchors, AreAddedAndTheSameOneOnce) {
  auto one = mirror("one");
  const auto first = write_anchor(*one, kBranch, anchor_at(1), {});
  ASSERT_TRUE(write_anchor(*one, kBranch, anchor_at(2), {}));
  const auto again = write_anchor(*one, kBranch, anchor_at(2), {});
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, remote_git(std::string("rev-parse ") + kBranch));
  EXPECT_EQ(read_anchors(file()).size(), 2U);
  EXPECT_NE(*first, *again);
}

TEST_F(Anchors, OfTwoInstancesStandSideBySide) {
  auto one = mirror("one");
  auto two = mirror("two");
  ASSERT_TRUE(write_anchor(*one, kBranch, anchor_at(1, "one"), {}));
  ASSERT_TRUE(write_anchor(*two, kBranch, anchor_at(1, "two"), {}));
  ASSERT_TRUE(write_anchor(*one, kBranch, anchor_at(2, "one"), {})) << "on top of what the other pushed";
  EXPECT_EQ(read_anchors(file("one")).size(), 2U);
  EXPECT_EQ(read_anchors(file("two")).size(), 1U);
}

TEST(AnchorFile, TellsLinesThatAreNone) {
  const auto anchors = read_anchors(anchor_line(anchor_at(3)) + "\nrubbish\n{\"mark\":7}\n");
  ASSERT_EQ(anchors.size(), 3U);
  EXPECT_EQ(anchors[0], anchor_at(3));
  EXPECT_EQ(anchors[1].mark.seq, 0);
  EXPECT_EQ(anchors[2].mark.seq, 0);
}

TEST(WantAnchor, OncePerDayAndOfTheNewestRow) {
  asio::io_context io;
  test::ManualClock clock{io};
  auto store = storage::Store::open(":memory:", clock).value();
  std::size_t waiting = 0;
  const auto want = [&](WallTime now) {
    bool wanted = false;
    EXPECT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(wanted, want_anchor(tx, "f00d", now));
      TRY(const auto rows, tx.ready_outbox(now, 10));
      waiting = rows.size();
      for (const auto& row : rows) EXPECT_THAT(row.payload, HasSubstr(":f00d"));
      return {};
    }));
    return wanted;
  };
  EXPECT_FALSE(want(kMorning)) << "there is no row to anchor";
  ASSERT_TRUE(store->transact([](storage::Transaction& tx) -> Result<void> {
    TRY(const auto row, tx.append_audit({"alice", "change.requested", "checkout", "C-1", "{}"}));
    return {};
  }));
  EXPECT_TRUE(want(kMorning));
  EXPECT_FALSE(want(kMorning + 10h)) << "today has one";
  EXPECT_TRUE(want(kMorning + 24h));
  EXPECT_EQ(waiting, 1U) << "one lane: the oldest first";
}

}  // namespace
}  // namespace driftwarden
