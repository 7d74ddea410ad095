#include "bot/audit/trace.hpp"

#include "tests/support/manual_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kHead = "4f2c81a94f2c81a94f2c81a94f2c81a94f2c81a9";

class Traces : public testing::Test {
 protected:
  Traces() {
    write([](storage::Transaction& tx) -> Result<void> {
      Change change;
      change.app = "checkout";
      change.card = MessageRef{"C1", "10.000001"};
      TRY(const auto added, tx.add_change(change));
      return {};
    });
    add({"alice", "change.requested", "checkout", "C-1", R"({"verb":"sync"})", "C1/9.000001"});
    add({"driftwarden", "change.proposed", "checkout", "C-1", R"({"pull_request":"#41","pull_request_url":"https://forge/acme/config/pulls/41"})", "", kHead});
    add({"carol", "change.requested", "cart", "C-2", "{}"});
    add({"driftwarden", "change.done", "checkout", "C-1", R"({"after":{"merged":"beef1234beef1234beef1234beef1234beef1234"}})"});
    add({"driftwarden", "incident.resolved", "checkout", "incident 7", R"({"by":"C-1"})"});
  }
  void write(const std::function<Result<void>(storage::Transaction&)>& work) { ASSERT_TRUE(store->transact(work)); }
  void add(AuditEntry entry) {
    write([&](storage::Transaction& tx) -> Result<void> {
      TRY(const auto row, tx.append_audit(entry));
      return {};
    });
  }
  Trace find(const std::string& key, std::size_t limit = 100) {
    Trace found;
    write([&](storage::Transaction& tx) -> Result<void> {
      TRY(found, trace(tx, key, limit));
      return {};
    });
    return found;
  }
  std::vector<std::int64_t> rows(const std::string& key) {
    std::vector<std::int64_t> numbers;
    for (const auto& row : find(key).rows) numbers.push_back(row.seq);
    return numbers;
  }

  asio::io_context io;
  test::ManualClock clock{io};
  std::unique_ptr<storage::Store> store = storage::Store::open(":memory:", clock).value();
};

TEST_F(Traces, TheChangeLeadsToAllOfItsRowsAndToWhatNamesIt) { EXPECT_THAT(rows("C-1"), ElementsAre(1, 2, 4, 5)); }

struct KeyRow {
  std::string name;
  std::string key;
  friend void PrintTo(const KeyRow& row, std::ostream* out) { *out << row.name; }
};
class Keys : public Traces, public testing::WithParamInterface<KeyRow> {};

TEST_P(Keys, LeadToTheWholeChange) {
  for (const auto seq : {1, 2, 4}) EXPECT_THAT(rows(GetParam().key), Contains(seq));
  EXPECT_THAT(rows(GetParam().key), testing::Not(Contains(3)));
  EXPECT_THAT(find(GetParam().key).subjects, Contains("C-1"));
}

INSTANTIATE_TEST_SUITE_P(Names, Keys,
                         testing::Values(KeyRow{"TheCommit", kHead}, KeyRow{"TheCommitInShort", "4f2c81a9"}, KeyRow{"TheMergedCommit", "beef1234beef1234beef1234beef1234beef1234"},
                                         KeyRow{"TheMergedCommitInShort", "beef123"}, KeyRow{"ThePullRequest", "#41"}, KeyRow{"ThePullRequestsAddress", "https://forge/acme/config/pulls/41"},
                                         KeyRow{"TheMessageItWasAskedIn", "C1/9.000001"}, KeyRow{"ItsCard", "C1/10.000001"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(Traces, OfNothingKnownIsEmpty) {
  for (const auto* key : {"C-99", "#7", "abcdef1", "C1/1.1", ""}) EXPECT_THAT(rows(key), IsEmpty()) << key;
}

TEST_F(Traces, TooManyRowsLeaveTheNewest) {
  const auto found = find("C-1", 2);
  EXPECT_TRUE(found.more);
  ASSERT_EQ(found.rows.size(), 2U);
  EXPECT_EQ(found.rows.back().seq, 5);
}

}  // namespace
}  // namespace driftwarden
