#include "bot/plans/plan_steps.hpp"

#include "bot/plans/file_prices.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/base/crypto.hpp"
#include "integrations/cost/infracost.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;
using terraform::PlanOutcome;

constexpr Duration kKeptFor = std::chrono::hours{24 * 30};

/// One part of a path, from any name.
std::string file_name(const std::string& name) {
  std::string plain;
  for (const char c : name) plain += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ? c : '_';
  return plain == name && !plain.empty() ? plain : fmt::format("{}-{}", plain, sha256_hex(name).substr(0, 8));
}

bool nothing_was_done(ErrorKind kind) {
  return kind == ErrorKind::Conflict || kind == ErrorKind::Unavailable || kind == ErrorKind::InvalidInput || kind == ErrorKind::NotFound || kind == ErrorKind::Denied;
}

void remove_files(const std::vector<std::string>& files) {
  std::error_code ignored;
  for (const auto& file : files) fs::remove(file, ignored);
}

Result<void> may_be_applied(const App& app) {
  if (app.kind != AppKind::Terraform) return Error{ErrorKind::InvalidInput, app.name + " is not planned by Terraform: only that can be applied from here"};
  if (!app.plan.apply) return Error{ErrorKind::InvalidInput, fmt::format("applying {} from chat isn't allowed: its config has no `apply: true`", app.name)};
  return Result<void>{};
}

/// InvalidInput where there is nothing to approve.
Result<SavedPlan> to_saved(const App& app, const PlanOutcome& outcome, const std::string& revision, const std::string& id) {
  if (outcome.state == PlanOutcome::State::Failed) return Error{ErrorKind::InvalidInput, fmt::format("{} can't be planned: {}", app.name, outcome.error)};
  for (const auto& unit : outcome.units) {
    if (unit.state == PlanOutcome::State::Failed) return Error{ErrorKind::InvalidInput, fmt::format("unit {} can't be planned: {}", unit.path, unit.error)};
  }
  if (outcome.state == PlanOutcome::State::InSync || outcome.plan_file.empty()) return Error{ErrorKind::InvalidInput, fmt::format("nothing of {} would change", app.name)};
  SavedPlan plan;
  plan.digest = terraform::plan_digest(outcome.plan, id);
  plan.text = terraform::plan_text(outcome.plan);
  plan.revision = revision;
  plan.destructive = outcome.plan.destructive;
  for (const auto& object : outcome.plan.objects) {
    const bool replaced = std::ranges::find(object.notes, "replace") != object.notes.end();
    if (replaced || object.verdict == Verdict::Extra) plan.deletes.push_back(terraform::address_of(object.object));
  }
  return plan;
}

}  // namespace

PlanSteps::Checkout::~Checkout() {
  asio::post(pool, [gone = path] {
    std::error_code ignored;
    fs::remove_all(gone, ignored);
  });
}

PlanSteps::PlanSteps(const PlanWatch::Parts& parts) : parts_(parts), saved_(parts.directory + "/saved") {}

asio::awaitable<Result<void>> PlanSteps::clean_up() {
  if (clean_) co_return Result<void>{};
  CO_TRY(const auto turn, co_await cleaning_.enter());
  if (clean_) co_return Result<void>{};
  auto work = [directory = parts_.directory, saved = saved_, old = parts_.clock->wall_now() - kKeptFor] {
    std::error_code failed;
    fs::create_directories(directory, failed);
    fs::permissions(directory, fs::perms::owner_all, failed);
    fs::remove_all(directory + "/checkouts", failed);
    saved.drop_older_than(old);
    return true;
  };
  auto cleaning = on_pool(std::move(work));
  clean_ = co_await std::move(cleaning);
  co_return Result<void>{};
}

void PlanSteps::drop(const std::string& id) {
  asio::post(parts_.pool, [saved = saved_, id] { saved.drop(id); });
}

void PlanSteps::let_go() {
  keeps_checkouts_ = false;
  newest_.clear();
}

asio::awaitable<Result<PlanSteps::Ground>> PlanSteps::look_up(App app) {
  auto& repository = parts_.fleet->repository(app.repository);
  std::function<Result<Ground>(Mirror&)> work = [app](Mirror& mirror) -> Result<Ground> {
    Ground ground;
    TRY(const auto head, mirror.head());
    TRY(ground.commit, revision_in_force(mirror, app, head));
    auto inputs = plan_inputs(mirror, app, ground.commit);
    if (!inputs && inputs.error().kind == ErrorKind::NotFound) {
      return Error{ErrorKind::InvalidInput, fmt::format("{} isn't in repository {} at {}", app.path, app.repository, ground.commit.substr(0, 8))};
    }
    if (!inputs) return inputs.error();
    ground.inputs = *std::move(inputs);
    return ground;
  };
  co_return co_await repository.with_mirror<Ground>(std::move(work));
}

std::string PlanSteps::free_path(const App& app, const std::string& commit) const {
  const auto wanted = fmt::format("{}/checkouts/{}/{}", parts_.directory, file_name(app.repository), commit);
  auto path = wanted;
  std::error_code failed;
  for (int more = 2; fs::exists(path, failed); ++more) path = fmt::format("{}-{}", wanted, more);
  return path;
}

asio::awaitable<Result<void>> PlanSteps::check_out(App app, Ground& ground) {
  CO_TRY(const auto turn, co_await checkouts_.enter());
  const auto known = newest_.find(app.repository);
  if (known != newest_.end() && known->second.commit == ground.commit) {
    ground.checkout = known->second.checkout;
    co_return Result<void>{};
  }
  auto checkout = std::make_shared<Checkout>(free_path(app, ground.commit), parts_.pool);
  auto& repository = parts_.fleet->repository(app.repository);
  std::function<Result<bool>(Mirror&)> work = [app, commit = ground.commit, path = checkout->path](Mirror& mirror) { return write_checkout(mirror, app, commit, path); };
  CO_TRY(const bool whole, co_await repository.with_mirror<bool>(std::move(work)));
  ground.checkout = checkout;
  // A pinned App's commit is nobody else's.
  if (keeps_checkouts_ && whole && app.revision.empty() && app.track == Track::Head) newest_[app.repository] = Kept{ground.commit, std::move(checkout)};
  co_return Result<void>{};
}

std::string PlanSteps::data_directory(const App& app) const { return fmt::format("{}/data/{}", parts_.directory, file_name(app.name)); }

std::map<std::string, std::string> PlanSteps::environment_of(const App& app) const {
  std::map<std::string, std::string> environment;
  const auto found = parts_.config->tool_environments.find(app.plan.rule);
  if (found == parts_.config->tool_environments.end()) return environment;
  for (const auto& [name, value] : found->second) environment[name] = value.value.reveal();
  return environment;
}

terraform::ToolPlace PlanSteps::tool_place(const App& app, const Ground& ground) const {
  terraform::ToolPlace place;
  place.tool = app.plan.tool;
  place.checkout = ground.checkout->path;
  place.directory = app.path.empty() ? place.checkout : fmt::format("{}/{}", place.checkout, app.path);
  place.data_directory = data_directory(app);
  place.plugin_cache = fmt::format("{}/plugins/{}", parts_.directory, to_string(app.plan.tool));
  place.environment = environment_of(app);
  place.fence_required = parts_.config->tools.fence == FenceMode::Required;
  place.workspace = app.plan.workspace;
  place.var_files = app.plan.var_files;
  return place;
}

ansible::CheckPlace PlanSteps::check_place(const App& app, const Ground& ground) const {
  ansible::CheckPlace place;
  const auto& root = ground.checkout->path;
  const auto below = tool_directory(app);
  place.checkout = root;
  place.directory = below.empty() ? root : fmt::format("{}/{}", root, below);
  place.fence_required = parts_.config->tools.fence == FenceMode::Required;
  place.data_directory = data_directory(app);
  place.playbook = playbook_of(app).empty() ? "site.yml" : playbook_of(app);
  place.inventory = app.plan.inventory;
  place.environment = environment_of(app);
  std::error_code failed;
  // Run by hand it would be run from the top, where its settings are.
  if (!fs::exists(place.directory + "/ansible.cfg", failed) && fs::exists(root + "/ansible.cfg", failed)) place.environment.try_emplace("ANSIBLE_CONFIG", root + "/ansible.cfg");
  return place;
}

asio::awaitable<Result<Planned>> PlanSteps::plan_on(App app, Ground ground, PlanMoment context) {
  Planned planned;
  if (app.kind == AppKind::Ansible) {
    auto place = check_place(app, ground);
    CO_TRY(const auto check, co_await parts_.ansible->check(std::move(place)));
    context.now = parts_.clock->wall_now();
    planned.report = report_of(app, check, context);
    planned.text = text_of(check);
  } else {
    auto place = tool_place(app, ground);
    CO_TRY(const auto outcome, co_await parts_.terraform->plan(std::move(place), app.plan.refresh_only, false));
    context.now = parts_.clock->wall_now();
    planned.report = report_of(app, outcome, context);
    planned.text = text_of(outcome);
  }
  co_return std::move(planned);
}

asio::awaitable<Result<Planned>> PlanSteps::plan(App app, std::optional<PlanInputs> synced) {
  CO_CHECK_OK(co_await clean_up());
  PlanMoment context;
  context.now = parts_.clock->wall_now();
  Planned failed;
  auto ground = co_await look_up(app);
  if (ground) {
    context.revision = ground->commit;
    failed.inputs = ground->inputs;
    if (synced) context.git_moved = *synced != ground->inputs;
    auto there = co_await check_out(app, *ground);
    if (there) {
      auto inputs = ground->inputs;
      auto planned = co_await plan_on(app, *std::move(ground), context);
      if (planned) planned->inputs = std::move(inputs);
      if (planned || planned.error().kind == ErrorKind::Cancelled) co_return std::move(planned);
      there = planned.error();
    }
    ground = there.error();
  }
  const auto error = ground.error();
  // Before the first fetch there is nothing to be said; a tool that isn't installed is.
  if (error.kind == ErrorKind::Cancelled || (error.kind == ErrorKind::NotFound && context.revision.empty())) co_return error;
  context.now = parts_.clock->wall_now();
  failed.report = failed_report(app, error, context);
  failed.text = failed.report.reason;
  co_return std::move(failed);
}

asio::awaitable<Result<SavedPlan>> PlanSteps::save(App app, std::string id) {
  CO_CHECK_OK(may_be_applied(app));
  CO_CHECK_OK(co_await clean_up());
  CO_TRY(auto ground, co_await look_up(app));
  CO_CHECK_OK(co_await check_out(app, ground));
  auto place = tool_place(app, ground);
  CO_TRY(const auto outcome, co_await parts_.terraform->plan(std::move(place), app.plan.refresh_only, true));
  auto plan = to_saved(app, outcome, ground.commit, id);
  if (plan) {
    CO_CHECK_OK(co_await price(*plan, outcome.shown_files));
  } else {
    remove_files(outcome.shown_files);
  }
  SavedRecord record;
  record.app = app.name;
  record.inputs = ground.inputs;
  record.kept_at = parts_.clock->wall_now();
  if (plan) record.plan = *plan;
  auto work = [saved = saved_, id, record, file = outcome.plan_file, keeps = plan.has_value()]() mutable -> Result<void> {
    if (keeps) return saved.keep(id, std::move(record), file);
    std::error_code ignored;
    if (!file.empty()) fs::remove_all(file, ignored);
    return Result<void>{};
  };
  auto task = offload(parts_.pool, std::move(work));
  CO_CHECK_OK(co_await std::move(task));
  co_return std::move(plan);
}

asio::awaitable<Result<void>> PlanSteps::price(SavedPlan& plan, std::vector<std::string> files) {
  const auto& configured = parts_.config->cost.infracost;
  if (!configured || files.empty()) {
    remove_files(files);
    if (configured) plan.cost_trouble = "there is nothing of the plan to show to Infracost";
    co_return Result<void>{};
  }
  auto options = pricing_options(*parts_.config, parts_.directory);
  const auto priced = co_await infracost::price(*parts_.clock, std::move(options), files);
  remove_files(files);
  if (!priced && priced.error().kind == ErrorKind::Cancelled) co_return priced.error();
  if (priced) {
    plan.cost = *priced;
  } else {
    plan.cost_trouble = priced.error().message;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<SavedRecord>> PlanSteps::waiting_plan(App app, std::string id, std::string digest, SavedProgress progress) {
  if (progress.failed) co_return Error{ErrorKind::InvalidInput, fmt::format("it was applied and failed: {}", *progress.failed)};
  if (progress.started) {
    co_return Error{ErrorKind::InvalidInput, fmt::format("it was interrupted while applying {}; look at the state, then ask again", app.name)};
  }
  auto work = [saved = saved_, id] { return saved.find(id); };
  auto finding = on_pool(std::move(work));
  auto record = co_await std::move(finding);
  if (!record) co_return Error{ErrorKind::Conflict, record.error().message};
  if (record->app != app.name || record->plan.digest != digest) co_return Error{ErrorKind::Conflict, "another plan was approved than the one that is kept: plan again"};
  co_return std::move(record);
}

asio::awaitable<Result<std::string>> PlanSteps::apply(App app, std::string id, std::string digest) {
  CO_CHECK_OK(co_await clean_up());
  auto look = [saved = saved_, id] { return saved.progress(id); };
  auto looking = on_pool(std::move(look));
  auto progress = co_await std::move(looking);
  if (progress.done) co_return *progress.done;
  CO_CHECK_OK(may_be_applied(app));
  CO_TRY(const auto record, co_await waiting_plan(app, id, std::move(digest), std::move(progress)));
  CO_TRY(auto ground, co_await look_up(app));
  if (ground.inputs != record.inputs) {
    co_return Error{ErrorKind::Conflict, fmt::format("files of {} have changed since this was planned at {}: plan again", app.name, record.plan.revision.substr(0, 8))};
  }
  CO_CHECK_OK(co_await check_out(app, ground));
  auto place = tool_place(app, ground);
  // In a coroutine thread of its own: when we are ended, what came of it is still noted, which must not leak to the caller.
  auto applying = asio::co_spawn(co_await asio::this_coro::executor, apply_now(std::move(place), std::move(id), ground.checkout), asio::use_awaitable);
  co_return co_await std::move(applying);
}

asio::awaitable<Result<std::string>> PlanSteps::apply_now(terraform::ToolPlace place, std::string id, std::shared_ptr<Checkout> checkout) {
  auto start = [saved = saved_, id] { return saved.start(id); };
  auto starting = on_pool(std::move(start));
  CO_CHECK_OK(co_await std::move(starting));
  auto applied = co_await parts_.terraform->apply(std::move(place), saved_.plan_file(id));
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const std::string said = applied ? *applied : applied.error().message;
  auto note = [saved = saved_, id, said, well = applied.has_value(), kind = applied ? ErrorKind::Corrupt : applied.error().kind]() -> Result<void> {
    if (well) return saved.finish(id, true, said);
    if (kind == ErrorKind::Cancelled) return Result<void>{};
    if (!nothing_was_done(kind)) return saved.finish(id, false, said);
    saved.back_to_waiting(id);
    return Result<void>{};
  };
  auto noting = on_pool(std::move(note));
  CO_CHECK_OK(co_await std::move(noting));
  checkout.reset();
  co_return std::move(applied);
}

}  // namespace driftwarden
