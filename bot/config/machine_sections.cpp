// slack, storage, http, clusters, repositories: where things are.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace driftwarden {
namespace {

constexpr std::string_view kWebUrl = "https://..., or http:// on this machine";

std::string without_last_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// A token that isn't given is looked for where the example has it.
void token(Section& section, std::string_view key, const char* variable, Secret<std::string>& out) {
  if (section.has(key)) return section.secret(key, out);
  if (const auto found = section.reading().environment.variable(variable); found && !trim(*found).empty()) {
    out = Secret<std::string>(std::string(trim(*found)));
  } else if (section.node().kind == ConfigNode::Kind::Map) {
    section.missing(key, fmt::format("{{env: {}}}", variable));
  }
}

void expect_prefix(Section& section, std::string_view key, const Secret<std::string>& secret, std::string_view prefix) {
  if (secret.empty() || secret.reveal().starts_with(prefix)) return;
  section.reading().warn(section.place(key), fmt::format("{} doesn't look right", key), fmt::format("a token that begins with {}", prefix));
}

bool is_slack_id(std::string_view id, char first) {
  const auto known = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  return id.size() > 2 && id.front() == first && std::ranges::all_of(id, known);
}

void read_listen(Section& section, HttpConfig& http) {
  constexpr std::string_view expected = "HOST:PORT such as 127.0.0.1:8484";
  std::string listen = fmt::format("{}:{}", http.host, http.port);
  section.checked(
      "listen", listen,
      [&](std::string_view text) -> std::string {
        const auto colon = text.rfind(':');
        if (colon == std::string_view::npos || colon == 0) return "isn't an address";
        auto host = text.substr(0, colon);
        const auto port = text.substr(colon + 1);
        std::uint16_t number = 0;
        const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (failed != std::errc{} || end != port.data() + port.size()) return "has no port from 0 to 65535";
        if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
        http.host = std::string(host);
        http.port = number;
        return {};
      },
      expected);
}

void read_credentials(Section& section, RepositoryConfig& repository) {
  section.inside("credentials", [&](Section& given) {
    CredentialsConfig credentials;
    given.text("username", credentials.username);
    given.secret("password", credentials.password);
    given.secret_value("ssh_key", credentials.ssh_key, SecretForm::Key);
    given.file_path("known_hosts", credentials.known_hosts);
    const bool both = given.has("password") && given.has("ssh_key");
    const bool none = !given.has("password") && !given.has("ssh_key");
    if (both) section.reading().mistake(given.place("ssh_key"), "both password and ssh_key are given", "one of them");
    if (none) given.missing("password", "password or ssh_key");
    repository.credentials = std::move(credentials);
  });
}

void read_forge_token(Section& section, ForgeConfig& forge) {
  const auto* token = section.find("token");
  const bool is_app = token != nullptr && token->kind == ConfigNode::Kind::Map && token->find("app_id") != nullptr;
  if (!is_app) return section.secret("token", forge.token);
  if (forge.kind != ForgeKind::GitHub) section.reading().mistake(*token, "a GitHub app's token on another kind of forge", "{env: NAME} or {file: PATH}");
  section.inside("token", [&](Section& given) {
    GitHubAppConfig app;
    given.id_number("app_id", app.app_id);
    given.id_number("installation_id", app.installation_id);
    given.secret("private_key", app.private_key, SecretForm::Key);
    if (!given.has("private_key")) given.missing("private_key", "{file: PATH}");
    forge.github_app = std::move(app);
  });
}

void read_forge(Section& section, ForgeConfig& forge) {
  section.inside("forge", [&](Section& given) {
    if (!given.has("kind")) given.missing("kind", "github | gitlab | gitea | none");
    given.choice<ForgeKind>("kind", {{"github", ForgeKind::GitHub}, {"gitlab", ForgeKind::GitLab}, {"gitea", ForgeKind::Gitea}, {"none", ForgeKind::None}},
                            forge.kind);
    if (forge.kind == ForgeKind::GitHub) forge.api_url = "https://api.github.com";
    if (forge.kind == ForgeKind::GitLab) forge.api_url = "https://gitlab.com/api/v4";
    given.checked("api_url", forge.api_url, check_web_url, kWebUrl);
    forge.api_url = without_last_slash(forge.api_url);
    given.text("project", forge.project);
    read_forge_token(given, forge);
    if (forge.kind == ForgeKind::None) return;
    if (forge.api_url.empty()) given.missing("api_url", kWebUrl);
    if (!given.has("project")) given.missing("project", "OWNER/NAME");
    if (!given.has("token")) given.missing("token", "{env: NAME}, {file: PATH} or {credential: NAME}");
    if (!forge.project.empty() && forge.project.find('/') == std::string::npos) {
      section.reading().mistake(given.place("project"), fmt::format("\"{}\" isn't a project", forge.project), "OWNER/NAME");
    }
  });
}

void read_sign(Section& section, RepositoryConfig& repository) {
  section.inside("sign", [&](Section& given) {
    given.secret_value("ssh_key", repository.sign, SecretForm::Key);
    given.checked("gpg_key", repository.sign_gpg, check_gpg_key, "a key id, a fingerprint or name@example.org");
    const bool ssh = given.has("ssh_key");
    const bool gpg = given.has("gpg_key");
    if (ssh && gpg) section.reading().mistake(given.place("gpg_key"), "both ssh_key and gpg_key are given", "one of them");
    if (!ssh && !gpg) given.missing("ssh_key", "ssh_key: {file: PATH} or gpg_key: ID");
  });
}

/// Globs would ask for every object of namespaces that nobody named.
void read_orphans(Section& section, std::vector<std::string>& namespaces) {
  section.texts("orphans", namespaces);
  const auto* list = section.find("orphans");
  if (list == nullptr) return;
  std::map<std::string, const ConfigNode*> seen;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar) continue;
    if (is_glob(item.text)) {
      section.reading().mistake(item, describe(item) + " is a glob", "the plain name of a namespace");
    } else if (!is_namespace(item.text)) {
      section.reading().mistake(item, describe(item) + " isn't a namespace", "lower-case letters, digits and \"-\"");
    } else if (!seen.emplace(item.text, &item).second) {
      section.reading().mistake(item, describe(item) + " is given twice", "it once");
    }
  }
}

/// What Argo CD and Flux call a cluster is one cluster's alone.
void read_aliases(Section& section, ClusterConfig& cluster, std::map<std::string, const ConfigNode*>& seen) {
  section.texts("aliases", cluster.aliases);
  const auto* list = section.find("aliases");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || item.text.empty()) continue;
    const auto [earlier, is_new] = seen.emplace(item.text, &item);
    if (is_new) continue;
    const auto& first = *earlier->second;
    section.reading().mistake(item, fmt::format("the alias {} is taken", describe(item)),
                              fmt::format("another alias (first at {}:{}:{})", first.source->name, first.line, first.column));
  }
}

/// So that a reload notices when what stands in it is different.
void note_kubeconfig(Section& section, const ClusterConfig& cluster) {
  const auto* node = section.find("kubeconfig");
  if (node == nullptr || cluster.kubeconfig.empty()) return;
  if (auto content = section.reading().environment.read_file(cluster.kubeconfig)) section.reading().secrets[node] = std::move(*content);
}

/// Kubeconfigs may name programs that are run and files that are read: in Git one that the main file names can be named again, for another context of it.
void read_kubeconfig(Section& section, ClusterConfig& cluster, std::set<std::string>& of_main) {
  const auto* node = section.find("kubeconfig");
  if (node == nullptr || node->kind != ConfigNode::Kind::Scalar || !is_from_git(*node)) {
    section.file_path("kubeconfig", cluster.kubeconfig);
    of_main.insert(cluster.kubeconfig);
    return;
  }
  cluster.kubeconfig = section.absolute(*node);
  if (!node->text.empty() && of_main.contains(cluster.kubeconfig)) return;
  section.reading().mistake(*node, fmt::format("a config in Git may not name the kubeconfig {}", describe(*node)), "one that a cluster of the main file has, with another context, or in_cluster: true");
}

/// What lies on this machine may be another's.
void refuse_local_url(Section& section, const RepositoryConfig& repository) {
  const auto& node = section.place("url");
  if (!is_from_git(node) || !repository.url.starts_with("file:")) return;
  section.reading().mistake(node, fmt::format("a config in Git may not name {}, which lies on this machine", describe(node)), "https://..., ssh://... or git@host:path");
}

}  // namespace

void read_name(Section& section, std::string& name, std::map<std::string, const ConfigNode*>& seen) {
  section.required("name", name);
  const auto* value = section.find("name");
  if (value == nullptr || name.empty()) return;
  if (!is_plain_name(name)) {
    section.reading().mistake(*value, fmt::format("{} isn't a name", describe(*value)), "letters, digits, \".\", \"_\" and \"-\"");
    return;
  }
  const auto [earlier, is_new] = seen.emplace(name, value);
  if (is_new) return;
  const auto& first = *earlier->second;
  section.reading().mistake(*value, fmt::format("the name \"{}\" is taken", name),
                            fmt::format("another name (first at {}:{}:{})", first.source->name, first.line, first.column));
}

void check_channel(Section& section, std::string_view key, std::string& out) {
  section.checked(
      key, out, [](std::string_view text) -> std::string { return is_channel(text) ? "" : "isn't a channel"; }, "\"#name\" in lower case or a channel's id");
}

void check_channels(Section& section, std::string_view key, std::vector<std::string>& out) {
  section.texts(key, out);
  const auto* list = section.find(key);
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || item.text.empty() || is_channel(item.text)) continue;
    section.reading().mistake(item, fmt::format("{} isn't a channel", describe(item)), "\"#name\" in lower case or a channel's id");
  }
}

void read_slack(Section& root, Config& config) {
  static const ConfigNode nothing;
  const auto* node = root.find("slack");
  Section section{root.reading(), node == nullptr ? nothing : *node, "slack"};
  auto& slack = config.slack;
  token(section, "app_token", "SLACK_APP_TOKEN", slack.app_token);
  token(section, "bot_token", "SLACK_BOT_TOKEN", slack.bot_token);
  expect_prefix(section, "app_token", slack.app_token, "xapp-");
  expect_prefix(section, "bot_token", slack.bot_token, "xoxb-");
  section.checked("api_url", slack.api_url, check_web_url, kWebUrl);
  if (!slack.api_url.ends_with('/')) slack.api_url += '/';
  section.checked("team", slack.team, [](std::string_view id) -> std::string { return is_slack_id(id, 'T') ? "" : "isn't a workspace's id"; }, "an id such as T0ACME");
  section.checked("app", slack.app, [](std::string_view id) -> std::string { return is_slack_id(id, 'A') ? "" : "isn't an app's id"; }, "an id such as A0WARDEN");
  check_channel(section, "admin_channel", slack.admin_channel);
  check_channel(section, "default_channel", slack.default_channel);
  section.finish();
}

void read_storage(Section& root, Config& config) {
  root.inside("storage", [&](Section& section) {
    section.file_path("path", config.storage.path);
    section.duration("retention", config.storage.retention);
    if (config.storage.retention < std::chrono::hours{24}) {
      root.reading().mistake(section.place("retention"), fmt::format("\"retention\" is {}", format_duration(config.storage.retention)), "at least 1d");
    }
  });
}

void read_http(Section& root, Config& config) {
  root.inside("http", [&](Section& section) {
    read_listen(section, config.http);
    const auto optional_url = [](std::string_view url) { return url.empty() ? std::string() : check_web_url(url); };
    section.checked("public_url", config.http.public_url, optional_url, kWebUrl);
    config.http.public_url = without_last_slash(config.http.public_url);
    section.secret("webhook_secret", config.http.webhook_secret);
  });
}

void read_clusters(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  std::map<std::string, const ConfigNode*> aliases;
  std::set<std::string> kubeconfigs;
  root.each("clusters", [&](Section& section) {
    ClusterConfig cluster;
    read_name(section, cluster.name, seen);
    section.text("environment", cluster.environment);
    read_kubeconfig(section, cluster, kubeconfigs);
    section.text("context", cluster.context);
    section.flag("in_cluster", cluster.in_cluster);
    section.flag("apply", cluster.apply);
    section.choice<ConfirmMode>("confirm", {{"dry-run", ConfirmMode::DryRun}, {"never", ConfirmMode::Never}}, cluster.confirm);
    read_orphans(section, cluster.orphans);
    read_aliases(section, cluster, aliases);
    note_kubeconfig(section, cluster);
    if (cluster.in_cluster && section.has("kubeconfig")) {
      root.reading().mistake(section.place("kubeconfig"), "both in_cluster and kubeconfig are given", "one of them");
    }
    if (!cluster.in_cluster && !section.has("kubeconfig")) section.missing("kubeconfig", "kubeconfig: PATH or in_cluster: true");
    config.clusters.push_back(std::move(cluster));
  });
}

void read_repositories(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  root.each("repositories", [&](Section& section) {
    RepositoryConfig repository;
    read_name(section, repository.name, seen);
    if (!section.has("url")) section.missing("url", "https://..., ssh://..., git@host:path or file:///path");
    section.checked("url", repository.url, check_git_url, "https://..., ssh://..., git@host:path or file:///path, without a password");
    refuse_local_url(section, repository);
    section.text("branch", repository.branch);
    section.duration("poll", repository.poll);
    if (repository.poll < std::chrono::seconds{1}) {
      root.reading().mistake(section.place("poll"), fmt::format("\"poll\" is {}", format_duration(repository.poll)), "at least 1s");
    }
    read_credentials(section, repository);
    read_forge(section, repository.forge);
    section.choice<MergeMethod>("merge", {{"merge", MergeMethod::Merge}, {"squash", MergeMethod::Squash}, {"rebase", MergeMethod::Rebase}}, repository.merge);
    read_sign(section, repository);
    config.repositories.push_back(std::move(repository));
  });
}

}  // namespace driftwarden
