#include "bot/outbox/unwritable.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct UnwritableChannels : testing::Test {
  std::vector<std::string> notices() {
    std::vector<std::string> texts;
    const auto done = store->transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(const auto rows, tx.ready_outbox(clock.wall_now(), 100));
      for (const auto& row : rows) texts.push_back(row.payload);
      return Result<void>{};
    });
    EXPECT_TRUE(done);
    return texts;
  }
  void tell(const std::string& channel, const std::string& why) {
    clock.advance(Duration{1000});
    test::run(io, trouble(channel, why));
  }
  asio::io_context io;
  test::ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(1);
  std::unique_ptr<storage::Store> store = std::move(storage::Store::open(":memory:", clock)).value();
  AsyncStore async{*store, io.get_executor()};
  Outbox outbox{io.get_executor(), async, clock, *random, {}};
  Messenger::Trouble trouble = tell_of_unwritable(async, outbox, clock, "#ops");
};

TEST_F(UnwritableChannels, AreToldOnceAndWhenTheyWorkAgainAcrossRestarts) {
  tell("#shop", "");
  EXPECT_TRUE(notices().empty()) << "it always worked";
  tell("#shop", "not_in_channel");
  tell("#shop", "not_in_channel");  // another process says so again
  ASSERT_EQ(notices().size(), 1U);
  EXPECT_THAT(notices().front(), HasSubstr("I can't write to #shop (not_in_channel)"));
  EXPECT_THAT(notices().front(), HasSubstr("\"channel\":\"#ops\""));
  tell("#shop", "");
  tell("#shop", "is_archived");
  EXPECT_EQ(notices().size(), 1U) << "one lane: in order";
}

TEST_F(UnwritableChannels, AreKnownToTheNextLife) {
  tell("#shop", "not_in_channel");
  tell("#dev", "is_archived");
  tell("#dev", "");
  std::map<std::string, std::string> known;
  ASSERT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(known, unwritable_channels(tx));
    return Result<void>{};
  }));
  EXPECT_THAT(known, ElementsAre(testing::Pair("#shop", "not_in_channel")));
}

}  // namespace
}  // namespace driftwarden
