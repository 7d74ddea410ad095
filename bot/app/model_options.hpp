#pragma once
#include "bot/config/model_config.hpp"
#include "integrations/llm/llm.hpp"

namespace driftwarden {

inline llm::ModelOptions model_options(const ModelConfig& config) {
  llm::ModelOptions options;
  options.api_url = config.api_url;
  options.name = config.name;
  options.key = config.key;
  options.timeout = config.timeout;
  options.stream = config.stream;
  return options;
}

}  // namespace driftwarden
