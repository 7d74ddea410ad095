#include "bot/cost/quantity.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

namespace driftwarden {
namespace {

constexpr Wide kBillion = 1'000'000'000;
constexpr Wide kGi = Wide{1} << 30;

struct QuantityRow {
  std::string text;
  Wide billionths;
  friend void PrintTo(const QuantityRow& row, std::ostream* out) { *out << row.text; }
};
class Quantity : public testing::TestWithParam<QuantityRow> {};
TEST_P(Quantity, IsExact) {
  const auto read = parse_quantity(GetParam().text);
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == GetParam().billionths) << static_cast<long double>(*read);
}
INSTANTIATE_TEST_SUITE_P(Texts, Quantity,
                         testing::Values(QuantityRow{"0", 0}, QuantityRow{"1", kBillion}, QuantityRow{"+1", kBillion}, QuantityRow{"100m", kBillion / 10}, QuantityRow{"0.5", kBillion / 2},
                                         QuantityRow{".5", kBillion / 2}, QuantityRow{"5.", 5 * kBillion}, QuantityRow{"1e3", 1000 * kBillion}, QuantityRow{"1E3", 1000 * kBillion},
                                         QuantityRow{"2e+2", 200 * kBillion}, QuantityRow{"15e-1", kBillion * 3 / 2}, QuantityRow{"1E", Wide{1'000'000'000'000'000'000} * kBillion},
                                         QuantityRow{"1Ki", 1024 * kBillion}, QuantityRow{"128Mi", 128 * (Wide{1} << 20) * kBillion}, QuantityRow{"1Gi", kGi * kBillion},
                                         QuantityRow{"1.5Gi", kGi * kBillion * 3 / 2}, QuantityRow{"1k", 1000 * kBillion}, QuantityRow{"1M", 1'000'000 * kBillion},
                                         QuantityRow{"1n", 1}, QuantityRow{"1u", 1000}, QuantityRow{"0.1n", 1}, QuantityRow{"1.0000000001", kBillion + 1},
                                         QuantityRow{"007", 7 * kBillion}, QuantityRow{"1e-99", 1}));

TEST(Quantity, RefusesWhatIsNone) {
  for (const auto* text : {"", ".", "-1", "abc", "1 Gi", "1GiB", "1gi", "0x10", "1e", "1e100", "--1", "1..2", "99999999999999999999Ei", "9.3E", "1,5", "{{ .Values.cpu }}", "NaN", "inf"}) {
    EXPECT_FALSE(parse_quantity(text)) << text;
  }
}

TEST(Quantity, NumbersOfJsonCountToo) {
  EXPECT_TRUE(quantity_of(nlohmann::json(2)) == Wide{2} * kBillion);
  EXPECT_TRUE(quantity_of(nlohmann::json(0.25)) == kBillion / 4);
  EXPECT_TRUE(quantity_of(nlohmann::json(1e3)) == 1000 * kBillion);
  EXPECT_FALSE(quantity_of(nlohmann::json(-1)));
  EXPECT_FALSE(quantity_of(nlohmann::json(true)));
  EXPECT_FALSE(quantity_of(nlohmann::json()));
  EXPECT_FALSE(quantity_of(nlohmann::json::array()));
}

TEST(Quantity, OneAmountInAllItsSpellingsIsOne) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 500; ++i) {
    const auto milli = static_cast<long long>(random() % 1'000'000'000);
    const auto plain = parse_quantity(std::to_string(milli) + "m");
    ASSERT_TRUE(plain);
    EXPECT_TRUE(*plain == Wide{milli} * 1'000'000);
    EXPECT_TRUE(parse_quantity(std::to_string(milli) + "e-3") == plain);
    auto digits = std::to_string(milli);
    if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
    digits.insert(digits.size() - 3, ".");
    EXPECT_TRUE(parse_quantity(digits) == plain) << digits;
  }
}

TEST(Priced, RoundsTheWholeOnce) {
  EXPECT_EQ(priced(kBillion / 10, 3, 21'900'000), 6'570'000);
  EXPECT_EQ(priced(kGi * kBillion, 2, 2'950'000, 1LL << 30), 5'900'000);
  EXPECT_EQ(priced(1, 1, 500'000'000), 1) << "half a millionth is one";
  EXPECT_EQ(priced(1, 1, 499'999'999), 0);
  EXPECT_EQ(priced(0, 5, 7), 0);
  EXPECT_FALSE(priced(kBillion, -1, 7));
  EXPECT_FALSE(priced(*parse_quantity("9E"), 1'000'000, 1'000'000'000'000)) << "no amount of money";
  EXPECT_FALSE(priced(*parse_quantity("9E"), 2'000'000'000, 1'000'000'000'000'000)) << "beyond 128 bits";
}

}  // namespace
}  // namespace driftwarden
