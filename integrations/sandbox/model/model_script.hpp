#pragma once
// Inside of the sandbox's model: what goes over the wire.
#include "integrations/sandbox/model/model_server.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::sandbox {

/// The messages of a chat completion's request; nothing when it is none.
std::optional<std::vector<ModelMessage>> messages_of(const nlohmann::json& request);
/// A rule as POST /script takes it: the members are those of ModelRule and ModelAnswer, times in milliseconds.
std::optional<ModelRule> rule_from(const nlohmann::json& value);

struct Usage {
  std::size_t prompt_tokens = 0;
  std::size_t answer_tokens = 0;
};
/// About a token for four bytes.
Usage usage_of(const std::vector<ModelMessage>& messages, const std::string& text);

/// The body of a whole answer.
std::string whole_answer(const std::string& model, const std::string& text, const Usage& usage, bool out_of_tokens);
/// The events of a streamed one, the text cut between characters.
std::vector<std::string> streamed_answer(const std::string& model, const std::string& text, const ModelAnswer& answer, const std::optional<Usage>& usage);
std::string error_body(const std::string& message, const std::string& code);

}  // namespace driftwarden::sandbox
