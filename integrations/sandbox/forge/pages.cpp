#include "integrations/sandbox/forge/pages.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/sandbox/forge/access.hpp"

#include <cstdlib>

namespace driftwarden::sandbox::forge {

namespace {

constexpr const char* kCookie = "forge_person";

std::string cookie_person(const net::ServerRequest& request) {
  for (const auto& part : split(request.headers.find("Cookie").value_or(""), ';')) {
    const auto pair = trim(part);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == kCookie) return std::string(pair.substr(equals + 1));
  }
  return "";
}

/// The one chosen now, else the one chosen before, else the first.
Visit find_visit(const Core& core, const net::ServerRequest& request) {
  Visit visit;
  for (const auto& name : {request.query_or("person", ""), cookie_person(request)}) {
    if (visit.person.empty() && core.find_user(name) != nullptr) visit.person = name;
  }
  if (visit.person.empty() && !core.options().users.empty()) visit.person = core.options().users.front().login;
  visit.path = request.raw_path;
  visit.form_token = hmac_sha256_hex(core.form_key(), "form of " + visit.person);
  return visit;
}

struct Click {
  std::string repository;
  std::int64_t number = 0;
  std::string person;
  std::string action;
  std::string body;
  std::string head;
  std::string method;
};

template <class T>
std::string words_of(const Answer<T>& answer) {
  return answer ? "" : answer.error().message;
}

asio::awaitable<std::string> review(Core& core, Click click) {
  auto followed = co_await core.follow(click.repository);
  const auto* pull = core.find(click.repository)->find_pull(click.number);
  if (pull != nullptr && pull->head_sha != click.head) co_return "The branch has new commits since you looked: read them first.";
  PullReview wanted;
  wanted.state = click.action == "approve" ? "APPROVED" : "REQUEST_CHANGES";
  wanted.body = click.body;
  if (wanted.body.empty() && click.action == "reject") wanted.body = "Please change this.";
  wanted.commit_id = click.head;
  co_return words_of(co_await core.review(click.repository, click.number, click.person, std::move(wanted)));
}

asio::awaitable<std::string> merge(Core& core, Click click) {
  const auto* pull = core.find(click.repository)->find_pull(click.number);
  MergeOrder order;
  order.method = click.method;
  order.expected_head = click.head;
  order.delete_branch = true;
  if (pull != nullptr && click.method == "squash") {
    // The commit's own message, so that its trailers stay.
    auto git = core.git(*core.find(click.repository));
    auto log = co_await git.log(click.head, "", 1);
    if (log && !log->empty()) {
      const auto& message = log->front().message;
      order.title = log->front().title();
      if (message.find('\n') != std::string::npos) order.message = std::string(trim(message.substr(message.find('\n'))));
    }
  }
  co_return words_of(co_await core.merge(click.repository, click.number, click.person, std::move(order)));
}

/// Why nothing happened, or "".
asio::awaitable<std::string> carry_out(Core& core, Click click) {
  if (click.action == "approve" || click.action == "reject") co_return co_await review(core, std::move(click));
  if (click.action == "merge") co_return co_await merge(core, std::move(click));
  if (click.action == "comment") co_return words_of(core.comment(click.repository, click.number, click.person, click.body));
  if (click.action == "build-green" || click.action == "build-red") co_return co_await run_build(core, click.repository, click.head, click.person, click.action == "build-green");
  if (click.action == "close") co_return words_of(core.close(click.repository, click.number, click.person));
  co_return "No such button.";
}

asio::awaitable<net::ServerReply> take_click(Core& core, Visit visit, std::string name, std::int64_t number, net::ServerRequest request) {
  const auto form = net::parse_query(request.body);
  const auto field = [&](const char* key) { return form.contains(key) ? form.at(key) : std::string{}; };
  visit.notice = refusal_of_form(core, request, form);
  if (!visit.notice.empty()) co_return co_await show_pull(core, std::move(visit), std::move(name), number, 403);
  Click click;
  click.repository = name;
  click.number = number;
  click.person = field("person");
  click.action = field("action");
  click.body = std::string(trim(field("body")));
  click.head = field("head");
  click.method = field("method");
  visit.notice = co_await carry_out(core, std::move(click));
  if (visit.notice.empty()) co_return redirect(visit.path);
  co_return co_await show_pull(core, std::move(visit), std::move(name), number, 409);
}

/// src/branch/<branch>/<path> or src/commit/<sha>/<path>; a branch's name may hold slashes itself.
asio::awaitable<net::ServerReply> show_source_at(Core& core, Visit visit, std::string name, std::vector<std::string> parts) {
  auto git = core.git(*core.find(name));
  auto refs = co_await git.refs();
  std::string revision = parts[4];
  std::size_t path_at = 5;
  for (std::size_t end = 5; refs && parts[3] == "branch" && end <= parts.size(); ++end) {
    const auto branch = rest_of({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(end)}, 4);
    if (!refs->contains("refs/heads/" + branch)) continue;
    revision = branch;
    path_at = end;
  }
  co_return co_await show_source(core, std::move(visit), std::move(name), std::move(revision), rest_of(parts, path_at));
}

asio::awaitable<net::ServerReply> show(Core& core, Visit visit, std::vector<std::string> parts, net::ServerRequest request) {
  if (parts.empty()) co_return co_await show_home(core, std::move(visit));
  const std::string name = parts.size() < 2 ? parts[0] : parts[0] + "/" + parts[1];
  if (parts.size() < 2 || core.find(name) == nullptr) co_return missing_page(core, visit, "repository " + name);
  const std::string topic = parts.size() > 2 ? parts[2] : "";
  if (topic == "pulls" && parts.size() == 4) {
    const auto number = std::strtoll(parts[3].c_str(), nullptr, 10);
    if (request.method == "POST") co_return co_await take_click(core, std::move(visit), name, number, std::move(request));
    co_return co_await show_pull(core, std::move(visit), name, number, 200);
  }
  if (topic == "protection" && parts.size() == 3 && request.method == "POST") co_return co_await take_protection(core, std::move(visit), name, std::move(request));
  if (topic == "edit" && parts.size() == 3 && request.method == "POST") co_return co_await take_edit(core, std::move(visit), name, std::move(request));
  if (request.method != "GET") co_return missing_page(core, visit, "such form");
  if (topic == "edit" && parts.size() == 3) {
    auto target = edit_target_of(request.query);
    co_return co_await show_edit(core, std::move(visit), name, std::move(target), 200);
  }
  if (topic.empty()) co_return co_await show_repository(core, std::move(visit), name);
  const bool open = request.query_or("state", "open") != "closed";
  if (topic == "pulls" && parts.size() == 3) co_return co_await show_pulls(core, std::move(visit), name, open);
  if (topic == "commit" && parts.size() == 4) co_return co_await show_commit(core, std::move(visit), name, parts[3]);
  if (topic == "src" && parts.size() >= 5) co_return co_await show_source_at(core, std::move(visit), name, std::move(parts));
  co_return missing_page(core, visit, "such page");
}

}  // namespace

/// A page elsewhere must not click here: the same origin, on a loopback name, with the form's own token.
std::string refusal_of_form(const Core& core, const net::ServerRequest& request, const std::map<std::string, std::string>& form) {
  const auto host = request.headers.find("Host").value_or("");
  const auto origin = request.headers.find("Origin");
  const auto url = net::parse_url("http://" + host);
  if (!url || !net::is_loopback(*url)) return "The sandbox's forge takes clicks on this machine only.";
  if (origin && *origin != "http://" + host) return "This form was sent from another page.";
  const auto person = form.find("person");
  const auto token = form.find("token");
  const bool known = person != form.end() && token != form.end() && core.find_user(person->second) != nullptr &&
                     constant_time_equal(token->second, hmac_sha256_hex(core.form_key(), "form of " + person->second));
  return known ? "" : "This form is from an earlier run of the sandbox: load the page again.";
}

net::ServerReply redirect(const std::string& path) {
  net::ServerReply reply(303, "text/plain; charset=utf-8", "see " + path + "\n");
  reply.headers.set("Location", path);
  return reply;
}

asio::awaitable<net::ServerReply> serve_page(Core& core, std::vector<std::string> parts, net::ServerRequest request) {
  if (parts.size() == 2 && parts[0] == "-" && parts[1] == "style.css") co_return net::ServerReply(200, "text/css; charset=utf-8", page_style());
  auto visit = find_visit(core, request);
  const auto chosen = request.query_or("person", "");
  auto reply = co_await show(core, visit, std::move(parts), std::move(request));
  if (!chosen.empty() && chosen == visit.person) reply.headers.add("Set-Cookie", std::string(kCookie) + "=" + net::percent_encode(chosen) + "; Path=/; HttpOnly; SameSite=Lax");
  co_return reply;
}

}  // namespace driftwarden::sandbox::forge
