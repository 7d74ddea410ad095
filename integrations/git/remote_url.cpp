#include "integrations/git/remote_url.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace driftwarden::git {

namespace {

std::string scheme_of(std::string_view url) {
  const auto end = url.find("://");
  return end == std::string_view::npos ? std::string() : to_lower(url.substr(0, end));
}

Error bad_address(const std::string& url, std::string_view why) {
  return Error{ErrorKind::InvalidInput, fmt::format("no usable SSH address: {}: {}", without_control_characters(url), why)};
}

/// "host", "host:port", "[v6]", "[v6]:port".
bool split_host(std::string_view text, SshAddress& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (port.empty()) return true;
  port.remove_prefix(1);
  if (port.empty()) return true;
  unsigned number = 0;
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (failure != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535) return false;
  address.port = static_cast<std::uint16_t>(number);
  return true;
}

bool is_plain(std::string_view text) {
  constexpr std::string_view kMarks = "._-:%";
  const auto known = [&](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != std::string_view::npos; };
  return std::all_of(text.begin(), text.end(), known);
}

Result<SshAddress> checked(const std::string& url, SshAddress address) {
  if (address.host.empty()) return bad_address(url, "it names no host");
  // ssh would take a leading dash for an option and run what it says.
  if (address.host.front() == '-' || (!address.user.empty() && address.user.front() == '-')) return bad_address(url, "a name begins with a dash");
  if (!is_plain(address.host) || !is_plain(address.user)) return bad_address(url, "a name holds odd characters");
  if (address.path.empty() || address.path == "/") return bad_address(url, "it names no repository");
  if (address.path.front() == '-') return bad_address(url, "the path begins with a dash");
  if (without_control_characters(address.path) != address.path) return bad_address(url, "the path holds control characters");
  return address;
}

void take_user(std::string_view& authority, SshAddress& address) {
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return;
  address.user = authority.substr(0, at);
  authority.remove_prefix(at + 1);
}

}  // namespace

bool is_web_url(std::string_view url) {
  const auto scheme = scheme_of(url);
  return scheme == "https" || scheme == "http";
}

bool is_ssh_url(std::string_view url) {
  const auto scheme = scheme_of(url);
  if (!scheme.empty()) return scheme == "ssh" || scheme == "git+ssh" || scheme == "ssh+git";
  if (url.empty() || url.front() == '/' || url.front() == '.') return false;
  const auto bracket = url.find(']');
  const auto colon = url.find(':', url.find('[') < bracket && bracket != std::string_view::npos ? bracket : 0);
  return colon != std::string_view::npos && url.substr(0, colon).find('/') == std::string_view::npos;
}

Result<SshAddress> parse_ssh_url(const std::string& url) {
  SshAddress address;
  std::string_view rest = url;
  if (scheme_of(url).empty()) {
    const auto bracket = rest.find(']');
    const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos) return bad_address(url, "it is no host:path");
    auto authority = rest.substr(0, colon);
    take_user(authority, address);
    if (!split_host(authority, address)) return bad_address(url, "the host can't be read");
    address.path = rest.substr(colon + 1);
    return checked(url, std::move(address));
  }
  rest.remove_prefix(rest.find("://") + 3);
  const auto slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  take_user(authority, address);
  if (address.user.find(':') != std::string::npos) return Error{ErrorKind::InvalidInput, "a password in an SSH address is never used; remove it"};
  if (!split_host(authority, address)) return bad_address(url, "the host or port can't be read");
  if (slash != std::string_view::npos) {
    TRY(address.path, net::percent_decode(rest.substr(slash)));
    if (address.path.starts_with("/~")) address.path.erase(0, 1);
  }
  return checked(url, std::move(address));
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '!') {
      out += "'\\";
      out += c;
      out += '\'';
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string shown_location(std::string_view location) {
  auto text = std::string(location.substr(0, location.find_first_of("?#")));
  const auto scheme = text.find("://");
  if (scheme != std::string::npos) {
    const auto start = scheme + 3;
    const auto at = text.substr(0, text.find('/', start)).rfind('@');
    if (at != std::string::npos && at >= start) text.erase(start, at + 1 - start);
  }
  for (std::string_view tail : {"/info/refs", "/git-upload-pack", "/git-receive-pack"}) {
    if (text.ends_with(tail)) text.resize(text.size() - tail.size());
  }
  return ellipsize(without_control_characters(text), 200);
}

}  // namespace driftwarden::git
