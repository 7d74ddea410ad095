#pragma once
// What may leave for a model, whoever built the prompt. Pure.
#include "bot/config/config.hpp"
#include "integrations/llm/llm.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// The texts of the configuration that nobody else may have: tokens, passwords, keys. Short ones are left out, since they would be found everywhere.
std::vector<std::string> own_secrets(const Config& config);

/// `***` for private keys, for what is given to a name such as password or api_key, for tokens of well-known forms, for passwords in addresses, and for `own`.
std::string redacted_for_model(std::string_view text, const std::vector<std::string>& own);

/// At most `bytes` in all: what is too much is taken from the middle of the longest message, with a word of how much is missing. System messages stay whole.
void cut_to(llm::Prompt& prompt, std::size_t bytes);

}  // namespace driftwarden
