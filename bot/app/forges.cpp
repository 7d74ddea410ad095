#include "bot/app/forges.hpp"

#include "integrations/git/signing.hpp"

#include <fmt/core.h>

#include <filesystem>

namespace driftwarden {
namespace {

forge::ForgeOptions options_of(const ForgeConfig& config) {
  forge::ForgeOptions options;
  options.api_url = config.api_url;
  options.project = config.project;
  options.token = config.token;
  if (config.github_app) options.app = forge::ForgeOptions::App{config.github_app->app_id, config.github_app->installation_id, config.github_app->private_key};
  return options;
}

std::unique_ptr<forge::Forge> make_forge(net::HttpClient& http, Clock& clock, const ForgeConfig& config) {
  switch (config.kind) {
    case ForgeKind::None: return nullptr;
    case ForgeKind::GitHub: return forge::create_github(http, clock, options_of(config));
    case ForgeKind::GitLab: return forge::create_gitlab(http, clock, options_of(config));
    case ForgeKind::Gitea: return forge::create_gitea(http, clock, options_of(config));
  }
  return nullptr;
}

}  // namespace

Forges make_forges(net::HttpClient& http, Clock& clock, const Config& config) {
  Forges forges;
  for (const auto& repository : config.repositories) {
    if (auto made = make_forge(http, clock, repository.forge)) forges.emplace(repository.name, std::move(made));
  }
  return forges;
}

std::map<std::string, forge::Forge*> pointers_to(const Forges& forges) {
  std::map<std::string, forge::Forge*> pointers;
  for (const auto& [name, forge] : forges) pointers.emplace(name, forge.get());
  return pointers;
}

Result<std::map<std::string, Signer>> make_signers(const Config& config, const std::string& directory) {
  std::map<std::string, Signer> signers;
  for (const auto& repository : config.repositories) {
    if (!repository.sign_gpg.empty()) signers.emplace(repository.name, git::gpg_signer(repository.sign_gpg));
    if (!repository.sign) continue;
    if (!repository.sign->file.empty()) {
      signers.emplace(repository.name, git::ssh_signer(repository.sign->file));
      continue;
    }
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    auto signer = git::ssh_signer_for_key(repository.sign->value, directory);
    if (!signer) return wrap("the signing key of repository " + repository.name, signer.error());
    signers.emplace(repository.name, std::move(*signer));
  }
  return signers;
}

void GitTokens::put(const std::string& url, Secret<std::string> token) {
  const std::lock_guard lock(mutex_);
  tokens_.insert_or_assign(url, std::move(token));
}

GitCredentials GitTokens::complete(const std::string& url, GitCredentials credentials) const {
  if (!credentials.password.empty() || !credentials.ssh_key_file.empty()) return credentials;
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(url);
  if (found == tokens_.end()) return credentials;
  credentials.password = found->second;
  if (credentials.username.empty()) credentials.username = "x-access-token";
  return credentials;
}

bool needs_forge_token(const RepositoryConfig& repository) {
  return repository.forge.kind != ForgeKind::None && !repository.credentials && repository.url.starts_with("http");
}

TransportFactory with_tokens(TransportFactory inner, std::shared_ptr<const GitTokens> tokens) {
  return [inner = std::move(inner), tokens = std::move(tokens)](const std::string& url, const GitCredentials& credentials) { return inner(url, tokens->complete(url, credentials)); };
}

}  // namespace driftwarden
