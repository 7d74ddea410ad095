#include "bot/terminal/doctor_command.hpp"

#include "bot/app/connections.hpp"
#include "bot/app/forges.hpp"
#include "bot/app/model_options.hpp"
#include "bot/config/tls.hpp"
#include "bot/doctor/doctor.hpp"
#include "bot/doctor/git_probe.hpp"
#include "bot/doctor/in_time.hpp"
#include "bot/doctor/storage_probe.hpp"
#include "bot/reload/reload.hpp"
#include "bot/terminal/git_pass.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "integrations/git/transports.hpp"
#include "integrations/llm/endpoint.hpp"
#include "integrations/process/process.hpp"
#include "integrations/render/tool_runner.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <ostream>

namespace driftwarden {
namespace {

constexpr std::size_t kThreads = 8;

/// What the Apps consist of, as far as that could be found out.
struct Contents {
  std::vector<AppObjects> apps;
  DoctorFindings findings;
};

Contents usual_contents(const Config& config) {
  std::vector<Manifest> manifests;
  for (const auto& kind : usual_kinds()) {
    Manifest manifest;
    manifest.ref = kind;
    manifests.push_back(std::move(manifest));
  }
  Contents contents;
  for (const auto& app : config.apps) contents.apps.push_back({app, manifests});
  return contents;
}

Contents contents_of(const DoctorArguments& arguments, const Config& config) {
  if (arguments.usual_kinds || config.clusters.empty()) return usual_contents(config);
  auto pass = look_at_git(config, {arguments.cache, arguments.patience});
  if (!pass) {
    auto contents = usual_contents(config);
    contents.findings.push_back({"apps", "rendering", FindingState::Problem, pass.error().message, "see what the repositories' checks say; rights were looked at for the usual kinds"});
    return contents;
  }
  Contents contents{std::move(pass->apps), {}};
  for (const auto& missing : pass->missing) {
    contents.findings.push_back({"apps", "rendering", FindingState::Problem, missing, "mend it in Git, or see what the repositories' and tools' checks say; the rights that it needs weren't looked at"});
  }
  if (contents.findings.empty()) contents.findings.push_back({"apps", "rendering", FindingState::Ok, fmt::format("all {} Apps can be rendered", contents.apps.size())});
  return contents;
}

/// Everything that the checks hold on to while they run.
class Examination {
 public:
  Examination(asio::io_context& io, const Config& config, std::string config_file, net::TlsOptions tls, Contents contents)
      : io_(io),
        config_(config),
        config_file_(std::move(config_file)),
        random_(create_system_random()),
        http_(net::create_http_client(io.get_executor(), clock_, client_options(std::move(tls)))),
        slack_(slack::create_web_api(*http_, clock_, *random_, slack_options())),
        forges_(make_forges(*http_, clock_, config)),
        transport_(git::make_transport_factory(io.get_executor(), clock_, *http_, git_limits())),
        tools_(create_tool_runner()),
        contents_(std::move(contents)) {}

  asio::awaitable<void> run(DoctorFindings& out) {
    auto examining = examine(parts());
    out = co_await std::move(examining);
    // Where somebody looks for it: behind the config.
    const auto behind = std::ranges::find_if(out, [](const DoctorFinding& finding) { return finding.about != "config"; });
    out.insert(behind, contents_.findings.begin(), contents_.findings.end());
    io_.stop();
  }

 private:
  static net::HttpClientOptions client_options(net::TlsOptions tls) {
    net::HttpClientOptions options;
    options.tls = std::move(tls);
    return options;
  }

  static git::TransportLimits git_limits() {
    git::TransportLimits limits;
    limits.silence = kDoctorPatience;
    limits.total = kDoctorPatience;
    return limits;
  }

  slack::WebApiOptions slack_options() const {
    slack::WebApiOptions options;
    options.api_url = config_.slack.api_url;
    options.app_token = config_.slack.app_token;
    options.bot_token = config_.slack.bot_token;
    options.call_timeout = kDoctorPatience;
    return options;
  }

  DoctorParts parts() {
    DoctorParts parts;
    parts.executor = io_.get_executor();
    parts.clock = &clock_;
    parts.config = &config_;
    if (!config_.slack.bot_token.empty()) parts.slack = slack_.get();
    const auto rights = needed_rights(config_, contents_.apps);
    for (const auto& cluster : config_.clusters) parts.clusters.push_back(cluster_check(cluster, rights));
    for (const auto& repository : config_.repositories) parts.repositories.push_back(repository_check(repository));
    parts.ask_tool = [this](std::string program, std::vector<std::string> arguments) { return ask_tool(std::move(program), std::move(arguments)); };
    parts.look_at_storage = [this] { return storage_facts(); };
    parts.missing_for_fence = process::missing_for_fence();
    if (config_.model) parts.model = ModelProbe{[this] { return list_models(); }, [this] { return try_model(); }};
    return parts;
  }

  ClusterCheck cluster_check(const ClusterConfig& cluster, const std::vector<ClusterRights>& rights) {
    ClusterCheck check;
    check.name = cluster.name;
    check.config_file = config_file_;
    auto connection = cluster.in_cluster ? kubernetes::in_cluster_connection() : kubernetes::load_kubeconfig(cluster.kubeconfig, cluster.context);
    if (connection) {
      probes_.push_back(create_cluster_probe(io_.get_executor(), clock_, *random_, std::move(*connection)));
      check.probe = probes_.back().get();
    } else {
      check.broken = connection.error().message;
    }
    const auto needed = std::ranges::find(rights, cluster.name, &ClusterRights::cluster);
    if (needed != rights.end()) check.rights = *needed;
    return check;
  }

  RepositoryCheck repository_check(const RepositoryConfig& repository) {
    RepositoryCheck check;
    check.repository = &repository;
    if (const auto forge = forges_.find(repository.name); forge != forges_.end()) check.forge = forge->second.get();
    check.approvals = std::ranges::any_of(config_.policy.approvals, [](const ApprovalRule& rule) { return rule.need > 0; });
    check.git = [this, &repository](bool push) { return ask_git(repository, push); };
    return check;
  }

  asio::awaitable<Result<void>> ask_git(const RepositoryConfig& repository, bool push) {
    GitCredentials credentials;
    if (repository.credentials) {
      credentials.username = repository.credentials->username;
      credentials.password = repository.credentials->password;
      credentials.known_hosts_file = repository.credentials->known_hosts;
      if (repository.credentials->ssh_key) credentials.ssh_key_file = repository.credentials->ssh_key->file;
    }
    if (needs_forge_token(repository)) {
      CO_TRY(credentials.password, co_await forges_.at(repository.name)->git_token());
    }
    auto work = [transport = transport_, service = push ? GitService::ReceivePackRefs : GitService::UploadPackRefs, url = repository.url, credentials] {
      return try_git(transport, service, url, credentials);
    };
    auto working = offload(pool_.get_executor(), std::move(work));
    co_return co_await std::move(working);
  }

  asio::awaitable<Result<std::string>> ask_tool(std::string program, std::vector<std::string> arguments) {
    if (tools_->identity(program).empty()) co_return Error{ErrorKind::NotFound, program + " isn't installed"};
    // A plugin's command is nothing to be run for its version.
    if (arguments.empty()) co_return std::string();
    process::Command command;
    command.argv.push_back(program);
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.timeout = kDoctorPatience;
    auto running = process::run(clock_, std::move(command));
    const auto outcome = co_await std::move(running);
    if (!outcome) co_return outcome.error();
    if (outcome->exit_code != 0) co_return Error{ErrorKind::Unavailable, fmt::format("`{} {}` ends with {}", program, join(arguments, " "), outcome->exit_code)};
    co_return outcome->out.empty() ? outcome->err : outcome->out;
  }

  llm::ModelOptions patient_model() const {
    auto options = model_options(*config_.model);
    options.timeout = std::min(options.timeout, kDoctorPatience);
    return options;
  }

  asio::awaitable<Result<std::vector<std::string>>> list_models() {
    const auto options = patient_model();
    co_return co_await llm::list_models(*http_, options);
  }

  asio::awaitable<Result<std::string>> try_model() {
    const auto model = llm::create_model(*http_, clock_, *random_, patient_model());
    llm::Prompt prompt;
    prompt.messages.emplace_back(llm::Role::User, "Answer with the one word: ready");
    prompt.answer_tokens = 64;
    auto asking = model->complete(std::move(prompt));
    CO_TRY(auto answer, co_await std::move(asking));
    co_return std::move(answer.text);
  }

  asio::awaitable<StorageFacts> storage_facts() {
    auto look = [path = config_.storage.path, this, until = clock_.mono_now() + kDoctorPatience] { return look_at_storage(path, clock_, until); };
    auto looking = offload(pool_.get_executor(), std::move(look));
    co_return co_await std::move(looking);
  }

  asio::io_context& io_;
  const Config& config_;
  std::string config_file_;
  SystemClock clock_;
  std::unique_ptr<Random> random_;
  asio::thread_pool pool_{kThreads};
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<slack::WebApi> slack_;
  Forges forges_;
  TransportFactory transport_;
  std::shared_ptr<ToolRunner> tools_;
  std::vector<std::unique_ptr<ClusterProbe>> probes_;
  Contents contents_;
};

Result<DoctorFindings> examine_all(const DoctorArguments& arguments, const Config& config) {
  TRY(auto tls, tls_options(config.tls));
  auto contents = contents_of(arguments, config);
  asio::io_context io(1);
  Examination examination(io, config, arguments.config, std::move(tls), std::move(contents));
  DoctorFindings findings;
  TaskGroup main_task(io.get_executor());
  main_task.spawn("doctor", examination.run(findings));
  io.run();
  return findings;
}

}  // namespace

int run_doctor(const DoctorArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err) {
  if (arguments.output != "text" && arguments.output != "json") {
    err << "driftwarden doctor: unknown output \"" << arguments.output << "\", expected text or json\n";
    return 2;
  }
  if (const auto text = environment.read_file(arguments.config); !text) {
    err << "driftwarden doctor: " << arguments.config << " can't be read: " << text.error().message << '\n';
    return 2;
  }
  auto loaded = load_config_with_last_good(arguments.config, environment);
  DoctorFindings findings;
  if (loaded.config) {
    auto examined = examine_all(arguments, *loaded.config);
    if (!examined) {
      err << "driftwarden doctor: " << examined.error().message << '\n';
      return 2;
    }
    findings = std::move(*examined);
    std::size_t at = 0;
    for (const auto& warning : loaded.warnings) {
      DoctorFinding finding{"config", fmt::format("{}:{}:{}", warning.file, warning.line, warning.column), FindingState::Warning, warning.what, "expected " + warning.expected};
      findings.insert(findings.begin() + static_cast<std::ptrdiff_t>(++at), std::move(finding));
    }
  } else {
    findings = findings_of_mistakes(loaded.mistakes);
  }
  out << (arguments.output == "json" ? findings_json(findings) : findings_text(findings));
  return exit_code_of(findings);
}

}  // namespace driftwarden
