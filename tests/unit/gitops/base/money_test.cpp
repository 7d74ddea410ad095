#include "gitops/base/money.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace driftwarden {
namespace {

struct MoneyRow {
  std::int64_t micros;
  std::string words;
  std::string difference;
  std::string decimal;
  friend void PrintTo(const MoneyRow& row, std::ostream* out) { *out << row.micros; }
};
class Money : public testing::TestWithParam<MoneyRow> {};
TEST_P(Money, InWords) {
  EXPECT_EQ(money_words(GetParam().micros, "EUR"), GetParam().words);
  EXPECT_EQ(money_difference(GetParam().micros, "EUR"), GetParam().difference);
  EXPECT_EQ(money_decimal(GetParam().micros), GetParam().decimal);
}
INSTANTIATE_TEST_SUITE_P(Amounts, Money,
                         testing::Values(MoneyRow{0, "0 EUR", "0 EUR", "0"}, MoneyRow{4'999, "less than 0.01 EUR", "+less than 0.01 EUR", "0.004999"},
                                         MoneyRow{5'000, "0.01 EUR", "+0.01 EUR", "0.005"}, MoneyRow{212'400'000, "212.40 EUR", "+212.40 EUR", "212.4"},
                                         MoneyRow{-212'400'000, "-212.40 EUR", "-212.40 EUR", "-212.4"}, MoneyRow{200'000'000, "200 EUR", "+200 EUR", "200"},
                                         MoneyRow{999'994'999, "999.99 EUR", "+999.99 EUR", "999.994999"}, MoneyRow{999'995'000, "1,000 EUR", "+1,000 EUR", "999.995"},
                                         MoneyRow{1'062'500'000, "1,063 EUR", "+1,063 EUR", "1062.5"}, MoneyRow{1'234'567'890'000'000, "1,234,567,890 EUR", "+1,234,567,890 EUR", "1234567890"},
                                         MoneyRow{std::numeric_limits<std::int64_t>::min(), "-9,223,372,036,855 EUR", "-9,223,372,036,855 EUR", "-9223372036854.775808"}));

}  // namespace
}  // namespace driftwarden
