#include "bot/watch/repository_url.hpp"

#include "gitops/base/text.hpp"

namespace driftwarden {
namespace {

std::string_view without_tail(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string_view without_user(std::string_view authority) {
  const auto at = authority.rfind('@');
  return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

/// The forges hold names of owners and repositories without regard to case.
std::string remote(std::string_view host, std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  path = without_tail(path);
  if (host.empty() || path.empty()) return {};
  return to_lower(host) + "/" + to_lower(path);
}

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  const bool is_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  return is_port ? host.substr(0, colon) : host;
}

}  // namespace

std::string normal_repository_url(std::string_view url) {
  url = trim(url);
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) {
    if (url.starts_with('/')) return std::string(without_tail(url));
    const auto colon = url.find(':');
    if (colon == std::string_view::npos || url.substr(0, colon).find('/') != std::string_view::npos) return {};
    return remote(without_user(url.substr(0, colon)), url.substr(colon + 1));
  }
  const auto scheme = to_lower(url.substr(0, scheme_end));
  const auto rest = url.substr(scheme_end + 3);
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  if (scheme == "file") return std::string(without_tail(rest.substr(slash)));
  auto host = without_user(rest.substr(0, slash));
  const bool own_port = (scheme == "https" && host.ends_with(":443")) || (scheme == "http" && host.ends_with(":80"));
  if (own_port || (scheme != "https" && scheme != "http")) host = without_port(host);
  return remote(host, rest.substr(slash));
}

}  // namespace driftwarden
