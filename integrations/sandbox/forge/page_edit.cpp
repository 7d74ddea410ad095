// A file in a form: so that whoever tries the sandbox can play the colleague who pushes to a branch, or opens a pull request.
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/sandbox/forge/pages.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

namespace driftwarden::sandbox::forge {

namespace {

std::string hidden(const char* name, const std::string& value) { return fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", name, escape(value)); }

std::string source_url(const Core& core, const Repository& repository, const EditTarget& target) {
  std::string url = core.options().prefix + "/" + repository.full_name();
  if (target.pull > 0) return url + "/pulls/" + std::to_string(target.pull);
  url += "/src/branch";
  for (const auto& part : split(target.branch + "/" + target.path, '/')) url += "/" + net::percent_encode(part);
  return url;
}

std::string form_html(const Core& core, const Repository& repository, const EditTarget& target, const Visit& visit, const std::string& content, const std::string& head) {
  const bool may_commit = core.may_push(repository, target.branch);
  std::string out = fmt::format("<form method=\"post\" action=\"{}/{}/edit\">", escape(core.options().prefix), escape(repository.full_name()));
  out += hidden("token", visit.form_token) + hidden("person", visit.person) + hidden("branch", target.branch) + hidden("path", target.path) + hidden("head", head) +
         hidden("pull", std::to_string(target.pull));
  // Browsers drop the first line break of a text area.
  out += "<textarea class=\"code\" name=\"content\" aria-label=\"Content\" spellcheck=\"false\">\n" + escape(content) + "</textarea>";
  out += "<input type=\"text\" name=\"message\" aria-label=\"Message\" value=\"Update " + escape(target.path) + "\">";
  out += fmt::format("<button class=\"go\" name=\"action\" value=\"commit\"{}>Commit to {} as {}</button>", may_commit ? "" : " disabled", escape(target.branch), escape(visit.person));
  out += "<button class=\"plain\" name=\"action\" value=\"propose\">Propose as a pull request</button>";
  if (!may_commit) out += "<span class=\"quiet small\">The branch is protected.</span>";
  return out + "</form>";
}

/// Forms send CRLF; a file that had none keeps its line ends.
std::string with_line_ends_of(std::string content, const std::string& original) {
  if (original.find('\r') == std::string::npos) std::erase(content, '\r');
  return content;
}

struct Edit {
  EditTarget target;
  std::string person;
  std::string content;
  std::string message;
  std::string head;
  bool propose = false;
};

/// Where to go next, or why not.
asio::awaitable<Answer<std::string>> carry_out_edit(Core& core, std::string name, Edit edit) {
  auto git = core.git(*core.find(name));
  CO_TRY(const auto head, co_await git.resolve("refs/heads/" + edit.target.branch));
  if (head != edit.head) co_return Refused{409, "Somebody else committed to " + edit.target.branch + " since you opened this form: load it again."};
  auto original = co_await git.read_file(head, edit.target.path);
  FileCommit wanted;
  wanted.user = edit.person;
  wanted.branch = edit.target.branch;
  wanted.path = edit.target.path;
  wanted.content = with_line_ends_of(std::move(edit.content), original ? *original : "");
  wanted.message = edit.message;
  if (edit.propose) wanted.new_branch = fmt::format("{}/edit-{}", edit.person, core.state().next_id());
  const auto branch = wanted.new_branch;
  CO_TRY(const auto made, co_await core.commit_file(name, std::move(wanted)));
  if (!edit.propose) co_return source_url(core, *core.find(name), edit.target);
  PullDraft draft;
  draft.title = edit.message;
  draft.head = branch;
  draft.base = edit.target.branch;
  CO_TRY(const auto pull, co_await core.open_pull(name, edit.person, std::move(draft)));
  co_return fmt::format("{}/{}/pulls/{}", core.options().prefix, name, pull.number);
}

}  // namespace

EditTarget edit_target_of(const std::map<std::string, std::string>& fields) {
  const auto field = [&](const char* key) { return fields.contains(key) ? fields.at(key) : std::string{}; };
  EditTarget target;
  target.branch = field("branch");
  target.path = field("path");
  target.pull = std::strtoll(field("pull").c_str(), nullptr, 10);
  return target;
}

std::string edit_url(const Core& core, const Repository& repository, const EditTarget& target) {
  return fmt::format("{}/{}/edit?branch={}&pull={}&path={}", core.options().prefix, repository.full_name(), net::percent_encode(target.branch), target.pull,
                     net::percent_encode(target.path));
}

asio::awaitable<net::ServerReply> show_edit(Core& core, Visit visit, std::string name, EditTarget target, unsigned status) {
  auto git = core.git(*core.find(name));
  auto head = co_await git.resolve("refs/heads/" + target.branch);
  if (!head) co_return missing_page(core, visit, "branch " + target.branch);
  auto content = co_await git.read_file(*head, target.path);
  const auto& repository = *core.find(name);
  std::string body;
  if (!visit.notice.empty()) body += "<div class=\"notice bad\" role=\"alert\">" + escape(visit.notice) + "</div>";
  body += "<h1>" + escape(target.path) + "</h1><div class=\"meta\">on <span class=\"branch mono\">" + escape(target.branch) + "</span> <a href=\"" +
          escape(source_url(core, repository, target)) + "\">back</a></div><p></p>";
  body += form_html(core, repository, target, visit, content ? *content : "", *head);
  PageFrame frame{"Edit " + target.path, repository_crumbs(core, repository), std::move(body), visit.person, source_url(core, repository, target)};
  co_return page_reply(core, status, frame);
}

asio::awaitable<net::ServerReply> take_edit(Core& core, Visit visit, std::string name, net::ServerRequest request) {
  const auto form = net::parse_query(request.body);
  const auto field = [&](const char* key) { return form.contains(key) ? form.at(key) : std::string{}; };
  Edit edit;
  edit.target = edit_target_of(form);
  edit.person = field("person");
  edit.content = field("content");
  edit.message = std::string(trim(field("message")));
  edit.head = field("head");
  edit.propose = field("action") == "propose";
  const auto target = edit.target;
  visit.notice = refusal_of_form(core, request, form);
  if (!visit.notice.empty()) co_return co_await show_edit(core, std::move(visit), std::move(name), target, 403);
  if (edit.message.empty()) edit.message = "Update " + edit.target.path;
  auto next = co_await carry_out_edit(core, name, std::move(edit));
  if (next) co_return redirect(*next);
  visit.notice = next.error().message;
  co_return co_await show_edit(core, std::move(visit), std::move(name), target, 409);
}

}  // namespace driftwarden::sandbox::forge
