#include "bot/app/policy_command.hpp"

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

/// The machine without its secrets: a policy can be tested where nobody would put them.
class WithoutSecrets final : public Environment {
 public:
  explicit WithoutSecrets(const Environment& inner) : inner_(inner) {}

  std::optional<std::string> variable(const std::string& name) const override {
    auto found = inner_.variable(name);
    if (found && !found->empty()) return found;
    if (name == "TZDIR") return std::nullopt;
    return name == "CREDENTIALS_DIRECTORY" ? std::optional<std::string>{"/nonexistent"} : std::optional<std::string>{std::string(kPlaceholder)};
  }
  Result<std::string> read_file(const std::string& path) const override {
    auto text = inner_.read_file(path);
    const bool zone = path.starts_with(inner_.variable("TZDIR").value_or("/usr/share/zoneinfo"));
    const bool included = path.ends_with(".yaml") || path.ends_with(".yml");
    if (text || zone || included) return text;
    return std::string(kPlaceholder);
  }
  std::vector<std::string> list_files(const std::string& pattern) const override { return inner_.list_files(pattern); }
  std::string absolute(const std::string& path) const override { return inner_.absolute(path); }

 private:
  /// Good base32, so that it passes for a one-time secret, too.
  static constexpr std::string_view kPlaceholder = "PLACEHOLDERPLACEHOLDERPLACEHOLDE";
  const Environment& inner_;
};

std::optional<Config> loaded_config(const std::string& command, const std::string& file, const Environment& environment, std::ostream& err) {
  if (const auto text = environment.read_file(file); !text) {
    err << "driftwarden " << command << ": " << file << " can't be read: " << text.error().message << '\n';
    return std::nullopt;
  }
  auto loaded = load_config(file, WithoutSecrets{environment});
  for (const auto& mistake : loaded.mistakes) err << to_string(mistake) << '\n';
  return std::move(loaded.config);
}

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
  const auto config = loaded_config("policy test", arguments.config, environment, err);
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
  const auto config = loaded_config("policy explain", arguments.config, environment, err);
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
