// Apps that nobody wrote down, and those who deploy them: found by their place in Git, by Argo CD's and Flux's objects; and the bot's own config in Git.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kApplications = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/";
constexpr const char* kKustomizations = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/";
constexpr const char* kGitRepositories = "/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/";

std::string config_map_yaml(const std::string& name, const std::string& value) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  greeting: " + value + "\n";
}

Json config_map(const std::string& name, const std::string& value) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", "shop"}}}, {"data", {{"greeting", value}}}};
}

/// What somebody asks until the answer says so.
ChatMessage ask_until(World& world, const std::string& question, const std::string& words) {
  return await("\"" + words + "\" upon: " + question, [&]() -> std::optional<ChatMessage> {
    const auto asked = world.chat().say("alice", "#gitops", "@warden " + question);
    auto answer = await("an answer to " + question, [&]() -> std::optional<ChatMessage> {
      for (auto& message : world.chat().thread("#gitops", asked)) {
        if (message.ts() != asked && !message.says("Looking")) return message;
      }
      return std::nullopt;
    });
    return answer.says(words) ? std::optional(answer) : std::nullopt;
  });
}

TEST(Sources, ADirectoryThatIsPushedIsAnApp) {
  World world;
  world.forge().push({{"clusters/prod-eu/shop/search/search.yaml", config_map_yaml("search", "hello")}}, "carol", "search, a new App by its place");
  ask_until(world, "status search", "prod-eu");
  world.chat().say("alice", "#shop-prod", "@warden sync search because it is new");
  const auto card = await_card(world.stage(), "sync", "search");
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "in sync");
  EXPECT_EQ(world.prod().get("configmaps", "search").at("data").at("greeting"), "hello");
}

Json application(const std::string& git_url) {
  return {{"apiVersion", "argoproj.io/v1alpha1"},
          {"kind", "Application"},
          {"metadata", {{"name", "blog"}, {"namespace", "argocd"}}},
          {"spec",
           {{"project", "default"},
            {"source", {{"repoURL", git_url}, {"path", "apps/blog"}, {"targetRevision", "HEAD"}}},
            {"destination", {{"name", "prod-eu"}, {"namespace", "shop"}}},
            {"syncPolicy", {{"syncOptions", Json::array({"CreateNamespace=true"})}}}}}};
}

/// Plays Argo CD: waits for the operation that the bot asks for and carries it out with what `value` says.
void carry_out_operation(World& world, const std::string& value) {
  const auto path = std::string(kApplications) + "blog";
  const auto asked = await("the operation", [&]() -> std::optional<Json> {
    const auto object = world.prod().get_at(path);
    return object.contains("operation") ? std::optional(object.at("operation")) : std::nullopt;
  });
  const auto revision = asked.at("sync").at("revision").get<std::string>();
  EXPECT_EQ(revision.size(), 40U);
  EXPECT_EQ(asked.at("sync").at("syncOptions").at(0), "CreateNamespace=true") << "as the API does";
  auto object = config_map("blog", value);
  object["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "blog:/ConfigMap:shop/blog";
  world.prod().apply("/api/v1/namespaces/shop/configmaps/blog", object, "argocd-controller");
  const Json state{{"phase", "Succeeded"}, {"message", "successfully synced"}, {"operation", asked}, {"syncResult", {{"revision", revision}}}, {"startedAt", "2026-11-22T00:00:00Z"}, {"finishedAt", "2026-11-22T00:00:01Z"}};
  world.prod().merge_at(path, {{"operation", nullptr}, {"status", {{"sync", {{"status", "Synced"}, {"revision", revision}}}, {"health", {{"status", "Healthy"}}}, {"operationState", state}}}}, "argocd-application-controller");
}

void make_namespace(ClusterHands& cluster, const std::string& name) {
  cluster.apply("/api/v1/namespaces/" + name, {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}}, "kubectl");
}

TEST(Sources, AnApplicationOfArgoCdIsAnAppThatItSyncs) {
  World world;
  make_namespace(world.prod(), "argocd");
  world.forge().push({{"apps/blog/blog.yaml", config_map_yaml("blog", "hello")}}, "carol", "blog");
  auto live = config_map("blog", "hello");
  live["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "blog:/ConfigMap:shop/blog";
  world.prod().apply("/api/v1/namespaces/shop/configmaps/blog", live, "argocd-controller");
  const auto url = await("the repository's address", [&] { return std::optional(world.forge().get("").value("clone_url", "")); });
  world.prod().apply(std::string(kApplications) + "blog", application(url), "kubectl");
  world.prod().merge_at(std::string(kApplications) + "blog", {{"status", {{"sync", {{"status", "Synced"}, {"revision", "0"}}}, {"health", {{"status", "Healthy"}}}}}}, "argocd-application-controller");
  EXPECT_TRUE(ask_until(world, "status blog", "Argo CD").says("Synced")) << "what Argo CD's tracking adds is no drift";

  // A field that a person adds: Argo CD doesn't see it.
  world.prod().merge_at("/api/v1/namespaces/shop/configmaps/blog", {{"data", {{"debug", "on"}}}}, "kubectl-edit");
  const auto alert = world.chat().await_message("the alert", "#shop-prod", [](const ChatMessage& message) { return message.says("blog") && message.says("debug"); });
  EXPECT_TRUE(alert.says("kubectl-edit"));
  EXPECT_TRUE(alert.says("Argo CD says Synced")) << alert.words();
  world.prod().merge_at("/api/v1/namespaces/shop/configmaps/blog", {{"data", {{"debug", nullptr}}}}, "kubectl-edit");

  world.forge().push({{"apps/blog/blog.yaml", config_map_yaml("blog", "welcome")}}, "carol", "blog: welcome");
  world.chat().await_message("the alert of the commit", "#shop-prod", [](const ChatMessage& message) { return message.says("blog") && message.says("Git now says"); });
  world.chat().say("alice", "#shop-prod", "@warden sync blog because we want it now");
  const auto card = await_card(world.stage(), "sync", "blog");
  world.chat().press("bob", card, "Approve");
  carry_out_operation(world, "welcome");
  world.chat().await_edit(card, "in sync");
}

TEST(Sources, AKustomizationOfFluxIsAnAppAndItsSuspensionIsSaid) {
  World world;
  world.forge().push({{"flux/banner/banner.yaml", config_map_yaml("banner", "hello")}}, "carol", "banner");
  auto& staging = world.cluster("staging");
  make_namespace(staging, "flux-system");
  const auto url = world.forge().get("").value("clone_url", "");
  staging.apply(std::string(kGitRepositories) + "config", {{"apiVersion", "source.toolkit.fluxcd.io/v1"}, {"kind", "GitRepository"}, {"metadata", {{"name", "config"}, {"namespace", "flux-system"}}}, {"spec", {{"url", url}, {"ref", {{"branch", "main"}}}, {"interval", "1m"}}}}, "kubectl");
  staging.apply(std::string(kKustomizations) + "banner", {{"apiVersion", "kustomize.toolkit.fluxcd.io/v1"}, {"kind", "Kustomization"}, {"metadata", {{"name", "banner"}, {"namespace", "flux-system"}}}, {"spec", {{"sourceRef", {{"kind", "GitRepository"}, {"name", "config"}}}, {"path", "./flux/banner"}, {"prune", true}, {"interval", "10m"}, {"targetNamespace", "shop"}, {"suspend", true}}}}, "kubectl");
  EXPECT_TRUE(ask_until(world, "status banner", "Flux").says("suspended"));
}

TEST(Sources, TheConfigInGitIsTakenOverAndABadOneIsRefused) {
  World world(World::Bot::Beside);
  world.forge().push({{"apps/news/news.yaml", config_map_yaml("news", "hello")},
                      {"driftwarden/apps.yaml", "apps:\n  - {name: news, repository: config, path: apps/news, cluster: prod-eu, namespace: shop, owners: [shop-team]}\n"}},
                     "carol", "news, by the bot's config in Git");
  ask_until(world, "status news", "prod-eu");
  world.forge().push({{"driftwarden/apps.yaml", "apps:\n  - {name: news, repositroy: config}\nslack:\n  default_channel: \"#elsewhere\"\n"}}, "carol", "a mistake");
  const auto told = world.chat().await_message("the refusal", "#driftwarden", [](const ChatMessage& message) { return message.says("refused"); });
  EXPECT_THAT(told.words(), HasSubstr("repositroy"));
  EXPECT_THAT(told.words(), HasSubstr("slack"));
  EXPECT_TRUE(ask_until(world, "status news", "prod-eu").says("news")) << "what was in force stays";
}

}  // namespace
}  // namespace driftwarden::e2e
