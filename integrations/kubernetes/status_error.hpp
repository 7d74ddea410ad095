#pragma once
// What an API server's refusal means.
#include "gitops/base/result.hpp"

#include <string>

namespace driftwarden::kubernetes {

/// The server's own words: a Status object's message, else the start of the body.
std::string status_message(unsigned status, const std::string& body);
/// `step` is "prod-eu: apply Deployment shop/web".
Error status_error(const std::string& step, unsigned status, const std::string& body);
/// Values that a refusal quotes are replaced: for Secrets.
std::string without_quoted_values(const std::string& message);
/// True where the same request may succeed a little later: 429, and 5xx that don't speak of the object itself.
bool is_worth_repeating(unsigned status, const std::string& body);

}  // namespace driftwarden::kubernetes
