#include "integrations/kubernetes/credentials.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/kubernetes/files.hpp"
#include "integrations/process/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

namespace driftwarden::kubernetes {
namespace {

constexpr Duration kTokenFileAge{60'000};
constexpr Duration kPluginTimeout{30'000};
constexpr Duration kPluginRetry{2'000};  ///< a failure answers everybody who waited for the same run
constexpr Duration kExpiryMargin{10'000};

process::Command plugin_command(const Connection& connection) {
  const auto& plugin = *connection.exec;
  process::Command command;
  command.argv.push_back(plugin.command);
  command.argv.insert(command.argv.end(), plugin.args.begin(), plugin.args.end());
  command.environment = plugin.env;
  command.environment["KUBERNETES_EXEC_INFO"] = make_exec_info(connection);
  for (const auto* name : {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "AWS_PROFILE", "AWS_REGION", "AWS_CONFIG_FILE",
                           "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "GOOGLE_APPLICATION_CREDENTIALS",
                           "CLOUDSDK_CONFIG", "AZURE_CONFIG_DIR", "SSL_CERT_FILE"}) {
    command.inherit.emplace_back(name);
  }
  command.timeout = kPluginTimeout;
  return command;
}

}  // namespace

Credentials::Credentials(asio::any_io_executor executor, Clock& clock, Connection connection)
    : clock_(clock), connection_(std::move(connection)), gate_(std::move(executor)) {
  credential_.client_certificate_pem = connection_.tls.client_certificate_pem;
  credential_.client_key_pem = connection_.tls.client_key_pem;
  if (!connection_.token.empty()) {
    credential_.authorization = Secret<std::string>("Bearer " + connection_.token.reveal());
  } else if (!connection_.username.empty()) {
    credential_.authorization = Secret<std::string>("Basic " + base64_encode(connection_.username + ":" + connection_.password.reveal()));
  }
}

void Credentials::read_token_file() {
  if (fresh_ && clock_.mono_now() - read_at_ < kTokenFileAge) return;
  auto text = read_small_file(connection_.token_file);
  failure_.reset();
  if (!text) {
    // A file that is being replaced: the token that we have may still be good.
    if (credential_.authorization.empty()) failure_ = text.error();
    return;
  }
  read_at_ = clock_.mono_now();
  fresh_ = true;
  ++credential_.issue;
  credential_.authorization = Secret<std::string>("Bearer " + std::string(trim(*text)));
}

bool Credentials::plugin_is_due() const {
  if (!fresh_) return true;
  // One that hands out ended tokens isn't run for each request.
  if (clock_.mono_now() - ran_at_ < kPluginRetry) return false;
  return expires_ && clock_.wall_now() + kExpiryMargin >= *expires_;
}

asio::awaitable<Result<void>> Credentials::run_plugin() {
  const auto& plugin = *connection_.exec;
  auto command = plugin_command(connection_);
  const auto step = fmt::format("credential plugin {}", plugin.command);
  // On its own: what it does to its cancellation state at its end must not become ours.
  auto task = asio::co_spawn(co_await asio::this_coro::executor, process::run(clock_, std::move(command)), asio::use_awaitable);
  auto outcome = co_await std::move(task);
  if (!outcome) {
    auto error = wrap(step, outcome.error());
    if (error.kind == ErrorKind::NotFound && !plugin.install_hint.empty()) error.message += "; " + plugin.install_hint;
    co_return error;
  }
  if (outcome->exit_code != 0) {
    co_return Error{ErrorKind::Denied,
                    fmt::format("{}: exit code {}: {}", step, outcome->exit_code, ellipsize(without_control_characters(trim(outcome->err)), 300))};
  }
  auto parsed = parse_exec_credential(outcome->out, plugin.api_version);
  if (!parsed) co_return wrap(step, parsed.error());
  ++credential_.issue;
  credential_.authorization = Secret<std::string>(parsed->token.empty() ? std::string{} : "Bearer " + parsed->token);
  if (!parsed->client_key_pem.empty() && parsed->client_key_pem != credential_.client_key_pem.reveal()) {
    ++credential_.generation;
    credential_.client_certificate_pem = parsed->client_certificate_pem;
    credential_.client_key_pem = Secret<std::string>(parsed->client_key_pem);
  }
  expires_ = parsed->expires;
  ran_at_ = clock_.mono_now();
  fresh_ = true;
  co_return Result<void>{};
}

asio::awaitable<Result<Credential>> Credentials::current() {
  if (!connection_.token_file.empty()) {
    read_token_file();
    if (failure_) co_return wrap("token file", *failure_);
    co_return credential_;
  }
  if (!connection_.exec || !plugin_is_due()) co_return credential_;
  CO_TRY(const auto pass, co_await gate_.enter());
  if (!plugin_is_due()) co_return credential_;
  if (failure_ && clock_.mono_now() - failed_at_ < kPluginRetry) co_return *failure_;
  failure_.reset();
  auto done = co_await run_plugin();
  if (!done) {
    if (done.error().kind != ErrorKind::Cancelled) {
      failure_ = done.error();
      failed_at_ = clock_.mono_now();
    }
    co_return done.error();
  }
  co_return credential_;
}

bool Credentials::renew(std::uint64_t issue) {
  if (connection_.token_file.empty() && !connection_.exec) return false;
  if (issue == credential_.issue) fresh_ = false;
  return true;
}

}  // namespace driftwarden::kubernetes
