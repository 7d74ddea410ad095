#pragma once
// What is sent to an endpoint, and how the same is said to one that doesn't know a field. Pure.
#include "integrations/llm/llm.hpp"

#include <string>
#include <string_view>

namespace driftwarden::llm {

/// Which fields of a request an endpoint takes. Each is left out after a refusal that names it.
struct Dialect {
  bool json_format = true;         ///< response_format
  bool stream = true;
  bool stream_usage = true;        ///< stream_options
  bool temperature = true;
  bool completion_tokens = false;  ///< max_completion_tokens in the place of max_tokens
  bool operator==(const Dialect&) const = default;
};

/// The request's body. Text that isn't UTF-8 is sent with replacement characters.
std::string request_body(const Prompt& prompt, const ModelOptions& options, const Dialect& dialect);

/// After a refusal: the next way to say the same. False when there is none, or when the refusal is about something else, such as the prompt's length.
bool adapt(Dialect& dialect, const Prompt& prompt, std::string_view refusal);

}  // namespace driftwarden::llm
