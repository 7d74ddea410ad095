// YAML as Kubernetes reads it, and written again.
#include "gitops/manifest/manifest.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  ParseLimits limits;
  limits.max_nodes = 20'000;
  (void)parse_manifests(input, "input.yaml", limits);
  const auto documents = parse_yaml(input, "input.yaml", limits);
  if (!documents) {
    check(documents.error().message.starts_with("input.yaml"), "an error names the file");
    return;
  }
  for (const auto& document : *documents) {
    if (!document.is_object() || document.value("kind", nlohmann::json()) == "Secret") continue;
    const auto again = parse_yaml(to_yaml(document), "again.yaml");
    check(again && again->size() == 1 && again->front() == document, "what is written is read as the same");
  }
}

const Target target("yaml", &run);

}  // namespace
}  // namespace driftwarden::fuzz
