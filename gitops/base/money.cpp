#include "gitops/base/money.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr std::uint64_t kMicros = 1'000'000;
constexpr std::uint64_t kMicrosOfACent = 10'000;
constexpr std::uint64_t kCentsToldWhole = 100'000;

std::uint64_t size_of(std::int64_t micros) { return micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros); }

/// Half away from zero.
std::uint64_t rounded(std::uint64_t amount, std::uint64_t to) { return amount / to + (amount % to >= to / 2 ? 1 : 0); }

std::string with_commas(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string amount_words(std::uint64_t micros, const std::string& currency) {
  const auto cents = rounded(micros, kMicrosOfACent);
  if (cents == 0 && micros > 0) return "less than 0.01 " + currency;
  if (cents >= kCentsToldWhole) return fmt::format("{} {}", with_commas(rounded(micros, kMicros)), currency);
  if (cents % 100 == 0) return fmt::format("{} {}", cents / 100, currency);
  return fmt::format("{}.{:02} {}", cents / 100, cents % 100, currency);
}

}  // namespace

std::string money_words(std::int64_t micros, const std::string& currency) { return (micros < 0 ? "-" : "") + amount_words(size_of(micros), currency); }

std::string money_difference(std::int64_t micros, const std::string& currency) {
  return (micros < 0 ? "-" : micros > 0 ? "+" : "") + amount_words(size_of(micros), currency);
}

std::string money_decimal(std::int64_t micros) {
  const auto size = size_of(micros);
  auto text = fmt::format("{}{}.{:06}", micros < 0 ? "-" : "", size / kMicros, size % kMicros);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace driftwarden
