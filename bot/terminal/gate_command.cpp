#include "bot/terminal/gate_command.hpp"

#include "bot/app/connections.hpp"
#include "bot/app/signals.hpp"
#include "gitops/base/temporary_directory.hpp"
#include "bot/gates/tool_gates.hpp"
#include "bot/terminal/config_without_secrets.hpp"
#include "bot/terminal/gate_print.hpp"
#include "bot/terminal/git_pass.hpp"
#include "bot/terminal/local_files.hpp"
#include "bot/terminal/render_command.hpp"
#include "bot/watch/mirror_options.hpp"
#include "gitops/base/text.hpp"
#include "integrations/git/transports.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <ostream>

namespace driftwarden {
namespace {

/// The repositories of policies, cloned when a gate asks for one.
class Clones {
 public:
  Clones(asio::io_context& io, asio::any_io_executor pool, Clock& clock, Random& random, const Config& config, std::string directory)
      : io_(io), pool_(std::move(pool)), clock_(clock), random_(random), config_(config), directory_(std::move(directory)), http_(net::create_http_client(io.get_executor(), clock, terminal_http_options(config))) {}

  RepositoryWatcher* find(const std::string& name) {
    const auto* repository = find_repository(config_, name);
    if (repository == nullptr) return nullptr;
    auto& watcher = watchers_[name];
    if (!watcher) {
      auto options = mirror_options(*repository, directory_, git::make_transport_factory(io_.get_executor(), clock_, *http_));
      watcher = std::make_unique<RepositoryWatcher>(io_.get_executor(), pool_, clock_, random_, repository->poll, std::move(options));
    }
    return watcher.get();
  }

 private:
  asio::io_context& io_;
  asio::any_io_executor pool_;
  Clock& clock_;
  Random& random_;
  const Config& config_;
  std::string directory_;
  std::unique_ptr<net::HttpClient> http_;
  std::map<std::string, std::unique_ptr<RepositoryWatcher>> watchers_;
};

Error unknown_app(const Config& config, const std::string& name) {
  std::vector<std::string> all;
  for (const auto& app : config.apps) all.push_back(app.name);
  const auto near = nearest(name, all);
  return {ErrorKind::InvalidInput, fmt::format("\"{}\" is no directory and no App{}", without_control_characters(name), near ? fmt::format(", did you mean \"{}\"?", *near) : "")};
}

Result<ManifestsToJudge> look_at_directory(const GateArguments& arguments, const Config& config, std::string& directory) {
  ManifestsToJudge judged;
  if (!arguments.app.empty()) {
    const auto* app = find_app(config, arguments.app);
    if (app == nullptr) return unknown_app(config, arguments.app);
    judged.app = *app;
  } else {
    std::error_code failed;
    judged.app.name = std::filesystem::weakly_canonical(arguments.target, failed).filename().string();
  }
  if (auto place = local_place(arguments.target)) directory = place->path;
  TRY(auto after, render_local(arguments.target, judged.app, arguments.timeout));
  judged.after = std::move(after.manifests);
  if (arguments.base.empty()) return judged;
  auto before = render_local(arguments.base, judged.app, arguments.timeout);
  if (!before) return wrap("the base", before.error());
  judged.before = std::move(before->manifests);
  return judged;
}

Result<ManifestsToJudge> look_at_app(const GateArguments& arguments, const Config& config) {
  if (!arguments.app.empty() || !arguments.base.empty()) return Error{ErrorKind::InvalidInput, "--app and --base go with a directory"};
  TRY(auto pass, look_at_git(config, {}));
  for (auto& found : pass.apps) {
    if (found.app.name != arguments.target) continue;
    ManifestsToJudge judged;
    judged.app = std::move(found.app);
    judged.after = std::move(found.manifests);
    return judged;
  }
  const auto missing = std::ranges::find_if(pass.missing, [&](const std::string& one) { return one.starts_with(arguments.target + ":"); });
  if (missing != pass.missing.end()) return Error{ErrorKind::Unavailable, *missing};
  return unknown_app(config, arguments.target);
}

asio::awaitable<void> judge_and_tell(Gates& gates, ManifestsToJudge judged, std::optional<std::vector<GateResult>>& results, Signal& ended) {
  results = co_await gates.judge(std::move(judged));
  ended.notify();
}

asio::awaitable<void> end_at_signal(Signal& ended) {
  co_await wait_for_stop_signal();
  ended.notify();
}

asio::awaitable<void> judge_until_signal(Gates& gates, ManifestsToJudge judged, std::optional<std::vector<GateResult>>& results, asio::io_context& io) {
  TaskGroup tasks(io.get_executor());
  Signal ended(io.get_executor());
  tasks.spawn("gates", judge_and_tell(gates, std::move(judged), results, ended));
  tasks.spawn("signals", end_at_signal(ended));
  (void)co_await ended.wait();
  co_await tasks.join();
  io.stop();
}

Result<std::vector<GateResult>> judge(const Config& config, ManifestsToJudge judged) {
  asio::io_context io(1);
  SystemClock clock;
  const auto random = create_system_random();
  const Redactor redactor(random->hex(64));
  TRY(const auto temporary, TemporaryDirectory::make());
  asio::thread_pool pool(2);
  Clones clones(io, pool.get_executor(), clock, *random, config, temporary->path());
  const auto policies = create_policy_source([&clones](const std::string& repository) { return clones.find(repository); }, true);
  GatesParts parts;
  parts.pool = pool.get_executor();
  parts.clock = &clock;
  parts.config = &config;
  parts.redactor = &redactor;
  parts.policies = policies.get();
  const auto gates = create_gates(std::move(parts));
  std::optional<std::vector<GateResult>> results;
  TaskGroup main_task(io.get_executor());
  main_task.spawn("main", judge_until_signal(*gates, std::move(judged), results, io));
  io.run();
  pool.join();
  if (!results) return Error{ErrorKind::Cancelled, "told to stop"};
  return std::move(*results);
}

Result<Judgement> judgement_of(const GateArguments& arguments, const Config& config) {
  Judgement judgement;
  std::error_code failed;
  const bool local = std::filesystem::exists(arguments.target, failed) && find_app(config, arguments.target) == nullptr;
  Result<ManifestsToJudge> judged = local || arguments.target.find('/') != std::string::npos ? look_at_directory(arguments, config, judgement.directory) : look_at_app(arguments, config);
  if (!judged) return judged.error();
  judgement.app = judged->app.name;
  judgement.manifests = judged->after;
  TRY(judgement.gates, judge(config, *std::move(judged)));
  return judgement;
}

}  // namespace

int run_gate_command(const GateArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err) {
  static constexpr std::array<std::string_view, 3> kOutputs{"text", "json", "sarif"};
  if (std::ranges::find(kOutputs, arguments.output) == kOutputs.end()) {
    err << "driftwarden gate: unknown output \"" << arguments.output << "\", expected text, json or sarif\n";
    return 2;
  }
  const auto config = load_config_without_secrets("gate", arguments.config, environment, err);
  if (!config) return 2;
  const auto judgement = judgement_of(arguments, *config);
  if (!judgement) {
    err << "driftwarden gate: " << judgement.error().message << '\n';
    return 2;
  }
  if (arguments.output == "json") {
    out << judgement_json(*judgement);
  } else {
    out << (arguments.output == "sarif" ? judgement_sarif(*judgement) : judgement_text(*judgement));
  }
  return judgement_exit_code(*judgement);
}

}  // namespace driftwarden
