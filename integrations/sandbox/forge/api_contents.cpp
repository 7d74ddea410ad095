#include "gitops/base/crypto.hpp"
#include "integrations/sandbox/forge/access.hpp"
#include "integrations/sandbox/forge/api.hpp"
#include "integrations/sandbox/forge/api_json.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::sandbox::forge {

using nlohmann::json;

namespace {

json file_content(const Core& core, const Repository& repository, const std::string& path, const std::string& content, const std::string& commit) {
  const auto slash = path.rfind('/');
  return {{"name", slash == std::string::npos ? path : path.substr(slash + 1)},
          {"path", path},
          {"last_commit_sha", commit},
          {"type", "file"},
          {"size", content.size()},
          {"encoding", "base64"},
          {"content", base64_encode(content)},
          {"html_url", core.page_url(repository) + "/src/commit/" + commit + "/" + path}};
}

json folder_content(const std::string& path, const std::vector<TreeItem>& items) {
  json all = json::array();
  for (const auto& item : items) {
    all.push_back({{"name", item.name},
                   {"path", path.empty() ? item.name : path + "/" + item.name},
                   {"sha", item.sha},
                   {"type", item.is_tree ? "dir" : "file"},
                   {"size", item.size}});
  }
  return all;
}

asio::awaitable<net::ServerReply> write_content(Core& core, ApiCall call) {
  const auto body = body_of(call);
  const auto content = base64_decode(body.value("content", ""));
  if (!content) co_return refuse({422, "illegal base64 data in content"});
  FileCommit wanted;
  wanted.user = call.user;
  wanted.branch = body.value("branch", "main");
  wanted.new_branch = body.value("new_branch", "");
  wanted.path = rest_of(call.parts, 4);
  wanted.content = *content;
  const bool update = call.method == "PUT";
  wanted.message = body.value("message", (update ? "Update " : "Add ") + wanted.path);
  const auto name = call.repository();
  auto git = core.git(*core.find(name));
  auto blob = co_await git.resolve_object("refs/heads/" + wanted.branch + ":" + wanted.path);
  if (!update && blob) co_return refuse({422, "repository file already exists [path: " + wanted.path + "]"});
  if (update && !body.contains("sha")) co_return refuse({422, "[SHA]: Required"});
  if (update && (!blob || body.value("sha", "") != *blob)) co_return refuse({422, "sha does not match [given: " + body.value("sha", "") + "]"});
  const auto path = wanted.path;
  auto made = co_await core.commit_file(name, std::move(wanted));
  if (!made) co_return refuse(made.error());
  json file = file_content(core, *core.find(name), path, *content, *made);
  co_return json_reply(update ? 200 : 201, {{"content", std::move(file)}, {"commit", {{"sha", *made}}}});
}

}  // namespace

asio::awaitable<net::ServerReply> serve_contents(Core& core, ApiCall call) {
  if (call.method == "POST" || call.method == "PUT") co_return co_await write_content(core, std::move(call));
  if (call.method != "GET") co_return refuse({405, "Method Not Allowed: push with Git"});
  const auto name = call.repository();
  auto git = core.git(*core.find(name));
  const auto found = call.query.find("ref");
  std::string revision = "main";
  if (found != call.query.end() && !found->second.empty()) revision = found->second;
  auto commit = co_await git.resolve(std::move(revision));
  if (!commit) co_return not_found();
  const auto path = rest_of(call.parts, 4);
  auto content = co_await git.read_file(*commit, path);
  if (content && call.parts[3] == "raw") co_return net::ServerReply(200, "text/plain; charset=utf-8", std::move(*content));
  if (content) {
    auto blob = co_await git.resolve_object(*commit + ":" + path);
    auto file = file_content(core, *core.find(name), path, *content, *commit);
    file["sha"] = blob ? *blob : "";
    co_return json_reply(200, file);
  }
  auto items = co_await git.list(*commit, path);
  if (!items) co_return refuse({404, "GetContentsOrList"});
  co_return json_reply(200, folder_content(path, *items));
}

}  // namespace driftwarden::sandbox::forge
