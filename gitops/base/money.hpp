#pragma once
// Money in words. Amounts are millionths of the currency's unit.
#include <cstdint>
#include <string>

namespace driftwarden {

/// "212.40 EUR", "200 EUR"; whole from 1,000 on, with commas; "less than 0.01 EUR" of what would round to nothing. A minus goes before the number.
std::string money_words(std::int64_t micros, const std::string& currency);

/// The same with its sign: "+212.40 EUR", "-12 EUR".
std::string money_difference(std::int64_t micros, const std::string& currency);

/// For other programs: "212.4", "1062", exactly.
std::string money_decimal(std::int64_t micros);

}  // namespace driftwarden
