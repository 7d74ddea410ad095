#pragma once
// The language model, when one is configured: whether its endpoint answers, and has it.
#include "bot/config/model_config.hpp"
#include "bot/doctor/finding.hpp"
#include "gitops/base/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <vector>

namespace driftwarden {

/// How the endpoint is asked. Not every one has a list; then the model is given one word to answer.
struct ModelProbe {
  std::function<asio::awaitable<Result<std::vector<std::string>>>()> list{};
  std::function<asio::awaitable<Result<std::string>>()> try_it{};  ///< the answer
};

asio::awaitable<DoctorFindings> check_model(Clock& clock, const ModelConfig& model, ModelProbe probe);

}  // namespace driftwarden
