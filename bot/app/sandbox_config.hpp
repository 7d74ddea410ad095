#pragma once
#include "gitops/base/result.hpp"
#include "integrations/sandbox/sandbox.hpp"

#include <cstdint>
#include <string>

namespace driftwarden {

/// Writes the configuration file that a user would write for this sandbox, and the secrets it refers to. Returns its path.
Result<std::string> write_sandbox_config(const sandbox::SandboxInfo& info, std::uint16_t http_port, const std::string& webhook_secret);
/// The `--json` line (reference cli.md).
std::string sandbox_json(const sandbox::SandboxInfo& info, std::uint16_t http_port);

}  // namespace driftwarden
