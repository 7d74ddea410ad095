#include "bot/assist/outgoing.hpp"

#include "bot/inspect/inspect.hpp"
#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/secret_fields.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace driftwarden {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::size_t kShortestSecret = 8;
constexpr std::size_t kShortestMessage = 512;

void add(std::vector<std::string>& secrets, const Secret<std::string>& secret) {
  const auto text = trim(secret.reveal());
  if (text.size() >= kShortestSecret) secrets.emplace_back(text);
}

std::size_t size_of(const llm::Prompt& prompt) {
  return std::accumulate(prompt.messages.begin(), prompt.messages.end(), std::size_t{0}, [](std::size_t sum, const llm::Message& message) { return sum + message.text.size(); });
}

std::size_t forwards(const std::string& text, std::size_t at) {
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

/// Its middle goes: what stands first says what it is, what stands last is what was asked.
std::string without_middle(const std::string& text, std::size_t bytes) {
  const auto from = forwards(text, bytes * 2 / 3);
  const auto to = forwards(text, text.size() - bytes / 3);
  if (from >= to) return text;
  return fmt::format("{}\n[{} bytes were left out here]\n{}", text.substr(0, from), to - from, text.substr(to));
}

}  // namespace

std::vector<std::string> own_secrets(const Config& config) {
  std::vector<std::string> secrets;
  add(secrets, config.slack.app_token);
  add(secrets, config.slack.bot_token);
  add(secrets, config.http.webhook_secret);
  if (config.model) add(secrets, config.model->key);
  if (config.heartbeat) add(secrets, config.heartbeat->url);
  if (config.cost.infracost) add(secrets, config.cost.infracost->key);
  for (const auto& shard : config.shards) {
    add(secrets, shard.app_token);
    add(secrets, shard.bot_token);
  }
  for (const auto& repository : config.repositories) {
    add(secrets, repository.forge.token);
    if (repository.credentials) add(secrets, repository.credentials->password);
  }
  for (const auto& registry : config.registries) add(secrets, registry.password);
  for (const auto& person : config.people) {
    if (person.totp) add(secrets, person.totp->value);
  }
  for (const auto& [rule, variables] : config.tool_environments) {
    for (const auto& [name, variable] : variables) add(secrets, variable.value);
  }
  return secrets;
}

std::string redacted_for_model(std::string_view text, const std::vector<std::string>& own) {
  std::string clean(text);
  // Before anything else can cut one of them in two.
  for (const auto& secret : own) replace_all(clean, secret, kHidden);
  return replace_credentials(redact_log(clean), [](std::string_view) { return std::string(kHidden); });
}

void cut_to(llm::Prompt& prompt, std::size_t bytes) {
  for (auto size = size_of(prompt); size > bytes;) {
    llm::Message* longest = nullptr;
    for (auto& message : prompt.messages) {
      if (message.role == llm::Role::System) continue;
      if (longest == nullptr || message.text.size() > longest->text.size()) longest = &message;
    }
    const auto excess = size - bytes;
    if (longest == nullptr || longest->text.size() <= kShortestMessage) return;
    const auto left = longest->text.size() > excess + kShortestMessage ? longest->text.size() - excess : kShortestMessage;
    longest->text = without_middle(longest->text, left > 64 ? left - 64 : left);
    const auto now = size_of(prompt);
    if (now >= size) return;
    size = now;
  }
}

}  // namespace driftwarden
