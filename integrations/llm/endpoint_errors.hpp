#pragma once
// Inside of llm: statuses and addresses.
#include "integrations/llm/llm.hpp"

#include <string>
#include <string_view>

namespace driftwarden::llm {

/// https anywhere, http on loopback only.
Result<void> check_address(const ModelOptions& options);
void authorise(net::HttpRequest& request, const ModelOptions& options);
/// Of an answer that isn't 2xx. What is said to a key that isn't taken may repeat it, and is left out.
Error refusal(unsigned status, std::string_view body, const ModelOptions& options);

}  // namespace driftwarden::llm
