// `terraform show -json`, and the diagnostics of a plan that failed.
#include "integrations/terraform/plan.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  (void)terraform::errors_in(input);
  const auto shown = nlohmann::json::parse(input, nullptr, false);
  if (shown.is_discarded()) return;
  const auto plan = terraform::read_plan(shown);
  if (!plan) return;
  (void)terraform::plan_text(*plan);
  check(terraform::plan_digest(*plan) == terraform::plan_digest(*terraform::read_plan(shown)), "equal plans have equal digests");
}

const Target target("terraform", &run);

}  // namespace
}  // namespace driftwarden::fuzz
