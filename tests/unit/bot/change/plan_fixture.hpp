#pragma once
// A repository with a few Apps, and the plans that are made on it.
#include "bot/change/plan.hpp"
#include "bot/command/intents.hpp"
#include "bot/watch/git_inputs.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace driftwarden::test {

inline std::string deployment(const std::string& name, const std::string& image, int replicas = 2, const std::string& more = "") {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name + "  # the front\n  labels: {app: " + name + "}\nspec:\n  replicas: " + std::to_string(replicas) +
         "\n  selector:\n    matchLabels: {app: " + name + "}\n  template:\n    metadata:\n      labels: {app: " + name + "}\n    spec:\n      containers:\n        - name: " + name +
         "\n          image: " + image + "\n" + more;
}
inline std::string config_map(const std::string& name) { return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  motd: hello\n"; }

class PlanTest : public RepositoryTest {
 protected:
  void SetUp() override {
    write_file(work() / "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:1.0"));
    write_file(work() / "apps/shop/configs.yaml", config_map("one") + "---\n" + config_map("two"));
    write_file(work() / "apps/shop/extra.yaml", config_map("extra"));
    write_file(work() / "apps/shop/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\nstringData:\n  token: abc\n");
    write_file(work() / "apps/shop-dev/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:2.0"));
    write_file(work() / "apps/blog/deployment.yaml", deployment("blog", "ghcr.io/acme/blog:1.0"));
    base = publish_all("base");
    for (const auto* name : {"shop", "shop-dev", "blog"}) {
      App app;
      app.name = name;
      app.repository = "config";
      app.path = std::string("apps/") + name;
      app.render = RenderKind::Plain;
      app.cluster = app.name == "shop-dev" ? "dev" : "prod";
      app.namespace_ = app.name == "blog" ? "blog" : "shop";
      app.owners = {"alice"};
      apps.push_back(app);
    }
    for (const auto* name : {"alice", "bob", "carol"}) {
      Person person;
      person.name = name;
      person.emails = {std::string(name) + "@example.org"};
      config.people.push_back(person);
    }
    for (const auto* name : {"prod", "dev"}) {
      ClusterConfig cluster;
      cluster.name = name;
      cluster.environment = name;
      config.clusters.push_back(cluster);
    }
    RepositoryConfig repository;
    repository.name = "config";
    config.repositories.push_back(repository);
    mirror = fetched();
  }

  /// Commits by somebody, to main, and fetched.
  std::string publish_as(const std::string& who, const std::string& path, const std::string& content, const std::string& message = "change") {
    git("config user.name " + who + " && git config user.email " + who + "@example.org");
    const auto id = publish(path, content, message);
    if (auto got = mirror->fetch(); !got) throw std::runtime_error(got.error().message);
    return id;
  }
  std::string head() { return mirror->head().value(); }
  App& app(const std::string& name) { return *std::ranges::find(apps, name, &App::name); }

  static Change change(ChangeVerb verb, const std::string& app, const std::string& argument = "") {
    Change made;
    made.id = 12;
    made.app = app;
    made.verb = verb;
    made.requester = "alice";
    made.reason = "the load test is over";
    made.argument = argument;
    made.requested_at = WallTime{std::chrono::seconds{1'800'000'000}};
    return made;
  }

  Result<VerbPlan> plan(const Change& wanted) {
    const auto& of = app(wanted.app);
    std::vector<Manifest> desired;
    if (const auto revision = revision_in_force(*mirror, of, head())) {
      if (auto rendered = render_desired(*mirror, of, *revision, render, false)) desired = std::move(rendered->manifests);
    }
    const PlanContext context{config, *mirror, render, head(), report, desired, apps, application, most_commits};
    return plan_verb(wanted, of, context);
  }
  Result<VerbPlan> rollback(const std::string& name, const std::string& target, const std::string& undo = "") {
    auto wanted = change(ChangeVerb::Rollback, name, undo.empty() ? "" : to_json_text(RollbackRequest{undo}));
    wanted.target_revision = target;
    return plan(wanted);
  }
  /// The plan's words for a person who is refused; "" when it isn't.
  static std::string why_not(const Result<VerbPlan>& plan) { return plan ? "" : plan.error().message; }
  static std::string notes(const VerbPlan& plan) {
    std::string text;
    for (const auto& note : plan.notes) text += note + "\n";
    return text;
  }
  /// The commit that the plan makes, in the mirror.
  std::string committed(const Change& wanted, VerbPlan made) {
    auto id = mirror->commit(commit_of(wanted, app(wanted.app), config, head(), "41:ab12", std::move(made)));
    if (!id) throw std::runtime_error(id.error().message);
    return *id;
  }
  std::string changed_lines(const std::string& commit) {
    std::string text;
    for (const auto& file : mirror->diff(head(), commit, "").value()) {
      text += file.path + "\n";
      std::string line;
      for (std::istringstream lines(file.patch); std::getline(lines, line);) {
        if ((line.starts_with('+') && !line.starts_with("+++")) || (line.starts_with('-') && !line.starts_with("---"))) text += line + "\n";
      }
    }
    return text;
  }

  std::string base;
  Config config;
  std::vector<App> apps;
  DriftReport report;
  std::optional<PlanContext::Held> application{};
  std::size_t most_commits = 2000;
  Renderer render = default_renderer();
  std::unique_ptr<Mirror> mirror;
};

}  // namespace driftwarden::test
