// Two objects, desired and live, and what is shown of their difference.
#include "gitops/diff/compare.hpp"
#include "gitops/diff/drift_diff.hpp"
#include "gitops/diff/print.hpp"
#include "gitops/manifest/manifest.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  ParseLimits limits;
  limits.max_nodes = 5'000;
  const auto documents = parse_yaml(input, "input.yaml", limits);
  if (!documents || documents->size() < 2 || !(*documents)[0].is_object() || !(*documents)[1].is_object()) return;
  const auto& desired = (*documents)[0];
  const auto& live = (*documents)[1];
  const Redactor redactor("key");
  CompareContext context;
  context.redactor = &redactor;
  context.app = "web";
  const auto drift = compare(&desired, &live, nullptr, nullptr, context);
  (void)compare(&desired, nullptr, nullptr, nullptr, context);
  (void)compare(nullptr, &live, nullptr, nullptr, context);
  (void)drifted(desired, live, context);
  const auto left = redactor.redact(desired);
  const auto right = redactor.redact(live);
  (void)drift_diff(&left, &right, drift);
  (void)unified_yaml_diff(left, right);
  (void)to_text(drift);
  (void)to_json(drift).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  (void)for_dry_run(desired, nullptr);
}

const Target target("compare", &run);

}  // namespace
}  // namespace driftwarden::fuzz
