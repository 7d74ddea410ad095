// Branch protection by buttons, and a build that passes or fails by one: what a real project has beside the bot.
#include "integrations/net/url.hpp"
#include "integrations/sandbox/forge/pages.hpp"
#include "integrations/sandbox/forge/protection.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::forge {

namespace {

constexpr const char* kApproval = "driftwarden/approval";
constexpr const char* kBuild = "ci/build";

bool requires_check(const Protection* rule, const std::string& context) {
  return rule != nullptr && rule->enable_status_check && std::ranges::find(rule->status_check_contexts, context) != rule->status_check_contexts.end();
}

std::string switch_button(const char* name, const std::string& what, bool on) {
  return fmt::format("<button class=\"{}\" name=\"action\" value=\"{}-{}\">{} {}</button>", on ? "stop" : "plain", name, on ? "off" : "on", on ? "No longer require" : "Require", what);
}

void set_check(Protection& rule, const std::string& context, bool on) {
  std::erase(rule.status_check_contexts, context);
  if (on) rule.status_check_contexts.push_back(context);
  rule.enable_status_check = !rule.status_check_contexts.empty();
}

}  // namespace

std::string protection_html(const Core& core, const Repository& repository, const Visit& visit) {
  const auto* rule = find_protection(repository, "main");
  std::string out = "<h2>Before a merge into main</h2><div class=\"box\"><div class=\"actions\">";
  out += fmt::format("<form class=\"wide\" method=\"post\" action=\"{}/{}/protection\"><input type=\"hidden\" name=\"token\" value=\"{}\"><input type=\"hidden\" name=\"person\" value=\"{}\">",
                     escape(core.options().prefix), escape(repository.full_name()), visit.form_token, escape(visit.person));
  out += switch_button("approval", std::string("the check <code>") + kApproval + "</code>", requires_check(rule, kApproval));
  out += switch_button("build", std::string("a green <code>") + kBuild + "</code>", requires_check(rule, kBuild));
  out += switch_button("review", "a review here", rule != nullptr && rule->required_approvals > 0);
  return out + "</form></div></div>";
}

std::string build_buttons(const Repository& repository, const Pull& pull) {
  if (!requires_check(find_protection(repository, pull.base), kBuild)) return "";
  return "<button class=\"plain\" name=\"action\" value=\"build-green\">Let the build pass</button><button class=\"plain\" name=\"action\" value=\"build-red\">Let it fail</button>";
}

asio::awaitable<std::string> run_build(Core& core, std::string repository, std::string sha, std::string person, bool green) {
  StatusEntry status;
  status.state = green ? "success" : "failure";
  status.context = kBuild;
  status.description = green ? "All tests passed" : "2 tests failed";
  status.creator = std::move(person);
  auto set = co_await core.set_status(std::move(repository), std::move(sha), std::move(status));
  co_return set ? "" : set.error().message;
}

asio::awaitable<net::ServerReply> take_protection(Core& core, Visit visit, std::string name, net::ServerRequest request) {
  const auto form = net::parse_query(request.body);
  const auto refused = refusal_of_form(core, request, form);
  if (!refused.empty()) co_return net::ServerReply(403, "text/plain; charset=utf-8", refused + "\n");
  const auto* present = find_protection(*core.find(name), "main");
  Protection rule = present == nullptr ? Protection{} : *present;
  if (present == nullptr) rule.enable_push = true;
  rule.name = "main";
  const auto action = form.contains("action") ? form.at("action") : std::string{};
  if (action.starts_with("approval-")) set_check(rule, kApproval, action.ends_with("-on"));
  if (action.starts_with("build-")) set_check(rule, kBuild, action.ends_with("-on"));
  if (action.starts_with("review-")) rule.required_approvals = action.ends_with("-on") ? 1 : 0;
  auto set = core.protect(name, std::move(rule), true);
  if (!set) co_return missing_page(core, visit, "such protection");
  co_return redirect(core.options().prefix + "/" + name);
}

}  // namespace driftwarden::sandbox::forge
