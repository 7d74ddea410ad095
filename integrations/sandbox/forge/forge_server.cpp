#include "integrations/sandbox/forge/forge_server.hpp"

#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/access.hpp"
#include "integrations/sandbox/forge/api.hpp"
#include "integrations/sandbox/forge/forge_core.hpp"
#include "integrations/sandbox/forge/pages.hpp"
#include "integrations/sandbox/forge/smart_http.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <filesystem>

namespace driftwarden::sandbox {

namespace {

using forge::Core;

/// Runs a short Git job to its end on an event loop of its own, for callers outside of coroutines.
template <class T>
Result<T> run_now(asio::awaitable<Result<T>> job) {
  asio::io_context loop;
  Result<T> result = Error{ErrorKind::Unavailable, "git gave no answer"};
  asio::co_spawn(loop, std::move(job), [&](const std::exception_ptr& thrown, Result<T> done) {
    if (!thrown) result = std::move(done);
  });
  loop.run();
  return result;
}

Result<std::string> check_project(const std::string& project) {
  const auto slash = project.find('/');
  CHECK_OK(forge::check_path(project));
  if (slash == std::string::npos || project.find('/', slash + 1) != std::string::npos || project.find_first_of(" *") != std::string::npos) {
    return Error{ErrorKind::InvalidInput, "\"" + project + "\" is no project; it must be owner/name"};
  }
  return project;
}

asio::awaitable<Result<std::string>> import_files(forge::GitProgram git, std::string input) {
  std::vector<std::string> arguments{"fast-import", "--quiet", "--date-format=raw"};
  CO_CHECK_OK(co_await git.output(std::move(arguments), std::move(input)));
  co_return co_await git.resolve("refs/heads/main");
}

asio::awaitable<Result<std::string>> make_repository(forge::GitProgram git, std::string input) {
  std::vector<std::string> arguments{"init", "--quiet", "--bare", "--template=", "--initial-branch=main", git.directory()};
  CO_CHECK_OK(co_await git.output(std::move(arguments)));
  for (const char* setting : {"gc.auto=0", "receive.denyDeleteCurrent=refuse", "uploadpack.allowAnySHA1InWant=true"}) {
    const std::string text = setting;
    std::vector<std::string> set{"config", text.substr(0, text.find('=')), text.substr(text.find('=') + 1)};
    CO_CHECK_OK(co_await git.output(std::move(set)));
  }
  co_return co_await import_files(std::move(git), std::move(input));
}

net::ServerReply no_such_page() { return {404, "text/plain; charset=utf-8", "not found\n"}; }

class SandboxForge final : public ForgeServer {
 public:
  SandboxForge(asio::any_io_executor executor, Clock& clock, Random& random, ForgeServerOptions options)
      : core_(std::move(executor), clock, random, std::move(options)) {}

  Result<void> load() { return core_.load(); }
  asio::awaitable<net::ServerReply> handle(net::ServerRequest request) override;
  void set_urls(std::string base_url, std::string webhook_url) override { core_.set_urls(std::move(base_url), std::move(webhook_url)); }
  Result<void> create_repository(std::string project, std::vector<std::pair<std::string, std::string>> files, ForgeUser author) override;
  Result<std::string> push_file(std::string project, std::string path, std::string content, ForgeUser author, std::string message) override;
  Result<void> protect(std::string project, ForgeProtection wanted) override;
  Result<std::string> read_file(std::string project, std::string path) override;
  asio::awaitable<void> stop() override { co_await core_.stop(); }

 private:
  Result<forge::GitProgram> git_of(const std::string& project);

  Core core_;
};

asio::awaitable<net::ServerReply> SandboxForge::handle(net::ServerRequest request) {
  std::string raw_path = request.raw_path;
  const auto& prefix = core_.options().prefix;
  if (!raw_path.starts_with(prefix)) co_return no_such_page();
  raw_path.erase(0, prefix.size());
  auto parts = forge::path_parts(raw_path);
  if (parts.size() >= 2 && parts[0] == "api" && parts[1] == "v1") {
    parts.erase(parts.begin(), parts.begin() + 2);
    co_return co_await forge::serve_api(core_, std::move(parts), std::move(request));
  }
  if (parts.size() >= 3 && parts[1].ends_with(".git")) {
    std::string project = parts[0] + "/" + parts[1].substr(0, parts[1].size() - 4);
    co_return co_await forge::serve_git(core_, std::move(project), forge::rest_of(parts, 2), std::move(request));
  }
  co_return co_await forge::serve_page(core_, std::move(parts), std::move(request));
}

Result<forge::GitProgram> SandboxForge::git_of(const std::string& project) {
  const auto* repository = core_.find(project);
  if (repository == nullptr) return Error{ErrorKind::NotFound, "the forge has no repository " + project};
  return core_.git(*repository);
}

Result<void> SandboxForge::create_repository(std::string project, std::vector<std::pair<std::string, std::string>> files, ForgeUser author) {
  CHECK_OK(check_project(project));
  if (core_.find(project) != nullptr) return Error{ErrorKind::Conflict, "the forge has a repository " + project + " already"};
  for (const auto& [path, content] : files) CHECK_OK(forge::check_path(path));
  const auto directory = core_.directory_of(project);
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), failed);
  if (failed) return Error{ErrorKind::Unavailable, "making " + directory + ": " + failed.message()};
  auto input = forge::fast_import(files, forge::to_person(author), core_.now(), "Add the configuration\n", "");
  auto made = run_now(make_repository(forge::GitProgram(core_.clock(), directory), std::move(input)));
  if (!made) return wrap("making repository " + project, made.error());
  forge::Repository repository;
  repository.id = core_.state().next_id();
  repository.owner = project.substr(0, project.find('/'));
  repository.name = project.substr(project.find('/') + 1);
  repository.created = core_.now();
  core_.state().repositories.emplace(project, std::move(repository));
  core_.save();
  return Result<void>{};
}

Result<std::string> SandboxForge::push_file(std::string project, std::string path, std::string content, ForgeUser author, std::string message) {
  TRY(auto git, git_of(project));
  CHECK_OK(forge::check_path(path));
  TRY(const auto parent, run_now(git.resolve("refs/heads/main")));
  const auto present = run_now(git.read_file(parent, path));
  if (present && *present == content) return Error{ErrorKind::InvalidInput, path + " says that already: there is nothing to commit"};
  std::vector<std::pair<std::string, std::string>> files{{path, std::move(content)}};
  auto input = forge::fast_import(files, forge::to_person(author), core_.now(), message + "\n", parent);
  auto pushed = run_now(import_files(git, std::move(input)));
  if (!pushed) return wrap("committing " + path + " to " + project, pushed.error());
  core_.notify_push(*core_.find(project), author.login, "refs/heads/main", parent, *pushed);
  return pushed;
}

Result<void> SandboxForge::protect(std::string project, ForgeProtection wanted) {
  forge::Protection rule;
  rule.name = wanted.branch;
  rule.required_approvals = wanted.approvals;
  rule.enable_push = wanted.people_may_push;
  rule.enable_status_check = !wanted.checks.empty();
  rule.status_check_contexts = std::move(wanted.checks);
  auto set = core_.protect(project, std::move(rule), true);
  if (!set) return Error{ErrorKind::NotFound, "protecting " + wanted.branch + " of " + project + ": " + set.error().message};
  return Result<void>{};
}

Result<std::string> SandboxForge::read_file(std::string project, std::string path) {
  TRY(auto git, git_of(project));
  CHECK_OK(forge::check_path(path));
  return run_now(git.read_file("refs/heads/main", path));
}

}  // namespace

Result<std::unique_ptr<ForgeServer>> create_forge_server(asio::any_io_executor executor, Clock& clock, Random& random, ForgeServerOptions options) {
  std::error_code failed;
  options.directory = std::filesystem::absolute(options.directory).string();
  std::filesystem::create_directories(options.directory, failed);
  if (failed) return Error{ErrorKind::Unavailable, "making " + options.directory + ": " + failed.message()};
  auto server = std::make_unique<SandboxForge>(std::move(executor), clock, random, std::move(options));
  CHECK_OK(server->load());
  return std::unique_ptr<ForgeServer>(std::move(server));
}

}  // namespace driftwarden::sandbox
