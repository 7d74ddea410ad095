// What Infracost prints of a plan's cost.
#include "integrations/cost/infracost.hpp"
#include "integrations/cost/parse.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

bool is_short_line(const std::string& text) { return text.size() <= 900 && text.find_first_of("\n\r\x1b") == std::string::npos; }

void run(std::string_view input) {
  static_cast<void>(infracost::micros_of(input.substr(0, 80)));
  auto read = infracost::parse(input);
  if (!read) {
    check(!read.error().message.empty(), "a refusal says why");
    return;
  }
  check(!read->currency.empty() && is_short_line(read->currency), "it says in which currency");
  check(read->lines.size() <= 40 && read->after.uncounted.size() <= 21, "bounded");
  for (const auto& line : read->lines) check(is_short_line(line.what) && line.before_micros != line.after_micros, "each line differs, and is one");
  for (const auto& words : read->after.uncounted) check(is_short_line(words), "one line");
  check(std::ranges::all_of(read->before.uncounted, [](const std::string& words) { return words.empty(); }), "what is uncounted is of the plan");
  CostChange sum;
  sum.currency = read->currency;
  static_cast<void>(infracost::add_to(sum, std::move(*read), "unit"));
}

const Target target("infracost", &run);

}  // namespace
}  // namespace driftwarden::fuzz
