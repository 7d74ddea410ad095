// CODEOWNERS in each dialect. The first line is the path that is asked for.
#include "bot/policy/code_owners.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  const auto end = input.find('\n');
  const std::string path(input.substr(0, std::min<std::size_t>(end, 200)));
  const auto text = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  for (const auto dialect : {ForgeKind::GitHub, ForgeKind::GitLab, ForgeKind::Gitea}) {
    const auto rules = parse_code_owners(text, dialect);
    for (const auto& owner : owners_of_path(rules, path, dialect)) check(text.find(owner) != std::string_view::npos, "owners are as written");
  }
}

const Target target("code_owners", &run);

}  // namespace
}  // namespace driftwarden::fuzz
