#include "integrations/net/url.hpp"

#include "gitops/base/text.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace driftwarden::net {

namespace {

namespace asio = boost::asio;

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" || scheme == "wss" ? 443 : 80; }

Error bad_url(std::string_view text, std::string_view why) {
  return Error{ErrorKind::InvalidInput, "not a usable URL: \"" + without_control_characters(text) + "\": " + std::string(why)};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Splits "host:port", "[v6]:port", "host"; the port stays text.
bool split_authority(std::string_view authority, std::string_view& host, std::string_view& port) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return false;
    host = authority.substr(1, end - 1);
    const auto rest = authority.substr(end + 1);
    if (rest.empty()) return true;
    if (rest.front() != ':') return false;
    port = rest.substr(1);
    return true;
  }
  const auto colon = authority.rfind(':');
  host = authority.substr(0, colon);
  if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  return host.find(':') == std::string_view::npos;
}

std::string form_decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  auto decoded = percent_decode(spaced);
  return decoded ? std::move(*decoded) : spaced;
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(scheme) ? name : name + ":" + std::to_string(port);
}

Result<Url> parse_url(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  const auto shown = text.substr(0, text.find_first_of("?#"));
  if (std::any_of(text.begin(), text.end(), blank)) return bad_url(shown, "it holds a space or a control character");
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return bad_url(shown, "it must start with https:// or http://");
  Url url;
  url.scheme = to_lower(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https" && url.scheme != "ws" && url.scheme != "wss") {
    return bad_url(shown, "scheme " + url.scheme + " isn't spoken here; use https or http");
  }
  const auto rest = text.substr(scheme_end + 3);
  const auto authority_end = rest.find_first_of("/?#");
  const auto authority = rest.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return Error{ErrorKind::InvalidInput, "a URL must not carry a user name or password; give the credentials in the configuration"};
  }
  std::string_view host;
  std::string_view port;
  if (!split_authority(authority, host, port)) return bad_url(shown, "its host can't be read (an IPv6 address needs [brackets])");
  if (host.empty()) return bad_url(shown, "it has no host");
  const bool bracketed = authority.starts_with('[');
  const auto known = [&](char c) { return is_unreserved(c) ? c != '~' : bracketed && (c == ':' || c == '%'); };
  if (!std::all_of(host.begin(), host.end(), known)) return bad_url(shown, "its host holds a character that no host name has");
  url.host = to_lower(host);
  url.port = default_port(url.scheme);
  if (!port.empty()) {
    const auto* end = port.data() + port.size();
    const auto parsed = std::from_chars(port.data(), end, url.port);
    if (parsed.ec != std::errc{} || parsed.ptr != end || url.port == 0) return bad_url(shown, "its port must be between 1 and 65535");
  }
  if (authority_end != std::string_view::npos) {
    const auto target = rest.substr(authority_end);
    url.target = std::string(target.substr(0, target.find('#')));
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
  }
  return url;
}

bool is_loopback(const Url& url) {
  if (url.host == "localhost") return true;
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(url.host, failed);
  return !failed && address.is_loopback();
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return Error{ErrorKind::InvalidInput, "a % must be followed by two hexadecimal digits"};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> values;
  for (const auto& pair : split(query, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string_view name = std::string_view(pair).substr(0, equals);
    const std::string_view value = equals == std::string::npos ? std::string_view{} : std::string_view(pair).substr(equals + 1);
    values[form_decode(name)] = form_decode(value);
  }
  return values;
}

std::string make_query(const std::map<std::string, std::string>& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

}  // namespace driftwarden::net
