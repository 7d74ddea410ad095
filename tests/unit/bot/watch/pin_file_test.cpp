#include "bot/watch/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;

TEST(PinFile, ReadsWhatItWrote) {
  const Pin pin{"4f2c81a0b5d6e7f80912a3b4c5d6e7f809123456", "alice", "it's: \"fine\" # really \\ - [1]", "2026-11-21T09:00:00Z"};
  const auto read = parse_pin(write_pin(pin, "checkout"), "pins/checkout.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, pin);
}

TEST(PinFile, ARevisionOfDigitsStaysText) {
  const Pin pin{"1234567890123456789012345678901234567890", "alice", "", ""};
  EXPECT_EQ(parse_pin(write_pin(pin, "checkout"), "p")->revision, pin.revision);
}

struct BadPin {
  std::string name;
  std::string text;
  friend void PrintTo(const BadPin& row, std::ostream* out) { *out << row.name; }
};
class BadPins : public testing::TestWithParam<BadPin> {};
TEST_P(BadPins, SayWhichFileAndWhatIsExpected) {
  const auto read = parse_pin(GetParam().text, "pins/checkout.yaml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(read.error().message, HasSubstr("pins/checkout.yaml"));
  EXPECT_THAT(read.error().message, HasSubstr("revision"));
}
INSTANTIATE_TEST_SUITE_P(Texts, BadPins,
                         testing::Values(BadPin{"Empty", ""}, BadPin{"AList", "[1]"}, BadPin{"TwoDocuments", "revision: a\n---\nrevision: b\n"}, BadPin{"NoRevision", "by: alice\n"},
                                         BadPin{"ANumber", "revision: 1234567\n"}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
