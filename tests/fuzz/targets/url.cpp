// Addresses: URLs, remotes, proxies, and the texts of the config that must be good ones.
#include "bot/config/syntax.hpp"
#include "integrations/git/remote_url.hpp"
#include "integrations/net/proxy.hpp"
#include "integrations/net/url.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  const std::string text(input);
  const auto url = net::parse_url(input);
  if (url) {
    check(!url->host.empty() && url->target.starts_with('/'), "a URL has a host and a target");
    check(url->host.find_first_of(std::string_view("@/\\\r\n\0", 6)) == std::string::npos, "a host is a host");
    check(url->target.find_first_of("\r\n ") == std::string::npos, "a target stays on its line");
    (void)net::bypasses_proxy(*url, input);
    (void)net::find_proxy(*url, {text, text, ""});
  }
  const auto decoded = net::percent_decode(net::percent_encode(input));
  check(decoded && *decoded == input, "what is encoded is decoded");
  const auto query = net::parse_query(input);
  check(net::parse_query(net::make_query(query)) == query, "a query is read as it is written");
  if (check_web_url(input).empty()) check(url && (url->secure() || net::is_loopback(*url)), "the config's URLs are encrypted, but on loopback");
  (void)check_git_url(input);
  (void)check_field_path(input);
  if (check_tree_path(input).empty()) check(!input.starts_with('/') && ("/" + text + "/").find("/../") == std::string::npos, "a path stays in its tree");
  (void)check_path_template(input, true);
  (void)check_revision(input);
}

const Target target("url", &run);

}  // namespace
}  // namespace driftwarden::fuzz
