#include "bot/deploy/deployments_state.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kReadTime{20'000};
constexpr Duration kSoon{1'000};
constexpr int kTries = 3;

std::string called(const Deployer& deployer) {
  return fmt::format("{}'s {} in {}", to_string(deployer.kind), to_string(deployer.object), deployer.cluster);
}

std::string resource_of(const ObjectRef& ref) { return fmt::format("{}s.{}", to_lower(ref.kind), ref.group); }

bool is_commit(const std::string& text) {
  return text.size() >= 40 && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string short_id(const std::string& commit) { return commit.substr(0, 7); }

/// NotFound where the revision left the chart as it was, or its version is another one.
Result<std::string> same_chart_version(Mirror& mirror, const std::string& revision, const std::string& path) {
  const auto none = [] { return Error{ErrorKind::NotFound, "the chart's version isn't the one before"}; };
  TRY(const auto commit, mirror.commit_info(revision));
  if (commit.parents.empty()) return none();
  TRY(const auto before, mirror.tree_id(commit.parents.front(), path));
  TRY(const auto after, mirror.tree_id(revision, path));
  if (before == after) return none();
  std::vector<std::string> versions;
  const auto file = path.empty() ? std::string("Chart.yaml") : path + "/Chart.yaml";
  for (const auto& at : {commit.parents.front(), revision}) {
    TRY(const auto text, mirror.read_file(at, file));
    TRY(const auto documents, parse_yaml(text, file));
    versions.emplace_back(documents.empty() ? std::string_view() : text_at(documents.front(), "version"));
  }
  if (versions.front() != versions.back() || versions.back().empty()) return none();
  return versions.back();
}

Error denied(const Deployer& deployer, const ObjectRef& ref, const Error& why) {
  return Error{ErrorKind::Denied, fmt::format("Driftwarden may not patch {} in {}: {} will sync it in its own time; to let it be asked, give Driftwarden `patch` on {} ({})",
                                              to_string(ref), deployer.cluster, to_string(deployer.kind), resource_of(ref), why.message)};
}

}  // namespace

Result<Deployments::State::Target> Deployments::State::target_of(const App& app) {
  Target target;
  target.deployer = app.deployer;
  if (target.deployer.kind == DeployerKind::None) {
    const auto* known = parts.fleet->app(app.name);
    if (known != nullptr) target.deployer = known->deployer;
  }
  const auto& deployer = target.deployer;
  if (deployer.kind == DeployerKind::None) return Error{ErrorKind::NotFound, fmt::format("neither Argo CD nor Flux is known to deploy {}", app.name)};
  target.cluster = parts.fleet->cluster(deployer.cluster);
  if (target.cluster == nullptr) return Error{ErrorKind::NotFound, fmt::format("{} is in a cluster that isn't configured", called(deployer))};
  DiscoverRule alone;
  alone.kind = deployer.kind == DeployerKind::ArgoCd ? DiscoverKind::ArgoCd : DiscoverKind::Flux;
  alone.cluster = deployer.cluster;
  alone.may_sync = deployer.may_sync;
  const auto* rule = rule_of(deployer.kind, deployer.cluster, deployer.object);
  const auto& ruling = rule != nullptr ? rule->rule : alone;
  target.tool = deployer.kind == DeployerKind::ArgoCd ? make_argo_tool(ruling) : make_flux_tool(ruling);
  return target;
}

asio::awaitable<Result<std::vector<Manifest>>> Deployments::State::read_objects(kubernetes::Cluster& cluster, const DeployTool& tool, Deployer deployer) {
  std::vector<Manifest> objects;
  const auto deadline = parts.clock->mono_now() + kReadTime;
  auto reading = with_deadline<JsonPtr>(*parts.clock, deadline, cluster.get(deployer.object));
  auto own = co_await std::move(reading);
  if (!own) {
    auto why = own.error();
    if (why.kind == ErrorKind::NotFound) why.message = fmt::format("{} is gone", called(deployer));
    if (why.kind == ErrorKind::Denied) why.message = fmt::format("Driftwarden may not read {}: {}", called(deployer), why.message);
    co_return why;
  }
  Manifest object;
  object.ref = deployer.object;
  object.body = *own;
  objects.push_back(std::move(object));
  const auto belonging = tool.belonging(deployer, objects);
  for (const auto& ref : belonging) {
    auto looking = with_deadline<JsonPtr>(*parts.clock, deadline, cluster.get(ref));
    auto got = co_await std::move(looking);
    if (!got) {
      const auto why = got.error();
      // What isn't there, or may not be read, the tool has to do without.
      if (why.kind == ErrorKind::NotFound || why.kind == ErrorKind::Denied) continue;
      co_return wrap("reading " + to_string(ref), why);
    }
    Manifest beside;
    beside.ref = ref;
    beside.body = *got;
    objects.push_back(std::move(beside));
  }
  co_return objects;
}

const RepositoryConfig* Deployments::State::repository_of(const App& app) const {
  const auto& all = parts.config->repositories;
  const auto found = std::ranges::find(all, app.repository, &RepositoryConfig::name);
  return found == all.end() ? nullptr : &*found;
}

/// True when `current` contains the revision: somebody merged more meanwhile.
asio::awaitable<Result<bool>> Deployments::State::went_on(App app, std::string revision, std::string current) {
  if (app.track != Track::Head || current == revision || !is_commit(current) || !is_commit(revision)) co_return false;
  if (repository_of(app) == nullptr) co_return false;
  std::function<Result<bool>(Mirror&)> work = [revision, current](Mirror& mirror) { return mirror.is_ancestor(revision, current); };
  auto asking = parts.fleet->repository(app.repository).with_mirror<bool>(std::move(work));
  auto answer = co_await std::move(asking);
  if (!answer && answer.error().kind == ErrorKind::Cancelled) co_return answer.error();
  co_return answer && *answer;
}

/// What Git says of the revision, as far as the deployer's objects make it matter.
asio::awaitable<Result<DeployTool::Wanted>> Deployments::State::with_facts(App app, DeployTool::Wanted wanted, std::vector<std::string> revisions, bool charts) {
  const auto* repository = repository_of(app);
  if (repository == nullptr) co_return wanted;
  wanted.branch = repository->branch;
  for (const auto& revision : revisions) {
    auto asking = went_on(app, wanted.revision, revision);
    CO_TRY(const auto contained, co_await std::move(asking));
    if (contained) wanted.contained_in.insert(revision);
  }
  if (!charts || !is_commit(wanted.revision)) co_return wanted;
  std::function<Result<std::string>(Mirror&)> work = [revision = wanted.revision, path = app.path](Mirror& mirror) { return same_chart_version(mirror, revision, path); };
  auto looking = parts.fleet->repository(app.repository).with_mirror<std::string>(std::move(work));
  const auto version = co_await std::move(looking);
  if (!version && version.error().kind == ErrorKind::Cancelled) co_return version.error();
  if (version) wanted.same_chart_version = *version;
  co_return wanted;
}

asio::awaitable<Result<DeployProgress>> Deployments::State::deploy(App app, DeployTool::Wanted asked) {
  CO_TRY(auto target, target_of(app));
  auto reading = read_objects(*target.cluster, *target.tool, target.deployer);
  CO_TRY(const auto objects, co_await std::move(reading));
  auto looking = with_facts(app, std::move(asked), target.tool->revisions(target.deployer, objects), target.tool->minds_chart_version(target.deployer, objects));
  CO_TRY(const auto wanted, co_await std::move(looking));
  const auto now = parts.clock->wall_now();
  CO_TRY(auto step, target.tool->step(target.deployer, objects, wanted, now));
  if (step.progress.state == DeployProgress::State::Done) co_return std::move(step.progress);
  for (const auto& found : target.tool->find(objects, ground(), now)) {
    const auto current = found.opinion.revision;
    if (found.opinion.state != AppState::Synced || current.empty()) continue;
    auto asking = went_on(app, wanted.revision, current);
    CO_TRY(const auto newer, co_await std::move(asking));
    if (!newer) continue;
    DeployProgress done;
    done.state = DeployProgress::State::Done;
    done.words = fmt::format("{} has put {} in force, which contains {}", to_string(target.deployer.kind), short_id(current), short_id(wanted.revision));
    co_return done;
  }
  if (!step.patch) co_return std::move(step.progress);
  auto ref = step.patch->ref;
  auto patching = with_deadline<JsonPtr>(*parts.clock, parts.clock->mono_now() + kReadTime, target.cluster->patch(ref, step.patch->body, "driftwarden"));
  auto patched = co_await std::move(patching);
  if (patched) co_return std::move(step.progress);
  const auto why = patched.error();
  if (why.kind == ErrorKind::Denied) co_return denied(target.deployer, ref, why);
  if (why.kind != ErrorKind::Unavailable && why.kind != ErrorKind::Conflict) co_return wrap("asking " + called(target.deployer), why);
  DeployProgress again;
  again.words = fmt::format("{} was changed just now: looking again", called(target.deployer));
  again.look_again = kSoon;
  co_return again;
}

asio::awaitable<Result<void>> Deployments::State::refresh_once(Target& target) {
  auto reading = read_objects(*target.cluster, *target.tool, target.deployer);
  CO_TRY(const auto objects, co_await std::move(reading));
  const auto token = format_time(parts.clock->wall_now()) + "-" + parts.random->hex(6);
  const auto patches = target.tool->refresh(target.deployer, objects, token);
  for (const auto& patch : patches) {
    auto ref = patch.ref;
    auto patching = with_deadline<JsonPtr>(*parts.clock, parts.clock->mono_now() + kReadTime, target.cluster->patch(ref, patch.body, "driftwarden"));
    auto patched = co_await std::move(patching);
    if (patched) continue;
    const auto why = patched.error();
    if (why.kind == ErrorKind::Denied) {
      co_return Error{ErrorKind::Denied, fmt::format("Driftwarden may not patch {} in {}: give it `patch` on {} ({})", to_string(ref), target.deployer.cluster, resource_of(ref), why.message)};
    }
    co_return wrap("asking " + called(target.deployer), why);
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Deployments::State::refresh(App app) {
  CO_TRY(auto target, target_of(app));
  Result<void> refreshed{};
  for (int tried = 0; tried < kTries; ++tried) {
    auto refreshing = refresh_once(target);
    refreshed = co_await std::move(refreshing);
    // Somebody wrote it between our look and our patch.
    if (refreshed || refreshed.error().kind != ErrorKind::Unavailable) break;
  }
  if (refreshed && repository_of(app) != nullptr) parts.fleet->nudge(app.repository);
  co_return refreshed;
}

}  // namespace driftwarden
