// ignore: a rule by way of Git. ignores: which rules there are.
#include "bot/command/ignore_request.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/record_view.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/base/text.hpp"
#include "gitops/drift/rule_uses.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kDefaultIgnore = std::chrono::hours{24 * 30};
constexpr Duration kLongestIgnore = std::chrono::hours{24 * 365};
constexpr std::size_t kMostFields = 50;
constexpr std::size_t kFieldsNamed = 10;

/// What drifts now, and what is fought over, whoever won last.
std::vector<IgnoreRequest::Field> drifting_fields(const DriftReport& report) {
  std::vector<IgnoreRequest::Field> fields;
  const auto add = [&](ObjectRef ref, const std::string& path) {
    ref.version.clear();
    IgnoreRequest::Field field{std::move(ref), path};
    if (std::ranges::find(fields, field) == fields.end()) fields.push_back(std::move(field));
  };
  for (const auto& drift : report.objects) {
    for (const auto& field : drift.fields) add(drift.object, field.path);
  }
  for (const auto& fight : report.fights) add(fight.object, fight.path);
  return fields;
}

/// Each path that was named, on the objects on which it or something below it drifts; an Error names one that drifts nowhere.
Result<std::vector<IgnoreRequest::Field>> chosen_fields(const std::vector<IgnoreRequest::Field>& drifting, const std::vector<std::string>& paths) {
  if (paths.empty()) return drifting;
  std::vector<IgnoreRequest::Field> chosen;
  for (const auto& path : paths) {
    bool any = false;
    for (const auto& field : drifting) {
      if (!is_path_below(field.path, path)) continue;
      any = true;
      IgnoreRequest::Field covering{field.object, path};
      if (std::ranges::find(chosen, covering) == chosen.end()) chosen.push_back(std::move(covering));
    }
    if (!any) return Error{ErrorKind::NotFound, path};
  }
  return chosen;
}

std::string fields_words(const std::vector<IgnoreRequest::Field>& fields) {
  std::string words;
  for (std::size_t i = 0; i < fields.size() && i < kFieldsNamed; ++i) {
    words += fmt::format("\n\u2022 {} of {}", view::code_span(ellipsize(fields[i].path, 200)), view::code_span(to_string(fields[i].object)));
  }
  if (fields.size() > kFieldsNamed) words += fmt::format("\n\u2026 and {} more", fields.size() - kFieldsNamed);
  return words;
}

/// The App's rules that hide or would hide something, then those that rest. `written` are those of the config and of Git.
std::vector<view::RuleRow> rule_rows(const App& app, const DriftReport& report, const std::vector<IgnoreRule>& written, WallTime now) {
  std::vector<view::RuleRow> rows;
  for (const auto& use : report.rules) rows.push_back({app.name, use});
  for (const auto& rule : written) {
    const auto words = words_of(rule);
    const bool listed = std::ranges::any_of(report.rules, [&](const RuleUse& use) { return use.rule == words && use.owner == rule.owner; });
    if (!listed) rows.push_back({app.name, {words, rule.owner, rule.reason, rule.until, 0, rule.until && *rule.until <= now}});
  }
  return rows;
}

asio::awaitable<Result<std::vector<IgnoreRule>>> written_rules(Services& services, App app) {
  auto rules = app.ignore;
  if (app.orphans) co_return rules;
  std::function<Result<ImportedRules>(Mirror&)> read = [name = app.name](Mirror& mirror) -> Result<ImportedRules> {
    TRY(const auto head, mirror.head());
    const auto path = ignore_path(name);
    const auto text = mirror.read_file(head, path);
    if (!text && text.error().kind == ErrorKind::NotFound) return ImportedRules{};
    if (!text) return text.error();
    return parse_ignore_file(*text, path);
  };
  auto reading = services.fleet.repository(app.repository).with_mirror<ImportedRules>(std::move(read));
  const auto of_git = co_await std::move(reading);
  if (!of_git && of_git.error().kind == ErrorKind::NotFound) co_return rules;  // nothing was fetched yet
  if (!of_git) co_return of_git.error();
  rules.insert(rules.end(), of_git->rules.begin(), of_git->rules.end());
  co_return rules;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_ignore(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  const auto name = slack::escape(app.name);
  const auto drifting = drifting_fields(services.fleet.report(app.name));
  if (drifting.empty()) co_return say(fmt::format("*{}* has no field that drifts: there is nothing to ignore.", name));
  const auto chosen = chosen_fields(drifting, call.command.paths);
  if (!chosen) co_return say(fmt::format("{} does not drift in *{}* now. What does:{}", view::code_span(chosen.error().message), name, fields_words(drifting)));
  if (chosen->size() > kMostFields) co_return say(fmt::format("*{}* has {} fields that drift: name those that you mean, as in `ignore {} .spec.replicas`.", name, chosen->size(), name));
  // A rule's path is a pattern: one that was made of such a name would hide its likes, too.
  const auto wild = std::ranges::find_if(*chosen, [](const IgnoreRequest::Field& field) { return field.path.find_first_of("*?") != std::string::npos; });
  if (wild != chosen->end()) co_return say(fmt::format("{} holds a wildcard, so a rule made of it would hide more than that: write it by hand into `{}`.", view::code_span(wild->path), ignore_path(app.name)));
  const auto duration = std::clamp(call.command.duration.value_or(kDefaultIgnore), Duration{60'000}, kLongestIgnore);
  const IgnoreRequest request{*chosen, std::chrono::ceil<std::chrono::seconds>(services.clock.wall_now() + duration)};
  co_return request_change(services, call, app, ChangeVerb::Ignore, "", to_json_text(request));
}

asio::awaitable<Result<Answer>> handle_ignores(Services& services, Call call) {
  std::vector<view::RuleRow> rows;
  for (const auto& app : visible_apps(services, call)) {
    if (!call.command.app.empty() && app.name != call.command.app) continue;
    const auto written = co_await written_rules(services, app);
    if (!written) co_return written.error();
    auto of_app = rule_rows(app, services.fleet.report(app.name), *written, services.clock.wall_now());
    std::ranges::move(of_app, std::back_inserter(rows));
  }
  co_return say(view::ignores_message(std::move(rows), call.command.app, call.command.page));
}

}  // namespace driftwarden
