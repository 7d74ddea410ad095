#include "gitops/diff/scalars.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using nlohmann::json;

struct QuantityRow {
  std::string name;
  json a;
  json b;
  bool same;
  friend void PrintTo(const QuantityRow& row, std::ostream* out) { *out << row.name; }
};
class QuantityTable : public testing::TestWithParam<QuantityRow> {};

TEST_P(QuantityTable, IsExact) {
  EXPECT_EQ(same_quantity(GetParam().a, GetParam().b), GetParam().same);
  EXPECT_EQ(same_quantity(GetParam().b, GetParam().a), GetParam().same);
}

INSTANTIATE_TEST_SUITE_P(Pairs, QuantityTable,
                         testing::Values(QuantityRow{"MilliIsOne", "1000m", "1", true}, QuantityRow{"GibiIsMebi", "1Gi", "1024Mi", true},
                                         QuantityRow{"GigaIsNotGibi", "1G", "1Gi", false}, QuantityRow{"NumberIsText", 0.5, "500m", true},
                                         QuantityRow{"Exponent", "1e3", "1k", true}, QuantityRow{"ExaIsNoExponent", "1E", "1e18", true},
                                         QuantityRow{"BigExponent", "1E3", 1000, true}, QuantityRow{"MinusExponent", "1e-3", "1m", true},
                                         QuantityRow{"Close", "1Gi", "1025Mi", false}, QuantityRow{"Zeros", "0", "0Gi", true},
                                         QuantityRow{"MinusZero", "-0", "0", true}, QuantityRow{"Signs", "-1", "1", false},
                                         QuantityRow{"Plus", "+1", "1", true}, QuantityRow{"Fractions", "0.1", "100m", true},
                                         QuantityRow{"TrailingZeros", "1.50", "1500m", true}, QuantityRow{"Nano", "1n", "0.000000001", true},
                                         QuantityRow{"BinaryFraction", "0.5Ki", "512", true}, QuantityRow{"NoNumber", "abc", "abc", false},
                                         QuantityRow{"NoSuffix", "1Zi", "1Zi", false}, QuantityRow{"Empty", "", "0", false},
                                         QuantityRow{"Percent", "25%", "25%", false}, QuantityRow{"TwoPoints", "1.2.3", "1.2", false},
                                         QuantityRow{"Huge", "123456789012345678901234567890123456789", "1", false}, QuantityRow{"ABoolean", true, "1", false}),
                         [](const auto& row) { return row.param.name; });

TEST(GoDurations, AreTheSameWhenTheyLastAsLong) {
  EXPECT_TRUE(same_go_duration("24h", "24h0m0s"));
  EXPECT_TRUE(same_go_duration("1h30m", "90m"));
  EXPECT_TRUE(same_go_duration("1.5h", "90m"));
  EXPECT_TRUE(same_go_duration("1500ms", "1.5s"));
  EXPECT_FALSE(same_go_duration("1h", "61m"));
  EXPECT_FALSE(same_go_duration("1d", "24h"));
  EXPECT_FALSE(same_go_duration("", "0"));
  EXPECT_FALSE(same_go_duration("5", "5"));
}

TEST(Scalars, FollowTheirFormat) {
  using Format = SchemaNode::Format;
  EXPECT_FALSE(same_scalar("1000m", "1", Format::Plain));
  EXPECT_TRUE(same_scalar("1000m", "1", Format::Quantity));
  EXPECT_FALSE(same_scalar(8080, "8080", Format::IntOrString));
  EXPECT_TRUE(same_scalar(1, 1.0, Format::Plain));
  EXPECT_TRUE(same_scalar("YWJj\nZGVm\n", "YWJjZGVm", Format::Bytes));
  EXPECT_FALSE(same_scalar("YWJj", "YWJk", Format::Bytes));
  EXPECT_TRUE(same_scalar("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", Format::Time));
  EXPECT_FALSE(same_scalar(true, "true", Format::Plain));
}

TEST(Zeros, AreWhatTheServerDrops) {
  for (const auto& zero : {json(), json(false), json(0), json(""), json::object(), json::array(), json{{"a", json::object()}, {"b", nullptr}}})
    EXPECT_TRUE(is_zero(zero)) << zero;
  for (const auto& value : {json(true), json(1), json("a"), json{{"a", 1}}, json::array({0})}) EXPECT_FALSE(is_zero(value)) << value;
}

}  // namespace
}  // namespace driftwarden
