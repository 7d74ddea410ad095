#include "integrations/sandbox/sandbox.hpp"

#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/sandbox/break_panel.hpp"
#include "integrations/sandbox/deployer_kinds.hpp"
#include "integrations/sandbox/model/brain.hpp"
#include "integrations/sandbox/shop.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kProject = "acme/config";
constexpr const char* kBot = "warden";
constexpr const char* kSandboxAppId = "A0SANDBOX";  // what the workspace calls the app
constexpr const char* kRegistry = "registry.acme.example";
constexpr const char* kModel = "sandbox-brain";

struct RunningCluster {
  ClusterAddress address;
  std::string token;
  std::unique_ptr<ApiServer> api;
  std::unique_ptr<net::HttpServer> server;
};

std::string plural(const std::string& kind) { return to_lower(kind) + "s"; }

std::string object_path(const ObjectRef& ref) {
  const auto root = ref.group.empty() ? "/api/" + ref.version : "/apis/" + ref.group + "/" + ref.version;
  return fmt::format("{}/namespaces/{}/{}/{}", root, ref.namespace_, plural(ref.kind), ref.name);
}

/// A browser names the page that asks; kubectl and the bot are no page.
template <class Server>
asio::awaitable<net::ServerReply> answer_locally(Server& server, net::ServerRequest request) {
  if (request.headers.find("Origin")) co_return net::ServerReply(403, "text/plain", "no web page may ask this server\n");
  co_return co_await server.handle(std::move(request));
}

class RunningSandbox final : public Sandbox {
 public:
  RunningSandbox(asio::any_io_executor executor, Clock& clock, Random& random, SandboxOptions options)
      : executor_(std::move(executor)), clock_(clock), random_(random), options_(std::move(options)) {}

  Result<void> open() {
    make_people();
    CHECK_OK(open_front());
    CHECK_OK(open_cluster("prod-eu", "production", options_.port == 0 ? 0 : static_cast<std::uint16_t>(options_.port + 1)));
    CHECK_OK(open_cluster("staging", "staging", options_.port == 0 ? 0 : static_cast<std::uint16_t>(options_.port + 2)));
    CHECK_OK(open_registry(options_.port == 0 ? 0 : static_cast<std::uint16_t>(options_.port + 4)));
    CHECK_OK(open_model(options_.port == 0 ? 0 : static_cast<std::uint16_t>(options_.port + 5)));
    BreakTargets targets;
    targets.clock = &clock_;
    targets.prod = clusters_.at("prod-eu").api.get();
    targets.prod_token = clusters_.at("prod-eu").token;
    targets.forge = forge_.get();
    targets.project = kProject;
    targets.people = forge_people_;
    for (auto& action : break_actions(std::move(targets))) workspace_->add_panel_action(std::move(action));
    return Result<void>{};
  }

  const SandboxInfo& info() const override { return info_; }

  asio::awaitable<Result<void>> seed() override {
    if (!forge_->read_file(kProject, "README.md")) {
      auto made = forge_->create_repository(kProject, shop_files(), forge_people_.front());
      if (!made) co_return wrap("seeding the repository", made.error());
      for (const auto& commit : shop_history()) {
        auto pushed = forge_->push_file(kProject, commit.path, commit.content, forge_person(commit.author), commit.message);
        if (!pushed) co_return wrap("seeding the history", pushed.error());
      }
    }
    auto defined = co_await define_kinds();
    if (!defined) co_return wrap("seeding the kinds of Argo CD and Flux", defined.error());
    for (const auto& app : shop_apps()) {
      auto applied = co_await apply_app(app);
      if (!applied) co_return wrap("seeding " + app.name, applied.error());
    }
    co_return Result<void>{};
  }

  void set_webhook(std::string url) override { forge_->set_urls(info_.chat_url + "forge", std::move(url)); }
  Workspace& workspace() override { return *workspace_; }
  ForgeServer& forge() override { return *forge_; }
  RegistryServer& registry() override { return *registry_; }
  ModelServer& model() override { return *model_; }
  ApiServer& cluster(const std::string& name) override { return *clusters_.at(name).api; }

  asio::awaitable<void> stop() override {
    co_await front_->stop();
    co_await registry_front_->stop();
    co_await model_front_->stop();
    co_await workspace_->stop();
    co_await forge_->stop();
    for (auto& [name, cluster] : clusters_) {
      co_await cluster.api->stop();
      co_await cluster.server->stop();
    }
  }

 private:
  void make_people() {
    info_.app_token = fmt::format("xapp-1-{}-{}", kSandboxAppId, random_.hex(24));
    info_.bot_token = "xoxb-" + random_.hex(24);
    for (const auto* name : {"alice", "bob", "carol"}) {
      std::string upper(name);
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      info_.users.push_back({"U0" + upper, name, "xoxp-" + random_.hex(24)});
      forge_people_.push_back({name, fmt::format("{}@acme.example", name), random_.hex(40)});
    }
    forge_people_.push_back({kBot, "warden@acme.example", random_.hex(40)});
    info_.forge_token = forge_people_.back().token;
    info_.project = kProject;
    info_.data = options_.data;
  }

  Result<void> open_front() {
    WorkspaceOptions workspace;
    workspace.bot_name = kBot;
    workspace.app_token = info_.app_token;
    workspace.bot_token = info_.bot_token;
    workspace.users = info_.users;
    workspace.channels = {{"C0GITOPS", "gitops"}, {"C0SHOPPROD", "shop-prod"}, {"C0ADMIN", "driftwarden"}};
    workspace.email_domain = "acme.example";
    workspace.shortcuts = {{"alert_act", "Act on this", true}};  // as in deploy/slack-manifest.yaml
    workspace.tips = {{"@warden status", "all Apps at a glance, worst first"},
                      {"@warden diff checkout", "what live differs in from Git"},
                      {"@warden sync checkout", "put Git back in force; somebody else approves"},
                      {"@warden rollback checkout", "restore the commit before"},
                      {"@warden set-image checkout", "which tags there are, from Git and the registry"},
                      {"@warden propose \"give cart 1 GiB\"", "a model drafts it, somebody else approves"},
                      {"@warden ask \"why is checkout out of sync?\"", "an answer that says what it rests on"},
                      {"@warden cost", "what the Apps cost a month, and what drift adds"},
                      {"@warden create-app", "a new App from a template"},
                      {"@warden audit", "who did what"}};
    workspace_ = create_workspace(executor_, clock_, random_, workspace);
    ForgeServerOptions forge;
    forge.directory = options_.data + "/forge";
    forge.prefix = "/forge";
    forge.users = forge_people_;
    forge.webhook_secret = options_.webhook_secret;
    TRY(forge_, create_forge_server(executor_, clock_, random_, forge));
    net::HttpServerOptions server;
    server.port = options_.port;
    TRY(front_, net::start_http_server(executor_, clock_, server, [this](net::ServerRequest request) { return front(std::move(request)); }));
    const auto base = fmt::format("http://127.0.0.1:{}/", front_->port());
    info_.chat_url = base;
    info_.slack_api_url = base + "api/";
    info_.forge_api_url = base + "forge/api/v1";
    info_.git_url = fmt::format("{}forge/{}.git", base, kProject);
    workspace_->set_base_url(base);
    forge_->set_urls(base + "forge", "");
    return Result<void>{};
  }

  asio::awaitable<net::ServerReply> front(net::ServerRequest request) {
    if (request.path == "/forge" || request.path.starts_with("/forge/")) return forge_->handle(std::move(request));
    return workspace_->handle(std::move(request));
  }

  Result<void> open_cluster(const std::string& name, const std::string& environment, std::uint16_t port) {
    RunningCluster cluster;
    cluster.token = random_.hex(32);
    ApiServerOptions api;
    api.name = name;
    // No token is asked for: kubectl sends none over plain http. The server is on loopback, and pages of other origins are kept out below.
    cluster.api = create_api_server(executor_, clock_, random_, api);
    net::HttpServerOptions server;
    server.port = port;
    TRY(cluster.server, net::start_http_server(executor_, clock_, server, [handler = cluster.api.get()](net::ServerRequest request) { return answer_locally(*handler, std::move(request)); }));
    cluster.address = {name, environment, fmt::format("http://127.0.0.1:{}", cluster.server->port()), fmt::format("{}/{}.kubeconfig", options_.data, name)};
    CHECK_OK(write_private_file(cluster.address.kubeconfig, make_kubeconfig(name, cluster.address.url, cluster.token)));
    info_.clusters.push_back(cluster.address);
    clusters_.emplace(name, std::move(cluster));
    return Result<void>{};
  }

  Result<void> open_registry(std::uint16_t port) {
    RegistryServerOptions options;
    options.service = kRegistry;
    registry_ = create_registry_server(clock_, random_, options);
    for (const auto& [image, tags] : shop_images()) {
      for (const auto& tag : tags) registry_->push(image, tag);
    }
    net::HttpServerOptions server;
    server.port = port;
    TRY(registry_front_, net::start_http_server(executor_, clock_, server, [registry = registry_.get()](net::ServerRequest request) { return answer_locally(*registry, std::move(request)); }));
    info_.registry_host = kRegistry;
    info_.registry_api_url = fmt::format("http://127.0.0.1:{}", registry_front_->port());
    registry_->set_base_url(info_.registry_api_url);
    return Result<void>{};
  }

  Result<void> open_model(std::uint16_t port) {
    info_.model_name = kModel;
    info_.model_key = "sk-sandbox-" + random_.hex(24);
    ModelServerOptions options;
    options.models = {kModel};
    options.key = info_.model_key;
    options.brain = &small_brain;
    model_ = create_model_server(clock_, std::move(options));
    net::HttpServerOptions server;
    server.port = port;
    TRY(model_front_, net::start_http_server(executor_, clock_, server, [model = model_.get()](net::ServerRequest request) { return answer_locally(*model, std::move(request)); }));
    info_.model_api_url = fmt::format("http://127.0.0.1:{}/v1", model_front_->port());
    return Result<void>{};
  }

  const ForgeUser& forge_person(const std::string& login) const {
    for (const auto& person : forge_people_) {
      if (person.login == login) return person;
    }
    return forge_people_.front();
  }

  asio::awaitable<Result<void>> define_kinds() {
    for (auto& [cluster_name, cluster] : clusters_) {
      for (const auto& [name, text] : deployer_kinds()) {
        auto url = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + name + "?force=true";
        auto body = text;
        auto defined = co_await ask_cluster(*cluster.api, cluster.token, "PATCH", std::move(url), "application/apply-patch+yaml", "kubectl", std::move(body));
        if (!defined) co_return defined.error();
      }
    }
    co_return Result<void>{};
  }

  /// Applies what main says, as an earlier Driftwarden would have.
  asio::awaitable<Result<void>> apply_app(ShopApp app) {
    auto& cluster = clusters_.at(app.cluster);
    auto space = co_await ask_cluster(*cluster.api, cluster.token, "PATCH", "/api/v1/namespaces/shop?force=true", "application/apply-patch+yaml", "driftwarden",
                                      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
    if (!space) co_return space.error();
    for (const auto& [path, first_content] : shop_files()) {
      if (!path.starts_with(app.path + "/")) continue;
      auto content = forge_->read_file(kProject, path);
      if (!content) co_return content.error();
      auto manifests = parse_manifests(*content, path);
      if (!manifests) co_return manifests.error();
      for (const auto& manifest : *manifests) {
        auto ref = manifest.ref;
        ref.namespace_ = "shop";
        auto body = *manifest.body;
        body["metadata"]["namespace"] = "shop";
        body["metadata"]["annotations"]["driftwarden.io/tracking"] = app.name + ":" + object_id(ref);
        auto url = object_path(ref) + "?force=true";
        auto text = body.dump();
        auto applied = co_await ask_cluster(*cluster.api, cluster.token, "PATCH", std::move(url), "application/apply-patch+yaml", "driftwarden", std::move(text));
        if (!applied) co_return applied.error();
      }
    }
    co_return Result<void>{};
  }

  asio::any_io_executor executor_;
  Clock& clock_;
  Random& random_;
  SandboxOptions options_;
  SandboxInfo info_;
  std::vector<ForgeUser> forge_people_;
  std::unique_ptr<Workspace> workspace_;
  std::unique_ptr<ForgeServer> forge_;
  std::unique_ptr<RegistryServer> registry_;
  std::unique_ptr<ModelServer> model_;
  std::map<std::string, RunningCluster> clusters_;
  std::unique_ptr<net::HttpServer> front_;
  std::unique_ptr<net::HttpServer> registry_front_;
  std::unique_ptr<net::HttpServer> model_front_;
};

}  // namespace

Result<void> write_private_file(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) return Error{ErrorKind::Unavailable, "can't write " + path};
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return Result<void>{};
}

Result<std::unique_ptr<Sandbox>> Sandbox::start(asio::any_io_executor executor, Clock& clock, Random& random, SandboxOptions options) {
  auto sandbox = std::make_unique<RunningSandbox>(std::move(executor), clock, random, std::move(options));
  CHECK_OK(sandbox->open());
  return std::unique_ptr<Sandbox>(std::move(sandbox));
}

}  // namespace driftwarden::sandbox
