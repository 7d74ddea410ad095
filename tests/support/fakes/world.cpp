#include "tests/support/fakes/world.hpp"

namespace driftwarden::test {

World::World() : clock(io), random(create_seeded_random(7)), store(clock), async(store, io.get_executor()) {
  fs::copy(template_repository(), remote(), fs::copy_options::recursive);
  fill_config();
  cluster->objects[object_id({"apps", "v1", "Deployment", "shop", "checkout"})] = live_deployment(2);
  forge_state.now = [this] { return clock.wall_now(); };
  forge_state.head_of = [this](const std::string& branch) { return git("rev-parse -q --verify refs/heads/" + branch + " || true"); };
  forge_state.merge_in_repository = [this](const forge::PullRequest& pull_request) {
    const auto name = "-c user.name=forge -c user.email=forge@example.org";
    const auto tree = git("rev-parse " + pull_request.branch + "^{tree}");
    const auto commit = git(fmt::format("{} commit-tree {} -p {} -m '{}'", name, tree, pull_request.base, pull_request.title));
    git("update-ref refs/heads/" + pull_request.base + " " + commit);
    return commit;
  };
}

std::string World::commit(int replicas, const std::string& branch) const {
  const auto file = (directory.path / "edited.yaml").string();
  std::ofstream(file) << deployment_yaml(replicas);
  const auto index = "GIT_INDEX_FILE=" + (directory.path / "index").string();
  return run_shell(fmt::format("cd {0} && export {1} && git read-tree {2} && git update-index --add --cacheinfo 100644,$(git hash-object -w {3}),apps/checkout/deployment.yaml && "
                               "c=$(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) -p {2} -m 'Set replicas to {4}') && "
                               "git update-ref refs/heads/{2} $c && echo $c", remote(), index, branch, file, replicas));
}

std::string World::commit_file(const std::string& path, const std::string& text) const {
  const auto file = (directory.path / "edited.yaml").string();
  std::ofstream(file) << text;
  const auto index = "GIT_INDEX_FILE=" + (directory.path / "index").string();
  return run_shell(fmt::format("cd {0} && export {1} && git read-tree main && git update-index --add --cacheinfo 100644,$(git hash-object -w {2}),{3} && "
                               "c=$(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) -p main -m 'Change {3}') && git update-ref refs/heads/main $c && echo $c",
                               remote(), index, file, path));
}

void World::start() {
  messenger = std::make_unique<Messenger>(slack, slack);
  outbox = std::make_unique<Outbox>(io.get_executor(), async, clock, *random, Outbox::Limits{});
  auto made = std::make_unique<FakeCluster>("prod-eu", cluster);
  live = made.get();
  Fleet::Parts parts;
  parts.executor = io.get_executor();
  parts.pool = io.get_executor();
  parts.clock = &clock;
  parts.random = random.get();
  parts.config = &config;
  parts.redactor = &redactor;
  parts.clusters.push_back(std::move(made));
  for (const auto& [name, state] : other_clusters) {
    auto other = std::make_unique<FakeCluster>(name, state);
    others[name] = other.get();
    if (stuck_clusters.contains(name)) other->stuck = true;
    parts.clusters.push_back(std::move(other));
  }
  parts.cache_directory = (directory.path / "mirrors").string();
  parts.last_synced = last_synced;
  fleet = std::make_unique<Fleet>(std::move(parts));
  incidents = std::make_unique<Incidents>(io.get_executor(), clock, config, async, *outbox, *messenger, *fleet);
  Changes::Parts of_changes;
  of_changes.executor = io.get_executor();
  of_changes.clock = &clock;
  of_changes.config = &config;
  of_changes.redactor = &redactor;
  of_changes.store = &async;
  of_changes.outbox = outbox.get();
  of_changes.messenger = messenger.get();
  of_changes.fleet = fleet.get();
  of_changes.hands = hands;
  of_changes.assistant = assistant;
  of_changes.gates = gates;
  if (with_forge) of_changes.forges.emplace("config", &forge_state);
  of_changes.is_outsider = [this](std::string slack_id) -> asio::awaitable<Result<bool>> {
    if (outsiders.contains("?")) co_return Error{ErrorKind::Unavailable, "Slack can't be asked"};
    co_return outsiders.contains(slack_id);
  };
  of_changes.on_ended = [this](const std::string& app) { incidents->look_again(app); };
  changes = std::make_unique<Changes>(std::move(of_changes));
  Fleet::Listener listener;
  listener.on_report = [this](DriftReport report) { incidents->on_report(std::move(report)); };
  listener.on_synced = [this](const std::string& app, const std::string& revision) { last_synced[app] = revision; };
  listener.on_cluster = [this](const std::string& name, bool reachable, const std::string& why) { incidents->on_cluster(name, reachable, why); };
  listener.on_kind = [this](const std::string& name, const WatchedKind& kind, bool watched, const std::string& why) { incidents->on_kind(name, kind, watched, why); };
  listener.on_repository = [this](const std::string& name, bool reachable, const std::string& why) { incidents->on_repository(name, reachable, why); };
  if (before_start) before_start();
  outbox->start();
  incidents->start();
  fleet->start(std::move(listener));
  changes->start();
  clock.settle();
}

void World::stop() {
  if (!outbox) return;
  run(io, fleet->stop());
  run(io, changes->stop());
  run(io, incidents->stop());
  run(io, outbox->stop());
  changes.reset();
  incidents.reset();
  fleet.reset();
  outbox.reset();
  messenger.reset();
}

void World::restart() {
  stop();
  store.revive();
  start();
}

void World::scale_by_hand(int replicas) {
  auto object = live_deployment(replicas);
  object["metadata"]["managedFields"] = nlohmann::json::array();
  live->put(object);
}

Change World::change(std::int64_t id) {
  return *look<std::optional<Change>>([id](storage::Transaction& tx) { return tx.find_change(id); });
}

std::vector<Incident> World::incidents_of(const std::string& app) {
  return look<std::vector<Incident>>([app](storage::Transaction& tx) { return tx.incidents_of(app, 100); });
}

std::vector<std::string> World::audit_actions() {
  std::vector<std::string> actions;
  for (const auto& row : look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"", {}, 1000, false}); })) actions.push_back(row.entry.action);
  return actions;
}

fs::path World::template_repository() {
  static TemporaryDirectory made;
  const auto bare = made.path / "remote.git";
  if (fs::exists(bare)) return bare;
  const auto work = made.path / "work";
  fs::create_directories(work / "apps/checkout");
  std::ofstream(work / "apps/checkout/deployment.yaml") << deployment_yaml(2);
  run_shell(fmt::format("git init -q --bare -b main {0} && git init -q -b main {1} && cd {1} && git add -A && git -c user.name=Ann -c user.email=ann@example.org commit -q -m Start && "
                        "git push -q {0} HEAD:main", bare.string(), work.string()));
  return bare;
}

void World::fill_config() {
  RepositoryConfig repository;
  repository.name = "config";
  repository.url = remote();
  repository.forge.kind = ForgeKind::Gitea;
  config.repositories.push_back(repository);
  ClusterConfig prod;
  prod.name = "prod-eu";
  prod.environment = "prod";
  prod.apply = true;
  config.clusters.push_back(prod);
  App app;
  app.name = "checkout";
  app.repository = "config";
  app.path = "apps/checkout";
  app.cluster = "prod-eu";
  app.namespace_ = "shop";
  app.environment = "prod";
  app.channel = "#shop-prod";
  config.apps.push_back(app);
  for (const auto* name : {"alice", "bob", "carol"}) {
    Person person;
    person.name = name;
    person.slack = "U0" + std::string(name);
    person.forge = name;
    person.emails = {std::string(name) + "@example.org"};
    config.people.push_back(person);
  }
  config.policy.given = true;
  config.policy.rules.push_back({{"alice", "bob"}, {"*"}, {}});
  ApprovalRule approvals;
  approvals.need = 1;
  approvals.from = {"alice", "bob"};
  config.policy.approvals.push_back(approvals);
}

}  // namespace driftwarden::test
