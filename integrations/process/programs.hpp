#pragma once
// Inside of process: which file a program's name means.
#include "gitops/base/result.hpp"

#include <string>

namespace driftwarden::process {

/// A name with a slash is taken as it is. NotFound: it is in no directory of `path` (PATH's value).
Result<std::string> find_program(const std::string& name, const std::string& path);

/// What a script's first line names; "" for another file.
std::string interpreter_of(const std::string& program);

}  // namespace driftwarden::process
