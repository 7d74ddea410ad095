#include "bot/terminal/policy_command.hpp"

#include "bot/terminal/config_without_secrets.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/section.hpp"
#include "bot/policy/gate.hpp"
#include "bot/policy/policy_cases.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_output(const std::string& command, const std::string& output, std::ostream& err) {
  if (output == "text" || output == "json") return true;
  err << "driftwarden " << command << ": unknown output \"" << output << "\", expected text or json\n";
  return false;
}

void print_json(const json& document, std::ostream& out) { out << document.dump(2, ' ', false, json::error_handler_t::replace) << '\n'; }

int print_results(const PolicyTestArguments& arguments, const std::vector<PolicyCaseResult>& results, std::ostream& out) {
  const auto failed = std::ranges::count_if(results, [](const PolicyCaseResult& result) { return !result.passed; });
  if (arguments.output == "json") {
    json cases = json::array();
    for (const auto& result : results) cases.push_back({{"line", result.line}, {"case", result.said}, {"passed", result.passed}, {"got", result.got}});
    print_json({{"file", arguments.file}, {"ok", failed == 0}, {"cases", cases}, {"passed", static_cast<std::int64_t>(results.size()) - failed}, {"failed", failed}}, out);
  } else {
    for (const auto& result : results) {
      out << fmt::format("{} {}:{}: {}\n", result.passed ? "ok  " : "FAIL", arguments.file, result.line, result.said);
      if (!result.passed) out << "     got " << result.got << '\n';
    }
    out << fmt::format("{} of {} cases hold\n", static_cast<std::int64_t>(results.size()) - failed, results.size());
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int run_policy_test(const PolicyTestArguments& arguments, const Environment& environment, const Clock& clock, std::ostream& out, std::ostream& err) {
  if (!is_output("policy test", arguments.output, err)) return 2;
  const auto config = load_config_without_secrets("policy test", arguments.config, environment, err);
  if (!config) return 2;
  const auto text = environment.read_file(arguments.file);
  if (!text) {
    err << "driftwarden policy test: " << arguments.file << " can't be read: " << text.error().message << '\n';
    return 2;
  }
  const auto results = run_policy_cases(*config, *text, arguments.file, clock.wall_now());
  if (!results) {
    err << results.error().message << '\n';
    return 2;
  }
  return print_results(arguments, *results, out);
}

int run_policy_explain(const PolicyExplainArguments& arguments, const Environment& environment, const Clock& clock, std::ostream& out, std::ostream& err) {
  constexpr std::string_view name = "driftwarden policy explain: ";
  if (!is_output("policy explain", arguments.output, err)) return 2;
  const auto config = load_config_without_secrets("policy explain", arguments.config, environment, err);
  if (!config) return 2;
  const auto when = arguments.at.empty() ? Result<WallTime>{clock.wall_now()} : parse_time(arguments.at);
  if (!when) {
    err << name << "\"" << arguments.at << "\" isn't a time, expected one such as 2026-11-21T22:00:00Z\n";
    return 2;
  }
  const auto& verbs = policy_verbs();
  if (std::ranges::find(verbs, arguments.verb) == verbs.end()) {
    err << name << "unknown verb \"" << arguments.verb << "\", expected " << expected_of(arguments.verb, verbs) << '\n';
    return 2;
  }
  const auto* app = find_app(*config, arguments.app);
  if (app == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : config->apps) names.push_back(known.name);
    err << name << "unknown App \"" << arguments.app << "\", expected " << expected_of(arguments.app, names) << '\n';
    return 2;
  }
  const auto words = explain_policy(*config, arguments.who, arguments.verb, *app, {}, *when);
  const auto decision = may(*config, arguments.who, arguments.verb, *app);
  if (arguments.output == "json") {
    print_json({{"who", arguments.who},
                {"verb", arguments.verb},
                {"app", arguments.app},
                {"at", format_time(*when)},
                {"allowed", decision.allowed},
                {"rule", decision.rule},
                {"explanation", split(words, '\n')}},
               out);
  } else {
    out << words << '\n';
  }
  return 0;
}

}  // namespace driftwarden
