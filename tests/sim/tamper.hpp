#pragma once
#include <string>

namespace driftwarden::sim {

/// Somebody with the file in hand rewrites one row of the audit log, and leaves everything else as it was.
void tamper_with_audit(const std::string& vfs, const std::string& file);

}  // namespace driftwarden::sim
