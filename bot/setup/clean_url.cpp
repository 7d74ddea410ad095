#include "bot/setup/clean_url.hpp"

#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <cctype>

namespace driftwarden {
namespace {

struct Parts {
  std::string host;     ///< with its port
  std::string project;  ///< as written, without ".git"
};

/// Host and path of what without_credentials gave.
Parts parts_of(std::string_view url) {
  std::string_view rest = url;
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) rest = url.substr(scheme + 3);
  const auto cut = scheme != std::string_view::npos ? rest.find('/') : rest.find(':');
  if (cut == std::string_view::npos || url.starts_with('/') || url.starts_with("file:")) return {};
  auto host = rest.substr(0, cut);
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host = host.substr(at + 1);
  auto path = rest.substr(cut + 1);
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  // Of ssh the port is not the web's.
  const bool web = url.starts_with("http");
  if (!web) host = host.substr(0, host.find(':'));
  return {to_lower(host), std::string(path)};
}

}  // namespace

std::string without_credentials(std::string_view url) {
  url = trim(url);
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) {
    const auto at = url.rfind('@');
    const auto colon = url.find(':');
    // "user:password@host:path" is nobody's habit, but a password all the same.
    if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) return std::string(url);
    return std::string(url.substr(0, colon)) + std::string(url.substr(at));
  }
  const auto scheme = url.substr(0, scheme_end + 3);
  auto rest = url.substr(scheme_end + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto authority = rest.substr(0, slash);
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  const bool web = scheme.starts_with("http");
  const auto user = authority.substr(0, std::min(authority.find(':'), at));
  const auto kept = web ? std::string() : std::string(user) + "@";
  return std::string(scheme) + kept + std::string(authority.substr(at + 1)) + std::string(rest.substr(slash));
}

ForgeGuess forge_of_kind(ForgeKind kind, std::string_view url) {
  const auto parts = parts_of(without_credentials(url));
  ForgeGuess guess{kind, {}, parts.project, parts.host};
  if (kind == ForgeKind::None || parts.host.empty()) return guess;
  const auto base = "https://" + parts.host;
  if (kind == ForgeKind::GitHub && parts.host != "github.com") guess.api_url = base + "/api/v3";
  if (kind == ForgeKind::GitLab && parts.host != "gitlab.com") guess.api_url = base + "/api/v4";
  if (kind == ForgeKind::Gitea) guess.api_url = base + "/api/v1";
  return guess;
}

ForgeGuess guess_forge(std::string_view url) {
  const auto host = parts_of(without_credentials(url)).host;
  const auto says = [&](std::string_view word) { return host.find(word) != std::string::npos; };
  auto kind = ForgeKind::None;
  if (says("github")) kind = ForgeKind::GitHub;
  if (says("gitlab")) kind = ForgeKind::GitLab;
  if (says("gitea") || says("forgejo") || says("codeberg")) kind = ForgeKind::Gitea;
  return forge_of_kind(kind, url);
}

std::string name_from_url(std::string_view url) {
  auto clean = without_credentials(url);
  while (clean.ends_with('/')) clean.pop_back();
  if (clean.ends_with(".git")) clean.resize(clean.size() - 4);
  const auto cut = clean.find_last_of("/:");
  auto name = cut == std::string::npos ? clean : clean.substr(cut + 1);
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '_' && c != '-'; }, '-');
  while (!name.empty() && std::isalnum(static_cast<unsigned char>(name.front())) == 0) name.erase(0, 1);
  return is_plain_name(name) ? name : "repository";
}

}  // namespace driftwarden
