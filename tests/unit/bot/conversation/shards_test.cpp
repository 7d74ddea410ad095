// Apps that another instance looks after.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Elsewhere : public testing::TestWithParam<std::string> {};
TEST_P(Elsewhere, AnAppOfAnotherShardIsAnsweredWithItsShard) {
  Talk talk;
  talk.config.shard = "east";
  talk.config.elsewhere = {{"billing", "west"}};
  talk.say("U0alice", GetParam());
  ASSERT_EQ(talk.answers().size(), 1U);
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("*billing*"), HasSubstr("looked after by the shard *west*")));
}
INSTANTIATE_TEST_SUITE_P(Verbs, Elsewhere, testing::Values("status billing", "diff Billing", "sync billing because x", "logs billing"),
                         [](const auto& row) { auto name = row.param; std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }); return name; });

TEST(ElsewhereNot, WhatNobodyHasIsAnsweredAsEver) {
  Talk talk;
  talk.config.shard = "east";
  talk.config.elsewhere = {{"billing", "west"}};
  talk.say("U0alice", "diff zxqwvbnm");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("There is no App \"zxqwvbnm\""), Not(HasSubstr("west"))));
}

}  // namespace
}  // namespace driftwarden
