#include "integrations/sandbox/forge/access.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

namespace driftwarden::sandbox::forge {

namespace {

/// The password, or the user name of those who put the token there.
const ForgeUser* basic_user(const Core& core, const std::string& encoded) {
  const auto decoded = base64_decode(encoded);
  if (!decoded) return nullptr;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return nullptr;
  const auto* user = core.user_of_token(decoded->substr(colon + 1));
  return user != nullptr ? user : core.user_of_token(decoded->substr(0, colon));
}

}  // namespace

Access find_access(const Core& core, const net::Headers& headers) {
  const auto header = headers.find("Authorization");
  if (!header) return {};
  const auto space = header->find(' ');
  const auto scheme = to_lower(header->substr(0, space));
  const std::string value = space == std::string::npos ? "" : std::string(trim(header->substr(space)));
  // An empty token is what a script without one sends; Gitea reads it as nobody.
  if (value.empty()) return {};
  Access access;
  if (scheme == "basic") access.user = basic_user(core, value);
  if (scheme == "token" || scheme == "bearer") access.user = core.user_of_token(value);
  access.refused = access.user == nullptr;
  return access;
}

std::vector<std::string> path_parts(std::string_view raw_path) {
  std::vector<std::string> parts = split(raw_path.substr(0, raw_path.find('?')), '/');
  for (auto& part : parts) {
    if (auto decoded = net::percent_decode(part)) part = std::move(*decoded);
  }
  if (!parts.empty() && parts.front().empty()) parts.erase(parts.begin());
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

std::string rest_of(const std::vector<std::string>& parts, std::size_t first) {
  if (first >= parts.size()) return "";
  return join({parts.begin() + static_cast<std::ptrdiff_t>(first), parts.end()}, "/");
}

}  // namespace driftwarden::sandbox::forge
