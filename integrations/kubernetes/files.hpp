#pragma once
#include "gitops/base/result.hpp"

#include <string>

namespace driftwarden::kubernetes {

/// The whole of a small file (a certificate, a token). NotFound and Denied name the path; more than 4 MiB is Corrupt.
Result<std::string> read_small_file(const std::string& path);

}  // namespace driftwarden::kubernetes
