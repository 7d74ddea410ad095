// What policy tools print: the first line of an input says in which form, the rest is the answer.
#include "gitops/base/text.hpp"
#include "integrations/gates/answer.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

gates::Subjects subjects() {
  Manifest web;
  web.ref.group = "apps";
  web.ref.version = "v1";
  web.ref.kind = "Deployment";
  web.ref.namespace_ = "shop";
  web.ref.name = "web";
  web.body = std::make_shared<const nlohmann::json>(nlohmann::json::object());
  return gates::Subjects({web}, "/tmp/driftwarden-gate-AbCdEf");
}

bool is_word(const std::string& rule) {
  return !rule.empty() && std::ranges::all_of(rule, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}

void look_at(const Finding& finding) {
  check(is_word(finding.rule), "a rule is one word");
  check(finding.object.empty() || finding.object == "Deployment shop/web", "no object that wasn't given");
  check(finding.message.size() <= 400 && finding.path.size() <= 200, "bounded");
  check(finding.message.find_first_of("\n\r\x1b") == std::string::npos, "one line");
  check(finding.link.empty() || finding.link.starts_with("https://"), "links are https");
  check(finding.message.find("/tmp/driftwarden-gate-AbCdEf") == std::string::npos, "no place that is another each time");
}

void run(std::string_view input) {
  static constexpr std::string_view kForms = "sjcyk";
  const auto form = kForms.find(input.empty() ? 's' : input.front());
  const auto rest = std::string(input.substr(std::min(input.find('\n'), input.size())));
  const auto format = static_cast<gates::Format>(form == std::string_view::npos ? 0 : form);
  const auto given = subjects();
  for (const int exit_code : {0, 1, 137}) {
    const auto findings = gates::read_answer(format, {exit_code, rest, rest}, given);
    if (!findings) continue;
    check(exit_code == 0 || !findings->empty(), "a failure without a finding is no answer");
    for (const auto& finding : *findings) look_at(finding);
  }
}

const Target target("gate_answer", &run);

}  // namespace
}  // namespace driftwarden::fuzz
