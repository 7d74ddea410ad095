#pragma once
#include "gitops/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden::git {

/// "ssh://git@host:2222/group/repo.git" or "git@host:group/repo.git".
struct SshAddress {
  std::string user;  ///< "" = ssh decides
  std::string host;
  std::optional<std::uint16_t> port;
  std::string path;  ///< as the remote side shall see it
  bool operator==(const SshAddress&) const = default;
};

bool is_web_url(std::string_view url);
bool is_ssh_url(std::string_view url);
/// InvalidInput also for what ssh would take for an option.
Result<SshAddress> parse_ssh_url(const std::string& url);
/// One word for the remote's shell.
std::string shell_quoted(std::string_view text);
/// A Location header as it may be shown: without credentials, query and the protocol's own tail.
std::string shown_location(std::string_view location);

}  // namespace driftwarden::git
