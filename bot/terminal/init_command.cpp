#include "bot/terminal/init_command.hpp"

#include "bot/terminal/check_command.hpp"
#include "bot/terminal/config_without_secrets.hpp"
#include "gitops/base/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <istream>
#include <ostream>

namespace driftwarden {
namespace {

Error already_there(const std::string& path) { return {ErrorKind::Conflict, path + " is there already, and it is not overwritten: give another name by --out"}; }

/// Made by us or not at all, whatever happens beside us.
Result<void> write_new_file(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0 && errno == EEXIST) return already_there(path);
  if (file < 0) return Error{ErrorKind::Denied, fmt::format("{} can't be written: {}", path, std::generic_category().message(errno))};
  std::size_t done = 0;
  while (done < text.size()) {
    const auto count = ::write(file, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  const bool whole = done == text.size() && ::fsync(file) == 0;
  const bool closed = ::close(file) == 0;
  if (whole && closed) return {};
  ::unlink(path.c_str());
  return Error{ErrorKind::Unavailable, fmt::format("{} can't be written: {}", path, std::generic_category().message(errno))};
}

asio::awaitable<void> look_once(std::unique_ptr<kubernetes::Cluster>& cluster, Result<FoundInCluster>& found) {
  found = co_await look_into(*cluster);
  co_await cluster->close();
}

Result<FoundInCluster> look_by_kubeconfig(const std::string& kubeconfig, const std::string& context) {
  TRY(auto connection, kubernetes::load_kubeconfig(kubeconfig, context));
  asio::io_context io(1);
  SystemClock clock;
  const auto random = create_system_random();
  kubernetes::ClusterOptions options;
  options.name = context.empty() ? "the cluster" : context;
  options.connection = std::move(connection);
  auto cluster = kubernetes::create_cluster(io.get_executor(), clock, *random, std::move(options));
  Result<FoundInCluster> found = Error{ErrorKind::Cancelled, "told to stop"};
  std::exception_ptr failure;
  asio::co_spawn(io, look_once(cluster, found), [&](std::exception_ptr thrown) { failure = std::move(thrown); });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return found;
}

std::string kubeconfig_of(const InitArguments& arguments, const Environment& environment) {
  if (!arguments.kubeconfig.empty()) return environment.absolute(arguments.kubeconfig);
  if (const auto named = environment.variable("KUBECONFIG"); named && !named->empty()) return environment.absolute(named->substr(0, named->find(':')));
  return environment.variable("HOME").value_or("") + "/.kube/config";
}

/// A context is often called "admin@prod-eu", or by an ARN: what a name may hold of its end.
std::string cluster_name_of(const std::string& context) {
  auto name = context.substr(context.find_last_of("@/:") == std::string::npos ? 0 : context.find_last_of("@/:") + 1);
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '.' && c != '_'; });
  return name.empty() || std::isalnum(static_cast<unsigned char>(name.front())) == 0 ? "prod" : name;
}

Result<InitAnswers> answers_of(const InitArguments& arguments, const Environment& environment, const LookIntoCluster& look, InitStreams& streams) {
  InitAnswers answers;
  if (arguments.from_cluster) {
    answers.kubeconfig = kubeconfig_of(arguments, environment);
    answers.context = *arguments.from_cluster;
    if (!answers.context.empty()) answers.cluster = cluster_name_of(answers.context);
    const auto found = look(answers.kubeconfig, answers.context);
    if (!found) return wrap("looking into the cluster", found.error());
    TRY(answers, take_found(std::move(answers), *found));
    streams.out << fmt::format("Found {}{}{}, from {} repositor{}.\n", answers.argocd ? "Argo CD" : "", answers.argocd && answers.flux ? " and " : "", answers.flux ? "Flux" : "",
                               answers.repositories.size(), answers.repositories.size() == 1 ? "y" : "ies");
  } else if (!arguments.kubeconfig.empty()) {
    answers.kubeconfig = environment.absolute(arguments.kubeconfig);
  }
  return ask({streams.in, streams.out, environment, arguments.yes}, std::move(answers));
}

}  // namespace

LookIntoCluster create_system_look() { return look_by_kubeconfig; }

int run_init(const InitArguments& arguments, const Environment& environment, const LookIntoCluster& look, InitStreams streams) {
  const auto refuse = [&](const Error& why) {
    streams.err << "driftwarden init: " << why.message << '\n';
    return 2;
  };
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(arguments.out, ignored))) return refuse(already_there(arguments.out));
  const auto answers = answers_of(arguments, environment, look, streams);
  if (!answers) return refuse(answers.error());
  if (const auto written = write_new_file(arguments.out, write_config(*answers)); !written) return refuse(written.error());
  streams.out << "\nWrote " << arguments.out << ". `driftwarden check` says:\n";
  const auto checking = without_secrets(environment);
  CheckArguments check;
  check.config = arguments.out;
  const int code = run_check(check, *checking, streams.out, streams.err);
  for (const auto& remark : answers->remarks) streams.out << "To do: " << remark << ".\n";
  streams.out << "Before the first start, set " << join(variables_of(*answers), ", ") << "; `driftwarden slack-manifest` makes the Slack app, `driftwarden rbac --config "
              << arguments.out << "` prints what the clusters must allow, `driftwarden doctor --config " << arguments.out << "` tries it all out.\n";
  return code;
}

}  // namespace driftwarden
