#include "bot/setup/init.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <array>

namespace driftwarden {
namespace {

/// Plain where every YAML reader takes it for a text, quoted otherwise.
std::string value(const std::string& text) {
  static constexpr std::array<std::string_view, 10> kWords{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"};
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '/' || c == '-'; };
  const bool begins = !text.empty() && (std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() == '/');
  const bool word = std::ranges::find(kWords, std::string_view(to_lower(text))) != kWords.end();
  return begins && !word && std::ranges::all_of(text, fits) ? text : json_quoted(text);
}

std::string cluster_lines(const InitAnswers& answers) {
  auto text = fmt::format("clusters:\n  - name: {}\n    environment: {}\n", value(answers.cluster), value(answers.environment));
  if (answers.kubeconfig.empty()) {
    text += "    in_cluster: true\n";
  } else {
    text += fmt::format("    kubeconfig: {}\n", value(answers.kubeconfig));
    if (!answers.context.empty()) text += fmt::format("    context: {}\n", value(answers.context));
  }
  if (answers.apply) text += "    apply: true           # merged changes are applied by the bot\n";
  if (!answers.apply) text += "    # apply: true         # merged changes are applied by the bot; without it they are only watched\n";
  // Without the right to patch every alert would say that it is unconfirmed.
  text += answers.apply ? "    confirm: dry-run\n" : "    confirm: never        # dry-run asks the API server before telling of drift; that needs `patch`\n";
  return text;
}

std::string forge_of(const InitRepository& repository) {
  if (repository.forge == ForgeKind::None) return "{kind: none}          # approvals in chat, and the bot pushes to the branch itself";
  auto text = fmt::format("{{kind: {}", to_string(repository.forge));
  if (!repository.api_url.empty()) text += fmt::format(", api_url: {}", json_quoted(repository.api_url));
  return text + fmt::format(", project: {}, token: {{env: {}}}}}", value(repository.project), repository.token);
}

std::string repository_lines(const InitAnswers& answers) {
  std::string text = "repositories:\n";
  for (const auto& repository : answers.repositories) {
    text += fmt::format("  - name: {}\n    url: {}\n    branch: {}\n", value(repository.name), json_quoted(repository.url), value(repository.branch));
    const bool web = repository.url.starts_with("http");
    if (web && !repository.token.empty()) text += fmt::format("    credentials: {{password: {{env: {}}}}}\n", repository.token);
    text += fmt::format("    forge: {}\n", forge_of(repository));
  }
  return text;
}

std::string app_lines(const InitAnswers& answers) {
  std::string text;
  std::string rules;
  if (answers.argocd) {
    rules += fmt::format("  - argocd: {{cluster: {}, namespace: {}}}\n", value(answers.cluster), answers.argocd_namespace.empty() ? "\"\"" : value(answers.argocd_namespace));
  }
  if (answers.flux) rules += fmt::format("  - flux: {{cluster: {}}}\n", value(answers.cluster));
  const auto first = answers.repositories.empty() ? std::string("config") : answers.repositories.front().name;
  if (!answers.paths.empty()) {
    rules += fmt::format("  - paths: {}\n    repository: {}\n", json_quoted(answers.paths), value(first));
    if (answers.paths.find("{cluster}") == std::string::npos) rules += fmt::format("    cluster: {}\n", value(answers.cluster));
    if (!answers.namespace_.empty()) rules += fmt::format("    namespace: {}\n", value(answers.namespace_));
  }
  if (!rules.empty()) text += "discover:\n" + rules;
  if (answers.app) {
    const auto& app = *answers.app;
    text += fmt::format("apps:\n  - name: {}\n    repository: {}\n    path: {}\n    cluster: {}\n    namespace: {}\n", value(app.name), value(first), json_quoted(app.path),
                        value(answers.cluster), value(app.namespace_));
    if (!answers.person.empty()) text += fmt::format("    owners: [{}]\n", value(answers.person));
  }
  return text;
}

std::string people_lines(const InitAnswers& answers) {
  if (answers.person.empty()) return "# Nobody is named here, so everybody may read and nobody may do more: see people, groups and policy in deploy/examples/driftwarden.yaml.\n";
  auto text = fmt::format("people:\n  - {{name: {}, slack: {}", value(answers.person), value(answers.slack_user));
  if (!answers.forge_login.empty()) text += fmt::format(", forge: {}", value(answers.forge_login));
  text += "}\ngroups:\n";
  text += fmt::format("  - {{name: admins, members: [{}]}}\n\n", value(answers.person));
  text += "# Nobody approves their own changes, so a second person is needed before anything is merged from chat.\n";
  text += "policy:\n  rules:\n    - {who: [admins], may: [\"*\"], apps: [\"*\"]}\n  approvals:\n    - {need: 1, from: [owners, admins], expires: 4h}\n";
  return text;
}

}  // namespace

std::vector<std::string> variables_of(const InitAnswers& answers) {
  std::vector<std::string> names{"SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"};
  for (const auto& repository : answers.repositories) {
    if (!repository.token.empty() && std::ranges::find(names, repository.token) == names.end()) names.push_back(repository.token);
  }
  return names;
}

std::string write_config(const InitAnswers& answers) {
  std::string text = "# Written by `driftwarden init`. Secrets are referred to, never written here. What else there is: deploy/examples.\n";
  for (const auto& remark : answers.remarks) text += "# To do: " + without_control_characters(remark) + "\n";
  text += fmt::format("slack:\n  app_token: {{env: SLACK_APP_TOKEN}}\n  bot_token: {{env: SLACK_BOT_TOKEN}}\n  admin_channel: {}\n  default_channel: {}\n\n",
                      json_quoted(answers.admin_channel), json_quoted(answers.default_channel));
  text += cluster_lines(answers) + "\n" + repository_lines(answers) + "\n" + app_lines(answers) + "\n" + people_lines(answers);
  text += "\n# Off until they are here: model (drafts, answers, plain sentences), cost (what a change costs a month), gates (policy checks): deploy/examples/driftwarden.yaml.\n";
  return text;
}

}  // namespace driftwarden
