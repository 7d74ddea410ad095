#include "tests/e2e/live/live_world.hpp"

#include "gitops/base/random.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/sandbox/shop.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

namespace driftwarden::e2e {
namespace {

constexpr std::chrono::milliseconds kStartsWithin{120'000};

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void write_secret(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

/// The shop's files as its history leaves them.
std::map<std::string, std::string> shop_at_head() {
  std::map<std::string, std::string> files;
  for (const auto& [path, content] : sandbox::shop_files()) files[path] = content;
  for (const auto& commit : sandbox::shop_history()) files[commit.path] = commit.content;
  return files;
}

std::string object_path(const ObjectRef& ref) {
  const std::map<std::string, std::string> plural{{"Deployment", "deployments"}, {"Service", "services"}, {"ConfigMap", "configmaps"}};
  const auto root = ref.group.empty() ? "/api/" + ref.version : "/apis/" + ref.group + "/" + ref.version;
  return fmt::format("{}/namespaces/shop/{}/{}", root, plural.at(ref.kind), ref.name);
}

}  // namespace

std::string read_live_servers(LiveServers& servers) {
  servers = {from_environment("DRIFTWARDEN_LIVE_KUBECONFIG"), from_environment("DRIFTWARDEN_LIVE_GITEA"), from_environment("DRIFTWARDEN_LIVE_GITEA_TOKEN")};
  if (servers.kubeconfig.empty()) return "DRIFTWARDEN_LIVE_KUBECONFIG isn't set";
  if (servers.gitea.empty()) return "DRIFTWARDEN_LIVE_GITEA isn't set";
  if (servers.gitea_token.empty()) return "DRIFTWARDEN_LIVE_GITEA_TOKEN isn't set";
  while (servers.gitea.ends_with('/')) servers.gitea.pop_back();
  return "";
}

LiveWorld::LiveWorld(const LiveServers& servers) : servers_(servers), cluster_(servers.kubeconfig) {
  const auto random = create_system_random();
  webhook_secret_ = random->hex(32);
  project_ = "shop-" + random->hex(8);
  slack_ = std::make_unique<Program>(std::vector<std::string>{DRIFTWARDEN_BINARY, "sandbox", "--port", "0", "--json", "--no-bot", "--data", directory_.path() + "/slack"}, log());
  const auto line = Json::parse(slack_->read_line(kStartsWithin));
  http_ = line.at("http").get<std::string>();
  make_repository();
  fill_cluster();
  chat_ = std::make_unique<ChatPeople>(web_, line.at("chat_url").get<std::string>(), line.at("slack"));
  write_config(line.at("slack"));
  start_bot();
}

LiveWorld::~LiveWorld() {
  if (!testing::Test::HasFailure() && std::uncaught_exceptions() == 0) return;
  directory_.keep();
  std::cerr << "--- " << log() << '\n' << std::ifstream(log()).rdbuf() << '\n';
}

void LiveWorld::make_repository() {
  const auto api = servers_.gitea + "/api/v1";
  const auto authorization = "token " + servers_.gitea_token;
  const auto me = web_.send("GET", api + "/user", authorization);
  if (!me.ok()) throw std::runtime_error("Gitea does not know the token: " + me.text);
  login_ = me.body.at("login").get<std::string>();
  const Json draft{{"name", project_}, {"auto_init", true}, {"default_branch", "main"}, {"private", true}};
  const auto made = web_.send("POST", api + "/user/repos", authorization, draft.dump());
  if (!made.ok()) throw std::runtime_error("the repository could not be made: " + made.text);
  git_url_ = fmt::format("{}/{}/{}.git", servers_.gitea, login_, project_);
  const Json hook{{"type", "gitea"},
                  {"active", true},
                  {"events", {"push", "pull_request", "pull_request_review"}},
                  {"config", {{"url", http_ + "/webhooks/git"}, {"content_type", "json"}, {"secret", webhook_secret_}}}};
  const auto hooked = web_.send("POST", fmt::format("{}/repos/{}/{}/hooks", api, login_, project_), authorization, hook.dump());
  if (!hooked.ok()) throw std::runtime_error("the webhook could not be made: " + hooked.text);
  forge_ = std::make_unique<ForgeHands>(web_, api, login_ + "/" + project_, servers_.gitea_token, git_url_);
  forge_->push(sandbox::shop_files(), "alice", "The shop");
  for (const auto& commit : sandbox::shop_history()) forge_->push({{commit.path, commit.content}}, commit.author, commit.message);
}

void LiveWorld::fill_cluster() {
  cluster_.apply("/api/v1/namespaces/shop", {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "shop"}}}}, "driftwarden");
  const auto files = shop_at_head();
  for (const auto& app : sandbox::shop_apps()) {
    if (app.cluster != "prod-eu") continue;
    for (const auto& [path, content] : files) {
      if (!path.starts_with(app.path + "/")) continue;
      auto manifests = parse_manifests(content, path);
      if (!manifests) throw std::runtime_error(manifests.error().message);
      for (const auto& manifest : *manifests) {
        auto ref = manifest.ref;
        ref.namespace_ = "shop";
        auto body = *manifest.body;
        body["metadata"]["namespace"] = "shop";
        body["metadata"]["annotations"]["driftwarden.io/tracking"] = app.name + ":" + object_id(ref);
        cluster_.apply(object_path(ref), body, "driftwarden");
      }
    }
  }
}

void LiveWorld::write_config(const Json& slack) {
  const auto secret = [&](const std::string& name, const std::string& value) {
    write_secret(directory_.path() + "/" + name, value);
    return fmt::format("{{file: {}}}", name);
  };
  auto text = fmt::format("slack: {{app_token: {}, bot_token: {}, api_url: {}, admin_channel: \"#driftwarden\", default_channel: \"#gitops\"}}\n",
                          secret("slack_app", slack.at("app_token").get<std::string>()), secret("slack_bot", slack.at("bot_token").get<std::string>()),
                          slack.at("api_url").get<std::string>());
  text += fmt::format("storage: {{path: driftwarden.db}}\nhttp: {{listen: {}, webhook_secret: {}}}\n", http_.substr(7), secret("webhook", webhook_secret_));
  text += fmt::format("clusters:\n  - {{name: prod-eu, environment: production, kubeconfig: {}, apply: true}}\n", Json(servers_.kubeconfig).dump());
  const auto token = secret("forge", servers_.gitea_token);
  text += fmt::format("repositories:\n  - name: config\n    url: {}\n    branch: main\n    poll: 30s\n    merge: rebase\n    credentials: {{username: {}, password: {}}}\n"
                      "    forge: {{kind: gitea, api_url: \"{}/api/v1\", project: {}/{}, token: {}}}\n",
                      git_url_, login_, token, servers_.gitea, login_, project_, token);
  text += "apps:\n";
  for (const auto& app : sandbox::shop_apps()) {
    if (app.cluster == "prod-eu") {
      text += fmt::format("  - {{name: {}, repository: config, path: {}, cluster: prod-eu, namespace: shop, channel: \"#shop-prod\", owners: [shop-team]}}\n", app.name, app.path);
    }
  }
  text += "people:\n";
  for (const auto* name : {"alice", "bob", "carol"}) text += fmt::format("  - {{name: {0}, slack: {1}, forge: {0}, emails: [{0}@acme.example]}}\n", name, chat_->id_of(name));
  text += "groups:\n  - {name: shop-team, members: [alice, bob, carol]}\n"
          "policy:\n  rules:\n    - {who: [shop-team], may: [\"*\"], apps: [\"*\"]}\n  approvals:\n    - {environment: production, need: 1, from: [owners], expires: 4h}\n"
          "alerts:\n  hold_off: {live-edited: 0s, git-ahead: 1s}\n";
  write_secret(directory_.path() + "/driftwarden.yaml", text);
}

void LiveWorld::start_bot() {
  bot_ = std::make_unique<Program>(std::vector<std::string>{DRIFTWARDEN_BINARY, "run", "--config", directory_.path() + "/driftwarden.yaml"}, log());
  await_ready(web_, *bot_, http_);
}

}  // namespace driftwarden::e2e
