// Terraform's files and Ansible's, as anybody may have committed them: what may be shown of them.
#include "bot/change/hidden_hcl.hpp"
#include "bot/change/hidden_values.hpp"
#include "gitops/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

constexpr const char* kToken = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";

bool tells(const std::vector<std::string>& lines) {
  return std::ranges::any_of(lines, [](const std::string& line) { return line.find(kToken) != std::string::npos; });
}

void run(std::string_view input) {
  if (input.size() > 64U << 10U) return;
  // On a line of its own, wherever that is by then.
  const auto middle = std::min(input.find('\n', input.size() / 2), input.size());
  const auto lines = split(std::string(input.substr(0, middle)) + "\n " + kToken + "\n" + std::string(input.substr(middle)), '\n');
  HclVariables variables;
  add_variables(input, variables);
  for (const auto* path : {"main.tf", "prod.tfvars", "terragrunt.hcl"}) {
    const auto shown = hcl_without_hidden_values(path, lines, variables);
    check(!shown || shown->size() == lines.size(), "each line stays a line");
    check(!shown || !tells(*shown), "a token is never told");
  }
  const auto shown = text_without_hidden_values(lines);
  check(shown.size() == lines.size(), "each line stays a line");
  check(!tells(shown), "a token is never told");
  (void)hcl_values(input);
}

const Target target("hcl", &run);

}  // namespace
}  // namespace driftwarden::fuzz
