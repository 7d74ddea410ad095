#include "integrations/sandbox/break_panel.hpp"

#include "integrations/net/url.hpp"
#include "integrations/sandbox/shop.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox {
namespace {

constexpr const char* kCheckout = "/apis/apps/v1/namespaces/shop/deployments/checkout";
constexpr const char* kStrategic = "application/strategic-merge-patch+json";
constexpr const char* kMerge = "application/merge-patch+json";
constexpr Duration kBetweenFlips{500};  // each is to be seen

using Outcome = asio::awaitable<Result<std::string>>;

Outcome told(asio::awaitable<Result<std::string>> request, std::string words) {
  auto answer = co_await std::move(request);
  if (!answer) co_return answer.error();
  co_return words;
}

Outcome patch_checkout(BreakTargets targets, std::string subresource, std::string content_type, std::string manager, std::string body, std::string words) {
  auto request = ask_cluster(*targets.prod, targets.prod_token, "PATCH", kCheckout + subresource, std::move(content_type), std::move(manager), std::move(body));
  co_return co_await told(std::move(request), std::move(words));
}

/// Two controllers that each want another number: what a GitOps tool and an autoscaler without a rule do all night.
Outcome fight_over_replicas(BreakTargets targets) {
  for (int flip = 0; flip < 6; ++flip) {
    const bool by_person = flip % 2 == 0;
    std::string manager = by_person ? "kubectl-patch" : "argocd-controller";
    std::string body = fmt::format(R"({{"spec":{{"replicas":{}}}}})", by_person ? 5 : 2);
    auto patching = patch_checkout(targets, "", kMerge, std::move(manager), std::move(body), "");
    auto patched = co_await std::move(patching);
    if (!patched) co_return patched;
    auto slept = co_await targets.clock->sleep_for(kBetweenFlips);
    if (!slept) co_return slept.error();
  }
  co_return std::string("kubectl patch says 5, argocd-controller says 2, three times each");
}

/// Pressed again it lets go.
Outcome delete_with_finalizer(BreakTargets targets) {
  constexpr const char* service = "/api/v1/namespaces/shop/services/storefront";
  const auto ask = [&targets](std::string method, std::string body) {
    return ask_cluster(*targets.prod, targets.prod_token, std::move(method), service, kMerge, "kubectl", std::move(body));
  };
  auto reading = ask("GET", "");
  const auto now = co_await std::move(reading);
  if (!now) co_return now.error();
  if (now->find("\"deletionTimestamp\"") != std::string::npos) {
    auto release = ask("PATCH", R"({"metadata":{"finalizers":null}})");
    co_return co_await told(std::move(release), "the finalizer is gone, and the Service with it");
  }
  auto hold = ask("PATCH", R"({"metadata":{"finalizers":["acme.example/wait-for-dns"]}})");
  const auto held = co_await std::move(hold);
  if (!held) co_return held.error();
  auto removal = ask("DELETE", "");
  co_return co_await told(std::move(removal), "kubectl delete service storefront hangs: a finalizer holds it. Press again to let it go");
}

Outcome delete_service(BreakTargets targets) {
  auto request = ask_cluster(*targets.prod, targets.prod_token, "DELETE", "/api/v1/namespaces/shop/services/cart", "application/json", "kubectl", "");
  co_return co_await told(std::move(request), "kubectl delete service cart");
}

Outcome push_commit(BreakTargets targets, std::string person) {
  const auto author = std::ranges::find(targets.people, person, &ForgeUser::login);
  const auto& who = author == targets.people.end() ? targets.people.front() : *author;
  const std::string path = "apps/checkout/prod/deployment.yaml";
  auto now = targets.forge->read_file(targets.project, path);
  if (!now) co_return now.error();
  const bool newer = now->find(":1.5.0") != std::string::npos;
  const std::string version = newer ? "1.5.1" : "1.5.0";
  auto pushed = targets.forge->push_file(targets.project, path, checkout_deployment(version, 2), who, fmt::format("checkout: {}", version));
  if (!pushed) co_return pushed.error();
  co_return fmt::format("git push: checkout: {}, and nobody has put it in force", version);
}

Outcome cut_cluster(BreakTargets targets, bool available) {
  targets.prod->set_available(available);
  if (!available) targets.prod->drop_watches();
  co_return std::string(available ? "prod-eu answers again" : "prod-eu answers 503 from now on");
}

PanelAction action(std::string id, std::string title, std::string description, std::function<Outcome(std::string)> run) {
  PanelAction made;
  made.id = std::move(id);
  made.title = std::move(title);
  made.description = std::move(description);
  made.run = std::move(run);
  return made;
}

std::string container_patch(std::string_view field) { return fmt::format(R"({{"spec":{{"template":{{"spec":{{"containers":[{{"name":"checkout",{}}}]}}}}}}}})", field); }

}  // namespace

asio::awaitable<Result<std::string>> ask_cluster(ApiServer& server, std::string token, std::string method, std::string path, std::string content_type,
                                                 std::string manager, std::string body) {
  net::ServerRequest request;
  request.method = std::move(method);
  const auto question = path.find('?');
  request.path = path.substr(0, question);
  request.raw_path = request.path;
  if (question != std::string::npos) request.raw_query = path.substr(question + 1) + "&";
  request.raw_query += "fieldManager=" + manager;
  request.query = net::parse_query(request.raw_query);
  request.headers.set("Content-Type", std::move(content_type));
  request.headers.set("Authorization", "Bearer " + token);
  request.headers.set("User-Agent", "kubectl/v1.36.3");
  request.body = std::move(body);
  auto reply = co_await server.handle(std::move(request));
  if (reply.status >= 300) co_return Error{ErrorKind::InvalidInput, fmt::format("the sandbox cluster answered {}: {}", reply.status, reply.body)};
  co_return reply.body;
}

std::vector<PanelAction> break_actions(BreakTargets targets) {
  const auto patch = [targets](std::string subresource, std::string type, std::string manager, std::string body, std::string words) {
    return [=](std::string) { return patch_checkout(targets, subresource, type, manager, body, words); };
  };
  return {
      action("scale", "Scale by hand", "kubectl scale deployment checkout --replicas=5", patch("/scale", kMerge, "kubectl", R"({"spec":{"replicas":5}})", "kubectl scale: checkout has 5 replicas now")),
      action("image", "Edit an image", "kubectl edit: checkout runs a hot-fix that Git has never heard of",
             patch("", kStrategic, "kubectl-edit", container_patch(R"("image":"registry.acme.example/shop/checkout:1.4.2-hotfix")"), "kubectl edit: checkout runs 1.4.2-hotfix")),
      action("env", "Add an env var", "kubectl set env deployment checkout DEBUG=1: what most tools can't see",
             patch("", kStrategic, "kubectl-set", container_patch(R"("env":[{"name":"DEBUG","value":"1"}])"), "kubectl set env: DEBUG=1")),
      action("label", "Label by hand", "kubectl label deployment checkout oncall=carol: added where Git says nothing",
             patch("", kMerge, "kubectl-label", R"({"metadata":{"labels":{"oncall":"carol"}}})", "kubectl label: oncall=carol")),
      action("rollback", "Roll back past Git", "kubectl set image: checkout runs 1.4.0 again, which Git left behind",
             patch("", kStrategic, "kubectl-set", container_patch(R"("image":"registry.acme.example/shop/checkout:1.4.0")"), "kubectl set image: checkout runs 1.4.0 again")),
      action("fight", "Two managers fight", "kubectl patch and argocd-controller set checkout's replicas to and fro", [targets](std::string) { return fight_over_replicas(targets); }),
      action("finalizer", "Delete, but stuck", "kubectl delete service storefront, which a finalizer holds back; again to let it go", [targets](std::string) { return delete_with_finalizer(targets); }),
      action("delete", "Delete a Service", "kubectl delete service cart", [targets](std::string) { return delete_service(targets); }),
      action("push", "Push a commit", "A colleague merges a new version of checkout, and nobody applies it", [targets](std::string person) { return push_commit(targets, std::move(person)); }),
      action("cut", "Cut off prod-eu", "The API server of prod-eu answers 503", [targets](std::string) { return cut_cluster(targets, false); }),
      action("mend", "Mend prod-eu", "And it answers again", [targets](std::string) { return cut_cluster(targets, true); }),
  };
}

}  // namespace driftwarden::sandbox
