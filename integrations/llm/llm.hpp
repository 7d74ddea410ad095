#pragma once
// A language model behind an OpenAI-compatible endpoint: POST {api_url}/chat/completions, whole or streamed (server-sent events).
// Source: https://platform.openai.com/docs/api-reference/chat; vLLM, llama.cpp, Ollama and LM Studio answer the same.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "gitops/base/secret.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::llm {

enum class Role { System, User, Assistant };
struct Message {
  Message() = default;
  Message(Role role_, std::string text_) : role(role_), text(std::move(text_)) {}
  Role role = Role::User;
  std::string text;
};

struct Prompt {
  Prompt() = default;
  std::vector<Message> messages;
  int answer_tokens = 4'000;
  bool json = false;  ///< asks for a JSON object (response_format); endpoints that don't know it are asked again without
};

struct Completion {
  Completion() = default;
  std::string text;
  std::string model;               ///< as the endpoint names it
  std::int64_t prompt_tokens = 0;  ///< 0 = it doesn't say
  std::int64_t answer_tokens = 0;
  bool cut = false;                ///< it ran out of tokens: the text has no end
};

struct ModelOptions {
  std::string api_url;   ///< without a trailing slash
  std::string name;
  Secret<std::string> key;         ///< empty = no Authorization header
  Duration timeout{60'000};        ///< of one answer, tries included
  bool stream = true;
  std::size_t most_bytes = 256U << 10U;  ///< of one answer's text
};

/// Errors: Denied (401, 403), NotFound (no such model or path), RateLimited, Unavailable, Timeout, Corrupt (no chat completion, or a longer one than
/// `most_bytes`), InvalidInput (the endpoint refuses the request), Cancelled. No message holds the key, and none more than a line of what the endpoint said.
/// 429 and 5xx before the first byte of an answer are tried again within the timeout, with Retry-After and jitter; nothing is done twice by that but thinking.
class Model {
 public:
  virtual ~Model() = default;
  virtual asio::awaitable<Result<Completion>> complete(Prompt prompt) = 0;
  /// "qwen2.5-coder at 127.0.0.1:11434"
  virtual std::string name() const = 0;
};
std::unique_ptr<Model> create_model(net::HttpClient& http, Clock& clock, Random& random, ModelOptions options);

}  // namespace driftwarden::llm
