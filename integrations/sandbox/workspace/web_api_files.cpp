// The three steps of an upload, and a file as messages show it.
#include "integrations/net/url.hpp"
#include "integrations/sandbox/workspace/web_api.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr std::size_t kSnippetMax = 1U << 20U;
constexpr std::size_t kPreviewBytes = 1'000;

struct Kind {
  const char* type;
  const char* mime;
  const char* pretty;
};

Kind kind_of(const File& file) {
  const auto dot = file.name.rfind('.');
  const auto ending = dot == std::string::npos ? std::string{} : file.name.substr(dot + 1);
  if (ending == "diff" || ending == "patch" || file.snippet_type == "diff") return {"diff", "text/plain", "Diff"};
  if (ending == "yaml" || ending == "yml") return {"yaml", "text/plain", "YAML"};
  if (ending == "json") return {"javascript", "application/json", "JSON"};
  if (ending == "md") return {"markdown", "text/plain", "Markdown (raw)"};
  if (ending == "csv") return {"csv", "text/csv", "CSV"};
  if (ending == "png") return {"png", "image/png", "PNG"};
  return {"text", "text/plain", "Plain Text"};
}

}  // namespace

Json file_object(const WorkspaceState& state, const File& file) {
  const auto kind = kind_of(file);
  const auto url = fmt::format("{}files/{}/{}", state.base_url(), file.id, net::percent_encode(file.name));
  Json object{{"id", file.id},
              {"created", file.created},
              {"timestamp", file.created},
              {"name", file.name},
              {"title", file.title.empty() ? file.name : file.title},
              {"mimetype", kind.mime},
              {"filetype", kind.type},
              {"pretty_type", kind.pretty},
              {"user", file.owner},
              {"user_team", kTeamId},
              {"editable", true},
              {"size", file.content.size()},
              {"mode", "snippet"},
              {"is_external", false},
              {"external_type", ""},
              {"is_public", file.shared},
              {"public_url_shared", false},
              {"display_as_bot", false},
              {"username", ""},
              {"url_private", url},
              {"url_private_download", url},
              {"permalink", url},
              {"lines", std::count(file.content.begin(), file.content.end(), '\n') + 1},
              {"has_rich_preview", false},
              {"file_access", "visible"}};
  if (std::string_view{kind.mime}.starts_with("text/")) object["preview"] = file.content.substr(0, kPreviewBytes);
  return object;
}

JsonResult files_get_upload_url(WebCall& call) {
  if (call.text("filename").empty()) return missing("filename");
  const auto length = static_cast<std::size_t>(call.number("length", 0));
  if (length == 0) return refusal("missing_argument");
  const bool snippet = !call.text("snippet_type").empty();
  if (snippet && length > kSnippetMax) return refusal("snippet_too_large");
  File file{.id = call.state.next_id("F"),
            .name = call.text("filename"),
            .title = {},
            .owner = call.caller.user,
            .snippet_type = call.text("snippet_type"),
            .content = {},
            .announced_length = length,
            .created = unix_seconds(call.now)};
  const auto id = file.id;
  call.state.files()[id] = std::move(file);
  return ok(Json{{"upload_url", fmt::format("{}files/upload/{}", call.state.base_url(), id)}, {"file_id", id}});
}

JsonResult files_complete_upload(WebCall& call) {
  if (!call.has("files") || !call.args["files"].is_array() || call.args["files"].empty()) return missing("files");
  const char* key = call.has("channel_id") ? "channel_id" : "channel";
  Conversation* conversation = nullptr;
  if (const auto list = call.text("channels"); !call.has(key) && !list.empty()) call.args["channel"] = list.substr(0, list.find(','));
  if (call.has(key)) {
    TRY(conversation, joined_conversation(call, key));
  }
  Json objects = Json::array();
  for (const auto& item : call.args["files"]) {
    const auto found = call.state.files().find(string_of(item, "id"));
    if (found == call.state.files().end() || !found->second.uploaded || found->second.owner != call.caller.user) return refusal("file_not_found");
    if (!string_of(item, "title").empty()) found->second.title = string_of(item, "title");
    found->second.shared = conversation != nullptr;
    objects.push_back(file_object(call.state, found->second));
  }
  if (conversation == nullptr) return ok(Json{{"files", std::move(objects)}});
  Post post;
  TRY(post.blocks, blocks_of(call));
  post.text = call.text("initial_comment");
  post.thread_ts = call.text("thread_ts");
  if (!post.thread_ts.empty() && conversation->find(post.thread_ts) == nullptr) return refusal("thread_not_found");
  post.extra = Json{{"subtype", "file_share"}, {"files", objects}, {"upload", true}};
  post_message(call.state, *conversation, call.caller.user, std::move(post), call.now);
  return ok(Json{{"files", std::move(objects)}});
}

JsonResult files_info(WebCall& call) {
  const auto found = call.state.files().find(call.text("file"));
  if (found == call.state.files().end()) return refusal("file_not_found");
  return ok(Json{{"file", file_object(call.state, found->second)}, {"content", found->second.content}});
}

}  // namespace driftwarden::sandbox::workspace
