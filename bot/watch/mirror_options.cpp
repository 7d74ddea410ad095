#include "bot/watch/mirror_options.hpp"

namespace driftwarden {

MirrorOptions mirror_options(const RepositoryConfig& repository, const std::string& cache_directory, const TransportFactory& transport) {
  MirrorOptions options;
  options.directory = cache_directory + "/" + repository.name + ".git";
  options.url = repository.url;
  options.branch = repository.branch;
  options.transport = transport;
  if (repository.credentials) {
    options.credentials.username = repository.credentials->username;
    options.credentials.password = repository.credentials->password;
    if (repository.credentials->ssh_key) options.credentials.ssh_key_file = repository.credentials->ssh_key->file;
    options.credentials.known_hosts_file = repository.credentials->known_hosts;
  }
  return options;
}

}  // namespace driftwarden
