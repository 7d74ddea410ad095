#include "integrations/registry/challenge.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::registry {
namespace {

bool is_token_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos; }

/// Reads RFC 9110's list of challenges; what it can't read ends it.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : text_(text) {}

  std::vector<Challenge> all() {
    std::vector<Challenge> found;
    for (skip(); at_ < text_.size(); skip()) {
      const auto word = token();
      if (word.empty()) break;
      if (at_ < text_.size() && text_[at_] == '=') {
        ++at_;
        if (found.empty()) break;
        found.back().parameters[to_lower(word)] = value();
      } else {
        found.push_back({to_lower(word), {}});
      }
    }
    return found;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == ',')) ++at_;
  }
  std::string token() {
    const auto from = at_;
    while (at_ < text_.size() && is_token_character(text_[at_])) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }
  std::string value() {
    if (at_ >= text_.size() || text_[at_] != '"') return token();
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    if (at_ < text_.size()) ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_address(const std::string& host) { return host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos; }

/// "docker.io" of "registry-1.docker.io"; "" where what is left would be anybody's, as "io" or "co.uk".
std::string domain_of(const std::string& host) {
  if (is_address(host)) return {};
  const auto labels = split(host, '.');
  if (labels.size() < 3) return {};
  constexpr std::array<std::string_view, 7> kShared{"ac", "co", "com", "edu", "gov", "net", "org"};
  if (labels.size() == 3 && labels[2].size() == 2 && std::ranges::find(kShared, labels[1]) != kShared.end()) return {};
  return host.substr(host.find('.') + 1);
}

bool is_beside(const std::string& service, const std::string& registry) {
  if (service == registry) return true;
  if (is_address(service) || is_address(registry)) return false;
  if (service.ends_with("." + registry)) return true;
  const auto domain = domain_of(registry);
  return !domain.empty() && (service == domain || service.ends_with("." + domain));
}

}  // namespace

std::vector<Challenge> challenges_of(const net::Headers& headers) {
  std::vector<Challenge> found;
  for (const auto& [name, value] : headers.all()) {
    if (to_lower(name) != "www-authenticate") continue;
    for (auto& challenge : ChallengeReader(value).all()) found.push_back(std::move(challenge));
  }
  return found;
}

Result<net::Url> token_service(const std::string& realm, const net::Url& registry) {
  const auto said = ellipsize(without_control_characters(realm), 120);
  auto url = net::parse_url(realm);
  if (!url) return Error{ErrorKind::Denied, fmt::format("the registry names no address for tokens: \"{}\"", said)};
  const bool both_here = net::is_loopback(*url) && net::is_loopback(registry);
  if (url->scheme != "https" && !(url->scheme == "http" && both_here)) return Error{ErrorKind::Denied, fmt::format("the registry wants tokens from {}, which isn't https", said)};
  if (!both_here && !is_beside(to_lower(url->host), to_lower(registry.host))) {
    return Error{ErrorKind::Denied, fmt::format("the registry sends us to {} for a token, which isn't its own: nobody is asked there", url->host)};
  }
  return url;
}

bool may_have_password(const net::Url& service, const net::Url& registry) {
  const auto here = to_lower(registry.host);
  const auto there = to_lower(service.host);
  if (service.scheme == registry.scheme && service.port == registry.port && there == here) return true;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kKnown{
      {{"docker.io", "auth.docker.io"}, {"registry-1.docker.io", "auth.docker.io"}, {"index.docker.io", "auth.docker.io"}, {"registry.gitlab.com", "gitlab.com"}}};
  const bool usual = service.scheme == "https" && registry.scheme == "https" && service.port == 443 && registry.port == 443;
  return usual && std::ranges::any_of(kKnown, [&](const auto& pair) { return pair.first == here && pair.second == there; });
}

std::optional<std::string> next_link(const net::Headers& headers) {
  const auto links = headers.find("Link");
  if (!links) return std::nullopt;
  for (std::size_t open = links->find('<'); open != std::string::npos; open = links->find('<', open + 1)) {
    const auto close = links->find('>', open);
    if (close == std::string::npos) break;
    const auto parameters = to_lower(links->substr(close, std::min(links->find('<', close), links->size()) - close));
    if (parameters.find("rel=\"next\"") != std::string::npos || parameters.find("rel=next") != std::string::npos) return links->substr(open + 1, close - open - 1);
  }
  return std::nullopt;
}

}  // namespace driftwarden::registry
