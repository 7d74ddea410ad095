#include "integrations/sandbox/forge/smart_http.hpp"

#include "integrations/sandbox/forge/access.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

namespace driftwarden::sandbox::forge {

namespace {

net::ServerReply refuse(unsigned status, const std::string& text) { return {status, "text/plain; charset=utf-8", text + "\n"}; }

net::ServerReply ask_for_token() {
  auto reply = refuse(401, "give any user name and your token as the password");
  reply.headers.set("WWW-Authenticate", "Basic realm=\"sandbox forge\"");
  return reply;
}

net::ServerReply git_reply(const std::string& type, std::string body) {
  net::ServerReply reply(200, type, std::move(body));
  reply.headers.set("Cache-Control", "no-cache, max-age=0, must-revalidate");
  return reply;
}

std::string packet(const std::string& text) { return fmt::format("{:04x}{}", text.size() + 4, text); }

std::map<std::string, std::string> git_environment(const net::ServerRequest& request) {
  const auto protocol = request.headers.find("Git-Protocol");
  if (protocol && *protocol == "version=2") return {{"GIT_PROTOCOL", *protocol}};
  return {};
}

asio::awaitable<net::ServerReply> advertise(GitProgram git, std::string program, net::ServerRequest request) {
  std::vector<std::string> arguments{program, "--stateless-rpc", "--advertise-refs", git.directory()};
  auto refs = co_await git.output(std::move(arguments), "", git_environment(request));
  if (!refs) co_return refuse(500, refs.error().message);
  std::string body = packet("# service=git-" + program + "\n") + "0000" + *refs;
  co_return git_reply("application/x-git-" + program + "-advertisement", std::move(body));
}

/// Git itself tells the client of the refusal, as a real forge's hook does.
Result<std::string> write_hook(const std::string& directory) {
  const auto hooks = directory + "/hooks";
  const auto file = hooks + "/pre-receive";
  std::error_code failed;
  if (std::filesystem::exists(file, failed)) return hooks;
  std::filesystem::create_directories(hooks, failed);
  std::ofstream(file) << "#!/bin/sh\nset -f\nwhile read -r old new ref; do\n  for rule in $SANDBOX_PROTECTED; do\n    case \"$ref\" in refs/heads/$rule)\n"
                         "      echo \"Not allowed to push to protected branch ${ref#refs/heads/}\" >&2; exit 1;;\n    esac\n  done\ndone\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_all, failed);
  if (failed) return Error{ErrorKind::Unavailable, "writing " + file + ": " + failed.message()};
  return hooks;
}

std::string unpushable(const Repository& repository) {
  std::string out;
  for (const auto& rule : repository.protections) {
    if (!rule.enable_push) out += (out.empty() ? "" : " ") + rule.name;
  }
  return out;
}

asio::awaitable<net::ServerReply> exchange(GitProgram git, std::string program, net::ServerRequest request, std::string hooks, std::string closed_branches) {
  std::vector<std::string> arguments{program, "--stateless-rpc", git.directory()};
  auto environment = git_environment(request);
  if (!hooks.empty()) {
    arguments.insert(arguments.begin(), {"-c", "core.hooksPath=" + hooks});
    environment["SANDBOX_PROTECTED"] = closed_branches;
  }
  auto outcome = co_await git.run(std::move(arguments), std::move(request.body), std::move(environment));
  if (!outcome) co_return refuse(500, outcome.error().message);
  // A refused ref is told inside the answer; only a program that said nothing has failed.
  if (outcome->exit_code != 0 && outcome->out.empty()) co_return refuse(400, outcome->err);
  co_return git_reply("application/x-git-" + program + "-result", std::move(outcome->out));
}

}  // namespace

asio::awaitable<net::ServerReply> serve_git(Core& core, std::string name, std::string service, net::ServerRequest request) {
  const auto access = find_access(core, request.headers);
  if (access.refused) co_return ask_for_token();
  const auto* repository = core.find(name);
  if (repository == nullptr) co_return refuse(404, "no repository " + name);
  const std::string wanted = service == "info/refs" ? request.query_or("service", "") : service;
  if (wanted != "git-upload-pack" && wanted != "git-receive-pack") co_return refuse(404, "only the smart protocol is spoken here");
  const bool pushing = wanted == "git-receive-pack";
  if (pushing && access.user == nullptr) co_return ask_for_token();
  const std::string program = wanted.substr(4);
  auto git = core.git(*repository);
  if (service == "info/refs") {
    if (request.method != "GET") co_return refuse(405, "use GET");
    co_return co_await advertise(std::move(git), program, std::move(request));
  }
  if (request.method != "POST") co_return refuse(405, "use POST");
  if (!pushing) co_return co_await exchange(std::move(git), program, std::move(request), "", "");
  const std::string login = access.user->login;
  auto before = co_await git.refs();
  auto hooks = write_hook(core.options().directory);
  if (!hooks) co_return refuse(500, hooks.error().message);
  auto reply = co_await exchange(git, program, std::move(request), *hooks, unpushable(*core.find(name)));
  auto after = co_await git.refs();
  if (before && after) co_await core.pushed(name, login, std::move(*before), std::move(*after));
  co_return reply;
}

}  // namespace driftwarden::sandbox::forge
