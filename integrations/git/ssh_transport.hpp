#pragma once
// Git over the user's own `ssh`: its known_hosts, agents, keys and configuration.
#include "integrations/git/remote_url.hpp"
#include "integrations/git/transports.hpp"

#include <vector>

namespace driftwarden::git {

std::unique_ptr<GitTransport> create_ssh_transport(Clock& clock, GitCredentials credentials, TransportLimits limits);

/// What is run; never asks a person, never trusts an unknown host.
Result<std::vector<std::string>> ssh_arguments(const SshAddress& address, const GitCredentials& credentials, const std::string& program);
/// What went wrong, from what ssh and the server wrote to stderr.
Error ssh_failure(const std::string& remote, const std::string& said);

}  // namespace driftwarden::git
