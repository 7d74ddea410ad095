#pragma once
// From a repository of the config to its mirror.
#include "bot/config/config.hpp"
#include "gitops/repository/mirror.hpp"

#include <string>

namespace driftwarden {

MirrorOptions mirror_options(const RepositoryConfig& repository, const std::string& cache_directory, const TransportFactory& transport);

}  // namespace driftwarden
