#pragma once
// What an endpoint has, for whoever sets it up.
#include "integrations/llm/llm.hpp"

#include <string>
#include <vector>

namespace driftwarden::llm {

/// GET {api_url}/models. Errors as Model::complete; NotFound where an endpoint has no such list.
asio::awaitable<Result<std::vector<std::string>>> list_models(net::HttpClient& http, const ModelOptions& options);

}  // namespace driftwarden::llm
