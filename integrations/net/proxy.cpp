#include "integrations/net/proxy.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <cstdlib>

namespace driftwarden::net {

namespace {

namespace asio = boost::asio;

std::string variable(const char* upper, const char* lower) {
  for (const char* name : {lower, upper}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

bool in_block(const std::string& host, const std::string& block) {
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(host, failed);
  if (failed) return false;
  if (address.is_v4()) {
    const auto network = asio::ip::make_network_v4(block, failed);
    if (failed) return false;
    const auto mask = network.netmask().to_uint();
    return (address.to_v4().to_uint() & mask) == (network.address().to_uint() & mask);
  }
  const auto network = asio::ip::make_network_v6(block, failed);
  if (failed) return false;
  return asio::ip::network_v6(address.to_v6(), network.prefix_length()).canonical() == network.canonical();
}

bool rule_matches(const Url& url, std::string rule) {
  if (rule == "*") return true;
  if (rule.find('/') != std::string::npos) return in_block(url.host, rule);
  if (rule.starts_with('[')) {
    const auto end = rule.find(']');
    return url.host == rule.substr(1, end == std::string::npos ? end : end - 1);
  }
  const auto colon = rule.find(':');
  if (colon != std::string::npos && colon == rule.rfind(':')) {
    if (rule.substr(colon + 1) != std::to_string(url.port)) return false;
    rule.resize(colon);
  }
  if (rule.starts_with("*.")) rule.erase(0, 1);
  if (rule.starts_with('.')) rule.erase(0, 1);
  return !rule.empty() && (url.host == rule || url.host.ends_with("." + rule));
}

}  // namespace

ProxyEnvironment read_proxy_environment() {
  ProxyEnvironment environment;
  environment.https_proxy = variable("HTTPS_PROXY", "https_proxy");
  environment.http_proxy = variable("HTTP_PROXY", "http_proxy");
  environment.no_proxy = variable("NO_PROXY", "no_proxy");
  return environment;
}

bool bypasses_proxy(const Url& url, std::string_view no_proxy) {
  for (const auto& part : split(no_proxy, ',')) {
    const auto rule = to_lower(trim(part));
    if (!rule.empty() && rule_matches(url, rule)) return true;
  }
  return false;
}

Result<std::optional<Proxy>> find_proxy(const Url& url, const ProxyEnvironment& environment) {
  const bool secure = url.secure();
  std::string text = secure ? environment.https_proxy : environment.http_proxy;
  if (text.empty() || is_loopback(url) || bypasses_proxy(url, environment.no_proxy)) return std::optional<Proxy>{};
  const std::string name = secure ? "HTTPS_PROXY" : "HTTP_PROXY";
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  Proxy proxy;
  const auto start = text.find("://") + 3;
  const auto end = text.find_first_of("/?#", start);
  const auto at = text.rfind('@', end);
  if (at != std::string::npos && at >= start) {
    const auto decoded = percent_decode(text.substr(start, at - start));
    if (!decoded) return Error{ErrorKind::InvalidInput, name + ": its user information isn't percent-encoded correctly"};
    proxy.authorization = Secret<std::string>("Basic " + base64_encode(*decoded));
    text.erase(start, at + 1 - start);
  }
  auto parsed = parse_url(text);
  if (!parsed) return wrap(name, parsed.error());
  if (parsed->scheme != "http") return Error{ErrorKind::InvalidInput, name + ": only http:// proxies are spoken to"};
  proxy.host = parsed->host;
  proxy.port = parsed->port;
  return std::optional<Proxy>{std::move(proxy)};
}

}  // namespace driftwarden::net
