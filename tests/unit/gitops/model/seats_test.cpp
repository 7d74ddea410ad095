#include "gitops/model/seats.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace driftwarden {
namespace {

const Content kHead{"aaaa", "d1"};

Approval yes(const PersonId& by, bool extra_only = false, const PersonId& in_place_of = {}) {
  Approval made;
  made.by = by;
  made.of = kHead;
  made.extra_only = extra_only;
  made.in_place_of = in_place_of;
  return made;
}

struct Row {
  std::string name;
  int need;
  int extra;
  std::vector<Approval> given;
  OpenSeats open;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};
class Seats : public testing::TestWithParam<Row> {};

/// Of the extra ones: fin and fay. fay may approve by the rule as well.
TEST_P(Seats, AreTakenSoThatTheFewestStayOpen) {
  const auto& row = GetParam();
  Change change;
  change.content = kHead;
  change.quorum.need = row.need;
  change.quorum.extra = {row.extra, {"fin", "fay"}, "it costs more"};
  change.approvals = row.given;
  std::vector<PersonId> people;
  for (const auto& approval : row.given) people.push_back(approval.by);
  EXPECT_EQ(open_seats(change, people), row.open);
}

INSTANTIATE_TEST_SUITE_P(Table, Seats,
                         testing::Values(Row{"Nobody", 1, 1, {}, {1, 1}}, Row{"OfTheRuleAlone", 1, 1, {yes("bob")}, {0, 1}},
                                         Row{"TwoOfTheRuleAreNoneForTheMoney", 1, 1, {yes("bob"), yes("cy")}, {0, 1}}, Row{"OfTheMoneyAlone", 1, 1, {yes("fin", true)}, {1, 0}},
                                         Row{"TwoOfTheMoneyAreNoneOfTheRule", 1, 1, {yes("fin", true), yes("fay", true)}, {1, 0}},
                                         Row{"OneOfEach", 1, 1, {yes("bob"), yes("fin", true)}, {0, 0}},
                                         Row{"WhoCanBothLeavesTheRules", 1, 1, {yes("fay")}, {1, 0}},
                                         Row{"WhoCanBothMakesRoom", 1, 1, {yes("fay"), yes("bob")}, {0, 0}},
                                         Row{"WhoCanBothMakesRoomForTheMoneyToo", 1, 1, {yes("fay"), yes("fin", true)}, {0, 0}},
                                         Row{"TwoWhoCanBoth", 1, 1, {yes("fay"), yes("fin")}, {0, 0}}, Row{"InPlaceOfOne", 1, 1, {yes("bob"), yes("cy", true, "fin")}, {0, 0}},
                                         Row{"NoRule", 0, 2, {yes("fin", true)}, {0, 1}}, Row{"NoMoney", 2, 0, {yes("bob")}, {1, 0}}, Row{"Neither", 0, 0, {}, {0, 0}},
                                         Row{"More", 1, 0, {yes("bob"), yes("cy")}, {0, 0}}),
                         [](const auto& row) { return row.param.name; });

TEST(SeatsOf, OnlyYesesToThePresentContentCount) {
  Change change;
  change.content = kHead;
  change.approvals = {yes("bob"), yes("cy")};
  change.approvals[1].of.head_sha = "older";
  ASSERT_EQ(yeses_of(change).size(), 1U);
  EXPECT_EQ(yeses_of(change).front().by, "bob");
}

}  // namespace
}  // namespace driftwarden
