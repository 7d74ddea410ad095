#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/pages.hpp"
#include "integrations/sandbox/forge/protection.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::forge {

namespace {

constexpr std::size_t kCommitsMax = 250;

std::string path_of(const Core& core, const Repository& repository, const Pull& pull) {
  return core.options().prefix + "/" + repository.full_name() + "/pulls/" + std::to_string(pull.number);
}

std::string header_html(const Core& core, const Repository& repository, const Pull& pull, std::size_t commits) {
  const char* verb = pull.state == PullState::Merged ? "merged" : pull.open() ? "wants to merge" : "wanted to merge";
  const auto& who = pull.state == PullState::Merged ? pull.merged_by : pull.author;
  const auto when = pull.open() ? pull.created : pull.ended;
  return fmt::format(
      "<h1>{} <span class=\"number\">#{}</span></h1><div class=\"meta\">{} {} <b>{}</b> {} {} commit{} into <span class=\"branch mono\">{}</span> from "
      "<span class=\"branch mono\">{}</span> {} {}</div><p></p>",
      escape(pull.title), pull.number, state_badge(pull.state), avatar(who), escape(who), verb, commits, commits == 1 ? "" : "s", escape(pull.base),
      escape(pull.head), time_html(when, core.now()), labels_html(repository, pull));
}

std::string body_html(const Core& core, const Pull& pull) {
  const auto text = pull.body.empty() ? std::string("<p class=\"quiet\">No description.</p>") : render_markdown(pull.body);
  return "<div class=\"box\"><div class=\"head\">" + avatar(pull.author) + "<b>" + escape(pull.author) + "</b> opened this " +
         time_html(pull.created, core.now()) + "</div><div class=\"in markdown\">" + text + "</div></div>";
}

bool is_web_link(const std::string& url) { return url.starts_with("https://") || url.starts_with("http://"); }

std::string checks_html(const std::vector<StatusEntry>& statuses) {
  if (statuses.empty()) return "";
  std::string out = "<h2>Checks</h2><div class=\"box\">";
  for (const auto& status : statuses) {
    const char* tone = status.state == "success" ? "good" : status.state == "pending" ? "wait" : "wrong";
    const auto details = is_web_link(status.target_url) ? "<a class=\"small\" href=\"" + escape(status.target_url) + "\" rel=\"noreferrer\">Details</a>" : "";
    out += fmt::format("<div class=\"row\"><span class=\"dot {0}\"></span><div class=\"grow\"><b>{1}</b> <span class=\"{2} small\">{0}</span>"
                       "<div class=\"quiet small\">{3}</div></div>{4}</div>",
                       escape(status.state), escape(status.context), tone, escape(status.description), details);
  }
  return out + "</div>";
}

std::string asked_html(const Pull& pull) {
  std::string out;
  for (const auto& review : pull.reviews) {
    if (review.state == "REQUEST_REVIEW") out += "<div class=\"row\">" + avatar(review.user) + "<div class=\"grow\"><b>" + escape(review.user) + "</b> <span class=\"wait small\">was asked for a review</span></div></div>";
  }
  return out.empty() ? "" : "<h2>Asked for a review</h2><div class=\"box\">" + out + "</div>";
}

/// What the forge itself wants before it merges.
std::string gate_html(const Repository& repository, const Pull& pull, bool mergeable) {
  std::string out;
  const auto add = [&](bool may_pass, const std::string& words) {
    out += fmt::format("<div class=\"row\"><span class=\"dot {}\"></span><div class=\"grow\">{}</div></div>", may_pass ? "pending" : "failure", escape(words));
  };
  if (!mergeable) add(false, "It conflicts with " + pull.base + ".");
  for (const auto& obstacle : find_obstacles(repository, pull)) add(obstacle.may_pass, obstacle.words);
  if (!out.empty()) return "<h2>Not yet to be merged</h2><div class=\"box\">" + out + "</div>";
  const bool guarded = find_protection(repository, pull.base) != nullptr;
  return guarded ? "<div class=\"notice good\">Everything that the protection of <b>" + escape(pull.base) + "</b> wants is there.</div>" : "";
}

std::string review_html(const Core& core, const Pull& pull, const PullReview& review) {
  const bool stale = is_stale(pull, review) || review.dismissed;
  std::string said = "<span>commented</span>";
  if (review.state == "APPROVED") said = "<span class=\"good\">approved</span>";
  if (review.state == "REQUEST_CHANGES") said = "<span class=\"wrong\">asked for changes</span>";
  std::string out = fmt::format("<div class=\"box{}\" id=\"review-{}\"><div class=\"head\">{}<b>{}</b> {} <span class=\"mono\">{}</span>{} <span class=\"right small\">{}</span></div>",
                                stale ? " stale" : "", review.id, avatar(review.user), escape(review.user), said, short_sha(review.commit_id),
                                is_stale(pull, review) ? " <span class=\"small\">(an older version)</span>" : review.dismissed ? " <span class=\"small\">(replaced)</span>" : "", time_html(review.at, core.now()));
  if (!review.body.empty()) out += "<div class=\"in markdown\">" + render_markdown(review.body) + "</div>";
  return out + "</div>";
}

std::string comment_html(const Core& core, const Comment& comment) {
  return fmt::format("<div class=\"box\" id=\"issuecomment-{}\"><div class=\"head\">{}<b>{}</b> commented{} <span class=\"right small\">{}</span></div>"
                     "<div class=\"in markdown\">{}</div></div>",
                     comment.id, avatar(comment.user), escape(comment.user), comment.updated > comment.at ? " <span class=\"small\">(edited)</span>" : "", time_html(comment.updated > comment.at ? comment.updated : comment.at, core.now()), render_markdown(comment.body));
}

std::string talk_html(const Core& core, const Pull& pull) {
  std::vector<std::pair<std::int64_t, std::string>> entries;
  for (const auto& review : pull.reviews) {
    if (review.state != "PENDING" && review.state != "REQUEST_REVIEW") entries.emplace_back(review.id, review_html(core, pull, review));
  }
  for (const auto& comment : pull.comments) entries.emplace_back(comment.id, comment_html(core, comment));
  if (entries.empty()) return "";
  std::ranges::sort(entries);
  std::string out = fmt::format("<h2>Reviews and comments<span class=\"count\">{}</span></h2>", entries.size());
  for (const auto& [id, html] : entries) out += html;
  return out;
}

std::string hidden(const char* name, const std::string& value) {
  return fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", name, escape(value));
}

std::string button(const char* action, const char* style, const char* label, bool enabled = true) {
  return fmt::format("<button class=\"{}\" name=\"action\" value=\"{}\"{}>{}</button>", style, action, enabled ? "" : " disabled", label);
}

/// The head that was looked at goes with each click, so that nobody approves or merges what they did not see.
std::string actions_html(const Core& core, const Repository& repository, const Pull& pull, const Visit& visit, bool mergeable) {
  const bool open = mergeable && find_obstacles(repository, pull).empty();
  const bool own = visit.person == pull.author;
  const auto begin = "<form class=\"wide\" method=\"post\" action=\"" + escape(path_of(core, repository, pull)) + "\">" + hidden("token", visit.form_token) +
                     hidden("person", visit.person) + hidden("head", pull.head_sha);
  std::string out = "<h2>What now, " + escape(visit.person) + "?</h2><div class=\"box\"><div class=\"actions\">" + begin +
                    "<textarea name=\"body\" aria-label=\"Comment\" placeholder=\"Say something (optional when you approve)\"></textarea>";
  out += button("approve", "go", "Approve", !own) + button("reject", "stop", "Request changes", !own) + button("comment", "plain", "Comment");
  if (own) out += "<span class=\"quiet small\">You opened it, so somebody else has to approve.</span>";
  out += "</form>" + begin;
  out += "<select name=\"method\" aria-label=\"How to merge\"><option value=\"squash\">Squash into one commit</option><option value=\"merge\">Merge commit</option>"
         "<option value=\"rebase\">Rebase</option></select> ";
  out += button("merge", "merge", "Merge", open) + button("close", "stop", "Close");
  out += build_buttons(repository, pull);
  if (!open) out += "<span class=\"wait small\">Something is still in the way: see above.</span>";
  return out + "</form></div></div>";
}

std::string outcome_html(const Core& core, const Repository& repository, const Pull& pull) {
  const auto base = core.options().prefix + "/" + repository.full_name();
  if (pull.state == PullState::Closed) return "<div class=\"notice bad\">Closed without being merged.</div>";
  return fmt::format("<div class=\"notice good\"><b>{}</b> merged it as <a class=\"mono\" href=\"{}/commit/{}\">{}</a> {}.</div>", escape(pull.merged_by), escape(base),
                     pull.merged_sha, short_sha(pull.merged_sha), time_html(pull.ended, core.now()));
}

}  // namespace

std::string labels_html(const Repository& repository, const Pull& pull) {
  std::string out;
  for (const auto& label : labels_of(repository, pull)) out += "<span class=\"label\">" + escape(label.name) + "</span> ";
  return out;
}

asio::awaitable<net::ServerReply> show_pull(Core& core, Visit visit, std::string name, std::int64_t number, unsigned status) {
  auto followed = co_await core.follow(name);
  const auto* found = core.find(name)->find_pull(number);
  if (found == nullptr) co_return missing_page(core, visit, "pull request " + std::to_string(number));
  const Pull pull = *found;
  auto git = core.git(*core.find(name));
  auto log = co_await git.log(pull.merge_base + ".." + pull.head_sha, "", kCommitsMax);
  auto diff = co_await git.diff(pull.merge_base, pull.head_sha);
  auto mergeable = co_await core.mergeable(name, pull);
  const auto& repository = *core.find(name);
  const auto commits = log ? *log : std::vector<LogEntry>{};
  const auto files = parse_diff(diff ? *diff : "");
  const auto statuses = repository.statuses.find(pull.head_sha);
  std::string body;
  if (!visit.notice.empty()) body += "<div class=\"notice bad\" role=\"alert\">" + escape(visit.notice) + "</div>";
  body += header_html(core, repository, pull, commits.size());
  if (!pull.open()) body += outcome_html(core, repository, pull);
  body += body_html(core, pull);
  if (statuses != repository.statuses.end()) body += checks_html(newest_statuses(statuses->second));
  if (pull.open()) body += asked_html(pull) + gate_html(repository, pull, mergeable && *mergeable);
  body += talk_html(core, pull);
  if (pull.open() && !visit.person.empty()) body += actions_html(core, repository, pull, visit, mergeable && *mergeable);
  body += fmt::format("<h2>Commits<span class=\"count\">{}</span></h2><div class=\"box\">{}</div>", commits.size(), commit_rows(core, repository, commits));
  body += fmt::format("<h2>Files changed<span class=\"count\">{}</span></h2>", files.size());
  EditTarget edit;
  edit.branch = pull.head;
  edit.pull = pull.number;
  body += diff_html(files, core.options().prefix + "/" + name + "/src/commit/" + pull.head_sha, pull.open() ? edit_url(core, repository, edit) : "");
  PageFrame frame;
  frame.title = pull.title + " #" + std::to_string(pull.number) + " - " + name;
  frame.crumbs = repository_crumbs(core, repository) + " / <a href=\"" + escape(core.options().prefix + "/" + name + "/pulls") + "\">pull requests</a>";
  frame.body = std::move(body);
  frame.person = visit.person;
  frame.here = visit.path;
  co_return page_reply(core, status, frame);
}

}  // namespace driftwarden::sandbox::forge
