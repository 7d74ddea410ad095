#pragma once
#include <string>

namespace driftwarden::test {

/// Compares with tests/golden/<name>. DRIFTWARDEN_UPDATE_GOLDEN=1 rewrites the file instead; the review is `git diff`.
void expect_golden(const std::string& name, const std::string& actual);
/// A file of the source tree, by its path from the root.
std::string read_source_file(const std::string& path);

}  // namespace driftwarden::test
