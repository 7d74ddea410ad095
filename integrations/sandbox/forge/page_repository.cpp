#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/sandbox/forge/pages.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ranges>

namespace driftwarden::sandbox::forge {

namespace {

constexpr std::size_t kCommitsShown = 15;
constexpr std::size_t kFileShownMax = 512U << 10U;

std::string path_url(const std::string& path) {
  std::string out;
  for (const auto& part : split(path, '/')) out += "/" + net::percent_encode(part);
  return out;
}

std::string base_of(const Core& core, const Repository& repository) { return core.options().prefix + "/" + repository.full_name(); }

std::string tabs(const Core& core, const Repository& repository, bool code) {
  const auto open = std::ranges::count_if(repository.pulls, &Pull::open);
  return fmt::format("<nav class=\"tabs\"><a href=\"{0}\"{1}>Files and commits</a><a href=\"{0}/pulls\"{2}>Pull requests ({3} open)</a></nav>",
                     escape(base_of(core, repository)), code ? " class=\"on\"" : "", code ? "" : " class=\"on\"", open);
}

std::string listing(const std::string& source_url, const std::string& path, const std::vector<TreeItem>& items) {
  std::string out = "<div class=\"box\">";
  for (const auto& item : items) {
    const auto full = path.empty() ? item.name : path + "/" + item.name;
    out += fmt::format("<div class=\"row\"><span class=\"icon\">{}</span><a class=\"grow\" href=\"{}{}\">{}</a><span class=\"quiet small\">{}</span></div>",
                       item.is_tree ? "&#9656;" : "&#8801;", escape(source_url), path_url(full), escape(item.name),
                       item.is_tree ? "" : std::to_string(item.size) + " B");
  }
  return out + "</div>";
}

std::string source_table(const std::string& content) {
  if (content.find('\0') != std::string::npos || content.size() > kFileShownMax) return "<p class=\"quiet\">Too large or binary: clone the repository to see it.</p>";
  auto lines = split(content, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string out = "<div class=\"file\"><div class=\"scroll\"><table class=\"source\">";
  for (std::size_t at = 0; at < lines.size(); ++at) {
    out += fmt::format("<tr id=\"L{0}\"><td class=\"n\">{0}</td><td>{1}</td></tr>", at + 1, escape(lines[at]));
  }
  return out + "</table></div></div>";
}

}  // namespace

std::string repository_crumbs(const Core& core, const Repository& repository) {
  return "/ <a href=\"" + escape(base_of(core, repository)) + "\">" + escape(repository.full_name()) + "</a>";
}

net::ServerReply missing_page(const Core& core, const Visit& visit, const std::string& what) {
  PageFrame frame{"Not found", "", "<h1>Not found</h1><p class=\"quiet\">There is no " + escape(what) + " here.</p>", visit.person, visit.path};
  return page_reply(core, 404, frame);
}

std::string commit_rows(const Core& core, const Repository& repository, const std::vector<LogEntry>& log) {
  std::string out;
  for (const auto& entry : log) {
    const auto url = base_of(core, repository) + "/commit/" + entry.sha;
    const bool two = entry.author.name != entry.committer.name;
    out += fmt::format(
        "<div class=\"row\">{}<div class=\"grow\"><a class=\"title\" href=\"{}\">{}</a>{}<div class=\"quiet small\"><b>{}</b> wrote{} {}</div></div>"
        "<a class=\"mono\" href=\"{}\">{}</a></div>",
        avatar(entry.author.name), escape(url), escape(entry.title()), message_html(entry.message), escape(entry.author.name),
        two ? ", <b>" + escape(entry.committer.name) + "</b> committed" : "", time_html(entry.author_time, core.now()), escape(url), short_sha(entry.sha));
  }
  return out;
}

asio::awaitable<net::ServerReply> show_home(Core& core, Visit visit) {
  std::string body = "<h1>Repositories</h1><div class=\"box\">";
  for (const auto& [name, repository] : core.state().repositories) {
    const auto open = std::ranges::count_if(repository.pulls, &Pull::open);
    body += fmt::format("<div class=\"row\">{}<a class=\"grow title\" href=\"{}\">{}</a><span class=\"quiet small\">{} open pull requests</span></div>",
                        avatar(repository.owner), escape(base_of(core, repository)), escape(name), open);
  }
  if (core.state().repositories.empty()) body += "<p class=\"quiet pad\">None yet.</p>";
  PageFrame frame{"Sandbox forge", "", body + "</div>", visit.person, visit.path};
  co_return page_reply(core, 200, frame);
}

asio::awaitable<net::ServerReply> show_repository(Core& core, Visit visit, std::string name) {
  auto git = core.git(*core.find(name));
  auto items = co_await git.list("main", "");
  auto log = co_await git.log("main", "", kCommitsShown);
  if (!items || !log) co_return missing_page(core, visit, "branch main");
  const auto& repository = *core.find(name);
  std::string body = "<h1>" + escape(name) + "</h1>" + tabs(core, repository, true);
  body += "<p class=\"quiet small\">Clone it: <code>git clone " + escape(core.page_url(repository)) + ".git</code></p>";
  body += listing(base_of(core, repository) + "/src/branch/main", "", *items);
  if (!visit.person.empty()) body += protection_html(core, repository, visit);
  body += "<h2>Commits on main</h2><div class=\"box\">" + commit_rows(core, repository, *log) + "</div>";
  PageFrame frame{name, repository_crumbs(core, repository), std::move(body), visit.person, visit.path};
  co_return page_reply(core, 200, frame);
}

asio::awaitable<net::ServerReply> show_source(Core& core, Visit visit, std::string name, std::string revision, std::string path) {
  auto git = core.git(*core.find(name));
  auto commit = co_await git.resolve(revision);
  if (!commit) co_return missing_page(core, visit, "revision " + revision);
  const auto head = co_await git.resolve("refs/heads/" + revision);
  const bool on_branch = head.has_value();
  auto content = co_await git.read_file(*commit, path);
  std::string shown;
  if (content) {
    shown = source_table(*content);
  } else {
    auto items = co_await git.list(*commit, path);
    if (!items) co_return missing_page(core, visit, "file " + path);
    shown = listing(core.options().prefix + "/" + name + "/src/" + (on_branch ? "branch" + path_url(revision) : "commit/" + *commit), path, *items);
  }
  const auto& repository = *core.find(name);
  EditTarget target;
  target.branch = revision;
  target.path = path;
  const auto edit = content && on_branch ? " <a class=\"edit\" href=\"" + escape(edit_url(core, repository, target)) + "\">Edit</a>" : "";
  std::string body = "<h1>" + escape(path.empty() ? name : path) + "</h1><div class=\"meta\">at <span class=\"branch mono\">" + escape(revision) +
                     "</span> <span class=\"mono\">" + short_sha(*commit) + "</span>" + edit + "</div><p></p>" + shown;
  PageFrame frame{path + " - " + name, repository_crumbs(core, repository), std::move(body), visit.person, visit.path};
  co_return page_reply(core, 200, frame);
}

asio::awaitable<net::ServerReply> show_commit(Core& core, Visit visit, std::string name, std::string sha) {
  auto git = core.git(*core.find(name));
  auto commit = co_await git.resolve(sha);
  if (!commit) co_return missing_page(core, visit, "commit " + sha);
  auto log = co_await git.log(*commit, "", 1);
  if (!log || log->empty()) co_return missing_page(core, visit, "commit " + sha);
  const auto& entry = log->front();
  // The empty tree: what a first commit is compared with.
  const std::string before = entry.parents.empty() ? "4b825dc642cb6eb9a060e54bf8d69288fbee4904" : entry.parents.front();
  auto diff = co_await git.diff(before, *commit);
  const auto& repository = *core.find(name);
  std::string body = "<h1>" + escape(entry.title()) + "</h1><div class=\"meta\">" + avatar(entry.author.name) + "<b>" + escape(entry.author.name) + "</b> " +
                     time_html(entry.author_time, core.now()) + " <span class=\"mono\">" + entry.sha + "</span></div>" + message_html(entry.message);
  body += "<h2>Files</h2>" + diff_html(parse_diff(diff ? *diff : ""), base_of(core, repository) + "/src/commit/" + entry.sha);
  PageFrame frame{entry.title() + " - " + name, repository_crumbs(core, repository), std::move(body), visit.person, visit.path};
  co_return page_reply(core, 200, frame);
}

asio::awaitable<net::ServerReply> show_pulls(Core& core, Visit visit, std::string name, bool open) {
  auto followed = co_await core.follow(name);
  const auto& repository = *core.find(name);
  const auto base = base_of(core, repository) + "/pulls";
  const auto count = std::ranges::count_if(repository.pulls, &Pull::open);
  const auto ended = repository.pulls.size() - static_cast<std::size_t>(count);
  std::string body = "<h1>" + escape(name) + "</h1>" + tabs(core, repository, false);
  body += fmt::format("<nav class=\"tabs\"><a href=\"{0}\"{1}>{2} open</a><a href=\"{0}?state=closed\"{3}>{4} closed</a></nav><div class=\"box\">", escape(base),
                      open ? " class=\"on\"" : "", count, open ? "" : " class=\"on\"", ended);
  std::size_t shown = 0;
  for (const auto& pull : repository.pulls | std::views::reverse) {
    if (pull.open() != open) continue;
    ++shown;
    body += fmt::format(
        "<div class=\"row\">{}<div class=\"grow\"><a class=\"title\" href=\"{}/{}\">{}</a> {}<div class=\"quiet small\">#{} opened {} by <b>{}</b> from "
        "<span class=\"branch mono\">{}</span></div></div>{}</div>",
        avatar(pull.author), escape(base), pull.number, escape(pull.title), labels_html(repository, pull), pull.number, time_html(pull.created, core.now()), escape(pull.author),
        escape(pull.head), state_badge(pull.state));
  }
  if (shown == 0) body += std::string("<p class=\"quiet pad\">No ") + (open ? "open" : "closed") + " pull requests.</p>";
  PageFrame frame{"Pull requests - " + name, repository_crumbs(core, repository), body + "</div>", visit.person, visit.path};
  co_return page_reply(core, 200, frame);
}

}  // namespace driftwarden::sandbox::forge
